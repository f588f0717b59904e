"""A script of detections: what a detector would have said at each moment of a clip, as JSON Lines.

First line `{"scripted": 1, "classes": [...], "duration_s": 30.0, "fps": 10}`, then a line per frame
`{"t": 1.2, "detections": [{"class": "person", "score": 0.93, "box": [x1, y1, x2, y2]}]}`: times in stream seconds,
rising; boxes relative to the frame. A clip that loops reads its script again from the start.
"""

import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeGuard

import numpy as np

from models.detector.detections import Detections

ROUNDING_S = 0.002  # stream times come from a container's time base


class ScriptError(ValueError):
    """A line of a script is not what it should be; the message starts with the line's number."""


@dataclass(frozen=True, slots=True, eq=False)
class Script:
    class_names: tuple[str, ...]
    duration_s: float
    interval_s: float
    times_s: tuple[float, ...]
    detections: tuple[Detections, ...]

    def at(self, stream_s: float) -> Detections:
        """The newest entry at or before `stream_s` and at most one frame interval old; else nothing is there."""
        t_s = (stream_s + ROUNDING_S) % self.duration_s
        index = bisect_right(self.times_s, t_s) - 1
        if index < 0 or t_s - self.times_s[index] > self.interval_s + ROUNDING_S:
            return Detections.none(self.class_names)
        return self.detections[index]


def parse_script(text: str) -> Script:
    """Raises ScriptError."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not lines:
        raise ScriptError('line 1: a script starts with {"scripted": 1, "classes": [...], "duration_s": N, "fps": N}')
    header = _object(*lines[0])
    class_names = header.get("classes")
    if header.get("scripted") != 1:
        raise ScriptError(f"line {lines[0][0]}: scripted is {header.get('scripted')!r}; this version reads 1")
    if not isinstance(class_names, list) or not all(isinstance(name, str) and name for name in class_names):
        raise ScriptError(f"line {lines[0][0]}: classes must be a list of names")
    duration_s, fps = (_positive(header.get(key), key, lines[0][0]) for key in ("duration_s", "fps"))
    times: list[float] = []
    entries: list[Detections] = []
    for number, line in lines[1:]:
        entry = _object(number, line)
        t_s = entry.get("t")
        if not _is_number(t_s) or not 0 <= t_s < duration_s:
            raise ScriptError(f"line {number}: t is {t_s!r}; it must be seconds from 0 up to {duration_s}")
        if times and t_s <= times[-1]:
            raise ScriptError(f"line {number}: t is {t_s}, not after the {times[-1]} before it")
        times.append(float(t_s))
        entries.append(_detections(entry.get("detections"), tuple(class_names), number))
    return Script(tuple(class_names), duration_s, 1 / fps, tuple(times), tuple(entries))


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))


def _object(number: int, line: str) -> Mapping[str, object]:
    try:
        loaded = json.loads(line)
    except ValueError as error:
        raise ScriptError(f"line {number}: not JSON: {error}") from error
    if not isinstance(loaded, Mapping):
        raise ScriptError(f"line {number}: expected a JSON object")
    return loaded


def _positive(value: object, key: str, number: int) -> float:
    if not _is_number(value) or value <= 0:
        raise ScriptError(f"line {number}: {key} is {value!r}; it must be a positive number")
    return float(value)


def _detections(value: object, class_names: tuple[str, ...], number: int) -> Detections:
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise ScriptError(f"line {number}: detections must be a list of objects")
    boxes, scores, classes = [], [], []
    for item in value:
        if item.get("class") not in class_names:
            raise ScriptError(f"line {number}: class {item.get('class')!r} is not in the header's classes")
        score, box = item.get("score"), item.get("box")
        if not _is_number(score) or not 0 <= score <= 1:
            raise ScriptError(f"line {number}: score is {score!r}; it must be 0 to 1")
        if not isinstance(box, list) or len(box) != 4 or not all(_is_number(side) and 0 <= side <= 1 for side in box):
            raise ScriptError(
                f"line {number}: box is {box!r}; it must be [x1, y1, x2, y2] relative to the frame, 0 to 1"
            )
        if box[0] >= box[2] or box[1] >= box[3]:
            raise ScriptError(f"line {number}: box {box!r} is empty; x1 < x2 and y1 < y2")
        boxes.append(box)
        scores.append(score)
        classes.append(class_names.index(item["class"]))
    if not boxes:
        return Detections.none(class_names)
    return Detections(
        np.array(boxes, np.float32), np.array(scores, np.float32), np.array(classes, np.int64), class_names
    )
