"""A scenario by its seed: the same story, elsewhere in it, earlier or later, other sizes, colours and light."""

from dataclasses import replace

import numpy as np

from models.synthetic.actor import PAINTED, Actor, Carry
from models.synthetic.figures import CLOTHES, PAINTS, TROUSERS, Colour
from models.synthetic.path import Path
from models.synthetic.scenario import Scenario, Sky, Variation


def variant(scenario: Scenario, seed: int) -> Scenario:
    """Seed 0 is the file itself. What is carried keeps its carrier's time; a path keeps its shape and its pace."""
    if seed == 0:
        return scenario
    generator = np.random.default_rng((seed, 7))
    rules = scenario.variation
    moves = {actor.actor_id: _Move.drawn(rules, generator) for actor in scenario.actors}
    actors = tuple(_varied(actor, moves, scenario, generator) for actor in scenario.actors)
    sky = Sky(
        rules.lights[int(generator.integers(len(rules.lights)))] if rules.lights else scenario.sky.light,
        rules.weathers[int(generator.integers(len(rules.weathers)))] if rules.weathers else scenario.sky.weather,
        scenario.sky.lamps,
    )
    return replace(scenario, actors=actors, sky=sky)


class _Move:
    """How one actor is off: seconds, metres across and along, a factor of its size."""

    def __init__(self, by_s: float, x_m: float, z_m: float, size: float) -> None:
        self.by_s, self.x_m, self.z_m, self.size = by_s, x_m, z_m, size

    @classmethod
    def drawn(cls, rules: Variation, generator: np.random.Generator) -> "_Move":
        by_s, x_m, z_m, size = generator.uniform(-1, 1, 4).tolist()
        return cls(
            round(by_s * rules.start_s, 2), x_m * rules.shift_m, 0.4 * z_m * rules.shift_m, 1 + size * rules.size
        )

    def path(self, path: Path) -> Path:
        by_s = self.by_s if path.moves else 0.0
        return Path(tuple((t_s + by_s, x + self.x_m, z + self.z_m) for t_s, x, z in path.points))


def _varied(actor: Actor, moves: dict[str, _Move], scenario: Scenario, generator: np.random.Generator) -> Actor:
    move = moves[actor.actor_id]
    carried = tuple(
        Carry(carry.from_s + moves[carry.carrier_id].by_s, carry.to_s + moves[carry.carrier_id].by_s, carry.carrier_id)
        for carry in actor.carried
    )
    drawn = _colours(actor, generator)
    colour, second = drawn if scenario.variation.colours else (actor.colour, actor.second_colour)
    return replace(
        actor,
        path=move.path(actor.path) if actor.path and not actor.carried else actor.path,
        size=actor.size * move.size if actor.kind != "car" else actor.size,
        colour=colour if actor.actor_id in scenario.plain else actor.colour,
        second_colour=second if actor.actor_id in scenario.plain else actor.second_colour,
        helmet=actor.helmet.shifted(move.by_s),
        vest=actor.vest.shifted(move.by_s),
        carried=carried,
    )


def _colours(actor: Actor, generator: np.random.Generator) -> tuple[Colour, Colour]:
    """Drawn for every actor, so that one more named colour in the file does not change the others."""
    paint, cloth, trousers = (int(generator.integers(len(table))) for table in (PAINTS, CLOTHES, TROUSERS))
    if actor.kind == "person":
        return CLOTHES[cloth], TROUSERS[trousers]
    if actor.kind in PAINTED:
        return PAINTS[paint], TROUSERS[trousers]
    return actor.colour, actor.second_colour
