"""A clip, a script of detections and a rules file that belong together: somebody is in a zone from 7 s to 15 s."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract.evidence_manifest import EvidenceItem, EvidenceManifest
from tests.rendered_clip import render_clip

FPS = 10
INSIDE = (0.60, 0.20, 0.75, 0.80)
RULES = """
version: 1
zones:
  table: {cameras: [hall_1], polygon: [[0.5, 0.5], [1.0, 0.5], [1.0, 1.0], [0.5, 1.0]]}
rules:
  - {id: at-table, type: site.intrusion, kind: zone_presence, zone: table, classes: [person], dwell_s: 1.0}
"""


@dataclass(frozen=True)
class Scene:
    clip: Path
    script: Path
    rules: Path


def write_scene(
    folder: Path, visits: tuple[tuple[float, float], ...] = ((7.0, 15.0),), length_s: float = 20.0, rules: str = RULES
) -> Scene:
    """visits: from when to when, in stream seconds, the person is in the zone."""
    folder.mkdir(parents=True, exist_ok=True)
    scene = Scene(folder / "hall.mp4", folder / "hall.jsonl", folder / "rules.yaml")
    render_clip(scene.clip, frames=round(length_s * FPS), fps=FPS, keyframe_every=20)
    lines: list[dict[str, Any]] = [{"scripted": 1, "classes": ["person"], "duration_s": length_s, "fps": FPS}]
    for index in range(round(length_s * FPS)):
        t_s = index / FPS
        there = any(start <= t_s < end for start, end in visits)
        found = [{"class": "person", "score": 0.9, "box": INSIDE}] if there else []
        lines.append({"t": t_s, "detections": found})
    scene.script.write_text("\n".join(map(json.dumps, lines)) + "\n", encoding="utf-8")
    scene.rules.write_text(rules, encoding="utf-8")
    return scene


def manifests(folder: Path) -> list[EvidenceManifest]:
    """Of a box's or a replay's folder, in the order of the chain."""
    found = [
        EvidenceManifest.model_validate_json(path.read_bytes()) for path in folder.glob("incidents/*/*.manifest.json")
    ]
    return sorted(found, key=lambda manifest: manifest.report_seq)


def items(folder: Path, role: str) -> list[tuple[EvidenceItem, Path]]:
    """The files of a role, in the order of the chain."""
    return [
        (item, folder / "incidents" / manifest.incident_id / item.file_name)
        for manifest in manifests(folder)
        for item in manifest.items
        if item.role == role
    ]
