"""The clip of the pipeline's bench: real people, scaled up once to what cameras send, kept in `.cache/bench`."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av

from models.synthetic.clip import render_scenario
from tests.data import FOLDER

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "bench"
SIZE = (1920, 1080)
FPS = 10  # what a camera is analysed at, at most
TIMES = 4  # the source lasts 8 s: played so often, evidence weighs what it does in life
RULES = """
version: 1
rules:
  - {id: people, type: site.intrusion, kind: zone_presence, zone: frame, classes: [person], dwell_s: 1.0}
  - {id: crowd, type: safety.overcrowding, kind: count, zone: frame, classes: [person], at_least: 12, enabled: true}
  - {id: parked, type: traffic.illegal_parking, kind: stationary, zone: frame, classes: [car, truck], dwell_s: 5}
"""


def clip() -> tuple[Path, str]:
    """A 1080p H.264 file of half a minute with a keyframe each second, and what it is."""
    source = FOLDER / "videos" / "fixed" / "plaza_pedestrians.mp4"
    CACHE.mkdir(parents=True, exist_ok=True)
    if not source.is_file():
        made = render_scenario("yard", CACHE / "yard", seed=0, size=SIZE, fps=FPS).video
        return made, "the rendered yard (no real clip is here)"
    target = CACHE / f"plaza-1080p-{TIMES}.mp4"
    if not target.exists():
        arriving = target.with_suffix(".part.mp4")
        _scale(source, arriving)
        arriving.rename(target)
    return (
        target,
        f"{source.name}, pedestrians seen from above, {TIMES} times over, scaled up to 1080p at {FPS} frames/s",
    )


def _scale(source: Path, target: Path) -> None:
    with av.open(str(target), "w") as new:
        stream = new.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "crf": "23", "g": str(FPS)})
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, FPS)
        for index, frame in enumerate(chain.from_iterable(_at_rate(source) for _ in range(TIMES))):
            picture = frame.reformat(*SIZE, "yuv420p", interpolation="BICUBIC")
            picture.pts, picture.time_base = index, Fraction(1, FPS)
            new.mux(stream.encode(picture))
        new.mux(stream.encode(None))


def _at_rate(source: Path) -> Iterator[av.VideoFrame]:
    due_s = 0.0
    with av.open(str(source)) as container:
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time >= due_s:
                due_s += 1 / FPS
                yield frame


def rules_file(folder: Path) -> Path:
    path = folder / "rules.yaml"
    path.write_text(RULES, encoding="utf-8")
    return path
