"""What a camera's process is told to open."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edge.capture.camera import CameraError
from edge.capture.live import Patience
from edge.capture.packet_ring import RING_BYTES_MAX

DecoderKind = Literal["auto", "ffmpeg", "gstreamer"]
SourceKind = Literal["rtsp", "http", "onvif", "v4l2", "folder", "file"]


def kind_of(address: str) -> SourceKind:
    """Raises CameraError for an address of a kind that is not read."""
    scheme, separator, _ = address.partition("://")
    if separator:
        kinds: dict[str, SourceKind] = {
            "rtsp": "rtsp",
            "rtsps": "rtsp",
            "http": "http",
            "https": "http",
            "onvif": "onvif",
        }
        if scheme.lower() not in kinds:
            raise CameraError(
                f"{scheme}:// is not read; give a video file, a folder, rtsp://..., http://... or onvif://..."
            )
        return kinds[scheme.lower()]
    if address.startswith("/dev/video"):
        return "v4l2"
    return "folder" if Path(address).is_dir() else "file"


@dataclass(frozen=True, slots=True)
class Source:
    """address: an address with its password in it, or a path. shown: the same as people may read it.

    main: the address of a second stream, whose packets are kept in the place of the first one's. loop: of files.
    start_s: stream_s of the first picture. decoder: auto is a Jetson's video engine, else FFmpeg.
    """

    camera_id: str
    kind: SourceKind
    address: str
    shown: str
    patience: Patience
    ring_bytes_max: int = RING_BYTES_MAX
    main: str | None = None
    loop: bool = False
    start_s: float = 0.0
    decoder: DecoderKind = "auto"
