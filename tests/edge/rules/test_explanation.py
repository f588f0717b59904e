"""How a rule sees a track in a frame: each condition, held or not."""

from dataclasses import replace

from edge.rules.attribute_absence import AttributeAbsence
from edge.rules.judge import Judge
from edge.rules.rule import Rule
from edge.rules.scene import Parts
from edge.rules.stationary import Stationary
from edge.rules.violation import Condition
from tests.edge.incidents.acts import CROWD, FIRE, GATE, RULE
from tests.edge.rules.stories import CAMERA, MONDAY, PERMITTED, ZONE, Actor, film

STILL = Stationary(
    rule_id="still", type_id="traffic.illegal_parking", severity="lead", place=ZONE, classes=("person",), dwell_s=1.0
)
NO_VEST = AttributeAbsence(
    rule_id="no-vest",
    type_id="ppe.no_vest",
    severity="lead",
    place=ZONE,
    classes=("person",),
    part="torso",
    present="vest",
    absent="no_vest",
    dwell_s=1.0,
)


def last(rule: Rule, actor: str | Actor) -> dict[str, Condition]:
    judge = Judge((rule,), CAMERA)
    for tracks in film({1: actor}):
        judge.observe(tracks, MONDAY, Parts((), 1000, 1000))
    (one,) = judge.explain(rule.rule_id)
    return {step.name: step for step in one.conditions}


def failing(rule: Rule, actor: str | Actor) -> set[str]:
    return {name for name, step in last(rule, actor).items() if not step.holds}


def test_what_fails_is_named() -> None:
    assert failing(RULE, "i" * 20) == set()
    assert failing(RULE, "o" * 20) == {"anchor_in_zone"}
    assert failing(RULE, "iii") == {"dwell"}
    assert failing(FIRE, "iii") == {"class"}
    assert failing(replace(RULE, min_score=0.95), "i" * 20) == {"score"}
    assert failing(replace(RULE, permitted=(PERMITTED,)), "p" * 20) == {"not_exempt"}


def test_each_kind_adds_what_it_measures() -> None:
    assert last(CROWD, "iii")["count_in_zone"] == Condition("count_in_zone", 1, 2, "tracks", holds=False)
    moved = Actor([(0.6, 0.2, 0.7, 0.6)] * 5 + [(0.66, 0.2, 0.76, 0.6)])
    assert failing(STILL, moved) >= {"stillness"}
    assert last(GATE, "oi")["line_distance"].holds
    assert failing(NO_VEST, "i" * 5) == {"detections_judged"}
    assert last(NO_VEST, "i" * 20)["absent_share"] == Condition("absent_share", 1.0, 0.7, "share", holds=True)


def test_nothing_is_explained_before_the_first_frame() -> None:
    assert Judge((RULE,), CAMERA).explain(RULE.rule_id) == ()
