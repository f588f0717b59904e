"""A package that writes is shown one crop at a time, and what it writes becomes claims about that crop's subject."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from models.vlm.claims_question import About, claims_form, claims_prompt
from models.vlm.claims_writers import PackageWriter
from models.vlm.crop_claims import crop_form, crop_prompt, prompt_about
from models.vlm.description import Shown, describe_report
from models.vlm.questions import find_question, read_questions
from models.vlm.record_text import template
from tests.models.vlm.leads import lead, subject

ABOUT = About("ppe.no_helmet", "gate", ("person",))
SHOWN = [Shown(track, "person", np.full((8, 8, 3), track, np.uint8)) for track in (3, 8)]
BARE = '{"claims":[{"class":"person","lacks":"helmet"}]}'


@dataclass
class Scripted:
    """Says in turn what it is told to, and keeps what it was asked."""

    answers: Sequence[str]
    name: str = "scripted"
    asked: list[tuple[str, int, Mapping[str, Any]]] = field(default_factory=list)

    def generate(self, text: str, images: Sequence[np.ndarray], **bounds: Any) -> SimpleNamespace:
        self.asked.append((text, len(images), bounds))
        return SimpleNamespace(text=self.answers[len(self.asked) - 1])


def stated(answers: Sequence[str], about: About = ABOUT) -> Any:
    return json.loads(PackageWriter(Scripted(answers), 5.0).write(about, SHOWN))["claims"]  # type: ignore[arg-type]


def test_what_is_written_about_a_crop_is_said_of_its_track() -> None:
    assert stated([BARE, BARE]) == [
        {"class": "person", "lacks": "helmet", "track": 3},
        {"class": "person", "lacks": "helmet", "track": 8},
    ]


def test_here_becomes_the_zone_and_another_class_is_said_of_the_crops_track_too() -> None:
    other = '{"claims":[{"class":"person","zone":"here"},{"class":"smoke"}]}'
    assert stated([other, other]) == [
        {"class": "person", "zone": "gate", "track": 3},
        {"class": "smoke", "track": 3},
        {"class": "person", "zone": "gate", "track": 8},
        {"class": "smoke", "track": 8},
    ]


def test_a_crop_of_a_person_says_nothing_about_the_cars_of_the_lead() -> None:
    cars = lead(subjects=(subject(1, "person"), *(subject(one, "car") for one in range(2, 9))))
    writer = PackageWriter(Scripted(['{"claims":[{"class":"car"}]}']), 5.0)  # type: ignore[arg-type]
    said = describe_report(
        cars, writer, lambda: [Shown(1, "person", SHOWN[0].picture)], producer="here", produce_id="1"
    )
    assert (said.description.text, said.reason) == (template(cars).text, "unsupported")
    assert said.removed == (('{"class": "car", "track": 1}', "track"),)


@pytest.mark.parametrize("broken", [BARE[:-4], "A thief.", "", "[" * 5000, '{"claims":[{"class":"person","age":40}]}'])
def test_one_answer_that_is_not_in_the_form_leaves_all_unreadable(broken: str) -> None:
    assert PackageWriter(Scripted([BARE, broken]), 5.0).write(ABOUT, SHOWN) == broken  # type: ignore[arg-type]


def test_each_crop_is_asked_for_alone_in_what_is_left_of_the_time() -> None:
    model = Scripted([BARE, BARE])
    PackageWriter(model, 5.0).write(ABOUT, SHOWN)  # type: ignore[arg-type]
    assert [pictures for _, pictures, _ in model.asked] == [1, 1]
    assert all(0 < bounds["seconds_max"] <= 5.0 for _, _, bounds in model.asked)


def test_the_prompt_says_what_to_look_at_where_that_may_be_asked() -> None:
    helmet = find_question("helmet_worn").en.question
    assert prompt_about(ABOUT) == crop_prompt(helmet)
    assert prompt_about(replace(ABOUT, permitted=frozenset({"helmet_worn"}))) == crop_prompt(helmet)
    assert prompt_about(replace(ABOUT, permitted=frozenset({"fire"}))) == crop_prompt()
    assert prompt_about(About("yard.unheard_of", "gate", ())) == crop_prompt()


@pytest.mark.parametrize(
    ("permitted", "left"),
    [
        ({"fire"}, {"class"}),
        ({"vest_worn"}, {"class", "wears", "lacks"}),
        ({"stationary"}, {"class", "zone"}),
        (set(read_questions()), {"class", "wears", "lacks", "zone"}),
    ],
)
def test_what_a_deployment_does_not_permit_has_no_place_in_either_form(permitted: set[str], left: set[str]) -> None:
    about = replace(ABOUT, permitted=frozenset(permitted))

    def fields(form: Mapping[str, Any]) -> Mapping[str, Any]:
        found: Mapping[str, Any] = form["properties"]["claims"]["items"]["properties"]
        return found

    assert set(fields(crop_form(about))) == left
    assert set(fields(claims_form(about))) == left | {"track", "count", "time"}
    if permitted == {"vest_worn"}:
        assert fields(claims_form(about))["lacks"] == {"enum": ["vest"]}
    assert ("lacks" in claims_prompt(about, [1])) == ("lacks" in left)
    assert "helmet" not in claims_prompt(about, [1]) or "helmet_worn" in permitted


def test_neither_prompt_nor_form_holds_a_number_or_a_name_of_the_record() -> None:
    asked = prompt_about(About("ppe.no_helmet", "Mr. Wang's yard", ("person",)))
    assert "Wang" not in asked + json.dumps(crop_form(About("ppe.no_helmet", "Mr. Wang's yard", ("person",))))
    assert not any(letter.isdigit() for letter in asked)
