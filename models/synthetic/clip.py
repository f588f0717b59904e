"""A scenario as files: an H.264 clip as a camera would send it, its detections as scripts, its rules, and the truth."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.video.stream import VideoStream

from models.errors import ScenarioError
from models.synthetic.acts import Stage, acts
from models.synthetic.occlusion import hidden_shares
from models.synthetic.paint import Image
from models.synthetic.render import Renderer
from models.synthetic.rule_words import rules_file
from models.synthetic.scenario import Scenario
from models.synthetic.scenario_file import load_scenario
from models.synthetic.scene import Scene
from models.synthetic.script import exact_script, noisy_script
from models.synthetic.told import places_seen, told
from models.synthetic.truth import Moment, courses
from models.synthetic.variant import variant

KEYFRAME_EVERY_S = 2
Progress = Callable[[float], None]  # takes the stream seconds reached


@dataclass(frozen=True, slots=True)
class RenderedClip:
    """video: H.264 MP4. detections, noisy: JSON Lines for the box's scripted detector, exact and as a middling detector
    would say it. rules: a rules file with the scene's zones. truth: JSON (see `models.synthetic.told`).
    """

    video: Path
    detections: Path
    noisy: Path
    rules: Path
    truth: Path


def render_scenario(
    name_or_path: str,
    out_dir: Path,
    *,
    seed: int = 0,
    size: tuple[int, int] = (960, 540),
    fps: int = 10,
    progress: Progress = lambda _: None,
) -> RenderedClip:
    """Writes NAME.mp4, NAME.detections.jsonl, NAME.noisy.jsonl, NAME.rules.yaml (when the scenario has rules) and
    NAME.truth.json into `out_dir`, frame by frame; the same arguments, the same bytes. Raises ScenarioError.
    """
    scenario = variant(load_scenario(name_or_path), seed)
    if not 1 <= fps <= 60:
        raise ScenarioError(f"fps {fps}: give 1 to 60")
    width, height = size
    scene = Scene.of(scenario, width / height)
    try:
        renderer = Renderer(scene, width, height, seed)
    except ValueError as error:
        raise ScenarioError(str(error)) from error
    out_dir.mkdir(parents=True, exist_ok=True)
    ends = ("mp4", "detections.jsonl", "noisy.jsonl", "rules.yaml", "truth.json")
    clip = RenderedClip(*(out_dir / f"{scenario.name}.{end}" for end in ends))
    moments: list[Moment] = []
    with _encoder(clip.video, size, fps, scenario.recording.crf) as write:
        for index in range(round(scenario.duration_s * fps)):
            t_s = index / fps
            moment, picture = _shot(scene, renderer, t_s)
            moments.append(moment)
            write(picture, index)
            progress(t_s)
    _write_words(clip, scene, moments, size=size, fps=fps, seed=seed)
    return clip


def watch_scenario(scenario: Scenario, fps: int, aspect: float = 16 / 9) -> tuple[Scene, list[Moment]]:
    """What is to be seen in every frame, without a pixel."""
    scene = Scene.of(scenario, aspect)
    moments = []
    for index in range(round(scenario.duration_s * fps)):
        silhouettes = scene.silhouettes(index / fps)
        sightings = tuple(scene.sightings(index / fps, silhouettes))
        moments.append(Moment(index / fps, sightings, hidden_shares(silhouettes, aspect)))
    return scene, moments


def _shot(scene: Scene, renderer: Renderer, t_s: float) -> tuple[Moment, Image]:
    silhouettes = scene.silhouettes(t_s)
    hidden = hidden_shares(silhouettes, scene.view.aspect)
    moment = Moment(t_s, tuple(scene.sightings(t_s, silhouettes)), hidden)
    return moment, renderer.filmed(renderer.draw(silhouettes), t_s)


def _write_words(
    clip: RenderedClip, scene: Scene, moments: list[Moment], *, size: tuple[int, int], fps: int, seed: int
) -> None:
    scenario = scene.scenario
    arguments = (moments, fps, scenario.duration_s, seed)
    clip.detections.write_text(exact_script(*arguments), encoding="utf-8")
    clip.noisy.write_text(noisy_script(*arguments), encoding="utf-8")
    if scenario.rules:
        places = places_seen(scene)
        text = rules_file(scenario.rules, scenario.zones, scenario.lines, places, size[0])
        clip.rules.write_text(text, encoding="utf-8")
    stage = Stage(scenario, scene.view, [moment.t_s for moment in moments], courses(scene, moments), size)
    facts = {"scenario": scenario.name, "seed": seed, "size": list(size), "fps": fps}
    clip.truth.write_text(json.dumps(facts | told(scene, moments, acts(stage))) + "\n", encoding="utf-8")


@contextmanager
def _encoder(path: Path, size: tuple[int, int], fps: int, crf: int) -> Iterator[Callable[[Image, int], None]]:
    """As a camera encodes: no B-frames, a keyframe every two seconds."""
    options = {"preset": "veryfast", "crf": str(crf), "bf": "0", "sc_threshold": "0", "threads": "1"}
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=fps, options=options)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size = KEYFRAME_EVERY_S * fps
        stream.codec_context.time_base = Fraction(1, fps)

        def write(picture: Image, index: int) -> None:
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts = index
            container.mux(stream.encode(frame))

        yield write
        container.mux(stream.encode(None))
