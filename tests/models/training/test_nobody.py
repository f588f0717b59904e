"""Crops that show nobody, where a rule may claim somebody."""

from pathlib import Path

import pytest

from models.training.vlm.second_look.nobody import SUBJECTS, nobody
from models.training.vlm.second_look.samples import PERSON_QUESTIONS, Labelled, apart, holds_point
from models.training.vlm.second_look.zones import foot
from models.vlm.crop import Box, margined

PERSON, BIN = (0.1, 0.2, 0.2, 0.6), (0.6, 0.5, 0.8, 0.9)
STREET = Labelled("train", "street_vehicles/1", (("person", PERSON),))
BINS = Labelled("train", "garbage_bins/1", (("garbage_bin", BIN),))


@pytest.fixture
def found(tmp_path: Path) -> Path:
    """The detector sees a person beside the bins, unsure, whom no label names."""
    path = tmp_path / "found-train.tsv"
    path.write_text(
        "garbage_bins\t1\tperson\t0.3\t0.2\t0.5\t0.2\t0.6\nstreet_vehicles\t1\tcar\t0.02\t0.5\t0.5\t0.9\t0.9\n"
    )
    return path


def seen(picture: Labelled) -> list[Box]:
    return [PERSON] if picture is STREET else [(0.1, 0.2, 0.3, 0.8)]


def test_no_crop_shows_whom_labels_or_detector_see_and_its_zone_is_empty(found: Path) -> None:
    for picture in (STREET, BINS):
        many = [one for seed in range(40) for one in nobody([picture], found, seed, 10)]
        asked = [one for one in many if one.question != "stationary"]
        assert asked
        assert all(apart(margined(one.box, 0.25), seen(picture)) for one in asked)
        zoned = [one for one in many if one.question in SUBJECTS]
        assert {one.reply for one in zoned} == {"no"}
        assert all(holds_point(one.zone, foot(one.box)) for one in zoned)


def test_what_nobody_wears_nobody_can_say(found: Path) -> None:
    many = [one for seed in range(40) for one in nobody([BINS], found, seed, 10)]
    worn = [one for one in many if one.question in PERSON_QUESTIONS]
    assert {one.question for one in worn} == set(PERSON_QUESTIONS)
    assert {(one.reply, one.damage, one.zone) for one in worn} == {("unclear", "unrelated", ())}
    assert {one.found for one in many} == {"window", "thing"}
    assert {one.box for one in many if one.found == "thing"} == {BIN}


def test_there_are_at_most_so_many_of_a_kind_and_the_same_ones_each_time(found: Path) -> None:
    pictures = [STREET, BINS] * 20
    chosen = nobody(pictures, found, 1, 3)
    assert chosen == nobody(pictures, found, 1, 3)
    kinds = [(one.found, one.question, one.reply) for one in chosen]
    assert max(map(kinds.count, kinds)) == 3
