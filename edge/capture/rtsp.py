"""A network camera by RTSP, over TCP: a lost UDP packet is a smeared picture, and smears look like incidents."""

from collections.abc import Iterator

from edge.capture.camera import CameraError
from edge.capture.decoding import Picture, ReadError, VideoSource
from edge.capture.live import LiveCamera
from edge.capture.masking import masked
from edge.capture.packet_ring import RING_BYTES_MAX
from edge.clock import Clock

OPEN_S_MAX = 10.0
READ_S_MAX = 10.0
ANALYSE_S_MAX = 1.0  # FFmpeg's own 5 s would hold back the first picture; size and codec are in the first keyframe


class RtspCamera(LiveCamera):
    """url: `rtsp://` or `rtsps://`, with the password in it; only `source` may be shown.

    open_s_max, read_s_max: how long the camera may take to answer, and to send the next packet, before CameraError.
    """

    def __init__(
        self,
        camera_id: str,
        url: str,
        clock: Clock,
        *,
        open_s_max: float = OPEN_S_MAX,
        read_s_max: float = READ_S_MAX,
        ring_bytes_max: int = RING_BYTES_MAX,
    ) -> None:
        if not url.lower().startswith(("rtsp://", "rtsps://")):
            raise CameraError(f"{masked(url)}: is not an RTSP address; it begins with rtsp:// or rtsps://")
        super().__init__(camera_id, masked(url), clock, ring_bytes_max, read_s_max)
        self._url = url
        self._open_s_max = open_s_max

    def open(self) -> None:
        self._video = VideoSource(
            self._url,
            self.source,
            self.ring,
            options={
                "rtsp_transport": "tcp",
                "timeout": _microseconds(self.read_s_max),
                "analyzeduration": _microseconds(ANALYSE_S_MAX),
            },
            open_s_max=self._open_s_max,
            read_s_max=self.read_s_max,
        )

    def pictures(self) -> Iterator[Picture]:
        with self._video as video:
            try:
                yield from video.pictures()
            except ReadError as error:
                raise CameraError(f"{error}; check the camera and the network") from error
        if not self.stopping.is_set():
            raise CameraError(f"{self.source}: the camera ended the stream; check that it is still switched on")


def _microseconds(seconds: float) -> str:
    return str(int(seconds * 1_000_000))
