"""What is true of a scene: where everything is in every frame, and which of its rules are really broken, when.

Nothing of the box is used here. Places are judged in metres on the ground, whole courses at once, so that a mistake in
the box's rules, which look at the picture frame by frame, shows as a difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.synthetic.actor import Actor
from models.synthetic.scene import Scene, Sighting
from models.synthetic.silhouette import PARTS
from models.synthetic.view import Points

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Moment:
    """One frame. hidden: by actor, the share of it that others hide."""

    t_s: float
    sightings: tuple[Sighting, ...]
    hidden: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """One actor under one class name over all frames: (T,) and (T, n) arrays, NaN where it is not in the picture.

    boxes: relative, as if the camera stood still. places: on the ground under the middle of the box's lower edge,
    `[x, z]` metres. resting: it stands, or lies where it was put. bare_head, bare_torso: what is not worn.
    """

    actor: Actor
    class_name: str
    boxes: Points
    places: Points
    resting: Flags
    bare_head: Flags
    bare_torso: Flags

    @property
    def seen(self) -> Flags:
        return np.isfinite(self.boxes[:, 0])


def courses(scene: Scene, moments: Sequence[Moment]) -> list[Course]:
    """Of everything but what is worn."""
    actors = {actor.actor_id: actor for actor in scene.scenario.actors}
    boxes: dict[tuple[str, str], Points] = {}
    for index, moment in enumerate(moments):
        across, down = scene.shake(moment.t_s)
        for sighting in moment.sightings:
            if sighting.class_name in PARTS:
                continue
            course = boxes.setdefault((sighting.actor_id, sighting.class_name), np.full((len(moments), 4), np.nan))
            course[index] = np.array(sighting.box) - (across, down, across, down)
    times = [moment.t_s for moment in moments]
    return [_course(scene, actors[actor_id], name, found, times) for (actor_id, name), found in boxes.items()]


def _course(scene: Scene, actor: Actor, class_name: str, boxes: Points, times: list[float]) -> Course:
    anchors = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)
    stances = [scene.stance(actor, t_s) for t_s in times]
    resting = [stance is not None and stance[1] == 0 and stance[0].speed < 0.02 for stance in stances]
    bare_head, bare_torso = ([not worn.at(t_s) for t_s in times] for worn in (actor.helmet, actor.vest))
    return Course(
        actor,
        class_name,
        boxes,
        scene.view.place(anchors),
        np.array(resting),
        np.array(bare_head),
        np.array(bare_torso),
    )


def within(places: Points, corners: Sequence[tuple[float, float]]) -> Flags:
    """(T, 2) ground places inside a ground polygon, by the angle that the polygon turns around each (its winding
    number); False for NaN.
    """
    rays = np.array(corners)[None] - places[:, None]
    after = np.roll(rays, -1, axis=1)
    turns = np.arctan2(rays[..., 0] * after[..., 1] - rays[..., 1] * after[..., 0], (rays * after).sum(axis=-1)).sum(
        axis=1
    )
    inside: Flags = np.abs(np.nan_to_num(turns)) > np.pi
    return inside
