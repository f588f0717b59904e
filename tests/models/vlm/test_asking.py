"""`xunjian models ask | questions | verify | pull` with a vision-language package."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from models.__main__ import main
from models.vlm.marking import marked_crop
from models.vlm.questions import read_questions
from tests.models.vlm.packages import TINY, open_vlm, picture, write_vlm_package
from tests.project.sources import ROOT

KEYS = {"verdict", "p_yes", "p_no", "mass", "ms"}


@pytest.fixture(autouse=True)
def pulled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XUNJIAN_MODELS", str(tmp_path / "pulled"))
    return tmp_path / "pulled"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return write_vlm_package(tmp_path / "random-tiny")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "frame.png"
    path.write_bytes(cv2.imencode(".png", picture(1, 90, 160))[1].tobytes())
    return path


def ask(*words: object) -> int:
    return main(["ask", *map(str, words)])


def lines(output: str) -> list[Any]:
    return [json.loads(line) for line in output.splitlines()]


def one_line(error: str) -> str:
    assert error.startswith("xunjian models: ")
    assert error.count("\n") == 1
    return error


def test_ask_prints_a_verdict_as_json(image: Path, package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(image, "--question", "helmet_worn", "--model", package, "--json") == 0
    (answer,) = lines(capsys.readouterr().out)
    assert set(answer) == KEYS
    assert answer["verdict"] in {"yes", "no", "cannot_tell"}
    wording = read_questions()["helmet_worn"].en.question
    ours = open_vlm(package).ask(picture(1, 90, 160), wording)
    assert (answer["p_yes"], answer["mass"]) == pytest.approx((ours.p_yes, ours.mass), abs=1e-5)


def test_box_language_and_control_change_what_is_asked(
    image: Path, package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = []
    for words in ([], ["--box", "0.1,0.2,0.4,0.9"], ["--language", "zh-CN"], ["--control"]):
        assert ask(image, "--question", "fire", "--model", package, "--json", *words) == 0
        answers.append(lines(capsys.readouterr().out)[0]["mass"])
    assert len(set(answers)) == 4
    assert ask(image, "--question", "fire", "--model", package) == 0
    assert capsys.readouterr().out.startswith(f"{image}: fire: ")


def test_a_zone_is_marked_in_the_crop_for_questions_about_it(
    image: Path, package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    masses = []
    zones: tuple[list[str], ...] = ([], ["--zone", "0.1,0.3,0.9,0.3,0.5,0.9"], ["--zone", "0.1,0.3,0.9,0.3,0.5,0.6"])
    for words in zones:
        assert (
            ask(image, "--question", "in_zone", "--box", "0.1,0.2,0.6,0.9", "--model", package, "--json", *words) == 0
        )
        masses.append(lines(capsys.readouterr().out)[0]["mass"])
    assert len(set(masses)) == 3
    frame, box = picture(1, 90, 160), (0.1, 0.2, 0.6, 0.9)
    ours = open_vlm(package)
    crop = marked_crop(frame, box, ours.answer_facts.margin, ((0.1, 0.3), (0.9, 0.3), (0.5, 0.9)))
    assert masses[1] == pytest.approx(ours.ask(crop, read_questions()["in_zone"].en.question).mass, abs=1e-5)
    row = {"image": str(image), "question": "in_zone", "box": box, "zone": [[0.1, 0.3], [0.9, 0.3], [0.5, 0.9]]}
    (tmp_path / "batch.jsonl").write_text(json.dumps(row), encoding="utf-8")
    assert ask("--batch", tmp_path / "batch.jsonl", "--model", package, "--json") == 0
    assert lines(capsys.readouterr().out)[0]["mass"] == pytest.approx(masses[1], abs=1e-5)


def test_a_batch_answers_line_by_line_and_goes_on_after_a_broken_picture(
    image: Path, package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.jpg").write_bytes(cv2.imencode(".jpg", picture(1, 90, 160))[1].tobytes()[:60])
    (tmp_path / "dot.png").write_bytes(cv2.imencode(".png", np.zeros((1, 1, 3), np.uint8))[1].tobytes())
    rows: list[dict[str, Any]] = [
        {"image": str(image), "question": "fire", "box": [0.1, 0.2, 0.4, 0.9]},
        {"image": str(tmp_path / "broken.jpg"), "question": "fire"},
        {"image": str(tmp_path / "dot.png"), "question": "fire"},
        {"image": str(image), "question": "smoke", "box": None},
    ]
    batch = tmp_path / "batch.jsonl"
    batch.write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    assert ask("--batch", batch, "--model", package, "--json") == 1
    output = capsys.readouterr()
    answers = lines(output.out)
    assert [(row["image"], row["question"]) for row in answers] == [(row["image"], row["question"]) for row in rows]
    assert [set(row) - {"image", "question"} for row in answers] == [
        KEYS | {"line", "box"}, {"line", "error"}, {"line", "error"}, KEYS | {"line"},
    ]  # fmt: skip
    assert output.err.count("\n") == 2
    assert "1 x 1 px" in output.err


BROKEN_LINES: list[tuple[bytes, str]] = [
    (b"no json", "not like"),
    (b"{}", "not like"),
    (b"[1]", "not like"),
    (b'{"image": "a.jpg"}', "not like"),
    (b'{"image": 7, "question": "fire"}', "not like"),
    (b'{"image": "", "question": "fire"}', "not like"),
    (b'{"image": "a\\u0000.jpg", "question": "fire"}', "not like"),
    (b'{"image": "a\\ud800.jpg", "question": "fire"}', "not like"),
    (b'{"image": "a.jpg", "question": ["fire"]}', "not like"),
    (b'{"image": "a\xff.jpg", "question": "fire"}', "not like"),
    (b"[" * 60_000, "not like"),
    (b'{"image": "' + b"a" * 200_000 + b'", "question": "fire"}', "more than 65536 bytes"),
    (b'{"image": "IMAGE", "question": "mood"}', "known: helmet_worn"),
    (b'{"image": "nowhere.jpg", "question": "fire"}', "nowhere.jpg: cannot be read"),
    (b'{"image": "/", "question": "fire"}', "Is a directory"),
    *(
        (b'{"image": "IMAGE", "question": "fire", "box": ' + box + b"}", "from 0 to 1")
        for box in (
            b"[1, 2]", b'"0011"', b"[0, 0, 1, true]", b'[0, 0, 1, "1"]', b"[0, 0, NaN, 1]", b"[0, 0, Infinity, 1]",
            b"[0, 0, 1.1, 1]", b"[-0.1, 0, 1, 1]", b"[1, 1, 0, 0]", b"[0.2, 0.2, 0.2, 0.8]",
            b"[0, 0, 1, 1" + b"0" * 400 + b"]",
        )
    ),
    *(
        (b'{"image": "IMAGE", "question": "in_zone", "zone": ' + zone + b"}", "a zone is 3 to 64 corners")
        for zone in (
            b"[]", b"[[0, 0], [1, 1]]", b"[0, 0, 1, 0, 1, 1]", b"[[0, 0], [1, 0], [1, 1.2]]",
            b"[[0, 0], [1, 0], [1, NaN]]", b"[[0, 0], [1, 0], [1, true]]",
            b"[[0, 0], [1, 0], [1]]", b"{}", b"[" + b"[0, 0]," * 64 + b"[1, 1]]",
        )
    ),
    (b'{"image": "IMAGE", "question": "fire", "zone": [[0, 0], [1, 0], [1, 1]]}', "fire is not about a zone"),
    (b'{"image": "IMAGE", "question": "in_zone", "zone": [[0, 0], [0.5, 0.5], [1, 1]]}', "a zone has an area"),
    (b'{"image": "IMAGE", "question": "fire", "bbox": [0, 0, 1, 1]}', "unknown key 'bbox'; did you mean box?"),
    (b'{"image": "IMAGE", "question": "fire", "language": "en"}', "unknown key 'language'; known: image, "),
]  # fmt: skip


def test_lines_that_cannot_be_asked_are_said_and_the_others_answered(
    image: Path, package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = json.dumps({"image": str(image), "question": "fire"}).encode()
    batch = tmp_path / "batch.jsonl"
    broken = [line.replace(b"IMAGE", str(image).encode()) for line, _ in BROKEN_LINES]
    batch.write_bytes(b"\n".join([b"\xef\xbb\xbf" + good, *(line + b"\n" for line in broken), good]))
    assert ask("--batch", batch, "--model", package, "--json") == 1
    output = capsys.readouterr()
    first, *wrong, last = lines(output.out)
    assert set(first) == set(last) == KEYS | {"line", "image", "question"}
    assert (first["line"], last["line"]) == (1, 2 + 2 * len(BROKEN_LINES))
    said = output.err.splitlines()
    for place, ((line, why), row, text) in enumerate(zip(BROKEN_LINES, wrong, said, strict=True)):
        assert row["line"] == 2 + 2 * place
        assert why in row["error"], line[:80]
        assert text.startswith(f"xunjian models: {batch}:{row['line']}: "), line[:80]
        assert why in text
        assert len(text) < 2000


def test_a_batch_is_read_as_it_is_asked(image: Path, package: Path, tmp_path: Path) -> None:
    batch = tmp_path / "batch.jsonl"
    line = json.dumps({"image": str(image), "question": "fire"})
    with batch.open("w") as file:
        file.writelines(f"{line}\n" for _ in range(100_000))
    command = [sys.executable, "-m", "models", "ask", "--batch", str(batch), "--model", str(package), "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        assert [set(json.loads(process.stdout.readline())) for _ in range(3)] == [
            KEYS | {"line", "image", "question"}
        ] * 3
        memory = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").split("VmRSS:")[1].split()[0]
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 1
    assert int(memory) < 250_000, "kB"


def test_what_cannot_be_asked_is_said_in_one_line(
    image: Path, package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, named in (
        ((image,), "--question ID is missing"),
        ((), "give a picture, or --batch"),
        ((image, "--batch", "nowhere.jsonl"), "give a picture, or --batch FILE, not both"),
        ((image, "--question", "mood", "--model", package), "known: helmet_worn"),
        ((image, "--question", "fire", "--model", "detector-14"), "not a vision-language model"),
        ((image, "--question", "fire", "--box", "0.5,0.5,0.4,1", "--model", package), "x1 < x2"),
        ((image, "--question", "fire", "--zone", "0,0,1,0,1,1", "--model", package), "fire is not about a zone"),
        (("--batch", "nowhere.jsonl", "--zone", "0,0,1,0,1,1"), "each line of a batch has its own"),
        (("nowhere.jpg", "--question", "fire", "--model", package), "nowhere.jpg: cannot be read"),
        (("--batch", "nowhere.jsonl", "--model", package), "nowhere.jsonl: cannot be read"),
        (("no\nwhere.jpg", "--question", "fire", "--model", package), "where.jpg: cannot be read"),
        *(
            (
                (image, "--question", "fire", "--model", package, "--threads", str(threads)),
                f"{threads} threads; give 1 to 256",
            )
            for threads in (0, 100_000)
        ),
        (("--batch", "/dev/null", "--model", package), "/dev/null: no line in it"),
        (("--batch", "nowhere.jsonl", "--question", "fire"), "each line of a batch has its own"),
    ):
        assert ask(*words) == 1
        assert named in one_line(capsys.readouterr().err)


def test_detect_refuses_a_vision_language_package(
    image: Path, package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["detect", str(image), "--model", str(package)]) == 1
    assert "not a detector" in one_line(capsys.readouterr().err)


def test_a_package_of_several_files_is_pulled_verified_and_listed(
    package: Path, pulled: Path, image: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pull", "random-tiny", "--from", str(package)]) == 0
    assert main(["verify", "random-tiny"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert all("random-tiny: 6 files match" in line for line in shown)
    assert main(["list", "--json"]) == 0
    (row,) = (row for row in lines(capsys.readouterr().out) if row["name"] == "random-tiny")
    assert row["task"] == "vision_language"
    assert main(["list"]) == 0
    assert "answers questions about pictures" in capsys.readouterr().out
    assert ask(image, "--question", "fire", "--model", "random-tiny", "--json") == 0
    capsys.readouterr()
    for name in ("tokenizer.json", "vision_encoder.onnx", "config.json"):
        content = (pulled / "random-tiny" / name).read_bytes()
        (pulled / "random-tiny" / name).write_bytes(content + b" ")
        assert main(["verify", "random-tiny"]) == 1
        assert name in one_line(capsys.readouterr().err)
        (pulled / "random-tiny" / name).unlink()
        assert ask(image, "--question", "fire", "--model", "random-tiny") == 1
        assert f"{name}: cannot be read" in one_line(capsys.readouterr().err)
        (pulled / "random-tiny" / name).write_bytes(content)


def test_the_questions_are_listed_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["questions", "--json"]) == 0
    rows = {row["id"]: row for row in lines(capsys.readouterr().out)}
    assert set(rows) >= {
        "helmet_worn", "vest_worn", "fire", "smoke", "rider_helmet", "litter", "in_zone", "stationary",
    }  # fmt: skip
    assert rows["fire"]["zh-CN"]["question"].endswith("？")
    assert main(["questions"]) == 0
    assert "helmet_worn" in capsys.readouterr().out


def test_questions_are_about_types_of_the_catalogue_and_never_negated() -> None:
    known = {path.stem for path in (ROOT / "contract/violations").glob("*.yaml")}
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "contract/violations").glob("*.yaml"))
    for question in read_questions().values():
        assert all(name in known or name in text for name in question.types)
        for wording in (question.en.question, question.en.control):
            assert not {"no", "not", "without"} & set(wording.lower().rstrip("?").split())


def test_the_fixture_package_is_as_its_card_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(TINY / "shared")]) == 0
    assert "6 files match" in capsys.readouterr().out
