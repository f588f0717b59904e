"""The rendered yard, replayed with scripted detections: what its scenario says is what is found, nothing else."""

from collections import Counter
from pathlib import Path

import pytest

from models.synthetic.clip import RenderedClip, render_scenario
from tests.processes import ROOT, json_lines, xunjian

RULES = ROOT / "docs/examples/rules-yard.yaml"


def replayed(clip: RenderedClip, folder: Path) -> Counter[str]:
    script = ("--detections", str(clip.detections))
    explain = ("--explain", "loitering", "--explain-out", str(folder.with_suffix(".jsonl")))
    command = ("edge", "replay", str(clip.video), "--rules", str(RULES), "--out", str(folder))
    done = xunjian(*command, *script, *explain)
    return Counter(report["rule"]["id"] for report in json_lines(done.stdout))


@pytest.mark.slow
def test_everything_the_scenario_tells_is_found_once(tmp_path: Path) -> None:
    clip = render_scenario("yard", tmp_path / "scene", size=(480, 270))
    found = replayed(clip, tmp_path / "leads")
    # The lingerer once, the visitor twice; only the lingerer stays long enough; one car the wrong way, one that parks.
    assert found == {"intrusion": 3, "loitering": 1, "wrong-way": 1, "parked": 1}
    # Whoever does not linger holds for a while, second by second, and never opens.
    told = json_lines((tmp_path / "leads.jsonl").read_text(encoding="utf-8"))
    states = {(line["track"], line["state"]) for line in told}
    assert len({track for track, state in states if state == "open"}) == 1
    assert len({track for track, state in states if state == "holding"}) > 1
    assert "verified" in xunjian("verify", str(tmp_path / "leads")).stdout


def test_nothing_is_found_where_nobody_is(tmp_path: Path) -> None:
    clip = render_scenario("empty", tmp_path / "scene", size=(320, 180))
    assert not replayed(clip, tmp_path / "leads")
