"""A scenario at a time: the solids to draw, nearest last, and the exact box of everything in the picture."""

from dataclasses import dataclass

import numpy as np

from models.synthetic.figures import Face, Limb, Solid, car, person
from models.synthetic.path import Pose
from models.synthetic.scenario import Actor, Scenario
from models.synthetic.view import Points, View

VISIBLE_MIN = 0.25  # of the box inside the picture; less than that nobody would label
CLASS_NAMES = ("person", "car")
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Sighting:
    """box: relative `[x1, y1, x2, y2]`, clipped to the picture. visible: share of the whole box inside it."""

    actor_id: str
    class_name: str
    box: Box
    visible: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One actor at one time. distance_m: along the ground, for drawing order."""

    actor: Actor
    pose: Pose
    solids: tuple[Solid, ...]
    distance_m: float


@dataclass(frozen=True, slots=True)
class Scene:
    scenario: Scenario
    view: View

    @classmethod
    def of(cls, scenario: Scenario, aspect: float) -> "Scene":
        return cls(scenario, View(scenario.height_m, scenario.pitch_deg, scenario.width_deg, aspect))

    def figures(self, t_s: float) -> list[Figure]:
        """Furthest first. Before a path starts and after it ends its actor is not there."""
        found = []
        for actor in self.scenario.actors:
            pose = actor.path.at(t_s)
            if pose is not None:
                found.append(Figure(actor, pose, tuple(_solids(actor, pose)), float(np.hypot(pose.x, pose.z))))
        return sorted(found, key=lambda figure: -figure.distance_m)

    def sightings(self, t_s: float) -> list[Sighting]:
        """In the order of the scenario's actors."""
        found = []
        for figure in self.figures(t_s):
            whole = self._extent(figure.solids)
            box = (max(whole[0], 0.0), max(whole[1], 0.0), min(whole[2], 1.0), min(whole[3], 1.0))
            if box[2] <= box[0] or box[3] <= box[1]:
                continue
            visible = _area(box) / _area(whole)
            if visible >= VISIBLE_MIN:
                found.append(Sighting(figure.actor.actor_id, figure.actor.kind, box, visible))
        order = [actor.actor_id for actor in self.scenario.actors]
        return sorted(found, key=lambda sighting: order.index(sighting.actor_id))

    def zones(self) -> dict[str, list[tuple[float, float]]]:
        """The painted zones as relative polygons of the picture, as a rules file wants them."""
        return {
            name: [(float(x), float(y)) for x, y in self.view.ground(np.array(ground))]
            for name, ground in self.scenario.zones
        }

    def _extent(self, solids: tuple[Solid, ...]) -> Box:
        corners = np.concatenate([self._outline(solid) for solid in solids])
        (x1, y1), (x2, y2) = corners.min(axis=0), corners.max(axis=0)
        return float(x1), float(y1), float(x2), float(y2)

    def _outline(self, solid: Solid) -> Points:
        if isinstance(solid, Face):
            return self.view.project(solid.points)
        ends = np.stack([solid.a, solid.b])
        radius = (solid.radius_m * self.view.focal / self.view.depth_m(ends))[:, None]
        reach = radius * np.array([[1.0, self.view.aspect]])
        centres = self.view.project(ends)
        return np.concatenate([centres - reach, centres + reach])


def _solids(actor: Actor, pose: Pose) -> list[Solid]:
    if actor.kind == "person":
        return person(pose, actor.colour, actor.trousers, actor.height_m)
    return car(pose, actor.colour)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def nearest_last(view: View, solids: tuple[Solid, ...]) -> list[Solid]:
    """The painter's order of one figure's solids."""

    def depth(solid: Solid) -> float:
        points = np.stack([solid.a, solid.b]) if isinstance(solid, Limb) else solid.points
        lift = 0.0 if isinstance(solid, Limb) else solid.lift_m
        return float(view.depth_m(points).mean()) - lift

    return sorted(solids, key=lambda solid: -depth(solid))
