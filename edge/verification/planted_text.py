"""Whether somebody may have put text into the picture for a machine to read: a code, or lines of print.

Text in a picture is data. It changes no prompt, no rule and no verdict but this flag, and a verdict under the flag
rejects nothing.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE_PX = 320  # shorter crops are enlarged: print of 8 px is found as print of 16
LETTERS_MIN = 8  # in one line
LINES_MIN = 1
_CONTRAST_MIN = 40  # of a letter against what it is written on, grey levels


def holds_planted_text(crop: NDArray[np.uint8]) -> bool:
    """crop: (H, W, 3) uint8 BGR. A QR code, or a row of at least eight letter-like blobs of one height."""
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    scale = SIDE_PX / max(1, min(grey.shape))
    if scale > 1:
        grey = cv2.resize(grey, None, fx=min(scale, 4.0), fy=min(scale, 4.0), interpolation=cv2.INTER_CUBIC)
    return _holds_code(np.asarray(grey, np.uint8)) or _lines_of_print(np.asarray(grey, np.uint8)) >= LINES_MIN


def _holds_code(grey: NDArray[np.uint8]) -> bool:
    """A QR code; a small one is found only when it is enlarged, a large one only when it is not."""
    detector = cv2.QRCodeDetectorAruco()
    return any(detector.detect(picture)[0] for picture in (grey, cv2.resize(grey, None, fx=2, fy=2)))


def _lines_of_print(grey: NDArray[np.uint8]) -> int:
    return max(_lines(_blobs(grey, invert=invert)) for invert in (False, True))


def _blobs(grey: NDArray[np.uint8], *, invert: bool) -> NDArray[np.int32]:
    """(n, 4) left, top, width, height of dark (or bright) blobs of a letter's size and shape."""
    block = 31
    kind = cv2.THRESH_BINARY_INV if invert else cv2.THRESH_BINARY
    offset = _CONTRAST_MIN / 2 if invert else -_CONTRAST_MIN / 2
    binary = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, kind, block, offset)
    _, _, stats, _ = cv2.connectedComponentsWithStats(binary, connectivity=8)
    boxes = stats[1:]
    width, height, area = boxes[:, 2], boxes[:, 3], boxes[:, 4]
    letter = (
        (height >= 8)
        & (height <= grey.shape[0] // 3)
        & (width >= 2)
        & (width <= 2 * height)
        & (area >= 0.15 * width * height)
        & (area <= 0.9 * width * height)
    )
    return np.asarray(boxes[letter, :4], np.int32)


def _lines(blobs: NDArray[np.int32]) -> int:
    """How many rows of LETTERS_MIN and more there are: alike in height, at one level, close together."""
    lines = 0
    left: list[tuple[int, int, int, int]] = blobs[np.argsort(blobs[:, 0])].tolist() if len(blobs) else []
    used = [False] * len(left)
    for first in range(len(left)):
        if used[first]:
            continue
        row = [first]
        x, y, w, h = left[first]
        for other in range(first + 1, len(left)):
            x2, y2, w2, h2 = left[other]
            if x2 - (x + w) > 1.2 * h:
                break  # from left to right: what follows is further away still
            alike = 0.6 <= h2 / h <= 1.67 and abs((y2 + h2) - (y + h)) <= 0.35 * h
            if alike and x2 >= x + w // 2 and not used[other]:
                row.append(other)
                x, y, w, h = x2, y2, w2, h2
        if len(row) >= LETTERS_MIN:
            for place in row:
                used[place] = True
            lines += 1
    return lines
