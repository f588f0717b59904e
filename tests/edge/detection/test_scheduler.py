"""One network for many cameras: who is next, who together, and that nobody waits for ever."""

import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.detection.detector import Attention, Importance
from edge.detection.scheduler import Scheduler
from models.detector.detector import Detector
from models.engine.engine import Engine, Tensor
from models.engine.onnx_runtime import OnnxRuntimeEngine
from models.errors import EngineError
from models.registry import find_package


class Slow(Engine):
    """Adds one to what it is given, when it is told to; keeps what came, in order."""

    name = "slow"
    inputs = (Tensor("images", (None, 1), "float32"),)
    outputs = (Tensor("more", (None, 1), "float32"),)

    def __init__(self, takes_s: float = 0.0) -> None:
        self.go = threading.Event()
        self.came: list[list[float]] = []
        self.at_once = 0
        self._takes_s = takes_s

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        self.at_once += 1
        assert self.at_once == 1, "an engine is not for several threads"
        self.came.append(feeds["images"][:, 0].tolist())
        assert self.go.wait(10)
        time.sleep(self._takes_s)
        self.at_once -= 1
        if (feeds["images"] < 0).any():
            raise EngineError("a negative picture")
        return [feeds["images"] + 1]


def asked(
    scheduler: Scheduler, numbers: Mapping[float, Attention], importance: Mapping[float, Importance] | None = None
) -> tuple[list[threading.Thread], dict[float, Any]]:
    """Each in a thread of its own, one after the other as far as the queue goes."""
    answers: dict[float, Any] = {}

    def ask(number: float, attention: Attention) -> None:
        seat = scheduler.seat((importance or {}).get(number, "normal"))
        seat.attention = attention
        try:
            answers[number] = seat.run({"images": np.array([[number]], np.float32)})[0][0, 0]
        except EngineError as error:
            answers[number] = str(error)

    slow = scheduler.engine
    assert isinstance(slow, Slow)
    threads = [threading.Thread(target=ask, args=pair) for pair in numbers.items()]
    for index, thread in enumerate(threads):
        thread.start()
        while len(scheduler._waiting) + sum(map(len, slow.came)) < index + 1:
            time.sleep(0.001)
    return threads, answers


def test_what_matters_most_is_next_and_everybody_gets_his_own_answer() -> None:
    slow = Slow()
    still, moving, urgent = Attention.STILL, Attention.MOVING, Attention.URGENT
    threads, answers = asked(Scheduler(slow), {0: moving, 1: still, 2: moving, 3: urgent, 4: moving})
    slow.go.set()
    for thread in threads:
        thread.join(10)
    assert slow.came == [[0], [3], [2], [4], [1]]
    assert answers == {number: number + 1 for number in range(5)}


def test_a_camera_of_low_importance_waits_for_its_equals_but_what_is_urgent_there_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("edge.detection.scheduler.time", SimpleNamespace(monotonic=lambda: 7.0))
    slow = Slow()
    still, moving, urgent = Attention.STILL, Attention.MOVING, Attention.URGENT
    pictures: dict[float, Attention] = {0: moving, 1: moving, 2: still, 3: urgent, 4: moving, 5: still, 6: moving}
    importance: dict[float, Importance] = {1: "low", 2: "low", 3: "low", 6: "high"}
    threads, _ = asked(Scheduler(slow), pictures, importance)
    slow.go.set()
    for thread in threads:
        thread.join(10)
    assert slow.came == [[0], [6], [3], [4], [5], [1], [2]]


def test_a_still_camera_is_looked_at_although_others_never_rest() -> None:
    slow = Slow(takes_s=0.02)
    slow.go.set()
    scheduler, stop, counts = Scheduler(slow), threading.Event(), [0, 0, 0, 0]

    def camera(index: int, attention: Attention) -> None:
        seat = scheduler.seat()
        seat.attention = attention
        while not stop.is_set():
            seat.run({"images": np.zeros((1, 1), np.float32)})
            counts[index] += 1

    kinds = [Attention.URGENT, Attention.URGENT, Attention.URGENT, Attention.STILL]
    threads = [threading.Thread(target=camera, args=pair) for pair in enumerate(kinds)]
    for thread in threads:
        thread.start()
    time.sleep(3.0)
    stop.set()
    for thread in threads:
        thread.join(10)
    busy, still = counts[:3], counts[3]
    assert 2 <= still < min(busy) / 2, "the least important gives way first, and never starves"
    assert max(busy) <= 1.5 * min(busy), "equals get the same"


def test_pictures_of_one_size_go_together_and_come_apart_again() -> None:
    slow = Slow()
    scheduler = Scheduler(slow, batch_max=3, wait_s=0.2)
    threads, answers = asked(scheduler, dict.fromkeys(map(float, range(7)), Attention.MOVING))
    slow.go.set()
    for thread in threads:
        thread.join(10)
    assert max(map(len, slow.came)) == 3
    assert scheduler.batches < 7
    assert answers == {number: number + 1 for number in map(float, range(7))}


def test_an_error_reaches_the_camera_that_caused_it_and_the_next_one_works() -> None:
    slow = Slow()
    threads, answers = asked(Scheduler(slow), {-1: Attention.URGENT, 5: Attention.MOVING})
    slow.go.set()
    for thread in threads:
        thread.join(10)
    assert answers == {-1: "a negative picture", 5: 6}


def test_the_shipped_network_says_the_same_of_two_pictures_together() -> None:
    package = find_package()
    engine = OnnxRuntimeEngine(package.read_weights())
    scheduler = Scheduler(engine, batch_max=2, wait_s=5.0)
    pictures = [np.random.default_rng(seed).integers(0, 255, (180, 320, 3), np.uint8) for seed in (1, 2)]
    alone = [Detector(package, engine, size_px=320, score_min=0.01).detect(picture) for picture in pictures]
    cameras = [Detector(package, scheduler.seat(), size_px=320, score_min=0.01) for _ in pictures]
    together: dict[int, Any] = {}

    def look(index: int) -> None:
        together[index] = cameras[index].detect(pictures[index])

    threads = [threading.Thread(target=look, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert scheduler.batches == 1
    for index, one in enumerate(alone):
        assert len(together[index]) == len(one)
        np.testing.assert_allclose(together[index].scores, one.scores, atol=1e-4)
        np.testing.assert_allclose(together[index].boxes, one.boxes, atol=1e-3)


def test_a_network_of_one_picture_at_a_time_is_never_given_two() -> None:
    slow = Slow()
    slow.inputs = (Tensor("images", (1, 1), "float32"),)
    threads, _ = asked(Scheduler(slow, batch_max=4), dict.fromkeys(map(float, range(4)), Attention.MOVING))
    slow.go.set()
    for thread in threads:
        thread.join(10)
    assert slow.came == [[0], [1], [2], [3]]


@pytest.mark.parametrize("attention", Attention)
def test_alone_nobody_waits(attention: Attention) -> None:
    slow = Slow()
    slow.go.set()
    seat = Scheduler(slow, batch_max=4, wait_s=5.0).seat()
    seat.attention = attention
    began_s = time.monotonic()
    assert seat.run({"images": np.ones((1, 1), np.float32)})[0][0, 0] == 2
    assert time.monotonic() - began_s < 2.5


def test_company_is_waited_for_no_longer_than_said_and_not_beyond_the_cameras_that_there_are() -> None:
    slow = Slow()
    slow.go.set()
    scheduler = Scheduler(slow, batch_max=4, wait_s=0.3)
    seat, other = scheduler.seat(), scheduler.seat()
    began_s = time.monotonic()
    seat.run({"images": np.ones((1, 1), np.float32)})
    assert 0.25 < time.monotonic() - began_s < 2.5, "the other camera might have come"
    scheduler = Scheduler(slow, batch_max=4, wait_s=60.0)
    seats = [scheduler.seat(), scheduler.seat()]
    threads = [threading.Thread(target=one.run, args=({"images": np.ones((1, 1), np.float32)},)) for one in seats]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive(), "two of two are all that can come"
    assert scheduler.batches == 1
    assert other.attention is Attention.MOVING


class Wide(Engine):
    """Takes two runs at once, and says how many there were at most."""

    name, lanes = "wide", 2
    inputs, outputs = Slow.inputs, Slow.outputs

    def __init__(self) -> None:
        self._counting = threading.Lock()
        self.both = threading.Event()
        self.at_once = self.most = 0

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        with self._counting:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
            if self.at_once == 2:
                self.both.set()
        assert self.both.wait(10), "the second lane stays empty"
        time.sleep(0.002)
        with self._counting:
            self.at_once -= 1
        return [feeds["images"] + 1]


def test_as_many_runs_go_on_as_the_engine_has_lanes_and_no_more() -> None:
    wide = Wide()
    scheduler = Scheduler(wide)
    answers: dict[int, float] = {}

    def ask(number: int) -> None:
        answers[number] = float(scheduler.seat().run({"images": np.array([[number]], np.float32)})[0][0, 0])

    assert scheduler.roomy
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert wide.most == 2
    assert answers == {number: number + 1 for number in range(12)}
    assert scheduler.roomy, "every lane is given back"


def test_two_runs_at_once_of_the_real_network_say_what_one_says() -> None:
    package = find_package()
    pictures = [np.random.default_rng(seed).integers(0, 256, (360, 640, 3), np.uint8) for seed in range(4)]
    alone = Detector(package, OnnxRuntimeEngine(package.read_weights()), size_px=320, score_min=0.01)
    seat = Scheduler(OnnxRuntimeEngine(package.read_weights(), threads=2, lanes=2)).seat()
    shared = Detector(package, seat, size_px=320, score_min=0.01)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(shared.detect, pictures * 5))
    for picture, seen in zip(pictures * 5, found, strict=True):
        expected = alone.detect(picture)
        assert np.array_equal(seen.class_ids, expected.class_ids)
        np.testing.assert_allclose(seen.boxes, expected.boxes, atol=1e-4)
        np.testing.assert_allclose(seen.scores, expected.scores, atol=1e-4)
