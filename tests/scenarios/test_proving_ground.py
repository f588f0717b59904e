"""Every shipped scene through `edge replay`, detections by script: exactly the truth's violations, each once.

The truth is worked out in metres on the ground by code that shares nothing with the box's rules, so what differs is a
mistake on one of the two sides. What the box may be off by is written down here, per kind, with its reason.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from edge.__main__ import main
from edge.rules.kinds import KINDS
from models.synthetic.clip import RenderedClip, render_scenario
from models.synthetic.scenario import shipped_names

SIZE = (320, 180)
FPS = 8
START = "2026-03-01T08:00:00Z"
CONFIRM_S = 3 / FPS + 0.1  # a track is told of with its third detection
# By kind, how much earlier and later than the truth the box may see an act begin, and how far off its end may be.
SLACK_S: dict[str, tuple[float, float, float]] = {
    "zone_presence": (0.05, CONFIRM_S, 0.15),
    "line_crossing": (0.05, 0.3, 0.3),  # said when the track is clear of the line
    "count": (0.05, CONFIRM_S, 0.3),
    "presence": (0.05, CONFIRM_S, 0.3),
    "stationary": (1.0, 0.8, 0.8),  # by the overlap with where it came to rest: the last third of a length counts
    "attribute_absence": (0.05, 17 / FPS + 0.3, 8 / FPS + 0.3),  # 70 % of the newest 24 detections have to say so
    "left_object": (1.0, 5.0, 5.0),  # a background model needs its time
}


def incidents(clip: RenderedClip, script: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The last report of each; rules of kinds that the box has not got are left out."""
    rules = yaml.safe_load(clip.rules.read_text(encoding="utf-8"))
    rules["rules"] = [rule for rule in rules["rules"] if rule["kind"] in KINDS]
    if not rules["rules"]:
        return []
    path = out.with_suffix(".rules.yaml")
    path.write_text(yaml.safe_dump(rules), encoding="utf-8")
    arguments = ["--rules", str(path), "--detections", str(script), "--out", str(out), "--start", START]
    capsys.readouterr()
    assert main(["replay", str(clip.video), *arguments]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def stream_s(report: Mapping[str, Any], key: str) -> float:
    start, moment = (datetime.fromisoformat(text) for text in (START, report["time"][key]))
    return (moment - start).total_seconds()


def told(report: Mapping[str, Any]) -> str:
    times = ", ".join(f"{key} {stream_s(report, key):.1f}" for key in ("first_seen", "opened", "last_seen"))
    return f"{report['rule']['id']}: {times}"


def differences(truth: Mapping[str, Any], reports: list[dict[str, Any]]) -> list[str]:
    """Acts without an incident, incidents without an act, and times that are off by more than the slack."""
    found: list[str] = []
    left = list(reports)
    for act in truth["violations"]:
        if act["kind"] not in KINDS:
            continue
        early, late, end = SLACK_S[act["kind"]]
        match = next(
            (
                report
                for report in left
                if report["rule"]["id"] == act["rule"]
                and -early - 1e-3 <= stream_s(report, "first_seen") - act["first_seen"] <= late + 1e-3
                and shows(report, act, truth)
            ),
            None,
        )
        if match is None:
            found.append(f"not found: {act}")
            continue
        left.remove(match)
        if abs(stream_s(match, "last_seen") - act["ended"]) > end + 1e-3:
            found.append(f"ends at another time: {told(match)}, truth {act}")
        if not -early - 1e-3 <= stream_s(match, "opened") - act["opened"] <= late + 1e-3:
            found.append(f"opens at another time: {told(match)}, truth {act}")
    return found + [f"nothing of the kind happened: {told(report)}" for report in left]


def shows(report: Mapping[str, Any], act: Mapping[str, Any], truth: Mapping[str, Any]) -> bool:
    """Is a subject of the report where a subject of the act is in some frame of it?"""
    if act["kind"] == "left_object":
        return True  # a region of the picture, not a track
    known = [
        thing["box"]
        for frame in truth["frames"]
        if act["first_seen"] <= frame["t"] <= act["ended"] + 1.0
        for thing in frame["objects"]
        if thing["id"] in act["subjects"]
    ]
    return any(_alike(subject["box"], box) for subject in report["subjects"] for box in known)


def _alike(first: Sequence[float], second: Sequence[float]) -> bool:
    return all(abs(a - b) < 0.02 for a, b in zip(first, second, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.parametrize("scene", shipped_names())
def test_what_really_happens_is_found_once_and_nothing_else(
    scene: str, seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = render_scenario(scene, tmp_path / "scene", seed=seed, size=SIZE, fps=FPS)
    truth = json.loads(clip.truth.read_text(encoding="utf-8"))
    reports = incidents(clip, clip.detections, tmp_path / "leads", capsys)
    assert not differences(truth, reports), json.dumps([told(report) for report in reports])


@pytest.mark.slow
@pytest.mark.parametrize("scene", ["street_day", "work_site", "wrong_way", "crowd", "fire"])
def test_misses_and_trembling_boxes_change_no_count(
    scene: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = render_scenario(scene, tmp_path / "scene", size=SIZE, fps=FPS)
    truth = json.loads(clip.truth.read_text(encoding="utf-8"))
    reports = incidents(clip, clip.noisy, tmp_path / "leads", capsys)
    acts = Counter(act["rule"] for act in truth["violations"] if act["kind"] in KINDS)
    assert Counter(report["rule"]["id"] for report in reports) == acts
