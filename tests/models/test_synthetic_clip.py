import itertools
import json
from pathlib import Path

import av
import pytest

from edge.detection.script import parse_script
from models.errors import ScenarioError
from models.synthetic.clip import RenderedClip, render_scenario

SHORT = """
scenario: 1
duration_s: 5
zones: {yard: [[-4, 9], [3, 9], [3, 13]]}
actors:
  - {id: walker, kind: person, path: [[0, -4, 11], [5, 3, 11]]}
"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> RenderedClip:
    place = tmp_path_factory.mktemp("rendered")
    (place / "short.yaml").write_text(SHORT, encoding="utf-8")
    return render_scenario(str(place / "short.yaml"), place / "out", size=(320, 180), fps=10)


def test_the_clip_is_what_a_camera_would_send(clip: RenderedClip) -> None:
    with av.open(str(clip.video)) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.pts is not None]
        assert stream.codec_context.name == "h264"
        assert (stream.width, stream.height) == (320, 180)
    assert len(packets) == 50
    stamps = [packet.pts or 0 for packet in packets]
    assert stamps == sorted(stamps), "no B-frames"
    step = stamps[1]
    keyframes = [(packet.pts or 0) / 10 / step for packet in packets if packet.is_keyframe]
    assert keyframes == [0.0, 2.0, 4.0]


def test_the_script_and_the_truth_say_the_same_boxes_at_the_frames_times(clip: RenderedClip) -> None:
    script = parse_script(clip.detections.read_text(encoding="utf-8"))
    truth = json.loads(clip.truth.read_text(encoding="utf-8"))
    with av.open(str(clip.video)) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert len(times) == len(truth["frames"]) == 50
    for t_s, frame in zip(times, truth["frames"], strict=True):
        assert t_s is not None
        assert frame["t"] == pytest.approx(t_s, abs=1e-6)
        boxes = script.at(t_s).boxes.tolist()
        for said, known in itertools.zip_longest(boxes, frame["objects"]):
            assert said == pytest.approx(known["box"], abs=1e-5)
    assert truth["zones"]["yard"][0] == pytest.approx([0.19, 0.77], abs=0.05)


def test_the_same_arguments_give_the_same_bytes(clip: RenderedClip, tmp_path: Path) -> None:
    again = render_scenario(str(clip.video.parent.parent / "short.yaml"), tmp_path, size=(320, 180), fps=10)
    for first, second in ((clip.video, again.video), (clip.detections, again.detections), (clip.truth, again.truth)):
        assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(("size", "fps"), [((321, 180), 10), ((32, 32), 10), ((320, 180), 0)])
def test_a_size_or_rate_that_cannot_be_is_refused(size: tuple[int, int], fps: int, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError):
        render_scenario("empty", tmp_path, size=size, fps=fps)
