"""What a rules file says of something worn, and what it is told when it says something else."""

import pytest

from edge.rules.attribute_absence import MIN_PART_PX, AttributeAbsence
from edge.rules.errors import RulesError
from edge.rules.rule_set import RuleSet
from edge.rules.rules_file import parse_rules

CLASSES = ("person", "motorcycle", "helmet", "bare_head")
HELMET = (
    "id: a, type: ppe.no_helmet, kind: attribute_absence, zone: frame, subject: person, part: head, present: helmet,"
    " absent: bare_head"
)


def parse(fields: str, scores: dict[str, float] | None = None) -> RuleSet:
    text = f"version: 1\nrules:\n  - {{{fields}}}\n"
    return parse_rules("rules.yaml", text, CLASSES, "detector-14", scores=scores or {})


def test_a_rule_names_a_subject_a_part_and_two_classes() -> None:
    (rule,) = parse(HELMET + ", dwell_s: 3.0, min_part_px: 30").rules
    assert isinstance(rule, AttributeAbsence)
    assert (rule.classes, rule.part, rule.present, rule.absent) == (("person",), "head", "helmet", "bare_head")
    assert (rule.dwell_s, rule.min_part_px) == (3.0, 30)
    assert sorted(rule.part_classes) == ["bare_head", "helmet"]
    assert rule.parameters()["classes"] == ["person"]


def test_what_it_does_not_say_has_defaults_and_scores_come_from_the_package() -> None:
    (rule,) = parse(HELMET, {"person": 0.4, "bare_head": 0.3, "helmet": 0.5}).rules
    assert isinstance(rule, AttributeAbsence)
    assert (rule.min_part_px, rule.dwell_s, rule.absent_score_min) == (MIN_PART_PX, 1.0, 0.3)
    assert rule.score_needed("person") == 0.4


def test_its_version_changes_with_its_part() -> None:
    assert parse(HELMET).version != parse(HELMET.replace("part: head", "part: torso")).version


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (HELMET.replace(", absent: bare_head", ""), "absent is missing: a rule of kind attribute_absence needs it"),
        (HELMET.replace("subject: person, ", ""), "subject is missing: a rule of kind attribute_absence needs it"),
        (HELMET.replace("subject: person", "classes: [person]"), "unknown key classes in rules"),
        (HELMET.replace("part: head", "part: foot"), "part: foot is not known: there is head, torso, rider"),
        (
            HELMET.replace("bare_head", "bare_hed"),
            "class bare_hed: the model package detector-14 has not got it, it has person, motorcycle",
        ),
        (HELMET.replace("person", "worker"), "class worker: the model package detector-14 has not got it"),
        (
            HELMET.replace("bare_head", "helmet"),
            "absent: helmet is what should be present: name the class of what is seen without it",
        ),
        (HELMET + ", min_part_px: 0", "min_part_px: 0 does not do: a whole number of at least 1 is wanted"),
    ],
)
def test_a_mistake_is_told_with_what_would_be_right(fields: str, message: str) -> None:
    with pytest.raises(RulesError) as caught:
        parse(fields)
    assert str(caught.value).startswith(f"rules.yaml:3: {message}")
