"""Rules and a register for stories about acts.

Films are those of `tests/edge/rules/stories.py`, ten samples a second: i inside the zone, o outside, . not seen,
x forgotten. Rules open after one second; they cool down in 6 s instead of 60 to keep films short.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

from edge.clock import ClockQuality, Moment
from edge.incidents.incident import Incident, IncidentChange
from edge.incidents.register import Register
from edge.rules.count import Count
from edge.rules.judge import Judge
from edge.rules.line import Line
from edge.rules.line_crossing import LineCrossing
from edge.rules.presence import Presence
from edge.rules.rule import Rule
from edge.rules.scene import Parts
from edge.rules.zone_presence import ZonePresence
from tests.edge.rules.stories import CAMERA, ZONE, Actor, film

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
COOL_DOWN_S = 6.0
MERGE_S = 3.0
RULE = ZonePresence(
    rule_id="intrusion",
    type_id="site.intrusion",
    severity="alert",
    place=ZONE,
    classes=("person",),
    dwell_s=1.0,
    cool_down_s=COOL_DOWN_S,
    merge_s=MERGE_S,
)
FIRE = Presence(
    rule_id="fire",
    type_id="fire.flame",
    severity="safety",
    place=ZONE,
    classes=("fire",),
    dwell_s=1.0,
    cool_down_s=COOL_DOWN_S,
)
CROWD = Count(
    rule_id="crowd",
    type_id="safety.overcrowding",
    severity="alert",
    place=ZONE,
    classes=("person",),
    at_least=2,
    dwell_s=1.0,
    cool_down_s=COOL_DOWN_S,
)
GATE = LineCrossing(
    rule_id="gate",
    type_id="traffic.wrong_way",
    severity="lead",
    place=Line("gate", ((0.5, 0.0), (0.5, 1.0)), direction="right"),
    classes=("person",),
    cool_down_s=COOL_DOWN_S,
)
VISIT = "i" * 15


def moment(stream_s: float) -> Moment:
    return Moment(
        START + timedelta(seconds=stream_s), 1_000_000 + round(stream_s * 1000), "boot", ClockQuality("synced")
    )


@dataclass(frozen=True)
class Said:
    """Everything the register said over a film, and what was still open after its last sample."""

    changes: tuple[IncidentChange, ...]
    still_open: tuple[Incident, ...]

    def opened_s(self) -> list[float]:
        return [change.incident.opened.stream_s for change in self.changes if change.phase == "open"]

    def closed(self) -> list[Incident]:
        return [change.incident for change in self.changes if change.phase == "close"]

    def closed_s(self) -> list[float]:
        return [incident.closed.stream_s for incident in self.closed() if incident.closed]


def play(rules: Rule | Iterable[Rule], actors: Mapping[int, str | Actor], fps: float = 10.0) -> Said:
    numbers = count(1)
    judge = Judge((rules,) if isinstance(rules, Rule) else tuple(rules), CAMERA)
    register = Register(CAMERA, new_id=lambda wall: f"{wall:%H%M%S}-{next(numbers)}")
    changes: list[IncidentChange] = []
    for tracks in film(actors, fps):
        now = moment(tracks.stream_s)
        changes += register.observe(judge.observe(tracks, now.wall, Parts((), 1000, 1000)), tracks, now)
    return Said(tuple(changes), register.open_incidents)
