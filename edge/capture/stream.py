"""A camera that sends by itself, over a network or a cable: read until it breaks off, then connected again."""

from collections.abc import Iterator
from typing import Any, Protocol

from edge.capture.camera import CameraError
from edge.capture.decoder import MakeDecoder, Picture
from edge.capture.decoding import ReadError, VideoSource
from edge.capture.ffmpeg_decoder import FFmpegDecoder
from edge.capture.live import LiveCamera, Patience
from edge.capture.masking import masked
from edge.capture.packet_ring import RING_BYTES_MAX, PacketRing
from edge.clock import Clock

PATIENT_PACKETS = 75  # without a keyframe among them: a few seconds


class Connect(Protocol):
    def __call__(self, address: str, ring: PacketRing | None, patience: Patience, /) -> VideoSource:
        """Raises CameraError."""


class StreamCamera(LiveCamera):
    """address: with the password in it; only `source` may be shown. keep_packets: False when another stream of the
    camera fills the ring.

    patience: how long the camera may take to answer, and to send the next packet; without `retry` in it, either is
    CameraError.
    """

    def __init__(
        self,
        camera_id: str,
        address: str,
        clock: Clock,
        patience: Patience,
        *,
        connect: Connect,
        ring_bytes_max: int = RING_BYTES_MAX,
        start_s: float = 0.0,
        keep_packets: bool = True,
        make_decoder: MakeDecoder = FFmpegDecoder,
    ) -> None:
        held: dict[str, Any] = {"ring_bytes_max": ring_bytes_max, "start_s": start_s, "make_decoder": make_decoder}
        super().__init__(camera_id, masked(address), clock, patience, **held)
        self._address = address
        self._connect = connect
        self._keep_packets = keep_packets
        self._video: VideoSource | None = None
        self._frames_before = 0  # this connection

    @property
    def outage(self) -> str | None:
        video = self._video
        if video is None or video.closed or self.frames_in > self._frames_before:
            return super().outage
        if video.without_keyframe >= PATIENT_PACKETS:
            return f"{self.source}: sends no keyframe, so nothing can be seen; set its keyframe interval to 2 s"
        return super().outage

    def open(self) -> None:
        self._frames_before = self.frames_in
        before = None if self._video is None else self._video.timeline
        self._video = self._connect(self._address, self.ring if self._keep_packets else None, self.patience)
        self._video.go_on_from(before, self.stream_time.now_s)
        self._video.decode_by(self.make_decoder)

    def pictures(self) -> Iterator[Picture]:
        assert self._video is not None, "open comes first"
        with self._video as video:
            try:
                for picture in video.pictures():
                    yield picture
                    self.count_left_out(video.spare(on=self.sparing.on))
            except ReadError as error:
                raise CameraError(f"{error}; check the camera and the network") from error
        if not self.stopping.is_set():
            raise CameraError(f"{self.source}: the camera ended the stream; check that it is still switched on")
