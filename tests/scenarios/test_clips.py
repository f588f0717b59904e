"""Real clips through `edge replay`: what should be found is found once, and nothing else is (`clips.yaml`).

The whole path with the shipped detector, evidence and outbox included; only fewer frames a second are analysed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from edge.analysis import open_detector
from edge.delivery.revision import Revision
from edge.detection.detector import FrameDetector
from edge.replay import Replay, open_replay
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

    def is_in(self, windows: Mapping[str, Any]) -> bool:
        (first_min, first_max), (last_min, last_max) = windows["first"], windows["last"]
        return bool(first_min <= self.first_s <= first_max and last_min <= self.last_s <= last_max)


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
    with replay.outbox:
        closed = [_found(revision.payload) for revision in revisions(replay, entry["fps"]) if revision.phase == "close"]
    assert not replay.faults.current()
    return closed


def revisions(replay: Replay, fps: float) -> Iterator[Revision]:
    next_s = 0.0
    with replay.camera as camera:
        for frame in camera.frames():
            if frame.stream_s < next_s - ROUNDING_S:
                continue
            next_s += 1 / fps
            yield from replay.pipeline.step(frame).revisions
    yield from replay.pipeline.finish("ended")


def _found(payload: bytes) -> Found:
    report = yaml.safe_load(payload)
    first, last = (datetime.fromisoformat(report["time"][name]) for name in ("first_seen", "last_seen"))
    return Found(report["rule"]["id"], (first - START).total_seconds(), (last - START).total_seconds())


def take(found: list[Found], rule: str, windows: Mapping[str, Any]) -> bool:
    """Takes one incident of the rule out of those found; False when none is like that."""
    answer = next((one for one in found if one.rule == rule and one.is_in(windows)), None)
    if answer is not None:
        found.remove(answer)
    return answer is not None


def differences(found: Sequence[Found], entry: Mapping[str, Any]) -> list[str]:
    left = list(found)
    told = [
        f"{one['rule']}: {one['who']} is not found"
        for one in entry["expect"]
        if not {"missed", "short"} & set(one) and not take(left, one["rule"], one)
    ]
    for one in (one for one in entry["expect"] if {"missed", "short"} & set(one)):
        if take(left, one["rule"], one):
            told.append(f"{one['rule']}: {one['who']} is found now; take the note away")
        elif "short" in one and not take(left, one["rule"], one["short"]):
            told.append(f"{one['rule']}: {one['who']} is not even found for a part of its time")
    for wrong in entry.get("wrong", ()):
        of_rule = [one for one in left if one.rule == wrong["rule"]]
        left = [one for one in left if one not in of_rule]
        if not of_rule:
            told.append(f"{wrong['rule']} is quiet now; take the note away")
    return told + [f"{one.rule} from {one.first_s:g} to {one.last_s:g} s was not expected" for one in left]


@pytest.mark.parametrize("entry", TABLE["clips"], ids=lambda entry: entry["clip"])
def test_what_should_be_found_in_a_clip_is_found_once_and_nothing_else(
    entry: Mapping[str, Any], tmp_path: Path
) -> None:
    found = found_in(entry, tmp_path)
    assert not differences(found, entry), f"found: {found}"
