"""What labels say about a crop, in the words of claims."""

import numpy as np
import pytest

from models.training.vlm.second_look.descriptions import KINDS, described, kinds
from models.training.vlm.second_look.people import whole_people
from models.training.vlm.second_look.samples import Labelled, Sample
from models.vlm.stated_claim import StatedClaim

WHOLE = (0.0, 0.0, 1.0, 1.0)
BODY, HEAD, CHEST, FAR = (0.2, 0.1, 0.4, 0.9), (0.25, 0.1, 0.35, 0.25), (0.22, 0.3, 0.38, 0.6), (0.9, 0.9, 0.99, 0.99)
SITE = Labelled(
    "train",
    "ppe_css_mosaic/1",
    (("Person", BODY), ("NO-Hardhat", HEAD), ("Safety Vest", CHEST), ("Hardhat", FAR)),
)
STREET = Labelled("train", "street_vehicles/1", (("car", (0.1, 0.5, 0.5, 0.9)), ("person", (0.12, 0.55, 0.3, 0.9))))
SMOKING = Labelled("train", "fire_smoke/1", (("smoke", (0.0, 0.0, 0.9, 0.7)), ("fire", (0.3, 0.5, 0.6, 0.8))))


def of(
    picture: Labelled, question: str, reply: str, box: tuple[float, float, float, float], damage: str = ""
) -> Sample:
    return Sample("train", picture.picture, box, question, reply, damage=damage)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("picture", "sample", "claims"),
    [
        (SITE, ("helmet_worn", "no", BODY), [("person", "lacks", "helmet"), ("person", "wears", "vest")]),
        (SITE, ("vest_worn", "yes", BODY), [("person", "wears", "vest"), ("person", "lacks", "helmet")]),
        (STREET, ("stationary", "yes", (0.1, 0.5, 0.5, 0.9)), [("car", "zone", "here"), ("person", "", "")]),
        (STREET, ("stationary", "no", (0.1, 0.5, 0.5, 0.9)), [("car", "", ""), ("person", "", "")]),
        (SMOKING, ("fire", "yes", WHOLE), [("fire", "", ""), ("smoke", "", "")]),
        (SMOKING, ("smoke", "yes", WHOLE), [("smoke", "", "")]),  # its flames are too small to be what it is about
    ],
)
def test_what_is_asked_comes_first_and_what_else_is_there_behind(
    picture: Labelled, sample: tuple[str, str, tuple[float, float, float, float]], claims: list[tuple[str, str, str]]
) -> None:
    stated = described(of(picture, *sample), picture)
    assert list(stated) == [{"class": name} | ({verb: what} if verb else {}) for name, verb, what in claims]
    for claim in stated:
        StatedClaim.model_validate(claim)


def test_of_what_cannot_be_told_nothing_is_said() -> None:
    dark = of(SITE, "helmet_worn", "unclear", BODY, "blurred")
    assert described(dark, SITE) == ()
    assert set(kinds(dark, SITE)) == {-1}


def test_kinds_that_a_set_does_not_label_are_neither_there_nor_not() -> None:
    known = dict(zip(KINDS, kinds(of(SITE, "helmet_worn", "no", BODY), SITE), strict=True))
    assert known == dict.fromkeys(KINDS, -1) | {"person": 1}
    known = dict(zip(KINDS, kinds(of(STREET, "in_zone", "no", (0.6, 0.1, 0.9, 0.4)), STREET), strict=True))
    assert (known["car"], known["person"], known["fire"]) == (0, 0, -1)


def test_a_whole_person_with_one_head_and_one_chest_is_asked_about_both() -> None:
    found = whole_people([SITE, STREET], 0)
    assert [(one.question, one.reply, one.box) for one in found] == [
        ("helmet_worn", "no", BODY),
        ("vest_worn", "yes", BODY),
    ]
    crowded = Labelled("train", SITE.picture, (*SITE.boxes, ("Hardhat", HEAD)))
    assert [one.question for one in whole_people([crowded], 0)] == ["vest_worn"]
    assert np.unique([one.seed for one in found]).size == 2
