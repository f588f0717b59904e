"""One picture in memory that two processes share: anonymous, so that a killed process leaves nothing behind.

Its size is sealed: a process that shrank it would crash the other one at its next look.
"""

import fcntl
import mmap
import os

import numpy as np
from numpy.typing import NDArray

PICTURE_BYTES_MAX = 7680 * 4320 * 3  # pages that no picture touches cost nothing
CHANNELS = 3


class PictureSlot:
    """The mapping of `descriptor`, which the caller goes on owning. Raises OSError."""

    def __init__(self, descriptor: int) -> None:
        self._memory = mmap.mmap(descriptor, PICTURE_BYTES_MAX)

    def close(self) -> None:
        self._memory.close()

    def write(self, image: NDArray[np.uint8]) -> None:
        """image: (H, W, 3) uint8. Raises ValueError when it is larger than the slot."""
        self._view(*image.shape[:2])[:] = image

    def read(self, height: int, width: int) -> NDArray[np.uint8]:
        """A copy: the slot is written again while the frame is still looked at. Raises ValueError as `write` does."""
        return self._view(height, width).copy()

    def _view(self, height: int, width: int) -> NDArray[np.uint8]:
        if min(height, width) < 1 or height * width * CHANNELS > PICTURE_BYTES_MAX:
            raise ValueError(f"a picture of {width}x{height} does not fit; 7680x4320 does")
        return np.ndarray((height, width, CHANNELS), np.uint8, self._memory)


def make_slot_memory(camera_id: str) -> int:
    """A descriptor; close it when nobody maps it any more."""
    descriptor = os.memfd_create(f"picture-{camera_id}", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(descriptor, PICTURE_BYTES_MAX)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
    return descriptor
