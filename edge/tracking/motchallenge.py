"""Detections and tracks as the MOTChallenge benchmark writes them: text lines in pixels, frames from 1.

A detection line is `frame, -1, x, y, width, height, confidence, ...`, a track line has the id in the second place
(Milan et al. 2016, "MOT16: a benchmark for multi-object tracking").
"""

import configparser
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.tracking.track import Box, Tracks
from edge.tracking.tracker import Tracker, TrackerSettings
from models.detector.detections import Detections

CLASS_NAMES = ("object",)
FRAMES_MAX = 10_000_000
# Public detection files come from older detectors whose scores crowd near 1 and are often wrong below.
BENCHMARK_SETTINGS = TrackerSettings(
    score_sure_min=0.9,
    score_unsure_min=0.6,
    score_begin_min=0.9,
    score_new_min=0.9,
    score_at_once_min=0.94,
    overlap_tentative_min=0.4,
)


class MotChallengeError(Exception):
    """The file cannot be used; the message says which, where, and what would be right."""


@dataclass(frozen=True, slots=True, eq=False)
class FramedDetections:
    """frames: (N,) numbers from 1, rising; boxes: (N, 4) `[x1, y1, x2, y2]` pixels; scores: (N,) as in the file."""

    frames: NDArray[np.int64]
    boxes: NDArray[np.float64]
    scores: NDArray[np.float64]

    def per_frame(self) -> Iterator[tuple[int, Detections]]:
        """Every frame from the first to the last in the file, the empty ones too."""
        if not len(self.frames):
            return
        numbers = np.arange(1, self.frames[-1] + 2)
        bounds = np.searchsorted(self.frames, numbers)
        for number, begin, end in zip(numbers[:-1].tolist(), bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            boxes = self.boxes[begin:end].astype(np.float32)
            scores = self.scores[begin:end].astype(np.float32)
            yield number, Detections(boxes, scores, np.zeros(end - begin, np.int64), CLASS_NAMES)


def track_detections(path: Path, fps: float | None, out: Path, settings: TrackerSettings = BENCHMARK_SETTINGS) -> int:
    """Reads detections from `path` (`.gz` too), writes their tracks to `out`; returns how many lines.

    fps: frames per second; None takes `frameRate` of the `seqinfo.ini` beside the file or in a folder above it.
    The tracker does not care for the scale of its boxes, so pixels go in as they are. Raises MotChallengeError.
    """
    frames_per_s = fps if fps is not None else _frame_rate(path)
    if not 0 < frames_per_s < 1000:
        raise MotChallengeError(f"--fps {frames_per_s:g} is not a frame rate; give frames per second, such as 25")
    detections = read_detections(path)
    tracker = Tracker("motchallenge", settings)
    lines = 0
    try:
        with out.open("w", encoding="ascii") as file:
            for number, found in detections.per_frame():
                tracks = tracker.update(found, (number - 1) / frames_per_s)
                file.writelines(track_lines(number, tracks))
                lines += len(tracks.seen)
    except OSError as error:
        raise MotChallengeError(f"{out}: cannot be written ({error.strerror})") from error
    return lines


def track_lines(number: int, tracks: Tracks, width: float = 1.0, height: float = 1.0) -> list[str]:
    """One line per track seen in frame `number`, with the motion model's box, as SORT writes it.

    width, height: of the frame in pixels for a tracker that was given relative boxes; 1 for one that was given pixels.
    """
    lines = []
    for track in tracks.seen:
        x1, y1, x2, y2 = track.predicted_box
        lines.append(_line(number, track.track_id, (x1 * width, y1 * height, x2 * width, y2 * height), track.score))
    return lines


def _line(number: int, track_id: int, box: Box, score: float) -> str:
    x1, y1, x2, y2 = box
    return f"{number},{track_id},{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f},{score:.4f},-1,-1,-1\n"


def read_detections(path: Path) -> FramedDetections:
    """Raises MotChallengeError with file and line."""
    try:
        text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()
    except FileNotFoundError as error:
        raise MotChallengeError(f"{path}: no such file; check the path") from error
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise MotChallengeError(f"{path}: cannot be read as text ({error})") from error
    rows = [_row(path, at, line) for at, line in enumerate(text.splitlines(), 1) if line.strip()]
    table = np.array(rows, np.float64).reshape(-1, 6)
    table = table[np.argsort(table[:, 0], kind="stable")]
    boxes = np.concatenate((table[:, 1:3], table[:, 1:3] + table[:, 3:5]), axis=1)
    return FramedDetections(table[:, 0].astype(np.int64), boxes, table[:, 5])


def _row(path: Path, at: int, line: str) -> tuple[float, ...]:
    """frame, x, y, width, height, score of one line."""
    try:
        frame, _, *numbers = (float(field) for field in line.split(",")[:7])
        row = (frame, *numbers)
        good = len(row) == 6 and np.isfinite(row).all() and frame == int(frame) and 1 <= frame <= FRAMES_MAX
    except ValueError:
        good = False
    if not good:
        raise MotChallengeError(f"{path}, line {at}: not `frame, -1, x, y, width, height, confidence`: {line[:80]!r}")
    return row


def _frame_rate(path: Path) -> float:
    for folder in path.resolve().parents[:3]:
        found = folder / "seqinfo.ini"
        if found.is_file():
            return _stated_rate(found)
    raise MotChallengeError(f"{path}: no seqinfo.ini beside or above it; say the frame rate with --fps N")


def _stated_rate(path: Path) -> float:
    parser = configparser.ConfigParser()
    try:
        parser.read(path, encoding="utf-8")
        return parser.getfloat("Sequence", "frameRate")
    except (configparser.Error, ValueError, UnicodeDecodeError) as error:
        raise MotChallengeError(f"{path}: no frameRate under [Sequence]; say the frame rate with --fps N") from error
