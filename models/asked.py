"""What is asked about a picture, from the shell's words or from a line of a batch."""

import argparse
import difflib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import cv2
import numpy as np

from models.errors import ModelError
from models.vlm.crop import Box
from models.vlm.questions import find_question

LINE_BYTES_MAX = 64 * 1024
LIKE = '{"image": "a.jpg", "question": "fire", "box": [0, 0, 1, 1]}'
KEYS = ("image", "question", "box", "zone")
CORNERS_MAX = 64
AREA_MIN = 1e-6  # of the picture; less is a line
STDIN = Path("-")

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Asked:
    """Frame coordinates. box: None for the whole picture. zone: corners of what a question calls the marked zone; empty
    where the picture shows it already.
    """

    image: Path
    question: str
    box: Box | None
    zone: tuple[Point, ...] = ()


def read_box(text: str) -> Box:
    try:
        x1, y1, x2, y2 = (float(side) for side in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a box like 0.1,0.2,0.5,0.9") from error
    return x1, y1, x2, y2


def read_zone(text: str) -> tuple[Point, ...]:
    try:
        numbers = [float(side) for side in text.split(",")]
        corners = [list(pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a zone like 0.1,0.5,0.9,0.5,0.5,0.9") from error
    try:
        return _corners(corners)
    except ModelError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def read_batch(path: Path) -> Iterator[tuple[int, Asked | ModelError]]:
    """Line by line: its number from 1, and what it asks or why it asks nothing; blank lines are none. Raises ModelError
    when the file cannot be read.
    """
    try:
        with sys.stdin.buffer if path == STDIN else path.open("rb") as file:
            for number, line in enumerate(_lines(file), start=1):
                if line.strip():
                    yield number, _asked(line)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read ({error})") from error


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """A line that is too long is cut, and what is left of it skipped."""
    while line := file.readline(LINE_BYTES_MAX + 1):
        rest = line
        while len(rest) > LINE_BYTES_MAX and not rest.endswith(b"\n"):
            rest = file.readline(LINE_BYTES_MAX + 1)
        yield line


def _asked(line: bytes) -> Asked | ModelError:
    try:
        if len(line) > LINE_BYTES_MAX:
            raise ModelError(f"more than {LINE_BYTES_MAX} bytes; give one picture and question a line")
        return _read_line(line)
    except ModelError as error:
        return error


def _read_line(line: bytes) -> Asked:
    try:
        row = json.loads(line.decode("utf-8-sig"))
        image, question, box, zone = row["image"], row["question"], row.get("box"), row.get("zone")
        image.encode()  # half a character is no file's name
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(f"not like {LIKE}") from error
    if not (isinstance(question, str) and image and "\0" not in image):
        raise ModelError(f"not like {LIKE}")
    if unknown := next((key for key in row if key not in KEYS), None):
        close = difflib.get_close_matches(unknown, KEYS, 1)
        raise ModelError(
            f"unknown key {unknown[:60]!r}; " + (f"did you mean {close[0]}?" if close else f"known: {', '.join(KEYS)}")
        )
    corners = () if zone is None else _corners(zone)
    check_zone(question, corners)
    return Asked(Path(image), question, None if box is None else _sides(box), corners)


def check_zone(question: str, zone: tuple[Point, ...]) -> None:
    """Raises ModelError for a question that is none, and for a zone that it is not about."""
    if not find_question(question).marked and zone:
        raise ModelError(f"{question} is not about a zone; leave the zone out")


def _corners(zone: Any) -> tuple[Point, ...]:
    numbers = [side for corner in zone for side in corner] if _pairs(zone) else []
    if not (
        3 <= len(numbers) / 2 <= CORNERS_MAX and all(type(one) in {int, float} and 0 <= one <= 1 for one in numbers)
    ):
        raise ModelError(
            f"a zone is 3 to {CORNERS_MAX} corners from 0 to 1, [[x, y], ...], not {json.dumps(zone)[:60]}"
        )
    corners = tuple((float(x), float(y)) for x, y in zone)
    if _area(corners) < AREA_MIN:
        raise ModelError(f"a zone has an area; the corners {json.dumps(zone)[:60]} have none")
    return corners


def _area(corners: tuple[Point, ...]) -> float:
    """Of their convex hull, so that a zone that crosses itself counts."""
    hull = cv2.convexHull(np.array(corners, np.float32))
    return float(cv2.contourArea(hull))


def _pairs(zone: Any) -> bool:
    return isinstance(zone, list) and all(isinstance(corner, list) and len(corner) == 2 for corner in zone)


def _sides(box: Any) -> Box:
    """What is a number and no side of a box is for `crop` to see."""
    if not isinstance(box, list) or len(box) != 4 or any(type(side) not in {int, float} for side in box):
        raise ModelError(f"a box is four numbers from 0 to 1, [x1, y1, x2, y2], not {json.dumps(box)[:60]}")
    try:
        x1, y1, x2, y2 = map(float, box)
    except OverflowError as error:
        raise ModelError(
            "a box is four numbers from 0 to 1, [x1, y1, x2, y2]; one of these has hundreds of digits"
        ) from error
    return x1, y1, x2, y2
