"""A camera that is stuck on one picture, from its packets to the page of the centre, beside one that is well."""

import json
import urllib.request
from pathlib import Path

import pytest

from tests.edge.scripted_scene import RULES, write_scene
from tests.mjpeg import MjpegCamera
from tests.processes import XUNJIAN, Running, centre, enrol_box, eventually


@pytest.mark.slow
def test_a_stuck_camera_is_frozen_on_the_page_and_the_other_one_is_watched_on(tmp_path: Path) -> None:
    rules = RULES.replace("[hall_1]", "[hall_1, hall_2]")
    scene = write_scene(tmp_path, visits=((1.0, 19.0),), rules=rules)
    box, log = tmp_path / "box", tmp_path / "run.log"
    with MjpegCamera(fps=5) as stuck, centre(tmp_path / "centre") as (_, address):
        cameras = ["--camera", f"hall_1={scene.clip}", "--camera", f"hall_2={stuck.url}"]
        scripts = ["--detections", f"hall_1={scene.script}", "--detections", f"hall_2={scene.script}"]
        enrol_box(box, tmp_path / "centre", address, *cameras, *scripts, "--rules", str(scene.rules))
        with Running([*XUNJIAN, "edge", "run", str(box), "--loop", "--status", "jsonl"], log) as run:

            def states() -> dict[str, str]:
                lines = [line for line in log.read_text().splitlines() if line.startswith("{")]
                cameras = json.loads(lines[-1])["cameras"] if lines else []
                return {one["camera_id"]: one["state"] for one in cameras}

            def page() -> str:
                request = urllib.request.Request(f"{address}/boxes", headers={"Accept-Language": "en"})
                with urllib.request.urlopen(request) as answer:
                    return str(answer.read().decode())

            eventually(lambda: states() == {"hall_1": "online", "hall_2": "frozen"}, 60, "one of them is frozen")
            eventually(lambda: "picture frozen" in page(), 10, "the page says so")
            assert run.stop() == 0
    assert "camera hall_2: the picture does not change at all" in log.read_text()
    assert "camera hall_1: " not in log.read_text()
