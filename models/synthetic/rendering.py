"""`xunjian models render`: what it prints, and a bar while it works."""

import sys
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from models.synthetic.clip import render_scenario
from models.synthetic.scenario import shipped_names
from models.synthetic.scenario_file import load_scenario


def scene_lines() -> list[str]:
    """A line for each shipped scene: its name, how long it is, what happens."""
    scenes = [load_scenario(name) for name in shipped_names()]
    return [f"{scene.name:18} {scene.duration_s:4.0f} s  {scene.tells.strip()}" for scene in scenes]


def render(scenario: str, folder: Path, seed: int, size: tuple[int, int], fps: int) -> None:
    """Prints the files that were written; the bar is on a terminal only. Raises ScenarioError."""
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("render", total=load_scenario(scenario).duration_s)
        clip = render_scenario(
            scenario, folder, seed=seed, size=size, fps=fps, progress=lambda t_s: bar.update(task, completed=t_s)
        )
    made = (clip.video, clip.detections, clip.noisy, clip.rules, clip.truth)
    print(*(path for path in made if path.exists()), sep="\n")
