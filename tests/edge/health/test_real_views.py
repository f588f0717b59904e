"""Real clips as they are give no state; with something done to the camera each is found within stated seconds.

The clips are read at the size that a view is looked at and repeated until there is enough to judge.
"""

from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from edge.health.camera_view import EVERY_S, HEIGHT, WIDTH, CameraView, ViewMemory, ViewState
from tests.data import data
from tests.edge.health.views import (
    Change,
    Luma,
    behind_a_hand,
    covered,
    defocused,
    first,
    pictures,
    sensor,
    states,
    turned,
)  # fmt: skip

FIXED = (
    "fixed/city_dense_traffic.mp4", "fixed/motorway_pedestrian.mp4", "fixed/parking_lot_full.mp4",
    "fixed/plaza_pedestrians.mp4", "fixed/road_top_cars.mp4", "fixed/shelf_nothing_happens.mp4",
    "fixed/street_parked_and_moving.mp4",
)  # fmt: skip
OTHERS = (
    "bottle-detection.mp4", "car-detection.mp4", "house6.mp4", "one-by-one-person-detection.mp4",
    "preview_classroom.mp4", "preview_face-demographics-walking-and-pause.mp4",
    "preview_face-demographics-walking.mp4", "preview_head-pose-face-detection-female-and-male.mp4",
    "test2-cam-person1.mkv",
)  # fmt: skip
LEARNT_S, DONE_S = 20.0, 30.0


@cache
def lumas(name: str) -> list[Luma]:
    found: list[Luma] = []
    with av.open(str(data("videos", *name.split("/")))) as container:
        container.streams.video[0].thread_type = "AUTO"
        for frame in container.decode(video=0):
            if frame.time is None or frame.time >= len(found) * EVERY_S:
                grey = frame.reformat(format="gray").to_ndarray()
                found.append(np.asarray(cv2.resize(grey, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8))
    return found


@cache
def learnt(name: str) -> ViewMemory:
    view = CameraView()
    length_s = max(len(lumas(name)) * EVERY_S, 60.0)
    assert {state for _, state in states(view, pictures(lumas(name), length_s))} == {"seen"}
    assert view.memory is not None
    return view.memory


@pytest.mark.parametrize("name", [*FIXED, *OTHERS])
def test_a_clip_as_it_is_gives_no_state(name: str) -> None:
    assert learnt(name)


def shaken(picture: Luma) -> Luma:
    dy, dx = np.random.default_rng(int(picture[::7, ::7].sum())).integers(-2, 3, 2)
    return np.roll(picture, (int(dy), int(dx)), (0, 1))


@pytest.mark.parametrize("name", FIXED)
@pytest.mark.parametrize(
    ("change", "state", "within_s"),
    [
        (covered, "blind", 6.0),
        (behind_a_hand, "blind", 6.0),
        (defocused, "blind", 8.0),
        (turned(0.10), "moved", 15.0),
        (shaken, "seen", 0.0),
        (None, "frozen", 9.0),
    ],
    ids=["covered", "hand", "defocused", "turned", "shaken", "frozen"],
)
def test_what_is_done_to_a_real_camera_is_found(
    name: str, change: Change | None, state: ViewState, within_s: float
) -> None:
    view, real = CameraView(learnt(name)), lumas(name)
    assert {one for _, one in states(view, pictures(real, LEARNT_S))} == {"seen"}
    found = states(view, pictures(real[3:4] if change is None else real, DONE_S, LEARNT_S, change))
    at_s = first(found, state)
    assert at_s is not None
    assert at_s - LEARNT_S <= within_s
    assert {one for _, one in found} <= {"seen", state}


def test_a_room_in_which_nothing_happens_has_noise_at_any_bit_rate(tmp_path: Path) -> None:
    """A real still scene with a sensor's noise, encoded so low that only keyframes bring the noise."""
    room, random = lumas("fixed/shelf_nothing_happens.mp4")[0], np.random.default_rng(1)
    large = cv2.resize(room, (640, 360), interpolation=cv2.INTER_CUBIC)
    path = str(tmp_path / "room.mp4")
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "30", "preset": "veryfast", "g": "40"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for index in range(400):
            noisy = sensor(np.asarray(large, np.uint8), random, 2.0)
            frame = av.VideoFrame.from_ndarray(noisy, format="gray").reformat(format="yuv420p")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    view, seen = CameraView(), set[ViewState]()
    with av.open(path) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index % 5 == 0:
                grey = frame.reformat(format="gray").to_ndarray()
                luma = cv2.resize(grey, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
                seen.add(view.observe(np.asarray(luma, np.uint8), index / 10).state)
    assert seen == {"seen"}
