"""Single pictures of the shipped scenes: what an engine is tried on where nobody has pictures yet."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from models.synthetic.paint import Image
from models.synthetic.render import Renderer
from models.synthetic.scenario import shipped_names
from models.synthetic.scenario_file import load_scenario
from models.synthetic.scene import Scene

SIZES: tuple[tuple[int, int], ...] = ((1280, 720), (960, 540), (640, 480))  # in turn from scene to scene
AFTER_S = 1.0  # at the very beginning nobody has come yet


def sample_pictures(each: int, sizes: Sequence[tuple[int, int]] = SIZES) -> Iterator[Image]:
    """`each` pictures of every shipped scene in clear weather, evenly over its length; the same ones every time.
    (H, W, 3) uint8 BGR.
    """
    for index, name in enumerate(shipped_names()):
        scenario = load_scenario(name)
        scenario = replace(scenario, sky=replace(scenario.sky, weather="clear"))
        width, height = sizes[index % len(sizes)]
        renderer = Renderer(Scene.of(scenario, width / height), width, height, seed=0)
        step_s = (scenario.duration_s - AFTER_S) / each
        yield from renderer.frames([AFTER_S + step_s * number for number in range(each)])
