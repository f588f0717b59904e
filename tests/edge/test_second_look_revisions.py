"""A lead is told at once; the second look comes under the same id when it comes, and is never waited for."""

from collections.abc import Sequence
from pathlib import Path

import pytest

import contract.verification as verify
from contract.incident_report import IncidentReport, Verification
from contract.signing import SigningKey
from edge.capture.video_file import ReplayCamera
from edge.verification.inquest import Bounds
from edge.verification.inquiry import Inquiry
from edge.verification.look import CameraLook
from edge.verification.second_look import SecondLook
from edge.verification.verifier import Verifier, VerifierError
from tests.edge.scripted_scene import Scene, write_scene
from tests.edge.test_interruption import START, Bench

CONFIRMED = Verification(status="confirmed", ms=3.0)


class Recorded(Verifier):
    name, sha256 = "recorded", "c" * 64

    def __init__(self, stated: str | None = None) -> None:
        self.inquiries: list[Inquiry] = []
        self.stated = stated

    def verify(self, inquiry: Inquiry) -> Verification:
        self.inquiries.append(inquiry)
        return CONFIRMED

    def describe(self, inquiry: Inquiry) -> str:
        if self.stated is None:
            raise VerifierError("it cannot")
        return self.stated


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return write_scene(tmp_path_factory.mktemp("scene"))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, SigningKey.generate())


def play(
    bench: Bench,
    scene: Scene,
    *,
    looked_s: float,
    until_s: float = 1e9,
    apart: bool = False,
    stated: str | None = None,
    describes: bool = False,
    steps_max: int = 10**6,
) -> list[Inquiry]:
    """The clip up to a moment; the verifier answers from `looked_s` on, then the stream ends where it was let run."""
    verifier, steps = Recorded(stated), 0
    clock = bench.parts.clock
    second = SecondLook(verifier, clock, lambda _: None, describes=describes)
    with ReplayCamera("hall_1", scene.clip, START) as camera:
        look = CameraLook("hall_1", second, Bounds(), clock)
        pipeline = bench.pipeline(scene, camera, apart=apart, look=look)
        for frame in camera.frames():
            if frame.stream_s > until_s:
                break
            pipeline.step(frame)
            if frame.stream_s >= looked_s and second.state().queue and steps < steps_max:
                second.step()
                steps += 1
        if until_s > 1e6:
            pipeline.finish("ended")
            assert pipeline.awaiting == second.state().queue
            while pipeline.awaiting:
                second.step()
                pipeline.settle()
    return verifier.inquiries


def told(reports: Sequence[IncidentReport]) -> list[tuple[str, int, str, bool]]:
    return [
        (one.phase, one.revision, one.verification.status, one.time.closed is not None)
        for one in sorted(reports, key=lambda report: report.revision)
    ]


@pytest.mark.parametrize("apart", [False, True])
def test_the_verdict_is_an_update_and_every_later_revision_says_it_too(
    scene: Scene, bench: Bench, tmp_path: Path, *, apart: bool
) -> None:
    (inquiry,) = play(bench, scene, looked_s=10.0, apart=apart)
    reports = bench.reports()
    assert told(reports) == [
        ("open", 0, "pending", False),
        ("update", 1, "confirmed", False),
        ("update", 2, "confirmed", False),
        ("close", 3, "confirmed", True),
    ]
    assert {one.incident_id for one in reports} == {inquiry.incident_id}
    assert reports[1].versions.vlm == f"recorded {'c' * 64}"
    assert reports[0].versions.vlm is None
    assert reports[1].evidence.thumbnail == reports[0].evidence.thumbnail
    assert verify.main([str(tmp_path)]) == 0


def test_a_verdict_after_the_close_is_an_update_that_stays_closed(scene: Scene, bench: Bench) -> None:
    play(bench, scene, looked_s=1e6)
    assert told(bench.reports())[-2:] == [("close", 2, "pending", True), ("update", 3, "confirmed", True)]
    assert bench.parts.outbox.open_incidents() == ()


def test_a_verdict_that_comes_with_the_closing_frame_is_not_lost(bench: Bench, tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "scene", rules=(RULES_SHORT))
    play(bench, scene, looked_s=15.9)
    rows = told(bench.reports())
    assert [row[2] for row in rows if row[0] != "open"][-1] == "confirmed"
    assert rows[-1][3]


RULES_SHORT = """
version: 1
zones:
  table: {cameras: [hall_1], polygon: [[0.5, 0.5], [1.0, 0.5], [1.0, 1.0], [0.5, 1.0]]}
rules:
  - {id: at-table, type: site.intrusion, kind: zone_presence, zone: table, classes: [person], dwell_s: 1,
     cool_down_s: 1.0}
"""


@pytest.mark.parametrize(("until_s", "phase"), [(10.0, "close"), (19.0, "update")])
def test_a_restart_says_that_nobody_looks_any_more(tmp_path: Path, until_s: float, phase: str) -> None:
    scene = write_scene(tmp_path / "scene", rules=RULES_SHORT)
    key = SigningKey.generate()
    before = Bench(tmp_path / "box", key)
    play(before, scene, looked_s=1e6, until_s=until_s)
    before.parts.outbox.close()
    again = Bench(tmp_path / "box", key)
    again.recover()
    last = told(again.reports())[-1]
    assert (last[0], last[2], last[3]) == (phase, "skipped", True)
    assert again.parts.outbox.open_incidents() == ()
    assert again.recover() == (0, 0)
    assert told(again.reports())[-1] == last


SAID = '{"claims": [{"class": "person", "count": 1}, {"class": "person", "count": 6}, {"class": "truck"}]}'


def texts(reports: Sequence[IncidentReport]) -> list[tuple[int, str, str, int]]:
    ordered = sorted(reports, key=lambda report: report.revision)
    return [(one.revision, one.phase, one.description.source, one.description.removed) for one in ordered]


def test_what_a_model_states_is_a_further_update_and_each_revision_holds_it_against_its_own_record(
    scene: Scene, bench: Bench, tmp_path: Path
) -> None:
    play(bench, scene, looked_s=10.0, stated=SAID, describes=True)
    reports = sorted(bench.reports(), key=lambda report: report.revision)
    assert texts(reports) == [
        (0, "open", "template", 0),
        (1, "update", "template", 0),
        (2, "update", "model", 2),
        (3, "update", "model", 2),
        (4, "close", "model", 2),
    ]
    assert len({one.incident_id for one in reports}) == 1
    first, last = reports[0], reports[-1]
    (subject,) = last.subjects
    assert first.description.claims, "the template lists its claims with their tracks too"
    assert {claim.track_ids for claim in first.description.claims} == {(subject.track_id,)}
    assert first.description.aigc is None
    assert last.description.text["en"].endswith(f" AI sees: 1 person (track {subject.track_id}).")
    assert last.description.text["zh-CN"].endswith(f"AI 所见：人 1 名（轨迹 {subject.track_id}）。")
    assert last.description.aigc is not None
    assert last.description.aigc["ProduceID"] == f"{last.incident_id}.{last.revision}"
    assert last.description.aigc["ContentProducer"].endswith(f".{last.box_id}")
    shown = str([one.description.text for one in reports])
    assert "truck" not in shown
    assert "6 people" not in shown
    assert verify.main([str(tmp_path)]) == 0


@pytest.mark.parametrize(
    "stated", ["The man came to steal.", "", '{"claims": [{"class": "person", "intent": "theft"}]}']
)
def test_a_model_that_only_invents_changes_no_word(scene: Scene, bench: Bench, stated: str) -> None:
    play(bench, scene, looked_s=10.0, stated=stated, describes=True)
    reports = sorted(bench.reports(), key=lambda report: report.revision)
    assert [one[2:] for one in texts(reports)] == [("template", 0), ("template", 0)] + [("template", 1)] * 3
    assert reports[1].description.text == reports[2].description.text
    assert {one.description.aigc for one in reports} == {None}


def test_words_that_fail_make_no_revision(scene: Scene, bench: Bench) -> None:
    play(bench, scene, looked_s=10.0, describes=True)
    assert [row[0] for row in told(bench.reports())] == ["open", "update", "update", "close"]


def test_words_alone_after_the_close_are_not_lost(scene: Scene, bench: Bench) -> None:
    play(bench, scene, looked_s=10.0, stated=SAID, describes=True, steps_max=1)
    assert told(bench.reports())[-2:] == [("close", 3, "confirmed", True), ("update", 4, "confirmed", True)]
    assert texts(bench.reports())[-1][2] == "model"


def test_words_after_the_close_are_an_update_that_stays_closed(scene: Scene, bench: Bench) -> None:
    play(bench, scene, looked_s=1e6, stated=SAID, describes=True)
    assert told(bench.reports())[-3:] == [
        ("close", 2, "pending", True),
        ("update", 3, "confirmed", True),
        ("update", 4, "confirmed", True),
    ]
    assert [row[2] for row in texts(bench.reports())][-2:] == ["template", "model"]
    assert bench.parts.outbox.open_incidents() == ()
