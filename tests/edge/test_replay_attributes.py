"""`edge replay` with a rule about what is worn: scripted detections of two people, one of them without a helmet."""

import json
from pathlib import Path

import pytest

from contract.codec import decode, parse
from contract.incident_report import IncidentReport
from edge.__main__ import main
from tests.rendered_clip import render_clip

FPS = 10
LENGTH_S = 8.0
CLASSES = ["person", "helmet", "bare_head", "vest"]
RULES = """
version: 1
rules:
  - {id: no-helmet, type: ppe.no_helmet, kind: attribute_absence, zone: frame, subject: person, part: head,
     present: helmet, absent: bare_head, dwell_s: 2.0, min_part_px: 40}
  - {id: in-view, type: site.intrusion, kind: zone_presence, zone: frame, classes: [person], dwell_s: 2.0}
"""
PEOPLE = {"with": (0.10, 0.20, 0.30, 0.90), "without": (0.60, 0.20, 0.80, 0.90)}


def frame(t_s: float) -> dict[str, object]:
    found: list[dict[str, object]] = [{"class": "person", "score": 0.9, "box": box} for box in PEOPLE.values()]
    found.append({"class": "helmet", "score": 0.8, "box": (0.16, 0.21, 0.24, 0.29)})
    found.append({"class": "bare_head", "score": 0.8, "box": (0.66, 0.21, 0.74, 0.29)})
    return {"t": t_s, "detections": found}


def replay(folder: Path, rules: str, classes: list[str]) -> int:
    render_clip(folder / "gate.mp4", frames=round(LENGTH_S * FPS), fps=FPS, keyframe_every=20, size=(320, 240))
    head = {"scripted": 1, "classes": classes, "duration_s": LENGTH_S, "fps": FPS}
    lines = [head, *(frame(index / FPS) for index in range(round(LENGTH_S * FPS)))]
    (folder / "gate.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")
    files = ["--rules", str(folder / "rules.yaml"), "--detections", str(folder / "gate.jsonl")]
    return main(["replay", str(folder / "gate.mp4"), *files, "--out", str(folder / "out")])


def test_whoever_has_no_helmet_is_a_lead_and_whoever_has_one_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replay(tmp_path, RULES, CLASSES) == 0
    reports = [decode(parse(line.encode(), 1 << 20), IncidentReport) for line in capsys.readouterr().out.splitlines()]
    (lead,) = [report for report in reports if report.rule.id == "no-helmet"]
    (subject,) = lead.subjects
    assert subject.box == pytest.approx(PEOPLE["without"], abs=0.001)
    assert (subject.attributes["helmet"].state, subject.attributes["helmet"].score) == ("absent", 1.0)
    assert {"part_px", "part_covered", "detections_judged", "absent_share"} <= {
        step.condition for step in lead.rule.trace if step.holds
    }
    assert "头部未见安全帽" in lead.description.text["zh-CN"]
    # What is known of a person stands in every report about that person.
    states = {report.subjects[0].attributes["helmet"].state for report in reports if report.rule.id == "in-view"}
    assert states == {"present", "absent"}


def test_a_part_below_the_rule_s_size_is_no_lead(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay(tmp_path, RULES.replace("min_part_px: 40", "min_part_px: 43"), CLASSES) == 0
    assert '"no-helmet"' not in capsys.readouterr().out


def test_a_model_without_the_classes_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = RULES.replace("helmet, absent: bare_head", "helmet, absent: no_helmet")
    assert replay(tmp_path, rules, CLASSES) == 1
    said = capsys.readouterr().err
    assert "class no_helmet: the model package scripted has not got it, it has person, helmet, bare_head, vest" in said
