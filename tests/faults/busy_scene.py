"""A small clip with scripted people who come and go quickly: many incidents in little time, no detector."""

import json
from pathlib import Path

from tests.rendered_clip import render_clip

FPS = 10
LOOP_S = 3.0
PEOPLE = 8
VISIT_S = 0.9
RULES = """\
version: 1
zones:
  room: {polygon: [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]], kind: watch}
rules:
  - {id: visit, type: site.intrusion, kind: zone_presence, zone: room, classes: [person], dwell_s: 0.2,
     gap_s: 0.1, cool_down_s: 0.4, merge_s: 0}
"""


def make_busy_scene(folder: Path) -> tuple[Path, Path, Path]:
    """Clip, script of detections, rules. Every person has a place of their own, so that each visit is an incident."""
    folder.mkdir(parents=True, exist_ok=True)
    clip = render_clip(folder / "busy.mp4", frames=int(LOOP_S * FPS), fps=FPS)
    lines: list[dict[str, object]] = [{"scripted": 1, "classes": ["person"], "duration_s": LOOP_S, "fps": FPS}]
    for frame in range(int(LOOP_S * FPS)):
        t_s = frame / FPS
        there = [person for person in range(PEOPLE) if 0 <= t_s - (person % 4) * 0.6 < VISIT_S]
        boxes = [_place(person) for person in there]
        lines.append({"t": t_s, "detections": [{"class": "person", "score": 0.9, "box": box} for box in boxes]})
    script = folder / "busy.detections.jsonl"
    script.write_text("\n".join(map(json.dumps, lines)) + "\n", encoding="utf-8")
    rules = folder / "rules.yaml"
    rules.write_text(RULES, encoding="utf-8")
    return clip, script, rules


def _place(person: int) -> list[float]:
    left, top = 0.02 + 0.24 * (person % 4), 0.05 + 0.48 * (person // 4)
    return [round(left, 3), round(top, 3), round(left + 0.2, 3), round(top + 0.4, 3)]
