"""One loaded network, seen through by cameras of their own sizes."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.analysis import lanes_of
from edge.capture.frame import Frame
from edge.clock import ClockQuality, Moment
from edge.detection.detector import DetectorError
from edge.detection.gated import GatedDetector
from edge.detection.network import Network
from models.detector.rasters import BgrRaster
from models.engine.engine import Engine, Tensor
from models.errors import EngineError, PackageError
from models.registry import find_package

MOMENT = Moment(datetime(2026, 1, 1, tzinfo=UTC), 0, "boot", ClockQuality("unsynced"))
LARGE = Frame("gate", 0, 0.0, MOMENT, BgrRaster(np.zeros((1080, 1920, 3), np.uint8)))


class Blank(Engine):
    """Sees nothing, and keeps the widths that it was shown."""

    name = "blank"
    inputs = (Tensor("images", (None, 3, None, None), "float32"),)
    outputs = (Tensor("output", (None, None, 6), "float32"),)

    def __init__(self) -> None:
        self.widths: list[int] = []

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        self.widths.append(feeds["images"].shape[3])
        return [np.zeros((1, 300, 6), np.float32)]


@pytest.mark.parametrize(
    ("size_px", "looks"), [(None, [768, 320]), (480, [480, 320]), (320, [320])], ids=["the card's", "its own", "small"]
)
def test_a_camera_looks_at_its_own_size_and_again_at_the_size_that_was_learned(
    size_px: int | None, looks: list[int]
) -> None:
    engine = Blank()
    network = Network(find_package(), engine)
    network.detector(size_px, 0.1).detect(LARGE)
    assert engine.widths == looks
    network.detector(640, 0.1).detect(LARGE)
    assert engine.widths == [*looks, 640, 320], "the same engine serves the next camera"


def test_a_size_that_the_network_does_not_take_is_said_before_any_frame_comes() -> None:
    with pytest.raises(PackageError, match="multiple of 32 from 128 to 4096"):
        Network(find_package(), Blank()).detector(650, 0.1)


class TwoLanes(Blank):
    """Each of the two looks waits for the other to begin."""

    lanes = 2
    broken = False

    def __init__(self) -> None:
        super().__init__()
        self._both = threading.Barrier(2, timeout=10)

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        self._both.wait()
        if feeds["images"].shape[3] == 640 and self.broken:
            raise EngineError("the large look")
        return super().run(feeds)


def test_a_frame_is_looked_at_twice_at_once_where_the_network_has_a_lane_for_each() -> None:
    engine = TwoLanes()
    detector = Network(find_package(), engine).detector(640, 0.1)
    assert detector.abreast == 2
    for _ in range(3):
        detector.detect(LARGE)
    assert sorted(engine.widths) == [320] * 3 + [640] * 3


def test_what_one_of_two_looks_at_once_raises_is_raised() -> None:
    engine = TwoLanes()
    engine.broken = True
    with pytest.raises(DetectorError, match="the large look"):
        Network(find_package(), engine).detector(640, 0.1).detect(LARGE)


def test_a_gate_sees_frame_after_frame() -> None:
    assert GatedDetector(Network(find_package(), TwoLanes()).detector(640, 0.1)).abreast == 1


@pytest.mark.parametrize(
    ("threads", "cameras", "lanes"),
    [(1, 1, 1), (1, 5, 1), (2, 1, 2), (2, 8, 2), (3, 1, 3), (4, 1, 2), (4, 3, 4), (4, 9, 4), (6, 1, 2), (6, 3, 3)],
)
def test_lanes_share_the_threads_evenly(threads: int, cameras: int, lanes: int) -> None:
    assert lanes_of(threads, cameras) == lanes
    assert threads % lanes == 0
