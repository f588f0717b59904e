"""The truth as JSON: `{scenario, seed, size, fps, duration_s, zones, lines, violations, short_of_dwell, frames}`.

violations: `[{rule, type, kind, place, subjects, first_seen, opened, ended}]`, one per act; short_of_dwell: the same
with `opened: null`, where a rule's conditions held but not for long enough. frames: `[{t, objects: [{id, class, box,
visible, hidden}]}]`; `goods` is a class of its own here: things that a detector has no name for. Times are stream
seconds, boxes and polygons relative to the frame; visible is the share of the box in the picture, hidden the share of
the object that others hide.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from models.synthetic.acts import Act
from models.synthetic.rule_words import Seen
from models.synthetic.scene import Scene
from models.synthetic.truth import Moment
from models.synthetic.view import cut_to_picture


def told(scene: Scene, moments: Sequence[Moment], acts: Sequence[Act]) -> dict[str, Any]:
    return {
        "duration_s": scene.scenario.duration_s,
        "light": scene.scenario.sky.light,
        "weather": scene.scenario.sky.weather,
        "zones": scene.zones(),
        "lines": {name: points.tolist() for name, points in places_seen(scene).lines.items()},
        "violations": [_act(act) for act in acts if act.opened_s is not None],
        "short_of_dwell": [_act(act) for act in acts if act.opened_s is None],
        "frames": [{"t": moment.t_s, "objects": _objects(moment)} for moment in moments],
    }


def places_seen(scene: Scene) -> Seen:
    """Zones and lines inside the picture, as a rules file may have them."""
    zones = {
        name: cut_to_picture(scene.view.ground(np.array(zone.polygon))) for name, zone in scene.scenario.zones.items()
    }
    lines = {
        name: np.clip(scene.view.ground(np.array(line.ends)), 0.0, 1.0) for name, line in scene.scenario.lines.items()
    }
    return Seen(zones, lines)


def _act(act: Act) -> dict[str, Any]:
    return {
        "rule": act.rule.rule_id,
        "type": act.rule.type_id,
        "kind": act.rule.kind,
        "place": act.rule.place,
        "subjects": list(act.subjects),
        "first_seen": act.first_seen_s,
        "opened": act.opened_s,
        "ended": act.ended_s,
    }


def _objects(moment: Moment) -> list[dict[str, Any]]:
    return [
        {
            "id": one.actor_id,
            "class": one.class_name,
            "box": [round(side, 5) for side in one.box],
            "visible": round(one.visible, 3),
            "hidden": round(moment.hidden.get(one.actor_id, 0.0), 3),
        }
        for one in moment.sightings
    ]
