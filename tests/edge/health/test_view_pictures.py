"""A rendered camera with things done to it: the states, and a picture of them for the guide.

`XUNJIAN_PICTURES=docs/images` keeps that picture there.
"""

import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.capture.frame import Frame
from edge.clock import SystemClock
from edge.health.camera_view import EVERY_S, ViewState
from edge.health.view_watch import ViewWatch, view_file
from models.detector.rasters import BgrRaster
from models.synthetic.render import Renderer
from models.synthetic.scenario_file import load_scenario
from models.synthetic.scene import Scene
from models.synthetic.variant import variant

Picture = NDArray[np.uint8]
SIZE = (640, 360)
LEARNT, DONE = 30, 30  # looks


def painted(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    y, x = np.arange(height)[:, None] - height * 0.55, np.arange(width) - width * 0.48
    clear = np.clip((np.hypot(y, x) - height * 0.78) / (height * 0.2), 0, 1)[..., None]
    return np.asarray(picture * clear + np.array([120, 150, 160]) * (1 - clear), np.uint8)


def out_of_focus(picture: Picture) -> Picture:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), picture.shape[1] / 60), np.uint8)


def turned(picture: Picture) -> Picture:
    by = picture.shape[1] // 10
    return np.hstack([picture[:, by:], picture[:, -by:][:, ::-1]])


@pytest.fixture(scope="module")
def recording() -> list[Picture]:
    scenario = variant(load_scenario("yard"), 1)
    renderer = Renderer(Scene.of(scenario, SIZE[0] / SIZE[1]), *SIZE, seed=1)
    last_s = scenario.duration_s - 0.1
    return [np.asarray(one, np.uint8) for one in renderer.frames([min(n * EVERY_S, last_s) for n in range(LEARNT)])]


def seen_by(watch: ViewWatch, pictures: list[Picture], start: int) -> ViewState:
    clock = SystemClock()
    frames = (Frame("yard", n, (start + n) * EVERY_S, clock.now(), BgrRaster(one)) for n, one in enumerate(pictures))
    state: ViewState = "seen"
    for frame in frames:
        state = watch.look(frame).state
    return state


@pytest.mark.parametrize(
    ("change", "state"), [(painted, "blind"), (out_of_focus, "blind"), (turned, "moved"), (None, "frozen")]
)
def test_a_rendered_camera_is_found_so(
    tmp_path: Path, recording: list[Picture], change: Callable[[Picture], Picture] | None, state: ViewState
) -> None:
    watch = ViewWatch(view_file(tmp_path, "yard"))
    assert seen_by(watch, recording, 0) == "seen"
    done = [recording[-1]] * DONE if change is None else [change(one) for one in recording]
    assert seen_by(watch, done, LEARNT) == state


def test_the_guide_shows_what_is_meant(tmp_path: Path, recording: list[Picture]) -> None:
    panels = []
    shown = (("online", lambda one: one), ("blind", painted), ("blind", out_of_focus), ("moved", turned))
    for words, change in shown:
        panel = np.ascontiguousarray(change(recording[10]))
        cv2.rectangle(panel, (0, 0), (110, 34), (30, 30, 30), -1)
        cv2.putText(panel, words, (10, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (255, 255, 255), 1, cv2.LINE_AA)
        panels.append(panel)
    whole = cv2.resize(
        np.vstack([np.hstack(panels[:2]), np.hstack(panels[2:])]), (960, 540), interpolation=cv2.INTER_AREA
    )
    folder = Path(os.environ.get("XUNJIAN_PICTURES") or tmp_path)
    assert cv2.imwrite(str(folder / "camera-states.png"), whole)
