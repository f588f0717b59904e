"""`edge replay` with a rule about something left: a crate on the pavement, from pixels to a sealed lead."""

import json
from pathlib import Path

import av
import pytest
from av.video.stream import VideoStream

import contract.verification as verify
from contract.codec import decode, parse
from contract.incident_report import IncidentReport
from edge.__main__ import main
from tests.edge.detection.place import HEIGHT, WIDTH, crate, shown
from tests.edge.scripted_scene import items

FPS = 5
LENGTH_S = 20.0
THERE_S = (6.0, 14.0)
RULES = """
version: 1
zones:
  pavement: {polygon: [[0.3, 0.4], [0.7, 0.4], [0.7, 0.9], [0.3, 0.9]]}
rules:
  - {id: goods, type: street.piled_material, kind: left_object, zone: pavement, area_min: 0.05, dwell_s: 4,
     cool_down_s: 2}
  - {id: in-view, type: site.intrusion, kind: zone_presence, zone: frame, classes: [person], dwell_s: 1}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pavement")
    with av.open(str(folder / "pavement.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "crf": "20"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.gop_size = 2 * FPS
        for number in range(round(LENGTH_S * FPS)):
            t_s = number / FPS
            image = shown(lambda picture, t: crate(picture) if THERE_S[0] <= t < THERE_S[1] else None, t_s)
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    head = {"scripted": 1, "classes": ["person"], "duration_s": LENGTH_S, "fps": FPS}
    lines = [head, *({"t": number / FPS, "detections": []} for number in range(round(LENGTH_S * FPS)))]
    (folder / "pavement.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
    return folder


def replay(folder: Path, out: Path, *more: str) -> int:
    files = ["--rules", str(folder / "rules.yaml"), "--detections", str(folder / "pavement.jsonl"), "--out", str(out)]
    return main(["replay", str(folder / "pavement.mp4"), *files, *more])


def test_a_crate_left_is_one_lead_from_when_it_was_put_down_until_it_is_taken_away(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replay(folder, tmp_path / "out") == 0
    said = capsys.readouterr().out.splitlines()
    (lead,) = [decode(parse(line.encode(), 1 << 20), IncidentReport) for line in said]
    assert (lead.rule.id, lead.phase, lead.time.close_reason) == ("goods", "close", "ended")
    assert (lead.time.opened - lead.time.first_seen).total_seconds() == pytest.approx(4.0, abs=0.5)
    assert (lead.time.last_seen - lead.time.first_seen).total_seconds() == pytest.approx(8.0, abs=2.5)
    (subject,) = lead.subjects
    assert subject.class_ == "object"
    assert subject.box == pytest.approx((140 / WIDTH, 90 / HEIGHT, 176 / WIDTH, 126 / HEIGHT), abs=0.015)
    assert "区域 pavement 内有物体留置" in lead.description.text["zh-CN"]
    assert "object left in zone pavement for" in lead.description.text["en"]
    assert all(step.holds for step in lead.rule.trace)
    assert verify.main([str(tmp_path / "out")]) == 0


def test_the_overlay_of_its_clip_shows_it(folder: Path, tmp_path: Path) -> None:
    replay(folder, tmp_path / "out")
    ((_, path),) = items(tmp_path / "out", "tracks")
    tracks = json.loads(path.read_bytes())
    (subject,) = tracks["subjects"]
    assert tracks["classes"] == {str(subject): "object"}
    assert len(tracks["tracks"][str(subject)]) > 10


def test_why_it_is_no_lead_yet_is_told(folder: Path, tmp_path: Path) -> None:
    told = tmp_path / "told.jsonl"
    assert replay(folder, tmp_path / "out", "--explain", "goods", "--explain-out", str(told)) == 0
    lines = [json.loads(line) for line in told.read_text(encoding="utf-8").splitlines()]
    assert (lines[0]["state"], lines[-1]["state"]) == ("holding", "open")
    assert [step["name"] for step in lines[0]["conditions"] if not step["holds"]] == ["dwell"]
    assert {step["name"] for step in lines[0]["conditions"]} >= {"class", "area_in_zone", "contour_contrast", "dwell"}
