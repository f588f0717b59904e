"""The blobs of a background model joined into regions with an id and a history."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.detection.blob import Blob, Mask, Observation
from edge.tracking.still_region import Point, StillRegion

SAME_SHARE_MIN = 0.3  # of the smaller of the two, common to blob and region
BACK_SHARE_MIN = 0.5  # of the region: where the background is to be seen again, it is gone
VISIBLE_MIN = 0.3
HIDDEN_S_MAX = 60.0  # unseen for longer, nobody knows whether it is still there
CONTOUR_WEIGHT = 0.2  # of the newest sample
SPOTS = 64
REGIONS_MAX = 64


@dataclass(frozen=True, slots=True, eq=False)
class _Followed:
    region: StillRegion
    mask: Mask


class StillRegions:
    """Of one camera. new_id: of the camera's tracker."""

    def __init__(self, new_id: Callable[[], int]) -> None:
        self._new_id = new_id
        self._followed: tuple[_Followed, ...] = ()
        self._likely: Mask | None = None  # what was left and free in the sample before

    def update(self, observation: Observation, now_s: float) -> tuple[StillRegion, ...]:
        """The regions that are there now, oldest first."""
        before = () if observation.restarted else self._followed
        free = {blob.label: blob for blob in observation.blobs if blob.verdict in ("left", "unclear")}
        staying: list[_Followed] = []
        for one in before:
            own = _shared(one.mask, observation.labels, free)
            after = _goes_on(one, own, observation, now_s) if own else one
            if _is_there(after, observation, now_s) and not _merged(after, staying):
                staying.append(after)
        likely = [blob for blob in free.values() if blob.verdict == "left"]
        staying += [
            _begun(self._new_id(), blob, observation.labels, now_s)
            for blob in likely[: REGIONS_MAX - len(staying)]
            if self._twice(observation.labels == blob.label)
        ]
        self._likely = np.isin(observation.labels, [blob.label for blob in likely])
        self._followed = tuple(staying)
        return tuple(one.region for one in staying)

    def _twice(self, mask: Mask) -> bool:
        """Was it free in the sample before as well? Then it is no remnant of something that is just going."""
        likely = self._likely
        return likely is not None and likely.shape == mask.shape and float(likely[mask].mean()) >= BACK_SHARE_MIN


def _is_there(one: _Followed, observation: Observation, now_s: float) -> bool:
    hidden_s = now_s - one.region.seen_s
    return hidden_s <= HIDDEN_S_MAX and float(observation.back[one.mask].mean()) < BACK_SHARE_MIN


def _merged(one: _Followed, older: Sequence[_Followed]) -> bool:
    """Two parts of one thing, the one in the other now that what stood between them is gone."""
    return any(float(other.mask[one.mask].mean()) >= SAME_SHARE_MIN for other in older)


def _shared(mask: Mask, labels: NDArray[np.int32], free: dict[int, Blob]) -> list[Blob]:
    """The blobs that go on with the region of this mask; they are free no longer."""
    found, counts = np.unique(labels[mask], return_counts=True)
    area = int(mask.sum())
    return [
        free.pop(label)
        for label, common in zip(found.tolist(), counts.tolist(), strict=True)
        if label in free and common >= SAME_SHARE_MIN * min(area, free[label].area_px)
    ]


def _goes_on(one: _Followed, own: list[Blob], observation: Observation, now_s: float) -> _Followed:
    mask = np.isin(observation.labels, [blob.label for blob in own])
    area = sum(blob.area_px for blob in own)
    visible = sum(blob.visible * blob.area_px for blob in own) / area
    contour = sum(blob.contour * blob.area_px for blob in own) / area
    region, seen = one.region, visible >= VISIBLE_MIN
    after = _region(
        mask,
        track_id=region.track_id,
        since_s=region.since_s,
        seen_s=now_s if seen else region.seen_s,
        samples=region.samples + seen,
        contour=region.contour + CONTOUR_WEIGHT * (contour - region.contour),
    )
    return _Followed(after, mask)


def _begun(track_id: int, blob: Blob, labels: NDArray[np.int32], now_s: float) -> _Followed:
    mask = labels == blob.label
    region = _region(mask, track_id=track_id, since_s=blob.since_s, seen_s=now_s, samples=1, contour=blob.contour)
    return _Followed(region, mask)


def _region(mask: Mask, *, track_id: int, since_s: float, seen_s: float, samples: int, contour: float) -> StillRegion:
    height, width = mask.shape
    ys, xs = np.nonzero(mask)
    box = (xs.min() / width, ys.min() / height, (xs.max() + 1) / width, (ys.max() + 1) / height)
    picked = np.linspace(0, len(xs) - 1, min(SPOTS, len(xs))).round().astype(np.intp)
    spots: tuple[Point, ...] = tuple(
        ((x + 0.5) / width, (y + 0.5) / height) for x, y in zip(xs[picked].tolist(), ys[picked].tolist(), strict=True)
    )
    x1, y1, x2, y2 = (float(side) for side in box)
    return StillRegion(track_id, (x1, y1, x2, y2), len(xs) / mask.size, spots, since_s, seen_s, samples, contour)
