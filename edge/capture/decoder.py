"""The port for what makes pictures of packets. Packets are read, stamped and kept by FFmpeg, whoever decodes them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.detector.raster import Planes, Raster

if TYPE_CHECKING:
    from av.packet import Packet  # generic for type checkers only
    from av.video.stream import VideoStream


class DecodeError(Exception):
    """A packet does not decode; later ones may."""


class Decoded(ABC):
    """A decoded picture, not yet converted. pts: of the packet it came from, where that carried one."""

    pts: int | None

    @abstractmethod
    def pixels(self) -> NDArray[np.uint8] | Planes:
        """The decoder's own planes where it has planes of 4:2:0; of other formats (H, W, 3) BGR."""


class Decoder(ABC):
    """Of one stream. shares_context: whether decoding keeps the stream's own description (its size) up to date."""

    shares_context: bool

    @abstractmethod
    def decode(self, packet: "Packet[VideoStream]") -> Sequence[Decoded]:
        """The pictures that came out, in the order of showing. Raises DecodeError, and CameraError when nothing will
        ever decode.
        """

    @abstractmethod
    def flush(self) -> Sequence[Decoded]:
        """Those it held back. Raises DecodeError."""

    def spare(self, *, on: bool) -> None:  # noqa: B027 - nothing is a right answer
        """Pictures that no other refers to may be left out from now on, or not any more. Whoever gains nothing goes on
        as before.
        """

    @abstractmethod
    def close(self) -> None: ...


MakeDecoder = Callable[["VideoStream", Fraction], Decoder]
"""For a stream whose packets' stamps are in ticks of the time base. Raises CameraError."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Decoded, not yet converted: a picture that is dropped costs no conversion."""

    stream_s: float
    decoded: Decoded

    def pixels(self) -> NDArray[np.uint8] | Planes:
        """As `Decoded` has them."""
        return self.decoded.pixels()

    def raster(self) -> Raster:
        from edge.capture.decoded import raster_of  # here: a camera's process needs no OpenCV

        return raster_of(self.pixels())
