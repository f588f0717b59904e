"""One picture in memory that two processes share: anonymous, so that a killed process leaves nothing behind.

Its size is sealed: a process that shrank it would crash the other one at its next look.
"""

import fcntl
import mmap
import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.detector.raster import Colours, Planes

PICTURE_BYTES_MAX = 7680 * 4320 * 3  # pages that no picture touches cost nothing
CHANNELS = 3


@dataclass(frozen=True, slots=True)
class Layout:
    """How a picture lies in the slot: BGR, or with `colours` its three planes one after the other."""

    height: int
    width: int
    colours: Colours | None = None


class PictureSlot:
    """The mapping of `descriptor`, which the caller goes on owning. Raises OSError."""

    def __init__(self, descriptor: int) -> None:
        self._memory = mmap.mmap(descriptor, PICTURE_BYTES_MAX)

    def close(self) -> None:
        self._memory.close()

    def write(self, pixels: NDArray[np.uint8] | Planes) -> Layout:
        """pixels: an array is (H, W, 3) uint8, BGR. Raises ValueError when it is larger than the slot."""
        if isinstance(pixels, Planes):
            height, width = pixels.y.shape
            layout = Layout(height, width, pixels.colours)
            parts: tuple[NDArray[np.uint8], ...] = (pixels.y, pixels.u, pixels.v)
        else:
            layout, parts = Layout(pixels.shape[0], pixels.shape[1]), (pixels,)
        for view, part in zip(self._views(layout), parts, strict=True):
            view[:] = part
        return layout

    def read(self, layout: Layout) -> NDArray[np.uint8] | Planes:
        """A copy: the slot is written again while the frame is still looked at. Raises ValueError as `write` does."""
        copies = [view.copy() for view in self._views(layout)]
        if layout.colours is None:
            return copies[0]
        y, u, v = copies
        return Planes(y, u, v, layout.colours)

    def _views(self, layout: Layout) -> list[NDArray[np.uint8]]:
        height, width = layout.height, layout.width
        if min(height, width) < 1 or height * width * CHANNELS > PICTURE_BYTES_MAX:
            raise ValueError(f"a picture of {width}x{height} does not fit; 7680x4320 does")
        if layout.colours is None:
            return [np.ndarray((height, width, CHANNELS), np.uint8, self._memory)]
        half = (-(-height // 2), -(-width // 2))
        full, chroma = height * width, half[0] * half[1]
        return [
            np.ndarray(shape, np.uint8, self._memory, at)
            for shape, at in (((height, width), 0), (half, full), (half, full + chroma))
        ]


def make_slot_memory(camera_id: str) -> int:
    """A descriptor; close it when nobody maps it any more."""
    descriptor = os.memfd_create(f"picture-{camera_id}", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(descriptor, PICTURE_BYTES_MAX)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
    return descriptor
