"""What was left in a camera's picture: the background model and the history of its regions, a few times a second."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.detection.background import BackgroundModel
from edge.tracking.still_region import StillRegion
from edge.tracking.still_regions import StillRegions
from edge.tracking.track import Box, Track, Tracks
from models.detector.detections import Detections
from models.detector.raster import Raster

INTERVAL_S = 0.5
ROUNDING_S = 1e-3
MOVERS = frozenset(
    {"person", "rider", "bicycle", "motorcycle", "tricycle", "car", "van", "bus", "truck", "train"}
)  # they may stand still and are no objects
SCORE_MIN = 0.2  # doubt is for the mover: a parked car is not always sure
LARGE, LARGE_SCORE_MIN = 0.5, 0.5  # but a faint box around half of the picture would hide everything in it
LOST_S_MAX = 1.0  # where a mover is that is not seen now is known for so long


@dataclass(frozen=True, slots=True)
class Stills:
    """now: the regions that are there. ended: ids of those that were there at the sample before and are gone."""

    now: tuple[StillRegion, ...] = ()
    ended: tuple[int, ...] = ()

    def added_to(self, tracks: Tracks) -> Tracks:
        """As tracks among the others, for what knows of nothing else: incidents, pictures, overlays."""
        seen = (*tracks.seen, *(region.as_track(tracks.stream_s) for region in self.now))
        return Tracks(tracks.camera_id, tracks.stream_s, seen, tracks.lost, (*tracks.ended, *self.ended))


class Stillness:
    """new_id: gives the camera's next track id."""

    def __init__(self, new_id: Callable[[], int]) -> None:
        self._background = BackgroundModel()
        self._regions = StillRegions(new_id)
        self._stills = Stills()
        self._next_s = float("-inf")

    def look(self, raster: Raster, detections: Detections, lost: Sequence[Track], stream_s: float) -> Stills:
        """raster: the whole frame. lost: tracks that are not seen now. Between two samples nothing changes."""
        if stream_s < self._next_s - ROUNDING_S:
            return Stills(self._stills.now)
        self._next_s = max(self._next_s, stream_s - INTERVAL_S) + INTERVAL_S
        observation = self._background.observe(raster, _movers(detections, lost), stream_s)
        now = self._regions.update(observation, stream_s)
        here = {region.track_id for region in now}
        ended = tuple(region.track_id for region in self._stills.now if region.track_id not in here)
        self._stills = Stills(now, ended)
        return self._stills


def _movers(detections: Detections, lost: Sequence[Track]) -> list[Box]:
    names, scores = detections.class_names, detections.scores
    boxes = [
        (float(x1), float(y1), float(x2), float(y2))
        for class_id, score, (x1, y1, x2, y2) in zip(detections.class_ids, scores, detections.boxes, strict=True)
        if names[class_id] in MOVERS and score >= _score_needed(x2 - x1, y2 - y1)
    ]
    return boxes + [track.predicted_box for track in lost if _is_near(track)]


def _is_near(track: Track) -> bool:
    x1, y1, x2, y2 = track.box
    sure = track.class_name in MOVERS and track.score >= _score_needed(x2 - x1, y2 - y1)
    return sure and track.now_s - track.last_s <= LOST_S_MAX


def _score_needed(width: float, height: float) -> float:
    return LARGE_SCORE_MIN if width * height >= LARGE else SCORE_MIN
