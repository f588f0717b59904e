"""Where every track of a camera was in the last hour, thinned: what new rules are tried on before they are in force."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np

from edge.tracking.track import Box, Track, Tracks

KEPT_S = 3600.0
INTERVAL_S = 0.2  # between samples; the dwell of a rule is measured this finely
IDLE_INTERVAL_S = 1.0  # while nobody is there
ROWS_MAX = 100_000  # 3.8 MB; a crowd shortens the hour
ROUNDING_S = 1e-6
NOBODY = 0  # the track id of a row that only says that a frame was looked at

ROW = np.dtype([("t", "f8"), ("id", "i4"), ("class", "i2"), ("lost", "?"), ("score", "f4"), ("box", "f4", 4)])


class RecentTracks:
    """A ring of rows. box: of a lost track, where it should be by now."""

    def __init__(self, kept_s: float = KEPT_S, rows_max: int = ROWS_MAX) -> None:
        self._kept_s = kept_s
        self._rows_max = rows_max
        self._rows = np.empty(min(1024, rows_max), ROW)
        self._next = 0  # rows ever written
        self._sampled_s: float | None = None
        self._classes: list[str] = []

    def add(self, tracks: Tracks) -> None:
        """A frame that comes too soon after the last sample is not kept."""
        interval_s = INTERVAL_S if tracks.seen or tracks.lost else IDLE_INTERVAL_S
        if self._sampled_s is not None and tracks.stream_s - self._sampled_s < interval_s - ROUNDING_S:
            return
        self._sampled_s = tracks.stream_s
        rows = [self._row(tracks.stream_s, track, lost=False) for track in tracks.seen]
        rows += [self._row(tracks.stream_s, track, lost=True) for track in tracks.lost]
        for row in rows or [(tracks.stream_s, NOBODY, 0, False, 0.0, (0.0, 0.0, 0.0, 0.0))]:
            self._write(row)

    def samples(self, camera_id: str, samples_max: int) -> Iterator[Tracks]:
        """The newest of them in order of time, as the tracker said them; a copy, whatever is added meanwhile."""
        rows = self._held()
        rows = rows[rows["t"] >= rows["t"][-1] - self._kept_s] if len(rows) else rows
        times = np.unique(rows["t"])
        if len(times) > samples_max:
            rows = rows[rows["t"] >= times[-samples_max]]
        return _told(rows.tolist(), tuple(self._classes), camera_id)

    def _row(self, stream_s: float, track: Track, *, lost: bool) -> tuple[object, ...]:
        if track.class_name not in self._classes:
            self._classes.append(track.class_name)
        box = track.predicted_box if lost else track.box
        return stream_s, track.track_id, self._classes.index(track.class_name), lost, track.score, box

    def _write(self, row: tuple[object, ...]) -> None:
        if self._next == len(self._rows) < self._rows_max:
            self._rows = np.concatenate((self._rows, np.empty(min(self._next, self._rows_max - self._next), ROW)))
        self._rows[self._next % len(self._rows)] = row
        self._next += 1

    def _held(self) -> "np.ndarray[tuple[int], np.dtype[np.void]]":
        """Oldest first."""
        at = self._next % len(self._rows)
        if self._next < len(self._rows):
            return self._rows[: self._next]
        return np.concatenate((self._rows[at:], self._rows[:at]))


def _told(rows: Iterable[Any], classes: tuple[str, ...], camera_id: str) -> Iterator[Tracks]:
    known: dict[int, Track] = {}
    for stream_s, group in groupby(rows, key=itemgetter(0)):
        seen: list[Track] = []
        lost: list[Track] = []
        for _, track_id, class_id, is_lost, stored, sides in group:
            if track_id == NOBODY:
                continue
            before, box = known.get(track_id), _box(sides)
            first_s, frames = (before.first_s, before.frames) if before else (stream_s, 0)
            last_box, last_s = (before.box, before.last_s) if before and is_lost else (box, stream_s)
            frames, score = frames + (not is_lost), round(stored, 6)
            track = Track(track_id, classes[class_id], score, last_box, box, first_s, last_s, stream_s, frames)
            known[track_id] = track
            (lost if is_lost else seen).append(track)
        here = {track.track_id for track in (*seen, *lost)}
        ended = tuple(track_id for track_id in known if track_id not in here)
        for track_id in ended:
            del known[track_id]
        yield Tracks(camera_id, stream_s, tuple(seen), tuple(lost), ended)


def _box(sides: Iterable[float]) -> Box:
    """As it was to six digits: a float32 of 0.9 is 0.9, not just below it."""
    x1, y1, x2, y2 = (round(float(side), 6) for side in sides)
    return x1, y1, x2, y2
