"""Where a lead stands in the queue: by its severity; within that, what a second look speaks against comes last.

The second look's verdict moves a lead behind others of its severity, never behind those of another one, and takes
nothing away. It lifts nothing either: a model that agrees with the rule says what the rule has said. A safety lead
keeps its place whatever a model makes of a picture (ADR 0088).
"""

from central.cases.case import State

_SEVERITY = {"safety": 30, "alert": 20, "lead": 10}
SEVERITIES = tuple(_SEVERITY)
_AGAINST = {"rejected": 2, "failed": 1}


def priority(severity: str, second_look: str, state: State) -> int:
    """Greater comes first. second_look: the status of a report's `verification`; it counts until a person decided."""
    rank = _SEVERITY.get(severity, 0)
    if severity == "safety" or state != "lead":
        return rank
    return rank - _AGAINST.get(second_look, 0)
