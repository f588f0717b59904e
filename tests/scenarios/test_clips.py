"""Real clips of fixed cameras through `edge replay`: what should be found is found once, and nothing else is (`clips.yaml`).

The whole path with the shipped detector, evidence and outbox included; only fewer frames a second are analysed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from edge.analysis import open_detector
from edge.detection.detector import FrameDetector
from edge.replay import open_replay
from edge.settings import DetectorSettings
from tests.data import data

pytestmark = pytest.mark.slow

TABLE = yaml.safe_load(Path(__file__).with_name("clips.yaml").read_text(encoding="utf-8"))
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
ROUNDING_S = 1e-3


@dataclass(frozen=True)
class Found:
    rule: str
    first_s: float
    last_s: float

    def is_like(self, entry: Mapping[str, Any]) -> bool:
        (first_min, first_max), (last_min, last_max) = entry["first"], entry["last"]
        return entry["rule"] == self.rule and (
            first_min <= self.first_s <= first_max and last_min <= self.last_s <= last_max
        )


@cache
def shipped_detector() -> FrameDetector:
    return open_detector(DetectorSettings())


def rules_of(entry: Mapping[str, Any]) -> str:
    own = [{"type": "site.intrusion"} | rule for rule in entry["rules"]]
    named = {rule["id"] for rule in own}
    rules = own + [rule for rule in TABLE["everywhere"] if rule["id"] not in named]
    return yaml.safe_dump(
        {"version": 1, "zones": entry.get("zones", {}), "lines": entry.get("lines", {}), "rules": rules}
    )


def found_in(entry: Mapping[str, Any], folder: Path) -> list[Found]:
    rules = folder / "rules.yaml"
    rules.write_text(rules_of(entry), encoding="utf-8")
    replay = open_replay(
        data("videos", *entry["clip"].split("/")), rules, folder / "leads", detector=shipped_detector(), start=START
    )
    closed = []
    with replay.outbox, replay.camera as camera:
        next_s = 0.0
        for frame in camera.frames():
            if frame.stream_s < next_s - ROUNDING_S:
                continue
            next_s += 1 / entry["fps"]
            closed += replay.pipeline.step(frame).revisions
        closed += replay.pipeline.finish("ended")
    assert not replay.faults.current()
    return [_found(revision.payload) for revision in closed if revision.phase == "close"]


def _found(payload: bytes) -> Found:
    report = yaml.safe_load(payload)
    first, last = (datetime.fromisoformat(report["time"][name]) for name in ("first_seen", "last_seen"))
    return Found(report["rule"]["id"], (first - START).total_seconds(), (last - START).total_seconds())


def matched(found: Sequence[Found], entries: Sequence[Mapping[str, Any]]) -> tuple[list[Any], list[Found]]:
    """What is expected and not found, and what is found and not expected; each incident answers one expectation."""
    left, missing = list(found), []
    for entry in entries:
        answer = next((one for one in left if one.is_like(entry)), None)
        if answer is None:
            missing.append(entry)
        else:
            left.remove(answer)
    return missing, left


@pytest.mark.parametrize("entry", TABLE["clips"], ids=lambda entry: entry["clip"])
def test_what_should_be_found_in_a_clip_is_found_once_and_nothing_else(
    entry: Mapping[str, Any], tmp_path: Path
) -> None:
    found = found_in(entry, tmp_path)
    expected = [one for one in entry["expect"] if "missed" not in one]
    missing, unexpected = matched(found, expected)
    print(found)
    assert not missing, f"not found; found was {unexpected}"
    known = [one for one in unexpected if any(one.is_like(wrong) for wrong in entry.get("wrong", ()))]
    assert not [one for one in unexpected if one not in known]
