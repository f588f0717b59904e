"""When two engines see the same, on detections made by hand."""

import numpy as np
import pytest

from models.detector.detections import Detections
from models.detector.parity import COUNT_MIN, Agreement, agreement

CLASSES = ("person", "car")
Found = tuple[str, float, float]  # class, score, and how far right of its place, in widths of the box

SIDE = 0.1


def picture(*found: Found) -> Detections:
    """Boxes one below the other, so that none overlaps another by mistake."""
    places = [(0.3 + right * SIDE, 0.05 + 0.2 * index) for index, (_, _, right) in enumerate(found)]
    return Detections(
        np.array([(x, y, x + SIDE, y + SIDE) for x, y in places], np.float32).reshape(-1, 4),
        np.array([score for _, score, _ in found], np.float32),
        np.array([CLASSES.index(name) for name, _, _ in found], np.int64),
        CLASSES,
    )


USUAL = picture(("person", 0.8, 0), ("car", 0.5, 0))
MANY = [USUAL] * COUNT_MIN


def judged(*odd: Detections) -> Agreement:
    """The reference sees USUAL everywhere; the other engine sees `odd` first, and then the same."""
    return agreement(MANY, [*odd, *MANY[len(odd) :]])


@pytest.mark.parametrize(
    ("seen", "missed", "added"),
    [
        (USUAL, 0, 0),
        (picture(("person", 0.8, 0)), 1, 0),
        (picture(("person", 0.8, 0), ("car", 0.5, 0), ("car", 0.5, 0)), 0, 1),
        (picture(("person", 0.8, 0), ("car", 0.5, 0.04)), 0, 0),  # overlaps by 0.92
        (picture(("person", 0.8, 0), ("car", 0.5, 0.06)), 1, 1),  # by 0.89
        (picture(("person", 0.8, 0), ("person", 0.5, 0)), 1, 1),  # another class
        (picture(("person", 0.8, 0), ("car", 0.31, 0)), 0, 0),  # fainter
        (picture(("person", 0.8, 0), ("car", 0.29, 0)), 1, 0),
        (picture(("person", 0.8, 0), ("car", 0.5, 0), ("car", 0.39, 0)), 0, 0),  # too faint to count
        (picture(("person", float("nan"), 0), ("car", float("nan"), 0)), 2, 0),
        (picture(("person", 0.8, float("nan")), ("car", 0.5, 0)), 1, 1),
    ],
)
def test_what_counts_as_seen(seen: Detections, missed: int, added: int) -> None:
    found = judged(seen)
    assert (sum(found.missed.values()), sum(found.added.values())) == (missed, added)


def test_one_detection_is_the_counterpart_of_one() -> None:
    twice = Detections(
        np.repeat(USUAL.boxes[:1], 2, axis=0),
        np.array([0.8, 0.7], np.float32),
        np.zeros(2, np.int64),
        USUAL.class_names,
    )
    assert sum(judged(twice).added.values()) == 1


def test_one_in_a_hundred_may_differ_and_not_more() -> None:
    without = picture(("person", 0.8, 0))
    assert judged(without, without).refusal is None  # 2 of 200
    refused = judged(without, without, without)
    assert refused.agreeing == pytest.approx(1 - 3 / 200)
    assert "3 of its 200 detections are missing and 0 of 197 are not there" in str(refused.refusal)
    assert refused.missed == {"car": 3}


def test_what_is_seen_beside_counts_as_much_as_what_is_missed() -> None:
    more = picture(("person", 0.8, 0), ("car", 0.5, 0), ("person", 0.6, 0))
    assert judged(more, more).refusal is None
    assert "3 of 203 are not there" in str(judged(more, more, more).refusal)


def test_too_few_detections_prove_nothing() -> None:
    assert "only 98 detections in 49 pictures" in str(agreement([USUAL] * 49, [USUAL] * 49).refusal)
    empty = Detections.none(CLASSES)
    assert agreement([empty] * 50, [empty] * 50).refusal is not None


def test_the_pictures_are_the_same_ones() -> None:
    with pytest.raises(ValueError, match="zip"):
        agreement(MANY, MANY[1:])
