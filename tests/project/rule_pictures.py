"""Draws each kind of rule as one small picture, out of a scenario that ships: `python -m tests.project.rule_pictures`.

Left the view: zones, the ways of the tracks, the boxes where they are when the lead opens. Right the time: what the
rule says of each track, as it is played frame by frame, and the lead.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from edge.incidents.incident import Incident
from edge.incidents.rehearsal import Stage, told
from edge.incidents.scenario import Actor, Scenario
from edge.incidents.scenario_file import load_scenarios
from edge.rules.line import Line
from edge.rules.pack import rules_file, scenarios_beside
from edge.rules.rule import Rule
from edge.rules.rule_set import RuleSet
from edge.rules.rules_file import load_rules
from edge.rules.zone import anchor_of
from edge.rules.zone_order import ZoneOrder
from models.registry import find_package
from tests.project.sources import ROOT

FOLDER = ROOT / "docs/images/rules"
SHOWN = {  # kind -> pack and scenario
    "zone_presence": ("site", "walks-in"),
    "stationary": ("traffic", "parks"),
    "line_crossing": ("traffic", "drives-against-the-arrow"),
    "count": ("capacity", "five-on-the-platform"),
    "presence": ("fire", "flames-flicker"),
    "attribute_absence": ("ppe", "takes-it-off"),
    "left_object": ("street", "one-is-taken-another-comes"),
    "zone_order": ("yard", "in-through-the-exit"),
    "speed": ("yard", "speeds-up"),
}
VIEW = (16, 34, 320, 180)  # x, y, width, height in the picture
TIME_X, TIME_WIDTH = 410, 350
ROW, TOP = 20, 44
STATES = {"none": "#d0d7de", "holding": "#e3b341", "open": "#cf4b3f"}
ZONES = {"watch": ("#0969da", ""), "permitted": ("#1a7f37", "5 4"), "mask": ("#57606a", "2 3")}
INK = "#1f2328"
TICKS_S = (0.5, 1, 2, 5, 10, 20, 50, 100, 200)


@dataclass(frozen=True)
class Played:
    """states: per track, from when to when the rule said what of it. incidents: in order of opening."""

    states: dict[int, list[tuple[float, float, str]]]
    incidents: list[Incident]


def scenario_of(kind: str) -> tuple[Scenario, RuleSet, Rule, tuple[str, ...]]:
    pack, name = SHOWN[kind]
    card = find_package().card
    rules = load_rules(rules_file(pack), card.classes, card.name, scores=card.min_score, rehearsed=True)
    scenarios = load_scenarios(scenarios_beside(rules_file(pack)), rules, tuple(card.classes))
    scenario = next(one for one in scenarios if one.name == name)
    rule = next(one for one in rules.rules if one.rule_id == scenario.rule_id)
    assert rule.kind == kind
    return scenario, rules, rule, tuple(card.classes)


def play(scenario: Scenario, rules: RuleSet, rule: Rule, class_names: tuple[str, ...]) -> Played:
    stage = Stage(scenario, rules, class_names)
    states: dict[int, list[tuple[float, float, str]]] = {}
    for t_s in scenario.times_s():
        stage.step(t_s)
        for one in stage.explain(rule.rule_id):
            spans = states.setdefault(one.track_id, [])
            since_s, until_s, state = spans[-1] if spans else (t_s, t_s, "")
            if state == one.state and t_s - until_s < 2 / scenario.fps:
                spans[-1] = (since_s, t_s, state)
            else:
                spans.append((t_s, t_s, one.state))
    incidents = Stage(scenario, rules, class_names).play()
    return Played(states, sorted(incidents, key=lambda one: one.opened.stream_s))


def text(x: float, y: float, words: str, size: int = 11, colour: str = INK, anchor: str = "start") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}"'
    return f"<text {place}>{escape(words)}</text>"


def rectangle(x: float, y: float, width: float, height: float, attributes: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" {attributes}/>'


def at(x: float, y: float) -> tuple[float, float]:
    """Relative frame coordinates in the view."""
    left, top, width, height = VIEW
    return left + x * width, top + y * height


def points(corners: Sequence[tuple[float, float]]) -> str:
    return " ".join("{:.1f},{:.1f}".format(*at(*corner)) for corner in corners)


def places(rules: RuleSet, rule: Rule) -> Iterator[str]:
    passed = rule.zones if isinstance(rule, ZoneOrder) else ()
    shown = (rule.place, *passed, *rule.permitted, *rule.masks)
    for zone in rules.zones:
        if zone not in shown:
            continue
        colour, dashes = ZONES[zone.kind]
        yield (
            f'<polygon points="{points(zone.polygon)}" fill="{colour}" fill-opacity="0.12" stroke="{colour}" '
            f'stroke-dasharray="{dashes}"/>'
        )
        x, y = at(min(corner[0] for corner in zone.polygon), max(corner[1] for corner in zone.polygon))
        if zone.kind == "watch":
            x, _ = at(sum(corner[0] for corner in zone.polygon) / len(zone.polygon), 0)
            yield text(x, y - 4, zone.zone_id, 9, colour, "middle")
        else:
            yield text(x + 3, y - 4, zone.zone_id, 9, colour)
    if isinstance(rule.place, Line):
        yield from crossing(rule.place)


def crossing(line: Line) -> Iterator[str]:
    (x1, y1), (x2, y2) = (at(*end) for end in line.points)
    yield f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#0969da" stroke-width="2.5"/>'
    yield text(x1 + 4, y1 + 9, f"{line.line_id}: not to the {line.direction}", 9, "#0969da")


def ways(actors: Sequence[Actor], opened_s: float) -> Iterator[str]:
    for actor in actors:
        if len({(point.x, point.y) for point in actor.way}) > 1:
            corners = [anchor_of(point.box, "bottom_center") for point in actor.way]
            yield (
                f'<polyline points="{points(corners)}" fill="none" stroke="{INK}" stroke-opacity="0.55" '
                'stroke-dasharray="3 3" marker-end="url(#tip)"/>'
            )
        place = actor.place_at(opened_s) or actor.way[-1]
        x1, y1, x2, y2 = place.box
        (left, top), (right, bottom) = at(x1, y1), at(x2, y2)
        there = actor.place_at(opened_s) is not None
        opacity = 1 if there else 0.25
        yield rectangle(left, top, right - left, bottom - top, f'fill="none" stroke="{INK}" stroke-opacity="{opacity}"')
        for worn in actor.worn:
            if there and worn.span.covers(opened_s):
                (a, b), (c, d) = (at(*corner) for corner in (worn.box_on(place.box)[:2], worn.box_on(place.box)[2:]))
                yield rectangle(a, b, c - a, d - b, 'fill="#8250df" fill-opacity="0.35" stroke="#8250df"')
                yield text(right + 3, b + 8, worn.class_name, 9, "#8250df")
        if there:
            yield text((left + right) / 2, top - 3, str(actor.track_id), 9, INK, "middle")


def timeline(scenario: Scenario, rule: Rule, played: Played) -> Iterator[str]:
    end_s = scenario.length_s
    bottom = TOP + ROW * (len(scenario.actors) + len(played.incidents))

    def x_at(t_s: float) -> float:
        return TIME_X + t_s / end_s * TIME_WIDTH

    step = next(tick for tick in TICKS_S if end_s / tick <= 8)
    for index in range(int(end_s / step) + 1):
        x = x_at(index * step)
        yield f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{bottom}" stroke="#d0d7de"/>'
        yield text(x, bottom + 12, f"{index * step:g}" + (" s" if index == 0 else ""), 9, "#57606a", "middle")
    for row, actor in enumerate(scenario.actors):
        y = TOP + ROW * row
        yield text(TIME_X - 6, y + 10, f"{actor.class_name} {actor.track_id}", 9, INK, "end")
        for since_s, until_s, state in played.states.get(actor.track_id, []):
            width = max(x_at(until_s) - x_at(since_s), 1.5)
            yield rectangle(x_at(since_s), y, width, 13, f'fill="{STATES[state]}"')
    for row, incident in enumerate(played.incidents, start=len(scenario.actors)):
        one, y = told(incident), TOP + ROW * row
        yield text(TIME_X - 6, y + 10, "lead", 9, "#82071e", "end")
        width = max(x_at(one.closed_s) - x_at(one.opened_s), 2)
        yield rectangle(x_at(one.opened_s), y + 3, width, 7, 'fill="none" stroke="#82071e" stroke-width="1.5"')
        label = f"opens {one.opened_s:g} s, closes {one.closed_s:g} s"
        right = x_at(one.opened_s) > TIME_X + TIME_WIDTH * 0.55
        yield text(x_at(one.opened_s) + (-4 if right else 4), y + 20, label, 9, "#82071e", "end" if right else "start")


def legend(y: float) -> Iterator[str]:
    x = float(TIME_X)
    for state, words in (("none", "seen"), ("holding", "conditions hold"), ("open", "the dwell is done")):
        yield rectangle(x, y - 8, 10, 9, f'fill="{STATES[state]}"')
        yield text(x + 14, y, words, 9, "#57606a")
        x += 32 + 6 * len(words)


def drawn(kind: str) -> str:
    scenario, rules, rule, class_names = scenario_of(kind)
    played = play(scenario, rules, rule, class_names)
    rows = len(scenario.actors) + len(played.incidents)
    height = max(VIEW[1] + VIEW[3] + 34, TOP + ROW * rows + 52)
    keys = [key for key in ("dwell_s", "at_least", "area_min", "over_kmh", "within_s") if hasattr(rule, key)]
    own = "".join(f", {key} {getattr(rule, key):g}" for key in keys)
    opened_s = scenario.expected[0].opened_s
    caption = f"the view at {opened_s:g} s; blue: watched, green: permitted, grey: masked"
    view = "".join((*places(rules, rule), *ways(scenario.actors, opened_s)))
    body = [
        text(16, 22, f"{kind}: {scenario.name}", 13),
        text(TIME_X, 22, f"rule {rule.rule_id}{own}", 11, "#57606a"),
        rectangle(*VIEW, 'fill="#f6f8fa" stroke="#d0d7de"'),
        f'<g clip-path="url(#view)">{view}</g>',
        text(16, VIEW[1] + VIEW[3] + 14, caption, 9, "#57606a"),
        *timeline(scenario, rule, played),
        *legend(height - 12),
    ]
    left, top, width, view_height = VIEW
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 784 {height:g}" width="784" height="{height:g}" '
        f'font-family="sans-serif">\n<title>{escape(f"{kind}: {scenario.why}".strip())}</title>\n'
        '<defs><marker id="tip" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0 6 3 0 6z" fill="{INK}"/></marker>'
        f'<clipPath id="view"><rect x="{left}" y="{top}" width="{width}" height="{view_height}"/></clipPath></defs>\n'
        f'<rect width="784" height="{height:g}" fill="#ffffff"/>\n' + "\n".join(body) + "\n</svg>\n"
    )


def file_of(kind: str) -> Path:
    return FOLDER / f"{kind}.svg"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for kind in SHOWN:
        file_of(kind).write_text(drawn(kind), encoding="utf-8")


if __name__ == "__main__":
    main()
