"""How much of what a scene shows the shipped detector finds, class by class: never to be mixed with real pictures."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from edge.rules.overlap import overlap
from models.detector.detections import Detections
from models.detector.detector import Detector
from models.detector.looks import joined
from models.engine.onnx_runtime import OnnxRuntimeEngine
from models.registry import find_package
from models.synthetic.occlusion import hidden_shares
from models.synthetic.paint import Image
from models.synthetic.render import Renderer
from models.synthetic.scenario_file import load_scenario
from models.synthetic.scene import CLASS_NAMES, Box, Scene, Sighting

SIZE = (1280, 720)
EVERY_S = 2.0
SCORE_MIN = 0.5
IOU_MIN = 0.5
HIDDEN_MAX = 0.3
VISIBLE_MIN = 0.9
SIDE_PX_MIN = 12  # of the shorter side: less than that is a smudge


@dataclass(slots=True)
class Tally:
    """By class: of how many objects how many were found, and how many boxes of a class had nothing under them."""

    shown: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)

    def share(self, class_name: str) -> float:
        return self.found[class_name] / self.shown[class_name] if self.shown[class_name] else 0.0


class Looker:
    """The shipped detector with both of its looks, as a box has it."""

    def __init__(self) -> None:
        package = find_package()
        engine = OnnxRuntimeEngine(package.read_weights())
        self._far = Detector(package, engine, score_min=SCORE_MIN)
        self._near = Detector(package, engine, size_px=package.card.input.trained_px, score_min=SCORE_MIN)

    def look(self, picture: Image) -> Detections:
        return joined(self._far.detect(picture), self._near.detect(picture))


def shown(name: str, every_s: float) -> Iterator[tuple[Image, list[Sighting], list[Sighting]]]:
    """Pictures of a scene at seed 0, what should be found in each, and everything that is in it."""
    scenario = load_scenario(name)
    scene = Scene.of(scenario, SIZE[0] / SIZE[1])
    renderer = Renderer(scene, *SIZE, seed=0)
    for t_s in np.arange(1.0, scenario.duration_s, every_s).tolist():
        silhouettes = scene.silhouettes(t_s)
        hidden = hidden_shares(silhouettes, scene.view.aspect)
        sightings = [one for one in scene.sightings(t_s, silhouettes) if one.class_name in CLASS_NAMES]
        plain = [one for one in sightings if hidden.get(one.actor_id, 0.0) <= HIDDEN_MAX and _is_plain(one)]
        yield renderer.filmed(renderer.draw(silhouettes), t_s), plain, sightings


def _is_plain(one: Sighting) -> bool:
    x1, y1, x2, y2 = one.box
    return one.visible >= VISIBLE_MIN and min((x2 - x1) * SIZE[0], (y2 - y1) * SIZE[1]) >= SIDE_PX_MIN


def tally(name: str, looker: Looker, every_s: float = EVERY_S) -> Tally:
    counts = Tally()
    for picture, plain, everything in shown(name, every_s):
        detections = looker.look(picture)
        boxes = [_box(row) for row in detections.boxes.tolist()]
        names = [detections.class_names[class_id] for class_id in detections.class_ids]
        for one in plain:
            counts.shown[one.class_name] += 1
            counts.found[one.class_name] += any(
                class_name == one.class_name and overlap(box, one.box) >= IOU_MIN
                for box, class_name in zip(boxes, names, strict=True)
            )
        for box, class_name in zip(boxes, names, strict=True):
            real = (one for one in everything if one.class_name == class_name)
            counts.false[class_name] += not any(overlap(box, one.box) >= 0.3 for one in real)
    return counts


def _box(row: list[float]) -> Box:
    x1, y1, x2, y2 = row
    return x1, y1, x2, y2
