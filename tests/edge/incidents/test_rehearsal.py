"""A scenario that is not met says the first difference, so that one knows which side is wrong."""

import pytest

from edge.incidents.rehearsal import rehearse
from edge.incidents.scenario_file import parse_scenarios
from edge.rules.rules_file import parse_rules

CLASSES = ("person", "helmet", "bare_head")
RULES = """
version: 1
zones:
  yard: {polygon: [[0.3, 0.4], [0.9, 0.4], [0.9, 0.9], [0.3, 0.9]]}
rules:
  - {id: intrusion, type: site.intrusion, kind: zone_presence, zone: yard, classes: [person], dwell_s: 1.0}
  - {id: no-helmet, type: ppe.no_helmet, kind: attribute_absence, zone: yard, subject: person, part: head,
     present: helmet, absent: bare_head, dwell_s: 1.0}
"""
STAYS = "{class: person, way: [[0, 0.5, 0.6], [10, 0.5, 0.6]], worn: [{class: helmet, on: head}]}"


def difference(expect: str, actor: str = STAYS, more: str = "rule: intrusion") -> str:
    rules = parse_rules("yard.yaml", RULES, CLASSES, "net")
    text = (
        "version: 1\nsizes: {person: [0.1, 0.3]}\nscenarios:\n"
        f"  - {{name: one, why: because, {more}, tracks: [{actor}], expect: [{expect}]}}\n"
    )
    (scenario,) = parse_scenarios("yard.scenarios.yaml", text, rules, CLASSES)
    return rehearse(scenario, rules, CLASSES).difference


@pytest.mark.parametrize(
    ("expect", "told"),
    [
        ("{opened: 1, closed: 10, subjects: [1]}", ""),
        ("{opened: 1, closed: 10, subjects: [1], attributes: {1: {helmet: present}}}", "track 1 has no attributes"),
        ("{opened: 1.1, closed: 10, subjects: [1]}", "opened at 1 s, expected 1.1 s"),
        ("{opened: 1, closed: 9.9, subjects: [1]}", "closed at 10 s, expected 9.9 s"),
        ("{first_seen: 0.1, opened: 1, closed: 10, subjects: [1]}", "first seen at 0 s, expected 0.1 s"),
        ("{opened: 1, last_seen: 9, closed: 10, subjects: [1]}", "last seen at 10 s, expected 9 s"),
        ("{opened: 1, closed: 10, close_reason: camera_lost, subjects: [1]}", "closed as ended, expected camera_lost"),
        ("{opened: 1, closed: 10, subjects: [2]}", "subjects [1], expected [2]"),
        ("", "intrusion@yard 1-10 s #1 was not expected: class person (person), score 0.9"),
        (
            "{opened: 1, closed: 10, subjects: [1]}, {opened: 5, closed: 10, subjects: [2]}",
            "no incident of intrusion@yard opened at 5 s; what the rule saw:\n     5.00 s  track 1    open",
        ),
    ],
)
def test_the_first_difference_is_told(expect: str, told: str) -> None:
    assert told in difference(expect)
    assert bool(difference(expect)) == bool(told)


def test_a_missing_incident_shows_which_condition_failed() -> None:
    outside = STAYS.replace("0.5, 0.6", "0.1, 0.6")
    told = difference("{opened: 1, closed: 10, subjects: [1]}", outside)
    assert "x anchor_in_zone=0.1000,0.6000 (yard)" in told


def test_a_tolerance_forgives_that_much_and_no_more() -> None:
    expect = "{opened: 1.4, closed: 10, subjects: [1]}"
    assert difference(expect, more="rule: intrusion, tolerance_s: 0.4") == ""
    assert difference(expect, more="rule: intrusion, tolerance_s: 0.3")


def test_without_a_rule_of_its_own_a_scenario_is_about_all_of_them() -> None:
    bare = STAYS.replace("helmet", "bare_head")
    one = "{rule: intrusion, opened: 1, closed: 10, subjects: [1]}"
    both = f"{one}, {{rule: no-helmet, opened: 1.7, closed: 10, subjects: [1]}}"
    assert difference(both, bare, more="fps: 10") == ""
    assert "no-helmet@yard 1.7-10 s #1 was not expected" in difference(one, bare, more="fps: 10")


def test_through_the_tracker_a_track_is_told_of_from_its_third_detection_on() -> None:
    assert (
        difference(
            "{first_seen: 0.2, opened: 1.2, closed: 10, subjects: [1]}", more="rule: intrusion, through: tracker"
        )
        == ""
    )


def test_in_silence_there_are_no_frames() -> None:
    """The person leaves unseen while the camera is silent: gone with the next frame."""
    actor = "{class: person, way: [[0, 0.5, 0.6], [5, 0.5, 0.6]]}"
    expect = "{opened: 1, last_seen: 3.9, closed: 8, subjects: [1]}"
    assert difference(expect, actor, "rule: intrusion, silence: [[4, 7]], length_s: 8") == ""
