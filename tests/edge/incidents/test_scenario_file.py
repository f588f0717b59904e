"""A file of scenarios says what is wrong in it by file and line, as a rules file does."""

import re

import pytest

from edge.incidents.scenario import Scenario
from edge.incidents.scenario_file import parse_scenarios
from edge.rules.errors import RulesError
from edge.rules.rules_file import parse_rules

CLASSES = ("person", "helmet", "bare_head")
RULES = """
version: 1
zones:
  yard: {polygon: [[0.3, 0.4], [0.9, 0.4], [0.9, 0.9], [0.3, 0.9]]}
rules:
  - {id: intrusion, type: site.intrusion, kind: zone_presence, zone: yard, classes: [person], dwell_s: 1.0}
  - {id: loitering, type: site.loitering, kind: zone_presence, zone: yard, classes: [person], enabled: false}
"""
HEAD = "version: 1\nsizes: {person: [0.1, 0.2]}\nscenarios:\n"
WALK = "tracks: [{class: person, way: [[0, 0.5, 0.5], [5, 0.5, 0.5]]}]"
FOUND = "expect: [{rule: intrusion, opened: 1, closed: 5, subjects: [1]}]"


def read(text: str) -> tuple[Scenario, ...]:
    return parse_scenarios("yard.scenarios.yaml", text, parse_rules("yard.yaml", RULES, CLASSES, "net"), CLASSES)


def entry(*parts: str) -> str:
    return HEAD + "  - {" + ", ".join(("name: one", "why: because", *parts)) + "}\n"


def test_what_is_left_out_has_a_default() -> None:
    (scenario,) = read(entry(WALK, FOUND))
    assert (scenario.fps, scenario.length_s, scenario.camera_id, scenario.through) == (10, 5, "cam_1", "tracks")
    assert (scenario.actors[0].track_id, scenario.actors[0].score_at(3)) == (1, 0.9)
    assert scenario.actors[0].place_at(2).box == pytest.approx((0.45, 0.3, 0.55, 0.5))  # type: ignore[union-attr]
    (expected,) = scenario.expected
    assert (expected.place_id, expected.type_id, expected.close_reason) == ("yard", "site.intrusion", "ended")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ":1: the file is empty"),
        ("version: 2\nscenarios: []", ":1: version 2 is not known"),
        ("version: 1\n", ":1: scenarios is missing"),
        ("version: 1\nscenarios: []", ":2: scenarios: 1 to 1000 are wanted, not 0"),
        (entry(WALK, FOUND, "speed: 3"), ":4: unknown key speed"),
        (entry(FOUND), ":4: tracks is missing"),
        (entry(WALK), ":4: expect is missing"),
        (entry(WALK, FOUND, "rule: intrusoin"), ":4: rule intrusoin is not in the rules: is intrusion meant?"),
        (entry(WALK, "rule: loitering", "expect: []"), ":4: rule loitering is off"),
        (entry(WALK, "expect: [{opened: 1, closed: 5, subjects: [1]}]"), ":4: rule is missing"),
        (entry(WALK, FOUND.replace("opened: 1, ", "")), ":4: opened is missing"),
        (entry(WALK, FOUND.replace("opened: 1", "zone: street, opened: 1")), ":4: zone: rule intrusion can only"),
        (entry(WALK, FOUND, "case: negative"), ":4: case: negative expects none"),
        (entry(WALK, "expect: []", "case: positive"), ":4: case: positive expects an incident"),
        (entry(WALK, FOUND, "length_s: 3"), ":4: length_s: 3 is over before a track is, at 5 s"),
        (entry(WALK, FOUND, "start: 2026-03-02T09:00:00Z"), ":4: start: 2026-03-02T09:00:00Z has a zone"),
        (entry(WALK, FOUND, "start: noon"), ":4: start: noon is no time"),
        (entry(WALK, FOUND, "silence: [[0, 6]]"), ":4: silence: the camera never sends anything"),
        (entry(WALK, FOUND, "ends: sometimes"), ":4: ends: sometimes is not known"),
        (entry(WALK.replace("[5,", "[0,"), FOUND), ":4: way: second 0 is not after the point before it"),
        (entry(WALK.replace("[5, 0.5", "[5, 640"), FOUND), ":4: way: places and sizes are relative to the picture"),
        (entry(WALK.replace("person", "helmet"), FOUND), ":4: way: how large?"),
        (entry(WALK.replace("person", "perosn"), FOUND), ":4: class: perosn is not known: is person meant?"),
        (entry(WALK.replace("way", "unseen: [[2, 1]], way"), FOUND), ":4: unseen: from 2 to 1 s is no time"),
        (entry(WALK.replace("way", "unseen: [[0.5, 4]], way"), FOUND), ":4: track 1 is not seen for 3.6 s: after 3 s"),
        (entry(WALK.replace("way", "worn: [{class: helmet, on: hat}], way"), FOUND), ":4: on: hat is not known"),
        (entry(WALK.replace("]}]", "]}, {track: 1, class: person, way: [[0, 0, 0]]}]"), FOUND), ":4: track 1 stands"),
        (entry(WALK.replace("person", "object, unseen: [[1, 2]]"), FOUND), ":4: an object has neither unseen nor worn"),
        (entry(WALK.replace("person", "object, size: [0.1, 0.1]"), FOUND, "through: tracker"), ":4: through: tracker"),
        (HEAD + 2 * entry(WALK, FOUND).removeprefix(HEAD), ":5: scenario one stands twice"),
        (entry(WALK, FOUND, "fps: 100", "length_s: 9000"), ":4: more than 200000 frames"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_that_says_where_and_what_would_be_right(text: str, message: str) -> None:
    with pytest.raises(RulesError, match="^" + re.escape("yard.scenarios.yaml" + message)):
        read(text)
