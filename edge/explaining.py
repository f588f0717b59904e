"""`xunjian edge replay --explain`: how one rule sees each track, once a second of the clip."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.pipeline import Pipeline
from edge.rules.errors import RulesError
from edge.rules.rule_set import RuleSet
from edge.rules.yaml_lines import right_word

INTERVAL_S = 1.0
ROUNDING_S = 1e-6


@contextmanager
def explaining(
    pipeline: Pipeline, rules: RuleSet, rule_id: str | None, out: Path | None
) -> Iterator[Callable[[float], None]]:
    """The callback is told the stream seconds of each frame after its step. out: JSON Lines; else a table on stderr.

    Raises RulesError for a rule that the file has not got, or a file that cannot be written.
    """
    if rule_id is None:
        yield lambda _: None
        return
    known = [rule.rule_id for rule in rules.rules if rule.enabled]
    if rule_id not in known:
        raise RulesError(rules.file, 1, f"--explain: rule {rule_id} is not there, or off: {right_word(rule_id, known)}")
    next_s = 0.0
    try:
        file = sys.stderr if out is None else out.open("w", encoding="utf-8")
    except OSError as error:
        raise RulesError(str(out), 1, f"cannot be written: {error.strerror}") from error

    def tell(stream_s: float) -> None:
        nonlocal next_s
        if stream_s < next_s - ROUNDING_S:
            return
        next_s = stream_s + INTERVAL_S
        for one in pipeline.explain(rule_id):
            print(one.row() if out is None else one.json_line(), file=file)

    try:
        yield tell
    finally:
        if out is not None:
            file.close()
