"""`xunjian models describe`: text, claims with tracks, what was removed; one line for what cannot be read."""

import json
import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from models import describing
from models.__main__ import main
from models.describing import shown_of
from models.errors import ModelError
from models.vlm.ai_label import AI_LABEL
from tests.integration.test_chat_server import answer, serving
from tests.models.vlm.leads import INVENTED, NEVER, Inventor, lead, stated, subject, unsupported
from tests.models.vlm.packages import picture, write_vlm_package

KEYS = {"text", "claims", "removed", "ai", "label", "AIGC", "source", "reason", "model", "language", "ms"}
AIGC = {"Label", "ContentProducer", "ProduceID", "ReservedCode1", "ContentPropagator", "PropagateID", "ReservedCode2"}
LEAD = lead()


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "frame.jpg"
    path.write_bytes(jpeg(picture(1, 270, 480)))
    return path


@pytest.fixture
def record(tmp_path: Path) -> Path:
    path = tmp_path / "incident.json"
    path.write_text(json.dumps(LEAD.to_object()), encoding="utf-8")
    return path


def jpeg(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", pixels)[1].tobytes()


def describe(*words: object) -> int:
    return main(["describe", *map(str, words)])


def row(output: str) -> dict[str, Any]:
    (line,) = output.splitlines()
    read: dict[str, Any] = json.loads(line)
    return read


def test_the_template_is_one_object_without_a_label(
    image: Path, record: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert describe(image, "--record", record, "--template", "--json", "--lang", "zh-CN") == 0
    said = row(capsys.readouterr().out)
    assert set(said) == KEYS
    assert (said["ai"], said["label"], said["AIGC"], said["reason"], said["removed"]) == (
        False,
        None,
        None,
        "no_model",
        [],
    )
    assert said["text"].startswith("线索（疑似未戴安全帽）：2026-03-01 08:30:00")
    assert [(one["kind"], one["tracks"]) for one in said["claims"]] == [
        ("zone", [3, 5]), ("zone", [9]), ("attribute", [3]), ("plate", [9])
    ]  # fmt: skip
    assert all(one["text"] in said["text"] for one in said["claims"])


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_server_that_tells_the_truth_and_invents_shows_the_truth_labelled(
    image: Path, record: Path, capsys: pytest.CaptureFixture[str], language: Any
) -> None:
    reply = stated(
        {"class": "person", "count": 2}, {"class": "person", "count": 9}, {"class": "car", "plate": "沪B00001"}
    )
    seen: list[dict[str, Any]] = []

    def behave(handler: Any, request: dict[str, Any]) -> None:
        seen.append(request)
        answer(handler, {"choices": [{"message": {"content": reply}}]})

    with serving(behave) as url:
        assert describe(image, "--record", record, "--server", url, "--json", "--lang", language) == 0
    said = row(capsys.readouterr().out)
    assert (said["ai"], said["label"], said["reason"]) == (True, AI_LABEL[language], None)
    assert set(said["AIGC"]) == AIGC
    assert said["AIGC"]["Label"] == "1"
    assert said["AIGC"]["ProduceID"]
    by_model = [one for one in said["claims"] if one["stated_by"] == "model"]
    assert [(one["kind"], one["tracks"]) for one in by_model] == [("count", [3, 5])]
    assert [one["reason"] for one in said["removed"]] == ["count", "plate"]
    assert unsupported(said["text"], LEAD) == []
    pictures = [part for part in seen[0]["messages"][0]["content"] if part["type"] == "image_url"]
    assert len(pictures) == 3
    assert "京A12345" not in json.dumps(seen, ensure_ascii=False)


@pytest.mark.parametrize("invention", INVENTED)
def test_a_server_that_only_invents_leaves_the_record_to_speak(
    image: Path, record: Path, capsys: pytest.CaptureFixture[str], invention: str
) -> None:
    reply = {"choices": [{"message": {"content": INVENTED[invention]}}]}
    with serving(lambda handler, _: answer(handler, reply)) as url:
        assert describe(image, "--record", record, "--server", url, "--json") == 0
    said = row(capsys.readouterr().out)
    assert (said["ai"], said["label"], said["reason"]) == (False, None, "unsupported")
    assert said["removed"]
    assert unsupported(said["text"], LEAD) == []


@pytest.mark.parametrize("behind", ["", "\nLead: confirmed\x1b[2K"])
@pytest.mark.parametrize("invention", ["an accusation in prose", "what a sign told it, as a plate", "markup", "intent"])
def test_no_word_that_a_model_wrote_freely_is_shown_as_removed(
    image: Path, record: Path, capsys: pytest.CaptureFixture[str], invention: str, behind: str
) -> None:
    reply = {"choices": [{"message": {"content": INVENTED[invention] + behind}}]}
    with serving(lambda handler, _: answer(handler, reply)) as url:
        assert describe(image, "--record", record, "--server", url, "--json") == 0
        assert describe(image, "--record", record, "--server", url) == 0
    out = capsys.readouterr().out
    assert [word for word in (*NEVER.split(), "intent", "confirmed", "\x1b") if word in out] == []
    assert "\n  removed (" in out


def test_packages_that_write_and_that_only_answer_describe_and_people_can_read_it(
    image: Path, record: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, writes in (("writes", True), ("answers", False)):
        package = write_vlm_package(tmp_path / name, writes=writes)
        assert describe(image, "--record", record, "--model", package, "--json") == 0
        said = row(capsys.readouterr().out)
        assert unsupported(said["text"], LEAD) == []
        assert said["model"] == "random-tiny"
    assert describe(image, "--record", record, "--template") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Lead, suspected missing helmet: ")
    assert lines[3].split() == ["attribute", "1", "person,", "no", "helmet", "seen", "(track", "3)"]


def test_a_model_that_states_nothing_is_told_from_no_model(
    image: Path, record: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(lambda handler, _: answer(handler, {"choices": [{"message": {"content": stated()}}]})) as url:
        assert describe(image, "--record", record, "--server", url) == 0
    asked = capsys.readouterr()
    assert asked.err == "xunjian models: the record speaks alone: the model stated nothing\n"
    assert describe(image, "--record", record, "--template") == 0
    alone = capsys.readouterr()
    assert (alone.out, alone.err) == (asked.out, "")


def test_a_server_that_is_away_leaves_the_template_and_says_so(
    image: Path, record: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert describe(image, "--record", record, "--server", "http://127.0.0.1:9", "--json") == 0
    output = capsys.readouterr()
    assert row(output.out)["reason"] == "model_failed"
    assert output.err.startswith("xunjian models: the record speaks alone: http://127.0.0.1:9: ")
    assert output.err.count("\n") == 1


def png_of(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def cmyk(path: Path) -> bytes:
    Image.new("CMYK", (64, 48), (10, 200, 30, 0)).save(path, "JPEG")
    return path.read_bytes()


def test_a_picture_that_cannot_be_described_is_one_line_and_1(
    image: Path, record: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = image.read_bytes()
    for name, content, why in (
        ("half.jpg", whole[: len(whole) // 2], "breaks off"),
        ("dot.png", cv2.imencode(".png", np.zeros((1, 1, 3), np.uint8))[1].tobytes(), "1 x 1 px"),
        ("huge.png", png_of(20_000, 20_000), "20000 x 20000 px"),
        ("huge.jpg", jpeg(np.zeros((16_400, 8, 3), np.uint8)), "8 x 16400 px"),
        ("cmyk.jpg", cmyk(tmp_path / "made.jpg"), "CMYK"),
        ("text.jpg", b"no picture at all", "not a picture"),
        ("empty.jpg", b"", "empty"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        assert describe(path, "--record", record, "--template", "--json") == 1
        output = capsys.readouterr()
        assert (output.out, output.err.count("\n")) == ("", 1)
        assert why in output.err, output.err
    assert describe(tmp_path / "none.jpg", "--record", record, "--template") == 1
    assert "none.jpg: cannot be read" in capsys.readouterr().err


def test_a_record_or_a_model_that_is_none_is_one_line_and_1(
    image: Path, record: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = LEAD.to_object()
    for content, why in (
        (json.dumps(good | {"schema": "xunjian.incident/2"}), "'xunjian.incident/2', here 'xunjian.incident/1'"),
        (json.dumps({key: value for key, value in good.items() if key != "schema"}), "schema 'None'"),
        (json.dumps(good | {"subjects": "many"}), "subjects"),
        ('{"schema": "xunjian.incident/1", "schema": "xunjian.incident/1"}', "a key stands twice"),
        ("no json", "not JSON"),
        ("[1]", "not one JSON object"),
        (json.dumps(good | {"padding": "x" * 140_000}), "bytes, at most"),
        ('{"a": NaN}', "not JSON"),
        (f"{json.dumps(good)}\n{json.dumps(good)}\n", "more than one line; give one, as `sed -n 1p"),
        (json.dumps({"report": good, "state": "new"}), "the centre's answer about a lead"),
    ):
        path = tmp_path / "bad.json"
        path.write_text(content, encoding="utf-8")
        assert describe(image, "--record", path, "--template") == 1
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert why in error, error
    for words, why in (
        (("--record", tmp_path / "none.json"), "none.json: cannot be read"),
        (("--record", record, "--model", "nobody"), "nobody"),
        (("--record", record, "--model", "detector-14"), "not a vision-language model"),
        (("--record", record, "--server", "ftp://x"), "--server is not an address"),
        (("--record", record, "--server", "http://user:secret@127.0.0.1"), "without name and password"),
        (("--record", record, "--seconds", "0"), "--seconds 0"),
    ):
        assert describe(image, *words) == 1
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert why in error, error
        assert "secret" not in error


@pytest.mark.parametrize(("type_id", "outlined"), [("ppe.no_helmet", False), ("site.intrusion", True)])
def test_the_zone_is_outlined_only_where_the_lead_is_about_it(type_id: str, outlined: bool) -> None:
    grey = np.full((270, 480, 3), 90, np.uint8)
    everywhere = ((0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99))
    place = LEAD.place.model_copy(update={"zone_id": "site", "polygon": everywhere})
    crops = shown_of(grey, LEAD.model_copy(update={"type_id": type_id, "place": place}), 0.25)
    assert crops
    assert all(bool((one.picture != 90).any()) == outlined for one in crops)


CONTROL = "person\x1b[2J\x9b31m\u2028\u202eX"


@pytest.mark.parametrize("words", [(), ("--json",), ("--json", "--lang", "zh-CN")])
def test_what_a_record_holds_moves_no_cursor_and_begins_no_line(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    path = tmp_path / "incident.json"
    path.write_text(json.dumps(lead(subjects=(subject(3, CONTROL),)).to_object()), encoding="utf-8")
    assert describe(image, "--record", path, "--template", *words) == 0
    out = capsys.readouterr().out
    assert out.replace("\n", "").isprintable()
    assert len(out.splitlines()) == (1 if words else 2)
    if words:
        assert CONTROL in row(out)["text"]


def test_an_error_is_one_line_without_control_characters(
    image: Path, record: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert describe(image, "--record", tmp_path / "no\x1b[2J\nne.json", "--template") == 1
    assert describe(image, "--record", record, "--model", "no\x1b[2J\nbody") == 1
    error = capsys.readouterr().err
    assert error.replace("\n", "").isprintable()
    assert error.count("\n") == 2


def test_why_a_model_failed_is_one_line_without_control_characters(
    image: Path, record: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Broken(Inventor):
        def write(self, *_: object) -> str:
            raise ModelError("busy\x1b[2J\nxunjian models: all is well")

    monkeypatch.setattr(describing, "ServerWriter", lambda _: Broken(""))
    assert describe(image, "--record", record, "--server", "http://127.0.0.1:9") == 0
    error = capsys.readouterr().err
    assert error.replace("\n", "").isprintable()
    assert error.count("\n") == 1
