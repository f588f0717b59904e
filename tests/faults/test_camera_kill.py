"""The process of one camera is killed under a running box: the other goes on, this one returns, nothing is broken."""

import json
import os
import signal
from pathlib import Path

import pytest

from tests.edge.scripted_scene import RULES, write_scene
from tests.processes import XUNJIAN, Running, centre, enrol_box, eventually, json_lines, parent_of, xunjian


def child_of(name: str, box: int) -> int | None:
    """The process of this camera under this box: the forkserver's child of that name."""
    for comm in Path("/proc").glob("[0-9]*/comm"):
        try:
            if comm.read_text().strip() != f"cam-{name}":
                continue
            grandparent = parent_of(parent_of(int(comm.parent.name)))
        except OSError:  # it has just ended
            continue
        if grandparent == box:
            return int(comm.parent.name)
    return None


@pytest.mark.slow
def test_killing_one_cameras_process_leaves_the_other_alone(tmp_path: Path) -> None:
    rules = RULES.replace("[hall_1]", "[hall_1, hall_2]")
    scene = write_scene(tmp_path, visits=((1.0, 19.0),), rules=rules)
    box, central = tmp_path / "box", tmp_path / "centre"
    cameras = ["--camera", f"hall_1={scene.clip}", "--camera", f"hall_2={scene.clip}"]
    scripts = ["--detections", f"hall_1={scene.script}", "--detections", f"hall_2={scene.script}"]
    with centre(central) as (_, address):
        enrol_box(box, central, address, *cameras, *scripts, "--rules", str(scene.rules))
        log = tmp_path / "run.log"
        with Running([*XUNJIAN, "edge", "run", str(box), "--loop", "--status", "jsonl"], log) as run:

            def states() -> dict[str, tuple[str, float]]:
                lines = [line for line in log.read_text().splitlines() if line.startswith("{")]
                cameras = json.loads(lines[-1])["cameras"] if lines else []
                return {one["camera_id"]: (one["state"], one["stream_s"]) for one in cameras}

            def online(name: str, after_s: float) -> bool:
                state, stream_s = states().get(name, ("", 0.0))
                return state == "online" and stream_s > after_s

            eventually(lambda: online("hall_1", 3.0) and online("hall_2", 3.0), 60, "both have an incident open")
            killed = child_of("hall_1", run.process.pid)
            assert killed is not None
            other, before_s = child_of("hall_2", run.process.pid), states()["hall_2"][1]
            seen_s = states()["hall_1"][1]
            os.kill(killed, signal.SIGKILL)
            eventually(lambda: online("hall_2", before_s + 3.0), 30, "the other one goes on")
            eventually(lambda: online("hall_1", seen_s + 2.0), 30, "the killed one is back")
            assert child_of("hall_2", run.process.pid) == other
            assert child_of("hall_1", run.process.pid) not in (None, killed)
            assert run.process.poll() is None
            assert run.stop() == 0
    said = log.read_text()
    assert "camera hall_1: " in said
    assert "the process that decodes it failed: it ended by signal 9" in said
    assert "camera hall_2: " not in said
    assert xunjian("verify", str(box)).returncode == 0
    incidents = [one["camera"] for one in json_lines(xunjian("edge", "incidents", str(box), "--json").stdout)]
    assert incidents.count("hall_2") == 1
    assert "hall_1" in incidents
