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
FINDERS = 3  # squares in the corners of a QR code
_CONTRAST_MIN = 40  # of a letter against what it is written on, grey levels
_PAIRS_MAX = 2**20  # compared at once; more of them are noise, and are searched without having been counted


def holds_planted_text(crop: NDArray[np.uint8]) -> bool:
    """crop: (H, W, 3) uint8 BGR. A QR code, or a row of at least eight letter-like blobs of one height."""
    grey = _grey(crop)
    dark = _blobs(grey, invert=True)
    if _lines(_letters(dark, grey.shape[0])) >= LINES_MIN or _holds_code(grey, dark):
        return True
    return _lines(_letters(_blobs(grey, invert=False), grey.shape[0])) >= LINES_MIN


def _grey(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    scale = SIDE_PX / max(1, min(grey.shape))
    if scale > 1:
        grey = cv2.resize(grey, None, fx=min(scale, 4.0), fy=min(scale, 4.0), interpolation=cv2.INTER_CUBIC)
    return np.asarray(grey, np.uint8)


def _holds_code(grey: NDArray[np.uint8], dark: NDArray[np.int32]) -> bool:
    """A QR code. The search for one costs more than the model: only what looks like a corner of one is worth it."""
    finders = _finders(dark)
    return finders >= FINDERS or (finders > 0 and _found_code(grey))


def _found_code(grey: NDArray[np.uint8]) -> bool:
    """A small code is found only when it is enlarged, a large one only when it is not."""
    detector = cv2.QRCodeDetectorAruco()
    return any(detector.detect(picture)[0] for picture in (grey, cv2.resize(grey, None, fx=2, fy=2)))


def _finders(blobs: NDArray[np.int32]) -> int:
    """How many dark rings have a dark blob of three sevenths of their size in the middle, as a code's corners have,
    turned and tilted ones too.
    """
    left, top, width, height, area = blobs.T.astype(np.float32)
    square = (width <= 2.2 * height) & (height <= 2.2 * width)
    least, full = np.minimum(width, height), area / (width * height)
    centre = np.stack((left + width / 2, top + height / 2, width, height))
    cores = centre[:, square & (least >= 3) & (full >= 0.3)][:, :, None]
    rings = centre[:, square & (least >= 6) & (full >= 0.12) & (full <= 0.75)][:, None]
    if cores.shape[1] * rings.shape[2] > _PAIRS_MAX:
        return 1
    apart, share = np.abs(cores[:2] - rings[:2]), cores[2:] / rings[2:]
    within = (apart <= 0.15 * rings[2:] + 0.5) & (share > 0.25) & (share < 0.62)
    return int(within.all(axis=0).any(axis=0).sum())


def _blobs(grey: NDArray[np.uint8], *, invert: bool) -> NDArray[np.int32]:
    """(n, 5) left, top, width, height, area of what is darker (or brighter) than what is around it."""
    block = 31
    kind = cv2.THRESH_BINARY_INV if invert else cv2.THRESH_BINARY
    offset = _CONTRAST_MIN / 2 if invert else -_CONTRAST_MIN / 2
    binary = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, kind, block, offset)
    _, _, stats, _ = cv2.connectedComponentsWithStats(binary, connectivity=8)
    return np.asarray(stats[1:], np.int32)


def _letters(blobs: NDArray[np.int32], picture_height: int) -> NDArray[np.int32]:
    """(n, 4): those of a letter's size and shape."""
    width, height, area = blobs[:, 2], blobs[:, 3], blobs[:, 4]
    letter = (
        (height >= 8)
        & (height <= picture_height // 3)
        & (width >= 2)
        & (width <= 2 * height)
        & (area >= 0.15 * width * height)
        & (area <= 0.9 * width * height)
    )
    return blobs[letter, :4]


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
