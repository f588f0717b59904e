"""FFmpeg decodes: everything, everywhere, on the processor."""

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import av.error
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream
from numpy.typing import NDArray

from edge.capture.decoder import Decoded, DecodeError, Decoder
from models.detector.raster import Colours, Matrix, Planes

if TYPE_CHECKING:
    from av.packet import Packet  # generic for type checkers only

FULL_RANGE_FORMAT = "yuvj420p"
PLANAR_FORMATS = frozenset({"yuv420p", FULL_RANGE_FORMAT})
MATRICES: dict[int, Matrix] = {
    Colorspace.ITU709: "bt709",
    9: "bt2020",
    10: "bt2020",
}  # as H.273 counts them; most say nothing


class FFmpegPicture(Decoded):
    def __init__(self, frame: VideoFrame) -> None:
        self.frame = frame
        self.pts = frame.pts

    def pixels(self) -> NDArray[np.uint8] | Planes:
        """Planes are not copied."""
        if self.frame.format.name not in PLANAR_FORMATS:
            return np.ascontiguousarray(self.frame.to_ndarray(format="bgr24"), dtype=np.uint8)
        y, u, v = (_plane(plane) for plane in self.frame.planes)
        return Planes(y, u, v, colours_of(self.frame, self.frame.format.name))


def colours_of(stated: VideoFrame | VideoCodecContext, pixel_format: str | None) -> Colours:
    full = pixel_format == FULL_RANGE_FORMAT or stated.color_range == ColorRange.JPEG
    return Colours(MATRICES.get(stated.colorspace, "bt601"), full)


class FFmpegDecoder(Decoder):
    shares_context = True

    def __init__(self, stream: VideoStream, _: Fraction) -> None:
        self._context = stream.codec_context

    def decode(self, packet: "Packet[VideoStream]") -> Sequence[Decoded]:
        try:
            return [FFmpegPicture(frame) for frame in self._context.decode(packet)]
        except av.error.FFmpegError as error:
            raise DecodeError from error

    def flush(self) -> Sequence[Decoded]:
        try:
            return [FFmpegPicture(frame) for frame in self._context.decode(None)]
        except av.error.FFmpegError as error:
            raise DecodeError from error

    def spare(self, *, on: bool) -> None:
        self._context.skip_frame = "NONREF" if on else "DEFAULT"

    def close(self) -> None:
        """The container closes it."""


def _plane(plane: VideoPlane) -> NDArray[np.uint8]:
    """(height, width), without the padding at the end of each line. Keeps the frame alive."""
    lines = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return lines[: plane.height, : plane.width]
