"""`edge replay`: a clip in, sealed incidents out, with the very pipeline and outbox that a box runs."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

import contract.verification as verify
from contract.codec import decode, parse, sha256_hex
from contract.incident_report import IncidentReport
from contract.signing import PublicKey
from edge.__main__ import main
from edge.detection.scripted import ScriptedDetector
from edge.replay import open_replay
from tests.edge.scripted_scene import RULES, Scene, items, manifests, write_scene
from tests.rendered_clip import render_clip

START = datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return write_scene(tmp_path_factory.mktemp("scene"))


def replay(scene: Scene, out: Path, *more: str) -> int:
    command = ["replay", str(scene.clip), "--rules", str(scene.rules), "--detections", str(scene.script)]
    return main([*command, "--out", str(out), "--start", START.isoformat(), *more])


def reports(text: str) -> list[IncidentReport]:
    return [decode(parse(line.encode(), 1 << 20), IncidentReport) for line in text.splitlines()]


def test_one_visit_is_one_incident_told_once_when_it_is_closed(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replay(scene, tmp_path / "out") == 0
    (report,) = reports(capsys.readouterr().out)
    assert (report.phase, report.camera_id, report.type_id) == ("close", "hall_1", "site.intrusion")
    assert report.time.close_reason == "ended"
    assert report.time.clock.state == "unsynced"
    assert abs((report.time.opened - START).total_seconds() - 8.0) <= 0.35  # 7 s, a second of dwell, a few frames
    assert abs((report.time.last_seen - START).total_seconds() - 14.9) <= 0.15
    assert report.time.closed == START + timedelta(seconds=19.9)  # the end of the file, not 60 s after
    assert [subject.class_ for subject in report.subjects] == ["person"]


def test_a_report_says_by_which_rule_and_in_both_languages(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    replay(scene, tmp_path / "out")
    (report,) = reports(capsys.readouterr().out)
    assert report.rule.kind == "zone_presence"
    assert {"dwell", "anchor_in_zone"} <= {step.condition for step in report.rule.trace}
    assert all(step.holds for step in report.rule.trace)
    assert report.description.text.keys() == {"zh-CN", "en"}
    assert report.versions.detector is not None
    assert report.versions.detector.name == "scripted"
    assert (report.device.evidence_capable, report.device.reasons) == (False, ("lead_only",))


def test_pictures_go_at_once_the_clip_follows_and_a_last_picture_closes(scene: Scene, tmp_path: Path) -> None:
    replay(scene, tmp_path)
    carried = [[item.role for item in manifest.items] for manifest in manifests(tmp_path)]
    assert carried == [["key_frame", "annotated", "thumbnail"], ["clip", "tracks"], ["key_frame", "annotated"]]


def test_every_line_is_signed_by_the_key_that_lies_beside_it(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    replay(scene, tmp_path / "out")
    line = capsys.readouterr().out.splitlines()[0]
    PublicKey.from_pem((tmp_path / "out" / "box.pub").read_bytes()).verify(json.loads(line))
    assert not list((tmp_path / "out").rglob("*.key")), "the key of a replay is thrown away"


def test_verify_accepts_a_replay_and_finds_one_changed_byte(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    replay(scene, tmp_path / "out")
    assert verify.main([str(tmp_path / "out")]) == 0
    assert "verified 3 manifests, 7 files" in capsys.readouterr().out
    for _, path in (*items(tmp_path / "out", "clip"), *items(tmp_path / "out", "thumbnail")):
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        assert verify.main([str(tmp_path / "out")]) == 1
        assert path.name in capsys.readouterr().err
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    assert verify.main([str(tmp_path / "out")]) == 0


def test_the_clip_plays_from_at_least_five_seconds_before_to_five_after(scene: Scene, tmp_path: Path) -> None:
    replay(scene, tmp_path)
    ((item, path),) = items(tmp_path, "clip")
    opened = START + timedelta(seconds=8.0)
    assert timedelta(seconds=4.6) <= opened - item.captured_first <= timedelta(seconds=7.1)
    assert abs((item.captured_last - opened).total_seconds() - 5.0) <= 0.35
    with av.open(str(path)) as container:
        decoded = list(container.decode(video=0))
    assert len(decoded) == round((item.captured_last - item.captured_first).total_seconds() * 10) + 1
    assert decoded[0].pts == 0
    assert decoded[0].key_frame


def test_a_clip_has_the_packets_of_the_camera_not_new_ones(scene: Scene, tmp_path: Path) -> None:
    replay(scene, tmp_path)
    ((_, path),) = items(tmp_path, "clip")
    with av.open(str(path)) as cut, av.open(str(scene.clip)) as whole:
        original = {bytes(packet) for packet in whole.demux(video=0) if packet.size}
        assert all(bytes(packet) in original for packet in cut.demux(video=0) if packet.size)


def test_the_overlay_follows_the_subject_through_the_clip(scene: Scene, tmp_path: Path) -> None:
    replay(scene, tmp_path)
    ((clip, _),) = items(tmp_path, "clip")
    ((item, path),) = items(tmp_path, "tracks")
    overlay = json.loads(path.read_bytes())
    (track_id,) = overlay["subjects"]
    rows = overlay["tracks"][str(track_id)]
    start_s = (clip.captured_first - START).total_seconds()
    assert item.derived_from == clip.sha256
    assert rows[0][0] == pytest.approx(7.0 - start_s, abs=0.35)
    assert rows[-1][0] == pytest.approx((clip.captured_last - clip.captured_first).total_seconds(), abs=0.05)
    assert rows[-1][1:] == pytest.approx([0.60, 0.20, 0.75, 0.80], abs=0.001)


def test_the_key_frame_is_the_decoded_picture_and_derivatives_name_it(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    replay(scene, tmp_path)
    (key, key_path), _ = items(tmp_path, "key_frame")
    picture = np.asarray(cv2.imdecode(np.frombuffer(key_path.read_bytes(), np.uint8), cv2.IMREAD_COLOR))
    index = round((key.captured_first - START).total_seconds() * 10)
    with av.open(str(scene.clip)) as whole:
        frame = next(frame for number, frame in enumerate(whole.decode(video=0)) if number == index)
    assert np.array_equal(picture, frame.to_ndarray(format="bgr24"))
    thumbnail, thumbnail_path = items(tmp_path, "thumbnail")[0]
    assert (thumbnail.derived_from, thumbnail.redacted) == (key.sha256, True)
    assert items(tmp_path, "annotated")[0][0].derived_from == key.sha256
    (report,) = reports(capsys.readouterr().out)
    assert base64.b64decode(report.evidence.thumbnail or "") == thumbnail_path.read_bytes()


def test_a_privacy_mask_of_the_rules_is_painted_over_in_derivatives_and_the_original_keeps_it(tmp_path: Path) -> None:
    mask = "  locker: {kind: mask, polygon: [[0.0, 0.0], [0.3, 0.0], [0.3, 0.3], [0.0, 0.3]]}\nrules:"
    scene = write_scene(tmp_path / "scene", rules=RULES.replace("rules:", mask))
    replay(scene, tmp_path / "out")
    for role, hidden in (("annotated", True), ("key_frame", False)):
        picture = np.asarray(cv2.imread(str(items(tmp_path / "out", role)[0][1])))
        corner = picture[2:14, 2:14].astype(int)  # where the clip has a number as a grey level
        assert (abs(corner - 96).max() <= 8) == hidden


def test_the_chain_joins_every_revision_of_every_incident(tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "scene", ((2.0, 6.0), (11.0, 15.0)), rules=RULES_SHORT_COOL_DOWN)
    replay(scene, tmp_path / "out")
    chain = manifests(tmp_path / "out")
    assert [manifest.report_seq for manifest in chain] == [1, 2, 3, 4, 5, 6]
    assert len({manifest.incident_id for manifest in chain}) == 2
    raw = {path.read_bytes() for path in (tmp_path / "out").glob("incidents/*/*.manifest.json")}
    hashes = {sha256_hex(data) for data in raw}
    assert chain[0].previous_sha256 is None
    assert {manifest.previous_sha256 for manifest in chain[1:]} < hashes


RULES_SHORT_COOL_DOWN = """
version: 1
zones:
  table: {polygon: [[0.5, 0.5], [1.0, 0.5], [1.0, 1.0], [0.5, 1.0]]}
rules:
  - {id: at-table, type: site.intrusion, kind: zone_presence, zone: table, classes: [person], cool_down_s: 2}
"""


def test_without_a_camera_in_the_rules_the_file_names_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scene = write_scene(tmp_path / "scene", rules=RULES_SHORT_COOL_DOWN)
    clip = scene.clip.rename(scene.clip.with_name("Yard 7 (Nord).mp4"))
    assert replay(Scene(clip, scene.script, scene.rules), tmp_path / "out") == 0
    assert reports(capsys.readouterr().out)[0].camera_id == "yard_7_nord"


def test_nobody_there_is_nothing_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay(write_scene(tmp_path / "scene", visits=()), tmp_path / "out") == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("zone", "severity", "told"), [("table", "lead", 0), ("table", "safety", 1), ("frame", "lead", 1)]
)
def test_a_camera_that_was_moved_believes_no_zone_except_for_safety_and_says_so(
    tmp_path: Path, zone: str, severity: str, told: int
) -> None:
    rules = RULES.replace("zone: table,", f"zone: {zone}, severity: {severity},")
    scene = write_scene(tmp_path / "scene", rules=rules)
    detector = ScriptedDetector(scene.script)
    opened = open_replay(scene.clip, scene.rules, tmp_path / "out", detector=detector)
    with opened.outbox, opened.camera as camera:
        opened.pipeline.set_moved(moved=True)
        revisions = [one for frame in camera.frames() for one in opened.pipeline.step(frame).revisions]
        revisions += opened.pipeline.finish("ended")
    reports = [decode(parse(one.payload, 1 << 20), IncidentReport) for one in revisions]
    assert len({report.incident_id for report in reports}) == told
    assert {report.device.reasons for report in reports} <= {("lead_only", "view_moved")}


def test_a_size_that_changes_under_way_leaves_zones_where_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first 10 s of the scene are 4:3, the rest is larger and 16:9; the visit begins before and ends after."""
    scene = write_scene(tmp_path)
    halves = [
        render_clip(tmp_path / f"{width}.ts", frames=100, fps=10, size=(width, height)).read_bytes()
        for width, height in ((128, 96), (320, 180))
    ]
    clip = tmp_path / "both.ts"
    clip.write_bytes(b"".join(halves))
    script = tmp_path / "both.jsonl"
    scene.script.rename(script)
    assert replay(Scene(clip, script, scene.rules), tmp_path / "out", "--camera", "hall_1") == 0
    (report,) = reports(capsys.readouterr().out)
    assert abs((report.time.opened - START).total_seconds() - 8.0) <= 0.35
    assert abs((report.time.last_seen - START).total_seconds() - 14.9) <= 0.3
    pictures = [cv2.imread(str(path)) for _, path in items(tmp_path / "out", "key_frame")]
    sizes = [None if picture is None else picture.shape[:2] for picture in pictures]
    assert sizes == [(96, 128), (180, 320)]
    ((_, kept),) = items(tmp_path / "out", "clip")
    with av.open(str(kept)) as container:
        shown = [frame.to_ndarray(format="bgr24").shape[:2] for frame in container.decode(video=0)]
    assert len(shown) >= 50
    assert len(set(shown)) == 1
