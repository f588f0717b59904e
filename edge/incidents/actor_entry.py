"""One entry under `tracks:` of a scenario: who moves where, seen how, wearing what."""

from collections.abc import Mapping
from typing import cast, get_args

from edge.incidents.scenario import Actor, Span, WayPoint, Worn
from edge.rules.body_part import BodyPart
from edge.rules.yaml_lines import Value
from edge.tracking.still_region import OBJECT
from edge.tracking.track import Box

ACTORS_MAX = 100
LENGTH_S_MAX = 24 * 3600.0
SCORE = 0.9


class ActorReader:
    """sizes: of boxes by class, relative width and height, for tracks that do not say theirs."""

    def __init__(self, class_names: tuple[str, ...], sizes: Mapping[str, tuple[float, float]]) -> None:
        self._class_names = class_names
        self._sizes = sizes

    def actors(self, value: Value) -> tuple[Actor, ...]:
        """Raises RulesError."""
        actors: dict[int, Actor] = {}
        for entry in value.items():
            actor = self._actor(entry, len(actors) + 1)
            if actor.track_id in actors:
                entry.fail(f"track {actor.track_id} stands twice: give one another number")
            actors[actor.track_id] = actor
        if len(actors) > ACTORS_MAX:
            value.fail(f"tracks: at most {ACTORS_MAX}")
        return tuple(actors.values())

    def _actor(self, entry: Value, number: int) -> Actor:
        keys = entry.mapping(("track", "class", "size", "way", "score", "unseen", "worn"))
        for key in ("class", "way"):
            if key not in keys:
                entry.fail(f"{key} is missing: every track has it")
        class_name = keys["class"].choice((*self._class_names, OBJECT))
        if class_name == OBJECT and {"unseen", "worn"} & set(keys):
            entry.fail("an object has neither unseen nor worn: who hides it does not end it")
        size = read_size(keys["size"]) if "size" in keys else self._sizes.get(class_name)
        way = _way(keys["way"], size)
        return Actor(
            track_id=keys["track"].integer(1) if "track" in keys else number,
            class_name=class_name,
            way=way,
            scores=_scores(keys["score"]) if "score" in keys else ((0.0, SCORE),),
            unseen=read_spans(keys["unseen"]) if "unseen" in keys else (),
            worn=tuple(self._worn(item, way) for item in keys["worn"].items()) if "worn" in keys else (),
        )

    def _worn(self, entry: Value, way: tuple[WayPoint, ...]) -> Worn:
        keys = entry.mapping(("class", "on", "from", "to", "score"))
        for key in ("class", "on"):
            if key not in keys:
                entry.fail(f"{key} is missing: worn has it")
        start_s = keys["from"].number(0, LENGTH_S_MAX) if "from" in keys else way[0].t_s
        end_s = keys["to"].number(0, LENGTH_S_MAX) if "to" in keys else way[-1].t_s + 1
        if end_s <= start_s:
            entry.fail(f"worn: from {start_s:g} to {end_s:g} s is no time")
        on = keys["on"]
        place = _box(on) if on.is_list() else cast("BodyPart", on.choice(get_args(BodyPart)))
        score = keys["score"].number(0, 1) if "score" in keys else SCORE
        return Worn(keys["class"].choice(self._class_names), place, Span(start_s, end_s), score)


def _way(value: Value, size: tuple[float, float] | None) -> tuple[WayPoint, ...]:
    points: list[WayPoint] = []
    for item in value.items():
        numbers = [number.number(-2, LENGTH_S_MAX) for number in item.items()]
        if len(numbers) not in (3, 5):
            item.fail(f"way: a point is [second, x, y], or [second, x, y, width, height], not {len(numbers)} numbers")
        if len(numbers) == 3 and size is None:
            item.fail("way: how large? write `size: [width, height]` in the track, or `sizes` at the top of the file")
        t_s, x, y = numbers[:3]
        width, height = numbers[3:] or size or (0.0, 0.0)
        if t_s < 0 or (points and t_s <= points[-1].t_s):
            item.fail(f"way: second {t_s:g} is not after the point before it")
        if not (-1 <= x <= 2 and -1 <= y <= 2 and 0 < width <= 2 and 0 < height <= 2):
            item.fail("way: places and sizes are relative to the picture, 0 to 1, not pixels")
        points.append(WayPoint(t_s, x, y, width, height))
    if not points:
        value.fail("way: at least one point is wanted")
    return tuple(points)


def read_size(value: Value) -> tuple[float, float]:
    width, height = _numbers(value, 2, "[width, height]", 0, 1)
    if not (width > 0 and height > 0):
        value.fail(f"{value.name}: both are more than 0")
    return width, height


def _box(value: Value) -> Box:
    x1, y1, x2, y2 = _numbers(value, 4, "[x1, y1, x2, y2] of the track's own box", -1, 2)
    if not (x1 < x2 and y1 < y2):
        value.fail("on: an empty box; x1 < x2 and y1 < y2")
    return x1, y1, x2, y2


def _scores(value: Value) -> tuple[tuple[float, float], ...]:
    if not value.is_list():
        return ((0.0, value.number(0, 1)),)
    steps: list[tuple[float, float]] = []
    for item in value.items():
        since_s, score = _numbers(item, 2, "[second, score]", 0, LENGTH_S_MAX)
        if score > 1 or (steps and since_s <= steps[-1][0]):
            item.fail("score: steps are [second, score] in order, scores 0 to 1")
        steps.append((since_s, score))
    if not steps:
        value.fail("score: at least one step is wanted")
    return tuple(steps)


def read_spans(value: Value) -> tuple[Span, ...]:
    spans = []
    for item in value.items():
        start_s, end_s = _numbers(item, 2, "[from, to] in seconds", 0, LENGTH_S_MAX)
        if end_s <= start_s:
            item.fail(f"{value.name}: from {start_s:g} to {end_s:g} s is no time")
        spans.append(Span(start_s, end_s))
    return tuple(spans)


def _numbers(value: Value, count: int, form: str, low: float, high: float) -> list[float]:
    numbers = [number.number(low, high) for number in value.items()]
    if len(numbers) != count:
        value.fail(f"{value.name}: {form} is wanted, not {len(numbers)} numbers")
    return numbers
