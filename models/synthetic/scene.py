"""A scenario at a time: the solids to draw, nearest last, and the exact box of everything in the picture."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.synthetic import things
from models.synthetic.actor import RIDDEN, Actor, Carry
from models.synthetic.figures import Colour, Form
from models.synthetic.path import Pose
from models.synthetic.people import Looks, person, rider
from models.synthetic.scenario import Scenario
from models.synthetic.silhouette import PARTS, Figure, Silhouette, silhouette
from models.synthetic.vehicles import (
    BICYCLE_REACH_M,
    BICYCLE_SEAT_M,
    BODIES,
    MOTORCYCLE_REACH_M,
    MOTORCYCLE_SEAT_M,
    bicycle,
    motor_vehicle,
    motorcycle,
)
from models.synthetic.view import View

VISIBLE_MIN = 0.25  # of the box inside the picture; less than that nobody would label
PART_MIN = 0.004  # of the picture's height: a smaller helmet or vest nobody would label
# What the shipped detector finds, in its order; a scene uses no other names.
CLASS_NAMES = (
    "person", "bicycle", "motorcycle", "car", "bus", "truck", "helmet", "bare_head", "vest", "no_vest", "fire",
    "smoke", "plate", "garbage",
)  # fmt: skip
HELMETS: tuple[Colour, ...] = ((40, 190, 240), (235, 235, 235), (50, 70, 210), (190, 110, 40))
VESTS: tuple[Colour, ...] = ((40, 230, 220), (30, 120, 250))
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Sighting:
    """box: relative `[x1, y1, x2, y2]`, clipped to the picture. visible: share of the whole box inside it."""

    actor_id: str
    class_name: str
    box: Box
    visible: float


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
            stance = self.stance(actor, t_s)
            if stance is not None:
                pose, up_m = stance
                distance_m = float(np.hypot(pose.x, pose.z)) - 0.3 * (up_m > 0)
                found.append(Figure(actor, pose, self._forms(actor, pose, up_m, t_s), distance_m, up_m))
        return sorted(found, key=lambda figure: -figure.distance_m)

    def stance(self, actor: Actor, t_s: float) -> tuple[Pose, float] | None:
        """Where it is, and how high: goods may be in somebody's hands, or where these put them down."""
        if not actor.carried:
            pose = actor.path.at(t_s) if actor.path else None
            return None if pose is None else (pose, 0.0)
        carry = actor.carry_at(t_s)
        if carry is not None:
            hands = self._carrier(carry).path
            pose = hands.at(t_s) if hands else None
            return None if pose is None else (_before(pose, 0.42), 0.34 if actor.kind == "bag" else 0.85)
        done = [one for one in actor.carried if one.to_s <= t_s]
        if done:
            pose = self._put_down(done[-1])
            return None if pose is None else (pose, 0.0)
        pose = actor.path.at(t_s) if actor.path else None
        return None if pose is None else (pose, 0.0)

    def _carrier(self, carry: Carry) -> Actor:
        return next(actor for actor in self.scenario.actors if actor.actor_id == carry.carrier_id)

    def _put_down(self, carry: Carry) -> Pose | None:
        """None when the carrier had left with it."""
        hands = self._carrier(carry).path
        pose = hands.at(carry.to_s) if hands else None
        return None if pose is None else replace(_before(pose, 0.55), speed=0.0)

    def shake(self, t_s: float) -> tuple[float, float]:
        """How far the picture is off, relative: wind at the pole, several slow swings at once and a quick one."""
        most = self.scenario.recording.shake
        if most == 0:
            return 0.0, 0.0
        across = 0.5 * math.sin(2.9 * t_s) + 0.3 * math.sin(7.3 * t_s + 1.0) + 0.2 * math.sin(19.0 * t_s + 2.0)
        down = 0.5 * math.sin(3.7 * t_s + 0.5) + 0.3 * math.sin(8.9 * t_s) + 0.2 * math.sin(23.0 * t_s + 1.0)
        return most * across, most * down * self.view.aspect * 0.6

    def silhouettes(self, t_s: float) -> list[Silhouette]:
        """Furthest first."""
        return [silhouette(self.view, figure) for figure in self.figures(t_s)]

    def sightings(self, t_s: float, silhouettes: Sequence[Silhouette] | None = None) -> list[Sighting]:
        """In the order of the scenario's actors; the whole, then what is worn. silhouettes: of this time, if known."""
        found = []
        across, down = self.shake(t_s)
        for one in self.silhouettes(t_s) if silhouettes is None else silhouettes:
            for form in one.figure.forms:
                extent = one.extent(form) if form.class_name else None
                if form.class_name and extent is not None:
                    x1, y1, x2, y2 = extent.tolist()
                    whole = (x1 + across, y1 + down, x2 + across, y2 + down)
                    sighting = _sighting(one.figure.actor.actor_id, form.class_name, whole)
                    if sighting is not None:
                        found.append(sighting)
        order = {actor.actor_id: index for index, actor in enumerate(self.scenario.actors)}
        return sorted(found, key=lambda sighting: order[sighting.actor_id])

    def zones(self) -> dict[str, list[tuple[float, float]]]:
        """Zones as relative polygons of the picture, as a rules file wants them; they may reach out of it."""
        return {
            name: [(float(x), float(y)) for x, y in self.view.ground(np.array(zone.polygon))]
            for name, zone in self.scenario.zones.items()
        }

    def _forms(self, actor: Actor, pose: Pose, up_m: float, t_s: float) -> tuple[Form, ...]:
        match actor.kind:
            case "person":
                return person(pose, _looks(actor, t_s), carries=self._carries(actor, t_s))
            case "bicycle" | "motorcycle":
                return _ridden(actor, pose, t_s)
            case "car" | "truck" | "bus":
                return (Form(actor.kind, motor_vehicle(pose, BODIES[actor.kind], actor.colour)),)
            case "bag":
                return things.bag(pose, actor.colour, actor.size, up_m)
            case "crate":
                return things.crate(pose, actor.colour, actor.size, up_m)
            case "bin":
                return things.bin_(pose, actor.colour, actor.size)
            case "fire":
                return things.fire(pose, _age(actor, t_s), actor.size, actor.grow_s)
            case "smoke":
                return things.smoke(pose, _age(actor, t_s), actor.size, actor.grow_s, actor.colour)
            case "lamp" | "sun":
                return things.light(pose, actor.colour, actor.size, actor.up_m)

    def _carries(self, actor: Actor, t_s: float) -> bool:
        return any(
            (carry := goods.carry_at(t_s)) is not None and carry.carrier_id == actor.actor_id
            for goods in self.scenario.actors
            if goods.carried
        )


def _sighting(actor_id: str, class_name: str, whole: Box) -> Sighting | None:
    """None when too little of it is in the picture."""
    x1, y1, x2, y2 = whole
    box = (max(x1, 0.0), max(y1, 0.0), min(x2, 1.0), min(y2, 1.0))
    if box[2] <= box[0] or box[3] <= box[1]:
        return None
    visible = (box[2] - box[0]) * (box[3] - box[1]) / ((x2 - x1) * (y2 - y1))
    if visible < VISIBLE_MIN or (class_name in PARTS and box[3] - box[1] < PART_MIN):
        return None
    return Sighting(actor_id, class_name, box, visible)


def _before(pose: Pose, forward_m: float) -> Pose:
    x, z = pose.heading
    return replace(pose, x=pose.x + forward_m * x, z=pose.z + forward_m * z)


def _age(actor: Actor, t_s: float) -> float:
    return t_s - (actor.path.points[0][0] if actor.path else 0.0)


def _looks(actor: Actor, t_s: float) -> Looks:
    salt = sum(map(ord, actor.actor_id))
    shirt, trousers = (actor.colour, actor.second_colour)
    if actor.kind in RIDDEN:
        shirt, trousers = ((50, 90, 60), (120, 110, 104), (60, 60, 150), (170, 120, 70))[salt % 4], actor.second_colour
    return Looks(
        shirt,
        trousers,
        1.75 * actor.size,
        HELMETS[salt % len(HELMETS)] if actor.helmet.at(t_s) else None,
        VESTS[salt % len(VESTS)] if actor.vest.at(t_s) else None,
    )


def _ridden(actor: Actor, pose: Pose, t_s: float) -> tuple[Form, ...]:
    if actor.kind == "bicycle":
        vehicle = Form("bicycle", bicycle(pose, actor.colour))
        seat_m, reach_m = BICYCLE_SEAT_M, BICYCLE_REACH_M
    else:
        vehicle = Form("motorcycle", motorcycle(pose, actor.colour))
        seat_m, reach_m = MOTORCYCLE_SEAT_M, MOTORCYCLE_REACH_M
    return (vehicle, *(rider(pose, _looks(actor, t_s), seat_m, reach_m) if actor.rider else ()))
