"""Detections out of the truth, in the form that `edge replay --detections` reads in the place of a network."""

import json
from collections.abc import Sequence
from typing import TypedDict

import numpy as np

from models.synthetic.scene import CLASS_NAMES, Sighting
from models.synthetic.truth import Moment

HIDDEN_MAX = 0.75  # hidden more than this, nobody and nothing finds it
MISS = 0.04
MISS_HIDDEN = 0.5  # the more of it is hidden, the likelier
JITTER = 0.012  # of the box's side
FALSE_EACH_FRAME = 0.05


Entry = TypedDict("Entry", {"class": str, "score": float, "box": list[float]})


def exact_script(moments: Sequence[Moment], fps: int, duration_s: float, seed: int) -> str:
    """Exact boxes with scores as a good detector would give: high, a little restless, lower at the picture's edge."""
    generator = np.random.default_rng(seed)
    lines = [_header(fps, duration_s)]
    for moment in moments:
        entries = [
            _entry(one.class_name, 0.6 + 0.33 * one.visible + generator.uniform(-0.03, 0.03), list(one.box))
            for one in _found(moment)
        ]
        lines.append(_line(moment.t_s, entries))
    return "\n".join(lines) + "\n"


def noisy_script(moments: Sequence[Moment], fps: int, duration_s: float, seed: int) -> str:
    """As a middling detector would say it: misses, the more the more is hidden; boxes that tremble; scores that go up
    and down; and now and then something where nothing is, with a low score.
    """
    generator = np.random.default_rng((seed, 1))
    lines = [_header(fps, duration_s)]
    for moment in moments:
        entries = []
        for one in _found(moment):
            hidden = moment.hidden.get(one.actor_id, 0.0)
            draw, tremble, wobble = generator.random(), generator.normal(0, JITTER, 4), generator.normal(0, 0.06)
            if draw < MISS + MISS_HIDDEN * hidden**2:
                continue
            x1, y1, x2, y2 = one.box
            side = np.array([x2 - x1, y2 - y1, x2 - x1, y2 - y1])
            box = np.clip(np.array(one.box) + tremble * side, 0, 1)
            entries.append(_entry(one.class_name, 0.55 + 0.3 * one.visible - 0.25 * hidden + wobble, box.tolist()))
        if generator.random() < FALSE_EACH_FRAME:
            entries.append(_false_one(generator))
        lines.append(_line(moment.t_s, entries))
    return "\n".join(lines) + "\n"


def _found(moment: Moment) -> list[Sighting]:
    return [
        one
        for one in moment.sightings
        if one.class_name in CLASS_NAMES and moment.hidden.get(one.actor_id, 0.0) <= HIDDEN_MAX
    ]


def _false_one(generator: np.random.Generator) -> Entry:
    x, y = generator.uniform(0, 0.85), generator.uniform(0.2, 0.8)
    wide, high = generator.uniform(0.02, 0.12), generator.uniform(0.04, 0.18)
    name = CLASS_NAMES[int(generator.integers(len(CLASS_NAMES)))]
    return _entry(name, generator.uniform(0.1, 0.4), [x, y, min(x + wide, 1.0), min(y + high, 1.0)])


def _header(fps: int, duration_s: float) -> str:
    return json.dumps({"scripted": 1, "classes": list(CLASS_NAMES), "duration_s": duration_s, "fps": fps})


def _line(t_s: float, entries: list[Entry]) -> str:
    """Rounding can leave nothing of a sliver, which is no detection."""
    sound = [entry for entry in entries if entry["box"][0] < entry["box"][2] and entry["box"][1] < entry["box"][3]]
    return json.dumps({"t": round(t_s, 4), "detections": sound})


def _entry(class_name: str, score: float, box: list[float]) -> Entry:
    sides = [round(side, 5) for side in box]
    return {"class": class_name, "score": round(float(min(max(score, 0.05), 0.99)), 3), "box": sides}
