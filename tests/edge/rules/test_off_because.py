"""`off_because`: a rule that its writer found wanting is off, and says why, until somebody switches it on."""

import pytest

from edge.rules.errors import RulesError
from edge.rules.rule_set import RuleSet
from edge.rules.rules_file import parse_rules

WHY = "AP50 of detector-14: person .833, goal .92"


def rule(rule_id: str, more: str = "") -> str:
    keys = f"id: {rule_id}, type: site.intrusion, kind: zone_presence, zone: frame, classes: [person]"
    return f"  - {{{keys}{more}}}\n"


def parse(*rules: str, rehearsed: bool = False) -> RuleSet:
    text = "version: 1\nrules:\n" + "".join(rules)
    return parse_rules("rules.yaml", text, ("person",), "detector-14", rehearsed=rehearsed)


def on(rules: RuleSet) -> list[bool]:
    return [one.enabled for one in rules.rules]


def test_the_reason_alone_switches_off_and_is_said() -> None:
    rules = parse(rule("a"), rule("b", f', off_because: "{WHY}"'))
    assert on(rules) == [True, False]
    (note,) = rules.notes
    assert note == f"rule b is off: {WHY}; try it on your cameras, then write `enabled: true` in the rule"


def test_a_rule_that_is_on_all_the_same_says_so_and_is_the_same_rule() -> None:
    rules = parse(rule("a"), rule("b", f', enabled: true, off_because: "{WHY}"'))
    assert on(rules) == [True, True]
    assert rules.notes == (f"rule b is on, although {WHY}",)
    assert rules.rules[1].version == parse(rule("a"), rule("b")).rules[1].version, "the reason is no part of the rule"


@pytest.mark.parametrize(
    ("more", "expected"), [(f', off_because: "{WHY}"', True), (f', enabled: false, off_because: "{WHY}"', True),
                           (", enabled: false", False)]
)  # fmt: skip
def test_a_rehearsal_plays_what_is_off_by_its_figures_and_nothing_else(more: str, expected: bool) -> None:
    assert on(parse(rule("a"), rule("b", more), rehearsed=True)) == [True, expected]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (", off_because: 3", 'off_because: 3 is not a text in YAML: write "3" with quotes'),
        (', off_because: ""', "off_because: 1 to 300 characters are wanted, not 0"),
        (f", off_because: {'x' * 301}", "off_because: 1 to 300 characters are wanted, not 301"),
        (
            ", off_because: too few seen",
            "no rule is enabled: rule a is off: too few seen; try it on your cameras, then",
        ),
    ],
)
def test_what_does_not_do_is_one_line(more: str, message: str) -> None:
    with pytest.raises(RulesError) as caught:
        parse(rule("a", more))
    assert message in str(caught.value)
