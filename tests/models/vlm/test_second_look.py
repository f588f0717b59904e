"""The package that ships, through `xunjian models`: on pictures that it has never seen, and on what shows nothing."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from models.__main__ import main
from models.registry import find_package, read_registry
from models.training.vlm.second_look.samples import MARGIN
from models.vlm.closed_claims import agreed
from models.vlm.questions import read_questions
from tests.data import data
from tests.models.vlm.packages import open_vlm

NAME = "second-look-3m"


@pytest.fixture(autouse=True)
def _nothing_pulled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUNJIAN_MODELS", str(tmp_path / "pulled"))


def ask(capsys: pytest.CaptureFixture[str], *words: object) -> list[Any]:
    assert main(["ask", *map(str, words), "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_shipped_package_is_whole_and_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert read_registry().default_vlm == NAME
    assert main(["verify", NAME]) == 0
    card = find_package(NAME).vlm_card
    assert card.answers.margin == MARGIN
    assert set(card.answers.calibration) == set(read_questions())
    assert card.licence == "AGPL-3.0-only"


def test_the_questions_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["questions"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(read_questions())


@pytest.mark.parametrize("question", sorted(read_questions()))
def test_a_blank_picture_cannot_be_told(question: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "grey.png"
    path.write_bytes(cv2.imencode(".png", np.full((120, 90, 3), 120, np.uint8))[1].tobytes())
    (answer,) = ask(capsys, path, "--question", question)
    assert answer["verdict"] == "cannot_tell"
    assert answer["mass"] > 0.95


def test_most_labelled_test_pictures_are_answered_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = data("images")
    from models.training.vlm.second_look.samples import make_samples, read_labels

    samples = [one for one in make_samples(read_labels(images)) if one.split == "test" and not one.damage]
    for question in ("helmet_worn", "fire", "litter"):
        chosen = [one for one in samples if one.question == question][::8]
        batch = tmp_path / f"{question}.jsonl"
        rows = [
            {"image": f"{images / one.picture.replace('/', '/images/', 1)}.jpg", "question": question, "box": one.box}
            for one in chosen
        ]
        batch.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        answers = ask(capsys, "--batch", batch)
        right = sum(answer["verdict"] == one.reply for answer, one in zip(answers, chosen, strict=True))
        assert right >= 0.7 * len(chosen), question


def test_what_it_writes_about_most_labelled_test_pictures_begins_right() -> None:
    images = data("images", "split.tsv").parent
    from models.training.vlm.second_look.samples import make_samples, read_labels
    from models.training.vlm.second_look.written import write

    pictures = read_labels(images)
    of = {one.picture: one for one in pictures}
    samples = [one for one in make_samples(pictures) if one.split == "test"]
    model = open_vlm(find_package(NAME))
    assert model.writes
    for question in ("helmet_worn", "vest_worn", "fire"):
        chosen = [one for one in samples if one.question == question][::8]
        written = [write(model, images, one, of[one.picture]) for one in chosen]
        told = [one for one in written if one.labels]
        right = sum(one.stated is not None and one.stated[:1] == one.labels[:1] for one in told)
        assert right >= 0.75 * len(told), question
        dark = [one for one in written if one.sample.reply == "unclear"]
        assert sum(one.stated == () for one in dark) >= 0.9 * len(dark), question


def test_a_dustbin_in_a_zone_is_nobody() -> None:
    """Its crop in a zone is what a detector's false alarm about an intrusion looks like."""
    path = data("images", "split.tsv").parent
    from models.training.vlm.second_look.crops import render
    from models.training.vlm.second_look.samples import SIDE_MIN, Sample, read_labels
    from models.training.vlm.second_look.zones import zone_with

    model, asked, random = open_vlm(find_package(NAME)), read_questions()["in_zone"].en, np.random.default_rng(0)
    bins = [
        Sample("test", one.picture, box, "in_zone", "no", zone_with(box, random))
        for one in read_labels(path)
        if one.split == "test" and one.picture.startswith("garbage_bins")
        for box in one.of("garbage_bin")
        if min(box[2] - box[0], box[3] - box[1]) >= SIDE_MIN
    ][::2]
    answers = [
        agreed(model.ask(render(path, one), asked.question, "in_zone"), model.ask(render(path, one), asked.control))
        for one in bins
    ]
    assert answers.count("yes") <= 0.1 * len(bins)


def test_question_and_mirror_and_both_languages_agree() -> None:
    path = data("images", "split.tsv").parent
    from models.training.vlm.second_look.crops import render
    from models.training.vlm.second_look.samples import make_samples, read_labels

    samples = [one for one in make_samples(read_labels(path)) if one.split == "test" and not one.damage][::60]
    model, agree = open_vlm(find_package(NAME)), 0
    for one in samples:
        asked, picture = read_questions()[one.question], render(path, one)
        english, chinese = (model.ask(picture, wording.question) for wording in (asked.en, asked.zh))
        control = model.ask(picture, asked.en.control)
        agree += english.verdict == chinese.verdict and (english.p_yes > english.p_no) == (control.p_no > control.p_yes)
    assert agree >= 0.8 * len(samples)
