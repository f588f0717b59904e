"""Rules tried on an hour of thinned tracks open what they opened live."""

from collections.abc import Mapping

import pytest

from edge.incidents.trial import try_rules
from edge.rules.rule import Rule
from edge.tracking.recent_tracks import RecentTracks
from tests.edge.incidents.acts import CROWD, GATE, RULE, moment, play
from tests.edge.rules.stories import CAMERA, Actor, film

FURTHER = (0.75, 0.2, 0.85, 0.6)  # in the zone, beside where `i` is


def kept(actors: Mapping[int, str | Actor], recent: RecentTracks | None = None) -> RecentTracks:
    recent = recent or RecentTracks()
    for tracks in film(actors):
        recent.add(tracks)
    return recent


def leads(recent: RecentTracks, *rules: Rule) -> dict[str, int]:
    samples = recent.samples(CAMERA, 10_000)
    return try_rules(rules, CAMERA, samples, lambda stream_s: moment(stream_s).wall).leads


@pytest.mark.parametrize(
    ("rule", "actors"),
    [
        (RULE, {1: "o" * 5 + "i" * 30 + "o" * 80 + "i" * 30}),  # two acts: the first has cooled down
        (RULE, {1: "i" * 30 + "o" * 20 + "i" * 30}),  # one act
        (RULE, {1: "i" * 8 + "o" * 20}),  # too short
        (RULE, {1: "i" * 30 + "." * 20, 2: "." * 40 + "i" * 30}),  # the track breaks: one act
        (RULE, {1: Actor("i" * 30 + "." * 10, predicted=FURTHER), 2: Actor([None] * 35 + [FURTHER] * 30)}),  # one act
        (CROWD, {1: "i" * 40, 2: "i" * 40}),
        (GATE, {1: "oooiii" * 4}),
    ],
)
def test_the_trial_opens_as_many_as_the_live_rules(rule: Rule, actors: Mapping[int, str | Actor]) -> None:
    assert leads(kept(actors), rule) == {rule.rule_id: len(play(rule, actors).opened_s())}


def test_the_oldest_go_first_and_the_rest_still_makes_sense() -> None:
    recent = kept({1: "i" * 200, 2: "o" * 100 + "i" * 100}, RecentTracks(rows_max=60))
    samples = list(recent.samples(CAMERA, 10_000))
    assert sum(len(sample.seen) for sample in samples) == 60
    assert samples[-1].stream_s == pytest.approx(19.8)
    assert [len(sample.seen) for sample in recent.samples(CAMERA, 3)] == [2, 2, 2]


def test_more_than_an_hour_back_is_forgotten() -> None:
    recent = kept({1: "i" * 300}, RecentTracks(kept_s=10.0))
    first, *_, last = recent.samples(CAMERA, 10_000)
    assert last.stream_s - first.stream_s == pytest.approx(10.0, abs=0.21)


def test_before_the_first_frame_there_is_nothing_to_try_on() -> None:
    assert leads(RecentTracks(), RULE) == {"intrusion": 0}
