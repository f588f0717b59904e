"""Two looks at one picture: near things from the small one, far things from the large one, nothing twice."""

import numpy as np

from models.detector.detections import Detections
from models.detector.looks import joined

CLASSES = ("person", "car")
Found = tuple[str, float, tuple[float, float, float, float]]

FAR_PERSON: Found = ("person", 0.8, (0.10, 0.10, 0.13, 0.20))  # small in the picture
NEAR_CAR: Found = ("car", 0.6, (0.30, 0.20, 0.60, 0.90))


def look(*found: Found) -> Detections:
    return Detections(
        np.array([box for _, _, box in found], np.float32).reshape(-1, 4),
        np.array([score for _, score, _ in found], np.float32),
        np.array([CLASSES.index(name) for name, _, _ in found], np.int64),
        CLASSES,
    )


def told(detections: Detections) -> list[tuple[str, float]]:
    pairs = zip(detections.class_ids, detections.scores, strict=True)
    return sorted((CLASSES[class_id], round(float(score), 2)) for class_id, score in pairs)


def test_each_look_adds_what_the_other_does_not_see() -> None:
    assert told(joined(look(FAR_PERSON), look(NEAR_CAR))) == [("car", 0.6), ("person", 0.8)]


def test_of_one_object_seen_by_both_the_surer_look_stays() -> None:
    shifted: Found = ("car", 0.3, (0.31, 0.22, 0.60, 0.92))
    assert told(joined(look(shifted), look(NEAR_CAR))) == [("car", 0.6)]
    assert told(joined(look(NEAR_CAR), look(shifted))) == [("car", 0.6)]
    assert told(joined(look(NEAR_CAR), look(NEAR_CAR))) == [("car", 0.6)]


def test_two_classes_on_one_place_both_stay() -> None:
    person: Found = ("person", 0.5, NEAR_CAR[2])
    assert told(joined(look(person), look(NEAR_CAR))) == [("car", 0.6), ("person", 0.5)]


def test_small_things_are_the_large_look_s_business() -> None:
    assert told(joined(look(), look(FAR_PERSON))) == []


def test_a_look_keeps_its_own_neighbours_however_close() -> None:
    beside: Found = ("car", 0.5, (0.33, 0.22, 0.62, 0.92))
    assert told(joined(look(NEAR_CAR, beside), look())) == [("car", 0.5), ("car", 0.6)]
    assert told(joined(look(), look(NEAR_CAR, beside))) == [("car", 0.5), ("car", 0.6)]


def test_nothing_and_nothing_is_nothing() -> None:
    assert len(joined(look(), look())) == 0
