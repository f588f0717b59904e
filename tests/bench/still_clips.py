"""Mostly still footage of 1080p: the first picture of a real clip held, with a sensor's noise, then some of the clip,
then its last picture held. Kept in `.cache/bench`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from tests.bench.footage import CACHE, FPS, SIZE
from tests.data import FOLDER

NOISE = 2.5  # standard deviation, of 255
NOISES = 8  # pictures of noise that take turns
Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class StillClip:
    """played: from and to, seconds of the source. held_s: before and after. fps: of both."""

    name: str
    source: tuple[str, ...]
    played: tuple[float, float]
    held_s: tuple[float, float]
    fps: int = FPS


STILL_CLIPS = (
    StillClip("table", ("one-by-one-person-detection.mp4",), (4.5, 9.5), (26.0, 25.0)),
    StillClip("road", ("car-detection.mp4",), (3.0, 12.0), (23.0, 23.0)),
)


def still_clip(wanted: StillClip) -> Path:
    """Raises FileNotFoundError without the data folder."""
    target = CACHE / f"still-{wanted.name}.mp4"
    if not target.exists():
        source = FOLDER.joinpath("videos", *wanted.source)
        if not source.is_file():
            raise FileNotFoundError(source)
        CACHE.mkdir(parents=True, exist_ok=True)
        arriving = target.with_suffix(".part.mp4")
        _write(arriving, _pictures(source, wanted), wanted.fps)
        arriving.rename(target)
    return target


def _pictures(source: Path, wanted: StillClip) -> Iterator[Picture]:
    begin_s, end_s = wanted.played
    picture: Picture | None = None
    with av.open(str(source)) as container:
        due_s = begin_s
        for frame in container.decode(video=0):
            if frame.time is None or frame.time < due_s:
                continue
            if frame.time >= end_s:
                break
            due_s += 1 / wanted.fps
            whole = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
            larger = np.asarray(cv2.resize(whole, SIZE, interpolation=cv2.INTER_CUBIC), np.uint8)
            if picture is None:
                yield from [larger] * round(wanted.held_s[0] * wanted.fps)
            picture = larger
            yield picture
    assert picture is not None, f"{source} ends before {begin_s} s"
    yield from [picture] * round(wanted.held_s[1] * wanted.fps)


def _write(target: Path, pictures: Iterator[Picture], fps: int) -> None:
    chance = np.random.default_rng(0)
    noises = [chance.normal(0, NOISE, (SIZE[1], SIZE[0], 1)).astype(np.int8) for _ in range(NOISES)]
    lighter = [np.repeat(np.maximum(noise, 0).astype(np.uint8), 3, axis=2) for noise in noises]
    darker = [np.repeat(np.maximum(-noise, 0).astype(np.uint8), 3, axis=2) for noise in noises]
    with av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "26", "g": str(fps)})
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, fps)
        for index, picture in enumerate(pictures):
            turn = index % NOISES
            noisy = cv2.subtract(cv2.add(picture, lighter[turn]), darker[turn])
            frame = av.VideoFrame.from_ndarray(np.asarray(noisy, np.uint8), format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
