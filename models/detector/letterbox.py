"""A frame into the network's input, and boxes back out of it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.card import Pixels
from models.detector.raster import Raster


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How a frame lies in the network's input. All in pixels; (left, top) is where the scaled frame starts."""

    frame_width: int
    frame_height: int
    input_width: int
    input_height: int
    left: int
    top: int
    scaled_width: int
    scaled_height: int

    @classmethod
    def fit(
        cls,
        frame_width: int,
        frame_height: int,
        size_px: int,
        stride_px: int,
        side_px_min: int,
        *,
        corner: bool = False,
    ) -> "Letterbox":
        """Scales the longer side to size_px; each side of the input is the smallest multiple of stride_px from
        side_px_min on that holds the scaled frame, which lies in its middle or, with `corner`, at its upper left.
        side_px_min = size_px makes a square; a 16:9 frame without one costs 60 % of it.
        """
        scale = size_px / max(frame_width, frame_height)
        scaled_width = max(1, round(frame_width * scale))
        scaled_height = max(1, round(frame_height * scale))
        input_width = max(side_px_min, round_up(scaled_width, stride_px))
        input_height = max(side_px_min, round_up(scaled_height, stride_px))
        return cls(
            frame_width,
            frame_height,
            input_width,
            input_height,
            0 if corner else (input_width - scaled_width) // 2,
            0 if corner else (input_height - scaled_height) // 2,
            scaled_width,
            scaled_height,
        )

    @classmethod
    def stretched(cls, frame_width: int, frame_height: int, size_px: int) -> "Letterbox":
        """The frame fills a square of size_px, whatever its proportions."""
        return cls(frame_width, frame_height, size_px, size_px, 0, 0, size_px, size_px)

    def to_frame(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 4) boxes in input pixels -> relative frame coordinates, not clipped."""
        start = np.array([self.left, self.top] * 2, np.float32)
        size = np.array([self.scaled_width, self.scaled_height] * 2, np.float32)
        return ((boxes - start) / size).astype(np.float32)

    def to_input(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 4) boxes in relative frame coordinates -> input pixels."""
        start = np.array([self.left, self.top] * 2, np.float32)
        size = np.array([self.scaled_width, self.scaled_height] * 2, np.float32)
        return (boxes * size + start).astype(np.float32)


class Canvas:
    """The input tensor of one letterbox, kept and written over from frame to frame: the padding is painted once."""

    def __init__(self, letterbox: Letterbox, pixels: Pixels) -> None:
        self.letterbox = letterbox
        height, width = letterbox.input_height, letterbox.input_width
        mean, std = np.array(pixels.mean, np.float32), np.array(pixels.std, np.float32)
        self._tensor = np.empty((1, 3, height, width), np.float32)
        self._tensor[0] = ((pixels.padding - mean) / std)[:, None, None]
        rows = slice(letterbox.top, letterbox.top + letterbox.scaled_height)
        columns = slice(letterbox.left, letterbox.left + letterbox.scaled_width)
        self._inside = self._tensor[0, :, rows, columns]
        sources = (0, 1, 2) if pixels.colours == "bgr" else (2, 1, 0)
        self._channels = tuple(zip(sources, 1 / std, mean / std, strict=True))

    def paint(self, raster: Raster) -> NDArray[np.float32]:
        """A picture of the letterbox's frame size -> (1, 3, h, w) float32 as `Pixels` says, until the next call."""
        scaled = raster.scaled(self.letterbox.scaled_width, self.letterbox.scaled_height)
        planes = cv2.split(scaled)  # each in one piece: half the time of every third byte
        for inside, (source, scale, shift) in zip(self._inside, self._channels, strict=True):
            np.multiply(planes[source], scale, out=inside)
            if shift:
                np.subtract(inside, shift, out=inside)
        return self._tensor


def round_up(length: int, multiple: int) -> int:
    return -(-length // multiple) * multiple
