"""Detections of one camera, frame after frame, joined into tracks.

The algorithm is ByteTrack's (Zhang et al. 2022, "ByteTrack: multi-object tracking by associating every detection
box"): sure detections first, then unsure ones for tracks that would be lost otherwise. Every threshold here is in
seconds of stream time, never in frames, so that a camera read at 5 frames/s and one at 25 behave alike. No clock, no
camera motion, no appearance.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from edge.tracking.association import Indices, matched, overlaps
from edge.tracking.kalman import KalmanFilter, MotionNoise
from edge.tracking.track import Tracks
from edge.tracking.tracked import Found, nothing_tracked, tracked_from
from models.detector.detections import Detections

VEHICLES = frozenset({"car", "truck", "bus", "van"})


@dataclass(frozen=True, slots=True)
class TrackerSettings:
    """score_*: on the detector's own scale; overlap_*: intersection over union; *_s_max: seconds of stream time.

    A detection of `score_sure_min` may join any track, of `score_unsure_min` only a confirmed one that was seen within
    `unsure_s_max`, of `score_begin_min` begin one. A new track is tentative until it has `hits_to_confirm` detections,
    each within `tentative_s_max` or in the very next frame, the best of them of `score_new_min`; or one of
    `score_at_once_min`. So something that the network sees faintly first and surely later has one track, not late.
    interchangeable: sets of classes that a detector mixes up on one object; a track keeps to one set, and its class is
    the one with the greatest sum of scores. A class in no set stays by itself.
    """

    score_sure_min: float = 0.25
    score_unsure_min: float = 0.1
    score_begin_min: float = 0.1
    score_new_min: float = 0.25
    score_at_once_min: float = 1.0
    overlap_sure_min: float = 0.1
    overlap_unsure_min: float = 0.6
    overlap_tentative_min: float = 0.3
    overlap_same_object: float = 0.85
    overlap_new_max: float = 0.7
    hits_to_confirm: int = 3
    tentative_s_max: float = 0.3
    unsure_s_max: float = 0.5
    lost_s_max: float = 3.0
    interchangeable: tuple[frozenset[str], ...] = (VEHICLES,)
    noise: MotionNoise = field(default_factory=MotionNoise)

    def __post_init__(self) -> None:
        if not 0 < self.score_unsure_min <= self.score_sure_min <= self.score_new_min <= self.score_at_once_min:
            raise ValueError("scores must rise from unsure over sure and new to at once")
        if not self.score_unsure_min <= self.score_begin_min <= self.score_new_min:
            raise ValueError("score_begin_min must lie between unsure and new")
        if self.hits_to_confirm < 1 or min(self.tentative_s_max, self.unsure_s_max, self.lost_s_max) < 0:
            raise ValueError("hits_to_confirm must be at least 1, times not negative")


class Tracker:
    """One object per camera: its track ids begin at 1 and are never used again.

    A track is told of once it is confirmed, and remembered for `lost_s_max` after its last detection.
    """

    def __init__(self, camera_id: str, settings: TrackerSettings | None = None) -> None:
        self.camera_id = camera_id
        self._settings = settings or TrackerSettings()
        self._filter = KalmanFilter(self._settings.noise)
        self._class_names: tuple[str, ...] | None = None
        self._group_of: NDArray[np.int64] = np.empty(0, np.int64)
        self._now_s: float | None = None
        self._tracked = nothing_tracked(0)
        self._ids_given = 0

    def update(self, detections: Detections, stream_s: float) -> Tracks:
        """The tracks after the detections of the frame at `stream_s`.

        Raises ValueError when time goes back, or the classes are other ones than before.
        """
        elapsed_s = self._elapsed(stream_s)
        self._check_classes(detections.class_names)
        found = self._distinct(detections)
        ended = self._forget(stream_s)
        self._tracked = replace(self._tracked, states=self._filter.predicted(self._tracked.states, elapsed_s))
        free = self._join(found, stream_s)
        self._drop_tentative(stream_s)
        self._begin(found.take(np.flatnonzero(self._new(found, free))), stream_s)
        self._confirm()
        return self._told(stream_s, ended)

    def new_id(self) -> int:
        """The next of the camera's ids, for something that is followed by other means (`edge.tracking.stillness`)."""
        self._ids_given += 1
        return self._ids_given

    def _elapsed(self, stream_s: float) -> float:
        before_s = stream_s if self._now_s is None else self._now_s
        if not stream_s >= before_s:
            raise ValueError(f"stream_s went back from {before_s} to {stream_s}")
        self._now_s = stream_s
        return stream_s - before_s

    def _check_classes(self, class_names: tuple[str, ...]) -> None:
        if class_names == self._class_names:
            return
        if self._class_names is not None:
            raise ValueError(f"the classes changed from {self._class_names} to {class_names}; begin a new tracker")
        self._class_names = class_names
        sets = [next((s for s in self._settings.interchangeable if name in s), {name}) for name in class_names]
        self._group_of = np.array([sets.index(one) for one in sets], np.int64)
        self._tracked = nothing_tracked(len(class_names))

    def _distinct(self, detections: Detections) -> Found:
        """Sure enough detections, best first, without second ones of the same object under another class name."""
        order = np.argsort(-detections.scores, kind="stable")
        order = order[detections.scores[order] >= self._settings.score_unsure_min]
        class_ids = detections.class_ids[order]
        boxes = detections.boxes[order].astype(np.float64)
        scores = detections.scores[order].astype(np.float64).round(6)  # a float32 of 0.9 is 0.9, not just below it
        found = Found(boxes, scores, class_ids, self._group_of[class_ids])
        alike = overlaps(boxes, boxes) >= self._settings.overlap_same_object
        alike &= found.groups[:, None] == found.groups[None, :]
        second = np.triu(alike, 1).any(axis=0)
        sound = np.isfinite(boxes).all(axis=1) & (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
        return found.take(np.flatnonzero(sound & ~second))

    def _forget(self, stream_s: float) -> tuple[int, ...]:
        old = stream_s - self._tracked.last_s > self._settings.lost_s_max
        if not old.any():
            return ()
        ended = self._tracked.ids[old & (self._tracked.ids > 0)]
        self._tracked = self._tracked.take(~old)
        return tuple(ended.tolist())

    def _join(self, found: Found, stream_s: float) -> NDArray[np.bool_]:
        """Gives detections to tracks; returns which are left."""
        settings, tracked = self._settings, self._tracked
        likeness = overlaps(tracked.states.boxes(), found.boxes)
        likeness[tracked.groups[:, None] != found.groups[None, :]] = 0.0
        sure = found.scores >= settings.score_sure_min
        begins = found.scores >= settings.score_begin_min
        confirmed = tracked.ids > 0
        recent = stream_s - tracked.last_s <= settings.unsure_s_max
        free_tracks, free_found = np.ones(len(tracked), bool), np.ones(len(sure), bool)
        for tracks, candidates, least in (
            (confirmed, sure, settings.overlap_sure_min),
            (confirmed & recent, ~sure, settings.overlap_unsure_min),
            (~confirmed, begins, settings.overlap_tentative_min),
        ):
            rows, columns = np.flatnonzero(tracks & free_tracks), np.flatnonzero(candidates & free_found)
            if not (len(rows) and len(columns)):
                continue
            first, second = matched(likeness[np.ix_(rows, columns)], least)
            free_tracks[rows[first]] = False
            free_found[columns[second]] = False
            self._correct(rows[first], found.take(columns[second]), stream_s)
        return free_found

    def _new(self, found: Found, free: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which detections begin a tentative track: not the faintest, and not a second box around somebody who has one.

        Networks without suppression now and then give two boxes for one person, for seconds; a track that begins on
        the second one outlives the first.
        """
        alike = overlaps(found.boxes, found.boxes) >= self._settings.overlap_new_max
        alike &= found.groups[:, None] == found.groups[None, :]
        second = np.triu(alike, 1).any(axis=0) | alike[~free].any(axis=0)
        return free & ~second & (found.scores >= self._settings.score_begin_min)

    def _correct(self, rows: Indices, found: Found, stream_s: float) -> None:
        tracked = self._tracked
        after = self._filter.corrected(tracked.states.take(rows), found.boxes)
        tracked.states.array[:, rows] = after.array
        tracked.boxes[rows] = found.boxes
        tracked.scores[rows] = found.scores
        tracked.scores_best[rows] = np.maximum(tracked.scores_best[rows], found.scores)
        tracked.votes[rows, found.class_ids] += found.scores
        tracked.hits[rows] += 1
        tracked.last_s[rows] = stream_s

    def _drop_tentative(self, stream_s: float) -> None:
        """A tentative track lives while detections follow each other; at a slow camera, from frame to frame."""
        waited_s = stream_s - self._tracked.last_s
        dropped = (self._tracked.ids == 0) & (waited_s > self._settings.tentative_s_max)
        if dropped.any():
            self._tracked = self._tracked.take(~dropped)

    def _begin(self, found: Found, stream_s: float) -> None:
        if len(found.scores):
            classes = len(self._group_of)
            new = tracked_from(found, self._filter.started(found.boxes), classes, stream_s)
            self._tracked = self._tracked.joined(new)

    def _confirm(self) -> None:
        tracked = self._tracked
        enough = tracked.hits >= self._settings.hits_to_confirm
        enough &= tracked.scores_best >= self._settings.score_new_min
        enough |= tracked.scores >= self._settings.score_at_once_min
        new = np.flatnonzero((tracked.ids == 0) & enough)
        tracked.ids[new] = np.arange(self._ids_given + 1, self._ids_given + 1 + len(new))
        self._ids_given += len(new)

    def _told(self, stream_s: float, ended: tuple[int, ...]) -> Tracks:
        assert self._class_names is not None
        tracked = self._tracked
        told, now = tracked.ids > 0, tracked.last_s == stream_s
        seen = tracked.tracks(np.flatnonzero(told & now), self._class_names, stream_s)
        lost = tracked.tracks(np.flatnonzero(told & ~now), self._class_names, stream_s)
        return Tracks(self.camera_id, stream_s, seen, lost, ended)
