"""Something left in real clips: nothing where nothing was left, and what is pasted in is found once and goes again.

The shipped detector at two pictures a second, background, regions, rule and register, without evidence and broker.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.capture.video_file import ReplayCamera
from edge.detection.network import Network
from edge.incidents.register import Register
from edge.rules.judge import Judge
from edge.rules.rules_file import parse_rules
from edge.tracking.stillness import Stillness
from edge.tracking.tracker import Tracker
from models.detector.detections import Detections
from models.detector.rasters import BgrRaster
from models.engine.onnx_runtime import OnnxRuntimeEngine
from models.registry import find_package
from tests.data import data
from tests.edge.incidents.acts import moment as moment_at

pytestmark = pytest.mark.slow

Image = NDArray[np.uint8]
INTERVAL_S = 0.5
DWELL_S = 2.0
CLIPS = (
    "city_dense_traffic",
    "motorway_pedestrian",
    "parking_lot_full",
    "plaza_pedestrians",
    "road_top_cars",
    "shelf_nothing_happens",
    "street_parked_and_moving",
)
RULES = f"""
version: 1
zones:
  # What the motorway's camera writes into its pictures; it begins to write PEDESTRIAN ALARM at 24 s.
  text: {{kind: mask, cameras: [motorway_pedestrian], polygon: [[0.0, 0.3], [0.3, 0.3], [0.3, 0.42], [0.0, 0.42]]}}
rules:
  - {{id: left, type: env.exposed_trash, kind: left_object, zone: frame, area_min: 0.002,
     dwell_s: {DWELL_S}, cool_down_s: 1}}
"""


@cache
def seen(clip: str) -> tuple[tuple[float, Image, Detections], ...]:
    """Two pictures a second, with what the shipped detector says of each."""
    package = find_package()
    detector = Network(package, OnnxRuntimeEngine(package.read_weights())).detector(None, 0.1)
    found, next_s = [], 0.0
    with ReplayCamera("clip", data("videos", "fixed", f"{clip}.mp4"), datetime(2026, 3, 2, tzinfo=UTC)) as camera:
        for frame in camera.frames():
            if frame.stream_s >= next_s - 1e-6:
                next_s = frame.stream_s + INTERVAL_S
                found.append((frame.stream_s, frame.image, detector.detect(frame)))
    return tuple(found)


def changes(clip: str, edit: Callable[[Image, float], Image] = lambda image, _: image) -> list[tuple[float, str]]:
    """When an incident opened or closed; those that the end of the clip closes are not told."""
    package = find_package()
    rules = parse_rules("rules.yaml", RULES, package.card.classes, package.card.name)
    tracker, judge, register = Tracker(clip), Judge(rules.rules, clip), Register(clip)
    stillness = Stillness(tracker.new_id)
    told: list[tuple[float, str]] = []
    for now_s, image, detections in seen(clip):
        moving = tracker.update(detections, now_s)
        stills = stillness.look(BgrRaster(edit(image, now_s)), detections, moving.lost, now_s)
        tracks = stills.added_to(moving)
        moment = moment_at(now_s)
        found = register.observe(judge.observe(tracks, moment.wall, regions=stills.now), tracks, moment)
        told += [(now_s, change.phase) for change in found]
    return told


@pytest.mark.parametrize("clip", CLIPS)
def test_where_nothing_was_left_nothing_is_found(clip: str) -> None:
    assert changes(clip) == []


def litter() -> list[Image]:
    """Heaps of rubbish cut out of real pictures by their labels."""
    cut = []
    for labels in sorted(Path(data("images", "garbage_bins", "labels")).glob("*.txt")):
        image = cv2.imread(str(next((labels.parents[1] / "images").glob(f"{labels.stem}.*"))))
        assert image is not None
        height, width = image.shape[:2]
        for row in labels.read_text(encoding="utf-8").splitlines():
            x, y, w, h = (float(value) for value in row.split()[1:5])
            x1, y1, x2, y2 = (x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height
            if min(x2 - x1, y2 - y1) > 90 and 0.6 < (x2 - x1) / (y2 - y1) < 1.7:
                cut.append(np.asarray(image[max(int(y1), 0) : int(y2), max(int(x1), 0) : int(x2)], np.uint8))
                break
        if len(cut) == 6:
            return cut
    pytest.skip("no six heaps that are large enough")


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize(
    ("clip", "x", "y", "put_s"), [("road_top_cars", 0.05, 0.5, 4.0), ("plaza_pedestrians", 0.45, 0.72, 3.0)]
)
def test_a_heap_put_down_is_one_lead_in_time(clip: str, x: float, y: float, put_s: float, number: int) -> None:
    heap = litter()[number]

    def put(image: Image, now_s: float) -> Image:
        return _pasted(image, heap, x, y) if now_s >= put_s else image

    ((opened_s, what),) = changes(clip, put)
    assert what == "open"
    assert put_s + DWELL_S <= opened_s <= put_s + DWELL_S + 2.0


@pytest.mark.parametrize("number", range(6))
def test_a_heap_taken_away_closes_its_lead_and_leaves_none_behind(number: int) -> None:
    heap, put_s, taken_s = litter()[number], 4.0, 8.5

    def put(image: Image, now_s: float) -> Image:
        return _pasted(image, heap, 0.05, 0.5) if put_s <= now_s < taken_s else image

    (_, opened), (closed_s, closed) = changes("road_top_cars", put)
    assert (opened, closed) == ("open", "close")
    assert taken_s <= closed_s <= taken_s + 3.5  # two seconds to be sure, one to cool down, a sample


def _pasted(image: Image, heap: Image, x: float, y: float) -> Image:
    height, width = image.shape[:2]
    left, top, wide = int(x * width), int(y * height), int(0.12 * width)
    high = min(int(wide * heap.shape[0] / heap.shape[1]), height - top)
    copy = image.copy()
    copy[top : top + high, left : left + wide] = cv2.resize(heap, (wide, high), interpolation=cv2.INTER_AREA)
    return copy
