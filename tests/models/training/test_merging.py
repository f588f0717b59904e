"""Labels of one set, completed by teachers: what becomes a label, what is left open, what is background."""

import pytest

from models.training.detector.merging import WHOLE, Label, Merged, Region, Seen, merge, names_of, overlap
from models.training.detector.sources import CLASSES, COCO_CLASSES, SOURCES, WORN

BODY = (0.5, 0.5, 0.2, 0.6)
HEAD = (0.5, 0.25, 0.08, 0.1)
ELSEWHERE = (0.1, 0.1, 0.1, 0.1)


def test_what_the_set_labels_comes_from_the_set_alone() -> None:
    merged = merge(
        SOURCES["ppe_hardhat"], [("person", BODY)], [Seen("person", 0.9, ELSEWHERE)], [Seen("helmet", 0.9, HEAD)]
    )
    assert merged.labels == (Label("person", BODY),)
    assert merged.taught == 0


def test_a_sure_teacher_labels_what_the_set_leaves_out() -> None:
    merged = merge(SOURCES["ppe_vest"], [("helmet", HEAD)], [Seen("person", 0.8, BODY)], [])
    assert merged == Merged((Label("helmet", HEAD), Label("person", BODY)), (), taught=1)


def test_a_doubting_teacher_makes_neither_label_nor_background() -> None:
    merged = merge(SOURCES["ppe_vest"], [], [Seen("person", 0.3, BODY)], [])
    assert merged.labels == ()
    (region,) = merged.regions
    assert region.names == {"person"}
    assert overlap(region.box, BODY) > 0.5
    assert region.box[2] > BODY[2], "cells beside it are left alone too"


def test_a_vehicle_that_fills_the_picture_is_doubtful_however_sure_the_teacher_is() -> None:
    filling = Seen("car", 0.95, (0.5, 0.5, 0.8, 0.7))
    assert merge(SOURCES["plate_india"], [], [filling], []).labels == ()
    assert any("car" in region.names for region in merge(SOURCES["plate_india"], [], [filling], []).regions)
    person = Seen("person", 0.95, filling.box)
    assert merge(SOURCES["ppe_vest"], [], [person], []).labels == (Label("person", person.box),)


def test_what_a_teacher_hardly_sees_is_background() -> None:
    assert merge(SOURCES["garbage_bins"], [], [Seen("person", 0.08, BODY)], []) == Merged((), (), 0)


def test_vests_of_a_set_without_vest_labels_are_left_open_everywhere() -> None:
    merged = merge(SOURCES["ppe_hardhat"], [("person", BODY)], [], [])
    assert merged.regions == (Region(frozenset({"vest", "no_vest"}), WHOLE),)


def test_where_nobody_is_there_are_no_heads_either() -> None:
    assert merge(SOURCES["fire_smoke"], [("fire", ELSEWHERE)], [], []).regions == ()
    someone = merge(SOURCES["fire_smoke"], [("fire", ELSEWHERE)], [Seen("person", 0.12, BODY)], [])
    assert Region(frozenset(WORN), WHOLE) in someone.regions


def test_plates_are_left_open_only_beside_vehicles() -> None:
    merged = merge(SOURCES["street_vehicles"], [("car", BODY)], [], [])
    assert merged.regions == (Region(frozenset({"plate"}), WHOLE),)


def test_a_rider_with_the_vehicle_in_one_box_is_neither_person_nor_motorcycle_nor_background() -> None:
    merged = merge(
        SOURCES["rider_vn_mosaic"], [("motorcyclist", BODY), ("helmet", HEAD)], [Seen("person", 0.9, BODY)], []
    )
    assert merged.labels == (Label("helmet", HEAD),)
    assert Region(frozenset({"motorcycle", "person"}), BODY) in merged.regions


def test_a_class_that_is_dropped_is_background() -> None:
    assert merge(SOURCES["garbage_bins"], [("garbage_bin", BODY)], [], []) == Merged((), (), 0)


def test_one_object_gets_one_label() -> None:
    near = (0.51, 0.5, 0.2, 0.6)
    merged = merge(SOURCES["garbage_bins"], [], [Seen("person", 0.9, BODY), Seen("person", 0.7, near)], [])
    assert merged.labels == (Label("person", BODY),)


def test_our_last_checkpoint_teaches_our_classes_and_coco_its_own() -> None:
    seen_last = [Seen("person", 0.9, ELSEWHERE), Seen("bare_head", 0.9, HEAD)]
    merged = merge(SOURCES["garbage_bins"], [], [Seen("person", 0.9, BODY)], seen_last)
    assert set(merged.labels) == {Label("person", BODY), Label("bare_head", HEAD)}


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_every_set_maps_to_our_classes_and_says_of_each_whether_it_labels_it(name: str) -> None:
    source = SOURCES[name]
    doubtful = {ours for names in source.doubtful.values() for ours in names}
    assert {*source.labels.values(), *source.unlabelled, *doubtful} <= set(CLASSES)
    assert not source.labelled & set(source.unlabelled)
    assert not source.labelled & doubtful
    assert not set(source.unlabelled) & set(COCO_CLASSES), "people and vehicles have a teacher of their own"


def test_bits_name_classes_both_ways() -> None:
    region = Region(frozenset({"person", "vest", "garbage"}), WHOLE)
    assert names_of(region.bits) == region.names
    assert region.bits < 2 ** len(CLASSES)


def test_of_a_set_that_labels_the_heads_of_riders_alone_other_heads_are_left_open() -> None:
    merged = merge(SOURCES["rider_helmet"], [("Without Helmet", HEAD)], [], [Seen("bare_head", 0.9, ELSEWHERE)])
    assert merged.labels == (Label("bare_head", HEAD), Label("bare_head", ELSEWHERE))
    assert "bare_head" in merged.regions[-1].names
    assert "bare_head" not in SOURCES["rider_helmet"].labelled, "nothing is judged by it"
