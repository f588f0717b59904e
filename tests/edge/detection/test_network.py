"""One loaded network, seen through by cameras of their own sizes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.capture.frame import Frame
from edge.clock import ClockQuality, Moment
from edge.detection.network import Network
from models.detector.rasters import BgrRaster
from models.engine.engine import Engine, Tensor
from models.errors import PackageError
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
