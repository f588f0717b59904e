"""Detections of one camera, frame after frame, joined into tracks.

The algorithm is ByteTrack's (Zhang et al. 2022, "ByteTrack: multi-object tracking by associating every detection
box"): sure detections first, then unsure ones for tracks that would be lost otherwise. Every threshold here is in
seconds of stream time, never in frames, so that a camera read at 5 frames/s and one at 25 behave alike. No clock, no
camera motion, no appearance.
"""

from dataclasses import dataclass, field

import numpy as np

from edge.tracking.association import Floats, Indices, matched, overlaps
from edge.tracking.kalman import KalmanFilter, MotionNoise
from edge.tracking.track import Tracks
from edge.tracking.tracked import Flags, Found, nothing_tracked, tracked_from
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
        self._group_of = np.empty(0, np.int64)
        self._groups = 0
        self._now_s: float | None = None
        self._tracked = nothing_tracked(0)
        self._ids_given = 0

    def update(self, detections: Detections, stream_s: float) -> Tracks:
        """The tracks after the detections of the frame at `stream_s`.

        Raises ValueError when time goes back, or the classes are other ones than before.
        """
        elapsed_s = self._elapsed(stream_s)
        self._check_classes(detections.class_names)
        ended = self._forget(stream_s)
        self._tracked.states = self._filter.predicted(self._tracked.states, elapsed_s)
        found, among, likeness = self._compared(self._found(detections))
        column_of_track = self._joined(found, likeness, stream_s)
        self._correct(found, column_of_track, stream_s)
        self._drop_tentative(stream_s)
        self._begin(found, self._new(found, among, column_of_track), stream_s)
        self._confirm()
        seen, lost = self._tracked.told(detections.class_names, stream_s)
        return Tracks(self.camera_id, stream_s, seen, lost, ended)

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
        self._groups = len(set(self._group_of.tolist()))
        self._tracked = nothing_tracked(len(class_names))

    def _found(self, detections: Detections) -> Found:
        """Sure enough detections with a sound box, best first."""
        order = (-detections.scores).argsort(kind="stable")
        count = np.count_nonzero(detections.scores >= self._settings.score_unsure_min)
        order = order[:count]
        table = np.empty((5, count))
        table[:4] = detections.boxes[order].T
        detections.scores[order].astype(np.float64).round(6, out=table[4])  # a float32 of 0.9 is 0.9, not just below it
        class_ids = detections.class_ids[order]
        found = Found(table, class_ids, self._group_of[class_ids])
        sound = np.isfinite(table[:4])
        sound[2:] &= table[2:4] > table[:2]
        return found if np.count_nonzero(sound) == sound.size else found.take(np.flatnonzero(sound.all(axis=0)))

    def _compared(self, found: Found) -> tuple[Found, Floats, Floats]:
        """The detections without second ones of the same object under another class name; how much they overlap each
        other (M, M) and the tracks (N, M), by the motion model: 0 where the class sets differ.
        """
        tracked, count = self._tracked, len(found)
        boxes = np.concatenate((found.boxes.T, tracked.states.boxes().T), axis=1).T
        likeness = overlaps(boxes, found.boxes)
        if self._groups > 1:
            likeness *= np.concatenate((found.groups, tracked.groups))[:, None] == found.groups
        among, likeness = likeness[:count], likeness[count:]
        alike = among >= self._settings.overlap_same_object
        if np.count_nonzero(alike) <= count:  # each overlaps itself
            return found, among, likeness
        kept = np.flatnonzero(~np.triu(alike, 1).any(axis=0))
        return found.take(kept), among[np.ix_(kept, kept)], likeness[:, kept]

    def _forget(self, stream_s: float) -> tuple[int, ...]:
        old = stream_s - self._tracked.last_s > self._settings.lost_s_max
        if not np.count_nonzero(old):
            return ()
        ended = self._tracked.ids[old & (self._tracked.ids > 0)]
        self._tracked = self._tracked.take(~old)
        return tuple(ended.tolist())

    def _joined(self, found: Found, likeness: Floats, stream_s: float) -> Indices:
        """Gives detections to tracks: (N,) the number of the detection of each track, -1 for none."""
        settings, tracked = self._settings, self._tracked
        column_of_track = np.full(len(tracked), -1)
        sure = int(np.count_nonzero(found.scores >= settings.score_sure_min))  # the first so many, they come best first
        confirmed = tracked.ids > 0
        _join(column_of_track, likeness[:, :sure], confirmed, settings.overlap_sure_min)
        if sure < len(found):
            recent = stream_s - tracked.last_s <= settings.unsure_s_max
            waiting = confirmed & recent & (column_of_track < 0)
            _join(column_of_track, likeness[:, sure:], waiting, settings.overlap_unsure_min, sure)
        if not confirmed.all():
            begins = np.count_nonzero(found.scores >= settings.score_begin_min)
            rest = likeness[:, :begins] * _left(column_of_track, len(found))[:begins]
            _join(column_of_track, rest, ~confirmed, settings.overlap_tentative_min)
        return column_of_track

    def _new(self, found: Found, among: Floats, column_of_track: Indices) -> Indices:
        """Which detections begin a tentative track: not the faintest, and not a second box around somebody who has one.

        Networks without suppression now and then give two boxes for one person, for seconds; a track that begins on
        the second one outlives the first.
        """
        free = _left(column_of_track, len(found))
        new = (free & (found.scores >= self._settings.score_begin_min)).nonzero()[0]
        if not len(new):
            return new
        better = (np.arange(len(found))[:, None] < new) | ~free[:, None]
        alike = among[:, new] >= self._settings.overlap_new_max
        return new[~(alike & better).any(axis=0)]

    def _correct(self, found: Found, column_of_track: Indices, stream_s: float) -> None:
        """All tracks at once, those without a detection for nothing: fewer calls than picking the others out."""
        if len(found) and len(column_of_track):
            after = self._filter.corrected(self._tracked.states, found.boxes[column_of_track])
            self._tracked.see(found, column_of_track, after, stream_s)

    def _drop_tentative(self, stream_s: float) -> None:
        """A tentative track lives while detections follow each other; at a slow camera, from frame to frame."""
        waited_s = stream_s - self._tracked.last_s
        dropped = (self._tracked.ids == 0) & (waited_s > self._settings.tentative_s_max)
        if np.count_nonzero(dropped):
            self._tracked = self._tracked.take(~dropped)

    def _begin(self, found: Found, new: Indices, stream_s: float) -> None:
        if len(new):
            first = found.take(new)
            started = self._filter.started(first.boxes)
            self._tracked = self._tracked.joined(tracked_from(first, started, len(self._group_of), stream_s))

    def _confirm(self) -> None:
        tracked = self._tracked
        tentative = tracked.ids == 0
        if not np.count_nonzero(tentative):
            return
        enough = tracked.hits >= self._settings.hits_to_confirm
        enough &= tracked.scores_best >= self._settings.score_new_min
        enough |= tracked.scores >= self._settings.score_at_once_min
        new = np.flatnonzero(tentative & enough)
        tracked.ids[new] = np.arange(self._ids_given + 1, self._ids_given + 1 + len(new))
        self._ids_given += len(new)


def _join(column_of_track: Indices, likeness: Floats, tracks: Flags, least: float, first: int = 0) -> None:
    """Writes the best choice for these tracks into `column_of_track`. likeness: (N, m), the detections from `first`."""
    rows = tracks.nonzero()[0]
    if len(rows) and likeness.size:
        chosen = likeness if len(rows) == len(likeness) else likeness[rows]
        of_rows, columns = matched(chosen, least)
        column_of_track[rows[of_rows]] = columns + first


def _left(column_of_track: Indices, count: int) -> Flags:
    """(M,) which detections have no track."""
    left = np.ones(count + 1, bool)
    left[column_of_track] = False  # the last place takes the tracks without one
    return left[:count]
