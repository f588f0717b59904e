"""A box counts its own records: what opened in the period, with what the centre told it that people decided."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from contract.ids import uuid7, uuid7_moment
from edge.__main__ import main
from edge.box_folder import OUTBOX
from edge.delivery.outbox import Outbox
from edge.feedback import FEEDBACK_JSON, FeedbackBook
from models.vlm.ai_label import AI_LABEL
from tests.edge.delivery.drafts import Draft, SteppedClock
from tests.scripted_text_server import answering

NOON = datetime(2026, 3, 4, 12).astimezone()  # of the machine's zone, as shifts are
AT = ("--at", NOON.isoformat())


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """Three leads of the morning shift, of which one is rejected and one confirmed, and one of the evening."""
    morning = [uuid7(NOON + timedelta(hours=hours)) for hours in (-6, -1, 1.99)]
    evening = uuid7(NOON + timedelta(hours=2))
    with Outbox(tmp_path / OUTBOX, SteppedClock()) as outbox:
        outbox.commit([Draft(incident_id=each) for each in (*morning, evening)])
        outbox.commit([Draft(incident_id=morning[0], revision=1, phase="close")])
        told = [
            {"incident_id": incident_id, "rule": "any", "decision": decision, "version": 1}
            for incident_id, decision in zip(morning, ("rejected", "confirmed"), strict=False)
        ]
        FeedbackBook(tmp_path / FEEDBACK_JSON, outbox.committed).change({"decisions": told})
    return tmp_path


@pytest.mark.parametrize(
    ("period", "leads", "states"),
    [
        ("hour", 0, {}),
        ("shift", 3, {"confirmed": 1, "rejected": 1, "undecided": 1}),
        ("day", 4, {"confirmed": 1, "rejected": 1, "undecided": 2}),
    ],
)
def test_a_period_holds_what_opened_in_it_each_once(
    box: Path, capsys: pytest.CaptureFixture[str], period: str, leads: int, states: dict[str, int]
) -> None:
    assert main(["summary", str(box), "--period", period, *AT, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["leads"], document["states"], document["source"]) == (leads, states, "template")
    assert sum(row["leads"] for row in document["rows"]) == leads
    assert str(leads) in document["text"]


def test_without_a_time_it_is_the_present_period(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Outbox(box / OUTBOX, SteppedClock()) as outbox:
        outbox.commit([Draft(incident_id=uuid7(datetime.now().astimezone()))])
    assert main(["summary", str(box), "--period", "day", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["leads"], document["states"]) == (1, {"undecided": 1})


@pytest.mark.parametrize(
    ("language", "first"),
    [
        ("en", "From 06:00 to 14:00 there were 3 leads: 1 confirmed, 1 rejected, 1 undecided."),
        ("zh-CN", "06:00 至 14:00 共有线索 3 条：已确认 1 条，已驳回 1 条，待审 1 条。"),
    ],
)
def test_people_read_it_in_both_languages(
    box: Path, capsys: pytest.CaptureFixture[str], language: str, first: str
) -> None:
    assert main(["summary", str(box), *AT, "--lang", language]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == first
    assert len(lines) == 2


def test_a_folder_that_is_no_box_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summary", str(tmp_path)]) == 1
    assert "give the folder of a box" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_only_an_id_of_version_7_holds_a_time() -> None:
    assert uuid7_moment(uuid7(NOON)) == NOON
    with pytest.raises(ValueError, match="no UUID of version 7"):
        uuid7_moment("00000000-0000-4000-8000-000000000000")


def with_server(box: Path, url: str, **more: object) -> None:
    settings = {
        "box_id": "box-1",
        "tenant": "city",
        "central": {"url": "http://127.0.0.1:9", "broker": "mqtt://127.0.0.1:9", "public_key": "A" * 43 + "="},
        "cameras": {"gate": {"source": "gate.mp4"}},
        "text_server": {"url": url, "model": "scripted"} | more,
    }
    (box / "box.yaml").write_text(json.dumps(settings))


def template_lines(box: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert main(["summary", str(box), *AT, "--lang", "en"]) == 0
    return capsys.readouterr().out.splitlines()


def test_a_models_true_text_is_printed_under_its_label(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = template_lines(box, capsys)
    with answering(*lines * 2) as (url, _):
        with_server(box, url)
        assert main(["summary", str(box), *AT, "--lang", "en"]) == 0
        assert capsys.readouterr().out.splitlines() == [AI_LABEL["en"], " ".join(lines)]
        assert main(["summary", str(box), *AT, "--lang", "en", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["source"], document["label"]) == ("model", AI_LABEL["en"])
    assert document["AIGC"]["ContentProducer"] == "city.default.box-1"


def test_a_lie_is_not_printed_and_brings_no_label(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = template_lines(box, capsys)
    lie = lines[0].replace("3 leads", "8 leads")
    with answering(*[lie] * 4) as (url, _):
        with_server(box, url)
        assert main(["summary", str(box), *AT, "--lang", "en"]) == 0
        shown = capsys.readouterr()
        assert main(["summary", str(box), *AT, "--lang", "en", "--json"]) == 0
    assert shown.out.splitlines() == lines
    assert "the language model's text is not shown" in shown.err
    document = json.loads(capsys.readouterr().out)
    assert (document["source"], document["label"], document["AIGC"]) == ("template", None, None)


def test_a_server_that_is_away_leaves_the_template(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = template_lines(box, capsys)
    with_server(box, "http://127.0.0.1:9")
    assert template_lines(box, capsys) == lines


def test_a_key_that_others_can_read_is_refused_and_not_shown(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_server(box, "http://127.0.0.1:9", key_file="text.key")
    key_file = box / "text.key"
    key_file.write_text("secret")
    key_file.chmod(0o644)
    assert main(["summary", str(box), *AT]) == 1
    shown = capsys.readouterr()
    assert shown.err.endswith(f"{key_file} can be read by others: chmod 600 {key_file}\n")
    assert "secret" not in shown.out + shown.err
    key_file.chmod(0o600)
    assert main(["summary", str(box), *AT]) == 0


def test_llama_cpp_is_told_the_grammar_of_the_second_try(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = template_lines(box, capsys)
    lie = lines[0].replace("3 leads", "8 leads")
    for takes_grammars, grammars in ((True, 1), (False, 0)):
        asked: list[dict[str, object]] = []
        with answering(lie, *lines, asked=asked) as (url, _):
            with_server(box, url, takes_grammars=takes_grammars)
            assert main(["summary", str(box), *AT, "--lang", "en"]) == 0
        assert capsys.readouterr().out.splitlines()[0] == AI_LABEL["en"]
        assert sum("grammar" in body for body in asked) == grammars
