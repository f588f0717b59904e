"""How a rule sees every track of one frame: each condition, held or not, and what the violation has come to."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from edge.rules.rule import Rule
from edge.rules.violation import Condition, Violation

State = Literal["none", "holding", "open"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """state: `holding` while a violation of the track goes on whose dwell is not done, then `open`."""

    stream_s: float
    rule_id: str
    track_id: int
    state: State
    conditions: tuple[Condition, ...]

    def json_line(self) -> str:
        return json.dumps(
            {
                "t": round(self.stream_s, 3),
                "rule": self.rule_id,
                "track": self.track_id,
                "state": self.state,
                "conditions": [asdict(condition) for condition in self.conditions],
            },
            ensure_ascii=False,
        )

    def row(self) -> str:
        """One line for people; conditions that fail are marked with an x."""
        steps = "  ".join(
            f"{'' if step.holds else 'x '}{step.name}={step.value} ({step.threshold})" for step in self.conditions
        )
        return f"{self.stream_s:9.2f} s  track {self.track_id:<4} {self.state:8} {steps}"


def explained(
    rule: Rule, track_id: int, steps: Sequence[Condition], violations: Sequence[Violation], stream_s: float
) -> Explanation:
    """steps: the rule's conditions for this track now. What only a violation knows (dwell, gap) is added from it."""
    own = next(
        (one for one in violations if one.rule == rule and track_id in {track.track_id for track in one.tracks}), None
    )
    if own is None:
        return Explanation(stream_s, rule.rule_id, track_id, "none", tuple(steps))
    named = {step.name for step in steps}
    more = tuple(step for step in own.trace if step.name not in named)
    state: State = "holding" if own.opened_s is None else "open"
    return Explanation(stream_s, rule.rule_id, track_id, state, (*steps, *more))
