import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from models.errors import ScenarioError
from models.synthetic.path import Path as WalkedPath
from models.synthetic.render import Renderer
from models.synthetic.scenario import Scenario
from models.synthetic.scenario_file import load_scenario, parse_scenario
from models.synthetic.scene import Scene

WIDTH, HEIGHT = 960, 540


def alone(actor_id: str) -> Scenario:
    yard = load_scenario("yard")
    return dataclasses.replace(yard, actors=tuple(actor for actor in yard.actors if actor.actor_id == actor_id))


@pytest.mark.parametrize(("actor_id", "t_s"), [("lingerer", 7.0), ("visitor", 15.0), ("parked", 12.0)])
def test_a_box_is_where_the_pixels_of_its_actor_are(actor_id: str, t_s: float) -> None:
    scene = Scene.of(alone(actor_id), WIDTH / HEIGHT)
    empty = Scene.of(dataclasses.replace(scene.scenario, actors=()), WIDTH / HEIGHT)
    changed = np.abs(
        Renderer(scene, WIDTH, HEIGHT, seed=1).clean(t_s).astype(int)
        - Renderer(empty, WIDTH, HEIGHT, seed=1).clean(t_s).astype(int)
    ).max(axis=2)
    sighting = scene.sightings(t_s)[0]  # the whole of it; what is worn comes after
    x1, y1, x2, y2 = np.array(sighting.box) * (WIDTH, HEIGHT, WIDTH, HEIGHT)
    rows, columns = np.nonzero(changed[:, round(x1) - 40 : round(x2) + 40] > 60)
    columns += round(x1) - 40
    assert rows.min() == pytest.approx(y1, abs=2)
    assert columns.min() == pytest.approx(x1, abs=3)
    above_shadow = rows < y2 - 12
    assert columns[above_shadow].max() == pytest.approx(x2, abs=4)


def test_a_nearer_person_is_taller_in_the_picture() -> None:
    text = """{scenario: 1, duration_s: 2, actors: [
        {id: near, kind: person, path: [[0, -2, 8], [2, -2, 8.1]]},
        {id: far, kind: person, path: [[0, 2, 16], [2, 2, 16.1]]}]}"""
    sightings = Scene.of(parse_scenario(text, "two"), 16 / 9).sightings(1.0)
    near, far = (one for one in sightings if one.class_name == "person")
    assert (near.actor_id, far.actor_id) == ("near", "far")
    assert near.box[3] - near.box[1] > 1.7 * (far.box[3] - far.box[1])


def test_the_yard_tells_its_story() -> None:
    scene = Scene.of(load_scenario("yard"), 16 / 9)
    there = {t_s: [seen.actor_id for seen in scene.sightings(t_s)] for t_s in (0.0, 7.0, 15.0, 19.0, 21.8, 27.0)}
    assert there[0.0] == []
    assert "lingerer" in there[7.0]
    assert "visitor" in there[15.0]
    assert "wrong_way" in there[19.0]
    assert "visitor" not in there[21.8], "out of sight between the two visits"
    assert "visitor" in there[27.0]


def test_nobody_is_in_the_empty_scene() -> None:
    scene = Scene.of(load_scenario("empty"), 16 / 9)
    assert not any(scene.sightings(t_s) for t_s in range(10))


def test_the_same_seed_gives_the_same_pixels_and_another_seed_others() -> None:
    scene = Scene.of(load_scenario("yard"), 16 / 9)
    first, same, other = (next(Renderer(scene, 320, 180, seed).frames([5.0])) for seed in (3, 3, 4))
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


def test_zones_are_given_as_the_polygon_that_is_painted() -> None:
    zones = Scene.of(load_scenario("yard"), 16 / 9).zones()
    assert set(zones) == {"yard", "fire_lane"}
    assert all(0.1 < x < 0.8 and 0.5 < y < 0.8 for x, y in zones["yard"])


def test_a_path_stands_still_where_it_says_so_and_keeps_looking_ahead() -> None:
    path = WalkedPath(((0.0, 0.0, 10.0), (2.0, 4.0, 10.0), (6.0, 4.0, 10.0)))
    pose = path.at(4.0)
    assert pose is not None
    assert (pose.x, pose.z, pose.speed, pose.heading) == (4.0, 10.0, 0.0, (1.0, 0.0))
    assert path.at(6.1) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{scenario: 2, duration_s: 1}", "this version reads 1"),
        ("{scenario: 1}", "duration_s is missing"),
        ("{scenario: 1, duration_s: 1, actor: []}", "unknown key actor"),
        ("{scenario: 1, duration_s: -1}", "positive"),
        ("[", "not YAML"),
        ("{scenario: 1, duration_s: 1, actors: [{id: a, kind: dog, path: []}]}", "'dog' is not one of person, bicycle"),
        ("{scenario: 1, duration_s: 1, actors: [{id: a, kind: car, path: [[0, 1]]}]}", "expected 3 numbers"),
        ("{scenario: 1, duration_s: 1, actors: [{id: a, kind: car, path: [[1, 0, 9], [1, 1, 9]]}]}", "must rise"),
        (
            "{scenario: 1, duration_s: 1, actors: [{id: a, kind: car, colour: red, path: [[0, 0, 9], [1, 1, 9]]}]}",
            "#b03030",
        ),
    ],
)
def test_a_wrong_scenario_is_one_clear_line(text: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=r"^mine: ") as raised:
        parse_scenario(text, "mine")
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_unknown_scenario_names_the_shipped_ones() -> None:
    with pytest.raises(ScenarioError, match=r"one of .*empty, .*yard"):
        load_scenario("yrad")


def test_shipped_rules_are_drawn_on_the_painted_zones() -> None:
    """docs/examples/rules-yard.yaml repeats the zones of the yard in picture coordinates."""
    rules = yaml.safe_load(Path("docs/examples/rules-yard.yaml").read_text(encoding="utf-8"))
    painted = Scene.of(load_scenario("yard"), 16 / 9).zones()
    for name, zone in rules["zones"].items():
        wanted = [(min(max(x, 0), 1), min(max(y, 0), 1)) for x, y in painted[name]]
        assert np.allclose(zone["polygon"], wanted, atol=0.01), json.dumps(wanted)
