"""What people decided about this box's leads, as its centre tells it: counted by rule, never part of the evidence."""

import json
import logging
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contract.ids import IncidentId, Ordinal, Slug
from edge.delivery.errors import CommandRefusedError
from models.durable_file import write_durably

FEEDBACK_JSON = "feedback.json"
DECISIONS_MAX = 2_000  # with their incidents; what is older stays in the sums
LOG = logging.getLogger(__name__)


class PersonsDecision(BaseModel):
    """version: of the decision, per incident from 1; a higher one replaces what was decided before."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    incident_id: IncidentId
    rule: Slug
    decision: Literal["confirmed", "rejected", "inconclusive"]
    reason_code: Annotated[str, Field(max_length=32)] | None = None
    version: Ordinal


class FeedbackBody(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    decisions: tuple[PersonsDecision, ...] = Field(min_length=1, max_length=100)


class FeedbackBook:
    """ours: which of some incidents this box has committed. Bounded: DECISIONS_MAX decisions, a sum per rule."""

    def __init__(self, path: Path, ours: Callable[[Collection[str]], Collection[str]]) -> None:
        self._path = path
        self._ours = ours
        self._lock = threading.Lock()
        self._decisions, self._sums = _read(path)

    def change(self, body: dict[str, Any]) -> dict[str, Any]:
        """The `feedback` command. Raises CommandRefusedError; then everything is as it was."""
        told = _parsed(body)
        with self._lock:
            ours = set(self._ours([one.incident_id for one in told]))
            decisions = dict(self._decisions)
            sums = defaultdict(Counter, {rule: Counter(sum_) for rule, sum_ in self._sums.items()})
            taken = 0
            for one in told:
                known = decisions.get(one.incident_id)
                if one.incident_id in ours and (known is None or known.version < one.version):
                    decisions.pop(one.incident_id, None)  # the newest last
                    decisions[one.incident_id] = one
                    taken += 1
            while len(decisions) > DECISIONS_MAX:
                oldest = decisions.pop(next(iter(decisions)))
                sums[oldest.rule][oldest.decision] += 1
            document = {
                "decisions": [one.model_dump(exclude_none=True) for one in decisions.values()],
                "sums": sums,
            }
            try:
                write_durably(self._path, json.dumps(document).encode(), 0o600)
            except OSError as error:
                raise CommandRefusedError(f"{self._path.name} cannot be written: {error.strerror}") from error
            self._decisions, self._sums = decisions, dict(sums)
        return {"taken": taken, "unknown": sum(one.incident_id not in ours for one in told)}

    def by_rule(self) -> dict[str, dict[str, int]]:
        """`{rule: {confirmed, rejected, inconclusive}}`, rules in order; what was never decided is left out."""
        with self._lock:
            counts = {rule: Counter(sum_) for rule, sum_ in self._sums.items()}
            for one in self._decisions.values():
                counts.setdefault(one.rule, Counter())[one.decision] += 1
        return {rule: dict(sorted(counts[rule].items())) for rule in sorted(counts)}

    def decision_of(self, incident_id: str) -> PersonsDecision | None:
        with self._lock:
            return self._decisions.get(incident_id)


def _parsed(body: dict[str, Any]) -> tuple[PersonsDecision, ...]:
    try:
        return FeedbackBody.model_validate(body).decisions
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise CommandRefusedError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _read(path: Path) -> tuple[dict[str, PersonsDecision], dict[str, Counter[str]]]:
    """A file that cannot be read is begun anew: it says nothing that the centre does not know."""
    try:
        document = json.loads(path.read_bytes())
        decisions = [PersonsDecision.model_validate(row) for row in document["decisions"]]
        sums = {
            str(rule): Counter({str(k): int(n) for k, n in sum_.items()}) for rule, sum_ in document["sums"].items()
        }
    except FileNotFoundError:
        return {}, {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        LOG.warning("%s: cannot be read (%s): the counts of decisions begin anew", path, error)
        return {}, {}
    return {one.incident_id: one for one in decisions[-DECISIONS_MAX:]}, sums
