"""A replay looks at the next frame while it follows and judges this one: the steps are the same."""

import itertools
import threading
from contextlib import closing
from pathlib import Path

import pytest

from edge.capture.frame import Frame
from edge.detection.detector import DetectorError
from edge.detection.scripted import ScriptedDetector
from edge.pipeline import Looked, Step
from edge.replay import open_replay
from models.detector.detections import Detections
from tests.edge.scripted_scene import Scene, write_scene

WAIT_S = 20.0


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return write_scene(tmp_path_factory.mktemp("scene"))


class Watched(ScriptedDetector):
    """Says when it has begun with the frame of `index`; breaks down at `broken`."""

    def __init__(self, script: Path, index: int, broken: int | None = None) -> None:
        super().__init__(script)
        self.begun = threading.Event()
        self._index, self._broken = index, broken

    def detect(self, frame: Frame) -> Detections:
        if frame.index == self._index:
            self.begun.set()
        if frame.index == self._broken:
            raise DetectorError("the network is gone")
        return super().detect(frame)


def test_the_next_frame_is_looked_at_while_this_one_is_judged(scene: Scene, tmp_path: Path) -> None:
    detector = Watched(scene.script, index=5)
    replayed = open_replay(scene.clip, scene.rules, tmp_path / "out", detector=detector)
    follow, met = replayed.pipeline.follow, list[bool]()

    def judged(looked: Looked) -> Step:
        if looked.frame.index == 4:
            met.append(detector.begun.wait(WAIT_S))
        return follow(looked)

    replayed.pipeline.follow = judged  # type: ignore[method-assign]
    with replayed.outbox, replayed.camera, closing(replayed.steps()) as steps:
        told = [step.frame.index for step in steps]
    assert met == [True]
    assert told == list(range(replayed.camera.frames_in)), "every frame, in order"


def facts(step: Step) -> tuple[int, int, int]:
    return step.frame.index, step.tracks, step.incidents_open


def facts_in_turn(scene: Scene, out: Path) -> list[tuple[int, int, int]]:
    """Of a replay in which each frame's look waits for the frame before it."""
    replayed = open_replay(scene.clip, scene.rules, out, detector=ScriptedDetector(scene.script))
    with replayed.outbox, replayed.camera as camera:
        return [facts(replayed.pipeline.step(frame)) for frame in camera.frames()]


def test_looking_ahead_changes_no_step(scene: Scene, tmp_path: Path) -> None:
    in_turn = facts_in_turn(scene, tmp_path / "one")
    two = open_replay(scene.clip, scene.rules, tmp_path / "two", detector=ScriptedDetector(scene.script))
    with two.outbox, two.camera, closing(two.steps()) as steps:
        ahead = [facts(step) for step in steps]
    assert ahead == in_turn
    assert max(count for _, _, count in ahead) == 1


def test_what_the_detector_raises_comes_after_the_frames_before_it(scene: Scene, tmp_path: Path) -> None:
    replayed = open_replay(scene.clip, scene.rules, tmp_path / "out", detector=Watched(scene.script, 0, broken=7))
    told = list[int]()
    with replayed.outbox, replayed.camera, closing(replayed.steps()) as steps:
        told += [step.frame.index for step in itertools.islice(steps, 7)]
        with pytest.raises(DetectorError, match="the network is gone"):
            next(steps)
    assert told == list(range(7))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(("look-", "decode-"))]


def test_two_frames_looked_at_at_once_change_no_step(scene: Scene, tmp_path: Path) -> None:
    """The later frame's look is done before the earlier one's."""

    class TwoAtOnce(ScriptedDetector):
        abreast = 2
        met = threading.Event()

        def detect(self, frame: Frame) -> Detections:
            if frame.index == 4:
                assert self.met.wait(WAIT_S)
            if frame.index == 5:
                self.met.set()
            return super().detect(frame)

    in_turn = facts_in_turn(scene, tmp_path / "one")
    two = open_replay(scene.clip, scene.rules, tmp_path / "two", detector=TwoAtOnce(scene.script))
    with two.outbox, two.camera, closing(two.steps()) as steps:
        assert [facts(step) for step in steps] == in_turn
