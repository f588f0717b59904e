"""Where every track of a camera was in the last half minute: what the overlay of a clip draws."""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from contract.codec import canonical
from contract.ids import rfc3339
from edge.tracking.track import Box, Tracks

KEPT_S = 35.0  # the longest clip and a little
BOXES_MAX = 20_000  # about 3 MB; a crowd shortens the history rather than filling the memory
FILE_BOXES_MAX = 8_000


@dataclass(frozen=True, slots=True)
class _Sighting:
    stream_s: float
    track_id: int
    class_name: str
    box: Box


class TrackHistory:
    """Bounded by time and by number."""

    def __init__(self, kept_s: float = KEPT_S, boxes_max: int = BOXES_MAX) -> None:
        self._kept_s = kept_s
        self._sightings: deque[_Sighting] = deque(maxlen=boxes_max)

    def __len__(self) -> int:
        return len(self._sightings)

    def add(self, tracks: Tracks) -> None:
        for track in tracks.seen:
            self._sightings.append(_Sighting(tracks.stream_s, track.track_id, track.class_name, track.box))
        while self._sightings and self._sightings[0].stream_s < tracks.stream_s - self._kept_s:
            self._sightings.popleft()

    def document(self, first_s: float, last_s: float, clip_start: datetime, subjects: Collection[int]) -> bytes:
        """The `tracks` file of a clip that shows stream seconds `first_s` to `last_s`, as canonical JSON.

        `{clip_start, subjects: [id], classes: {id: name}, tracks: {id: [[t_s, x1, y1, x2, y2], ...]}}`, t_s from the
        clip's start, boxes relative. Too many boxes for one file: those of others than the subjects go first.
        """
        inside = [entry for entry in self._sightings if first_s <= entry.stream_s <= last_s]
        if len(inside) > FILE_BOXES_MAX:
            inside = [entry for entry in inside if entry.track_id in subjects][-FILE_BOXES_MAX:]
        tracks: dict[str, list[list[float]]] = {}
        classes: dict[str, str] = {}
        for entry in inside:
            row = [round(entry.stream_s - first_s, 3), *(round(side, 4) for side in entry.box)]
            tracks.setdefault(str(entry.track_id), []).append(row)
            classes[str(entry.track_id)] = entry.class_name
        return canonical(
            {
                "clip_start": rfc3339(clip_start),
                "subjects": sorted(subjects),
                "classes": classes,
                "tracks": tracks,
            }
        )
