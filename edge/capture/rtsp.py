"""A network camera by RTSP, over TCP: a lost UDP packet is a smeared picture, and smears look like incidents."""

from collections.abc import Iterator

from edge.capture.camera import CameraError
from edge.capture.decoding import Picture, ReadError, VideoSource
from edge.capture.live import LiveCamera, Patience
from edge.capture.masking import masked
from edge.capture.packet_ring import RING_BYTES_MAX
from edge.clock import Clock

ANALYSE_S_MAX = 1.0  # FFmpeg's own 5 s would hold back the first picture; size and codec are in the first keyframe
SCHEMES = ("rtsp://", "rtsps://")


class RtspCamera(LiveCamera):
    """url: `rtsp://` or `rtsps://`, with the password in it; only `source` may be shown.

    patience: how long the camera may take to answer, and to send the next packet; without `retry` in it, either is
    CameraError.
    """

    def __init__(
        self,
        camera_id: str,
        url: str,
        clock: Clock,
        patience: Patience,
        *,
        ring_bytes_max: int = RING_BYTES_MAX,
        start_s: float = 0.0,
    ) -> None:
        if not url.lower().startswith(SCHEMES):
            raise CameraError(f"{masked(url)}: is not an RTSP address; it begins with rtsp:// or rtsps://")
        super().__init__(camera_id, masked(url), clock, patience, ring_bytes_max=ring_bytes_max, start_s=start_s)
        self._url = url
        self._video: VideoSource | None = None

    def open(self) -> None:
        before = None if self._video is None else self._video.timeline
        self._video = VideoSource(
            self._url,
            self.source,
            self.ring,
            options={
                "rtsp_transport": "tcp",
                "timeout": _microseconds(self.patience.read_s_max),
                "analyzeduration": _microseconds(ANALYSE_S_MAX),
            },
            open_s_max=self.patience.open_s_max,
            read_s_max=self.patience.read_s_max,
        )
        self._video.go_on_from(before, self.stream_time.now_s())

    def pictures(self) -> Iterator[Picture]:
        assert self._video is not None, "open comes first"
        with self._video as video:
            try:
                yield from video.pictures()
            except ReadError as error:
                raise CameraError(f"{error}; check the camera and the network") from error
        if not self.stopping.is_set():
            raise CameraError(f"{self.source}: the camera ended the stream; check that it is still switched on")


def _microseconds(seconds: float) -> str:
    return str(int(seconds * 1_000_000))
