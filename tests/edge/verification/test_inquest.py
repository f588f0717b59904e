"""What a model gets to see of an incident, and what it never sees."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edge.incidents.incident import Incident
from edge.verification.inquest import Bounds, inquire
from edge.verification.inquiry import EXHIBITS_MAX, Inquiry
from models.vlm.crop import Box
from models.vlm.marking import CROP_PX_MAX
from tests.edge.incidents.acts import RULE, VISIT, play

IMAGE = np.random.default_rng(1).integers(0, 120, (540, 960, 3), np.uint8)
EVERYWHERE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


@pytest.fixture(scope="module")
def incident() -> Incident:
    return play(RULE, {1: VISIT}).changes[0].incident


def ask(incident: Incident, masks: Any = (), **bounds: Any) -> Inquiry | str:
    return inquire(incident, IMAGE, masks, Bounds(**bounds), asked_s=7.0)


def test_the_crop_is_the_subject_with_a_margin_and_the_zone_is_marked_in_it(incident: Incident) -> None:
    found = ask(incident)
    assert isinstance(found, Inquiry)
    (exhibit,) = found.exhibits
    x1, y1, x2, y2 = incident.subjects[0].box
    height, width = exhibit.crop.shape[:2]
    assert height == pytest.approx(1.5 * (y2 - y1) * 540, abs=2)
    assert width == pytest.approx(1.5 * (x2 - x1) * 960, abs=2)
    assert (exhibit.crop > 150).any(), "the outline is brighter than anything in the picture"
    assert (found.question_ids, found.severity, found.asked_s) == (("in_zone",), "alert", 7.0)


@pytest.mark.parametrize("type_id", ["ppe.no_helmet", "fire.flame", "env.exposed_trash"])
def test_no_outline_crosses_the_crop_of_a_lead_that_is_asked_nothing_about_the_zone(
    incident: Incident, type_id: str
) -> None:
    found = ask(replace(incident, rule=replace(incident.rule, type_id=type_id)))
    assert isinstance(found, Inquiry)
    assert found.exhibits[0].crop.max() < 120, "a line drawn over a head is not what the model learnt from"


def test_the_crop_is_a_copy_of_bounded_size(incident: Incident) -> None:
    subject = replace(incident.subjects[0], box=(0.0, 0.0, 1.0, 1.0))
    found = inquire(replace(incident, subjects=(subject,)), np.zeros((1440, 2560, 3), np.uint8), (), Bounds(), 0.0)
    assert isinstance(found, Inquiry)
    assert max(found.exhibits[0].crop.shape) == CROP_PX_MAX
    small = ask(incident)
    assert isinstance(small, Inquiry)
    assert small.exhibits[0].crop.base is None
    assert IMAGE.max() < 120


def test_a_few_of_many_subjects_are_shown(incident: Incident) -> None:
    many = replace(incident, subjects=tuple(replace(incident.subjects[0], track_id=n) for n in range(9)))
    found = ask(many)
    assert isinstance(found, Inquiry)
    assert [one.track_id for one in found.exhibits] == list(range(EXHIBITS_MAX))


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"sensitive": True}, "sensitive"),
        ({"permitted": frozenset({"fire"})}, "no_question"),
        ({"masks": [EVERYWHERE]}, "masked"),
    ],
)
def test_what_no_model_may_see(incident: Incident, facts: dict[str, Any], why: str) -> None:
    assert ask(incident, **facts) == why


def test_a_mask_in_the_margin_of_a_crop_is_not_shown_either(incident: Incident) -> None:
    x1, _, x2, _ = incident.subjects[0].box
    left, right = x1 - 0.2 * (x2 - x1), x1 - 0.02 * (x2 - x1)
    assert ask(incident, masks=[((left, 0.0), (right, 0.0), (right, 1.0), (left, 1.0))]) == "masked"


def test_a_mask_elsewhere_hinders_nothing(incident: Incident) -> None:
    x1, y1, _, _ = incident.subjects[0].box
    assert x1 > 0.05
    assert y1 > 0.05
    assert isinstance(ask(incident, masks=[((0.0, 0.0), (0.04, 0.0), (0.0, 0.04))]), Inquiry)


def test_a_classification_mark_in_a_name_stops_the_call(incident: Incident) -> None:
    assert ask(replace(incident, camera_id="机密一号")) == "classified"


def test_a_type_without_a_question_is_not_asked_about(incident: Incident) -> None:
    rule = replace(RULE, type_id="traffic.wrong_way")
    assert ask(replace(incident, rule=rule)) == "no_question"


def test_a_box_without_area_is_no_exhibit(incident: Incident) -> None:
    flat = replace(incident.subjects[0], box=(0.5, 0.5, 0.5, 0.9))
    assert ask(replace(incident, subjects=(flat,))) == "no_subject"


@pytest.mark.parametrize("box", [(0.9999, 0.1, 1.0, 0.9), (0.0, 0.4, 1.0, 0.401)])
def test_a_sliver_is_no_exhibit_and_the_other_subjects_are_asked_about(incident: Incident, box: Box) -> None:
    frame = np.zeros((1080, 1920, 3), np.uint8)
    sliver = replace(incident.subjects[0], box=box, track_id=77)
    found = inquire(replace(incident, subjects=(sliver, incident.subjects[0])), frame, (), Bounds(), 0.0)
    assert isinstance(found, Inquiry)
    assert [one.track_id for one in found.exhibits] == [incident.subjects[0].track_id]
    assert inquire(replace(incident, subjects=(sliver,)), frame, (), Bounds(), 0.0) == "no_subject"
