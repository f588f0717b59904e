"""A scenario as files: an H.264 clip as a camera would send it, its detections as a script, and the truth."""

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from models.errors import ScenarioError
from models.synthetic.render import Renderer
from models.synthetic.scenario import load_scenario
from models.synthetic.scene import CLASS_NAMES, Scene, Sighting

KEYFRAME_EVERY_S = 2


@dataclass(frozen=True, slots=True)
class RenderedClip:
    """video: H.264 MP4. detections: JSON Lines for the box's scripted detector. truth: JSON (see `render_scenario`)."""

    video: Path
    detections: Path
    truth: Path


def render_scenario(
    name_or_path: str, out_dir: Path, *, seed: int = 0, size: tuple[int, int] = (960, 540), fps: int = 10
) -> RenderedClip:
    """Writes NAME.mp4, NAME.detections.jsonl and NAME.truth.json into `out_dir`; the same arguments, the same bytes.

    truth: `{scenario, seed, size, fps, duration_s, zones: {name: polygon}, frames: [{t, objects: [{id, class, box,
    visible}]}]}`, times in stream seconds, boxes and polygons relative to the frame. Raises ScenarioError.
    """
    scenario = load_scenario(name_or_path)
    width, height = size
    scene = Scene.of(scenario, width / height)
    if not 1 <= fps <= 60:
        raise ScenarioError(f"fps {fps}: give 1 to 60")
    try:
        renderer = Renderer(scene, width, height, seed)
    except ValueError as error:
        raise ScenarioError(str(error)) from error
    out_dir.mkdir(parents=True, exist_ok=True)
    clip = RenderedClip(*(out_dir / f"{scenario.name}.{end}" for end in ("mp4", "detections.jsonl", "truth.json")))
    times = [index / fps for index in range(round(scenario.duration_s * fps))]
    seen = [scene.sightings(t_s) for t_s in times]
    generator = np.random.default_rng(seed)
    clip.detections.write_text(_script(times, seen, fps, scenario.duration_s, generator), encoding="utf-8")
    frames = [
        {"t": t_s, "objects": [_object(sighting) for sighting in sightings]}
        for t_s, sightings in zip(times, seen, strict=True)
    ]
    facts = {"scenario": scenario.name, "seed": seed, "size": [width, height], "fps": fps}
    truth = {**facts, "duration_s": scenario.duration_s, "zones": scene.zones(), "frames": frames}
    clip.truth.write_text(json.dumps(truth) + "\n", encoding="utf-8")
    _encode(clip.video, renderer, times, size, fps)
    return clip


def _object(sighting: Sighting) -> dict[str, object]:
    box = [round(side, 5) for side in sighting.box]
    return {
        "id": sighting.actor_id,
        "class": sighting.class_name,
        "box": box,
        "visible": round(sighting.visible, 3),
    }


def _script(
    times: list[float], seen: list[list[Sighting]], fps: int, duration_s: float, generator: np.random.Generator
) -> str:
    """Exact boxes with scores as a detector would give: high, a little restless, lower at the edge of the picture."""
    header = {"scripted": 1, "classes": list(CLASS_NAMES), "duration_s": duration_s, "fps": fps}
    lines = [json.dumps(header)]
    for t_s, sightings in zip(times, seen, strict=True):
        detections = [
            {
                "class": sighting.class_name,
                "score": round(float(0.6 + 0.33 * sighting.visible + generator.uniform(-0.03, 0.03)), 3),
                "box": [round(side, 5) for side in sighting.box],
            }
            for sighting in sightings
        ]
        lines.append(json.dumps({"t": round(t_s, 4), "detections": detections}))
    return "\n".join(lines) + "\n"


def _encode(path: Path, renderer: Renderer, times: list[float], size: tuple[int, int], fps: int) -> None:
    """As a camera encodes: no B-frames, a keyframe every two seconds."""
    options = {"preset": "veryfast", "crf": "24", "bf": "0", "sc_threshold": "0", "threads": "1"}
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=fps, options=options)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size = KEYFRAME_EVERY_S * fps
        stream.codec_context.time_base = Fraction(1, fps)
        for index, picture in enumerate(renderer.frames(times)):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
