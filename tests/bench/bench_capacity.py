"""How many cameras a box holds here: `.venv/bin/python -m tests.bench.bench_capacity [--cameras 2 4 6 8]`.

1080p at 15 frames/s, something happening in a tenth of the time, each camera a process of its own, the clip played at
its own speed; box, broker and centre are processes, too. Every camera is owed the lead of its visitor. With the gate,
then without it; a row stops at the first number of cameras at which one lead is missing. About a minute a number.
"""

import argparse
import contextlib
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import yaml

from tests.bench.footage import ROOT
from tests.bench.still_clips import StillClip, still_clip
from tests.processes import XUNJIAN, Running, centre, enrol_box, mosquitto

FPS = 15
PLAYED = (4.5, 9.5)  # 5 s of 50
VISIT = StillClip("visit15", ("one-by-one-person-detection.mp4",), PLAYED, (25.0, 20.0), FPS)
SECONDS = 52.0  # until the clip and what it leads to are over
RULES = """
version: 1
rules:
  - {id: people, type: site.intrusion, kind: zone_presence, zone: frame, classes: [person], dwell_s: 1.0}
"""


def cameras_with_a_lead(folder: Path, clip: Path, cameras: int, *, gate: bool, size_px: int) -> int:
    folder.mkdir()
    box, rules = folder / "box", folder / "rules.yaml"
    rules.write_text(RULES, encoding="utf-8")
    with mosquitto(folder / "broker") as (_, port), centre(folder / "centre", f"mqtt://127.0.0.1:{port}") as (_, url):
        named = [f"--camera=cam_{number}={clip}" for number in range(cameras)]
        enrol_box(box, folder / "centre", url, *named, "--rules", str(rules), "--size", str(size_px))
        settings = yaml.safe_load((box / "box.yaml").read_text(encoding="utf-8"))
        settings.setdefault("detector", {})["motion_gate"] = gate
        (box / "box.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
        with Running([*XUNJIAN, "edge", "run", str(box), "--status", "jsonl"], folder / "box.log"):
            time.sleep(SECONDS + 2 * cameras)
        with contextlib.closing(sqlite3.connect(folder / "centre" / "central.sqlite3")) as database:
            payloads = database.execute("SELECT payload FROM revisions WHERE revision = 0").fetchall()
    return len({json.loads(payload)["camera_id"] for (payload,) in payloads})


def held(clip: Path, numbers: Sequence[int], *, gate: bool, size_px: int) -> int:
    """The most cameras, of these numbers in order, of which none misses its lead."""
    most = 0
    for cameras in numbers:
        with tempfile.TemporaryDirectory(dir=ROOT / ".cache") as name:
            told = cameras_with_a_lead(Path(name) / "site", clip, cameras, gate=gate, size_px=size_px)
        print(f"gate {'on' if gate else 'off'}: {told} of {cameras} cameras told of their visitor", flush=True)
        if told < cameras:
            break
        most = cameras
    return most


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, nargs="+", default=[2, 4, 6, 8])
    parser.add_argument("--size", type=int, default=640)
    options = parser.parse_args()
    clip = still_clip(VISIT)
    rows = [(gate, held(clip, options.cameras, gate=gate, size_px=options.size)) for gate in (True, False)]
    print("| gate | cameras held |\n|---|---|")
    for gate, most in rows:
        print(f"| {'on' if gate else 'off'} | {most} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
