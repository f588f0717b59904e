from pathlib import Path
from typing import Any

import pytest
import yaml

from models.errors import PackageError
from models.package import open_package
from tests.models.packages import WEIGHTS, facts, write_package

INPUT = {"size_px": 640, "trained_px": 320, "stride_px": 32, "side_px_min": 128, "dynamic": True}


def refusal(folder: Path) -> str:
    with pytest.raises(PackageError) as refused:
        open_package(folder)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_package_whose_files_match_its_card_opens(tmp_path: Path) -> None:
    package = open_package(write_package(tmp_path / "tiny"))
    assert package.card.classes == ("person", "car")
    assert package.sha256 == facts(WEIGHTS)["sha256"]
    assert package.read_weights() == WEIGHTS


@pytest.mark.parametrize("content", [b"", b"x" * len(WEIGHTS), WEIGHTS + b"more", WEIGHTS[:-1]])
def test_weights_that_are_not_the_ones_on_the_card_are_refused(tmp_path: Path, content: bytes) -> None:
    folder = write_package(tmp_path / "tiny")
    (folder / "model.onnx").write_bytes(content)
    message = refusal(folder)
    assert "model.onnx" in message
    assert "xunjian models pull tiny" in message


def test_weights_that_are_swapped_after_the_package_was_opened_are_refused(tmp_path: Path) -> None:
    package = open_package(write_package(tmp_path / "tiny"))
    (package.folder / "model.onnx").write_bytes(b"x" * len(WEIGHTS))
    with pytest.raises(PackageError, match="the card says"):
        package.read_weights()


def test_a_missing_file_and_a_missing_card_are_named(tmp_path: Path) -> None:
    folder = write_package(tmp_path / "tiny")
    (folder / "model.onnx").unlink()
    assert "model.onnx: cannot be read (No such file or directory)" in refusal(folder)
    assert "no readable card.yaml" in refusal(tmp_path / "nowhere")


def test_a_link_out_of_the_package_is_refused(tmp_path: Path) -> None:
    folder = write_package(tmp_path / "tiny")
    outside = tmp_path / "outside.onnx"
    (folder / "model.onnx").rename(outside)
    (folder / "model.onnx").symlink_to(outside)
    assert "a link" in refusal(folder)


@pytest.mark.parametrize("name", ["../model.onnx", "sub/model.onnx", "/etc/passwd", "..", ".hidden", "a\\b", ""])
def test_a_card_cannot_name_a_file_outside_its_folder(tmp_path: Path, name: str) -> None:
    folder = write_package(tmp_path / "tiny", files={"model.onnx": facts(WEIGHTS), name: facts(WEIGHTS)})
    assert "plain name" in refusal(folder)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"schema": "xunjian.model/2"}, "schema"),
        ({"surprise": 1}, "surprise"),
        ({"classes": []}, "classes"),
        ({"licence": "MIT\nand a second line"}, "licence"),
        ({"classes": ["person", "person"]}, "a class is named twice"),
        ({"weights": "other.onnx"}, "weights file other.onnx is not among files"),
        ({"input": INPUT | {"size_px": 650}}, "multiples of stride_px 32"),
        ({"input": INPUT | {"size_px": 96}}, "below side_px_min 128"),
        ({"name": "../up"}, "name"),
        ({"input": INPUT | {"pixels": {"fit": "stretch"}}}, "dynamic must be false"),
        ({"input": INPUT | {"pixels": {"std": [1, 0, 1]}}}, "std must be positive"),
        ({"network_classes": ["person", "zebra"]}, "class car comes from none of network_classes"),
        ({"renamed": {"automobile": "car"}}, "renamed: automobile is not among network_classes"),
        ({"min_score": {"zebra": 0.5}}, "min_score: zebra is not among classes"),
        ({"min_score": {"car": 2}}, "min_score"),
        ({"files": {"model.onnx": {"bytes": 4, "sha256": "no hash"}}}, "sha256"),
    ],
)
def test_a_card_that_is_wrong_is_refused_with_what_is_wrong(
    tmp_path: Path, changes: dict[str, Any], named: str
) -> None:
    assert named in refusal(write_package(tmp_path / "tiny", **changes))


@pytest.mark.parametrize(
    "content", [b"", b"[1, 2", b"\xff\xfe\x00", b"just text", b"a: b\n" * 20_000, b"[" * 5000, b"version: 2026-99-99"]
)
def test_a_card_that_is_no_card_is_refused(tmp_path: Path, content: bytes) -> None:
    folder = write_package(tmp_path / "tiny")
    (folder / "card.yaml").write_bytes(content)
    assert "card.yaml: " in refusal(folder)


def test_a_card_is_data_and_never_code(tmp_path: Path) -> None:
    folder = write_package(tmp_path / "tiny")
    witness = tmp_path / "ran"
    (folder / "card.yaml").write_text(f"!!python/object/apply:os.mkdir ['{witness}']", encoding="utf-8")
    assert "not YAML" in refusal(folder)
    assert not witness.exists()


def test_the_card_is_read_as_written(tmp_path: Path) -> None:
    folder = write_package(tmp_path / "tiny")
    written = yaml.safe_load((folder / "card.yaml").read_text(encoding="utf-8"))
    assert open_package(folder).card.model_dump(mode="json", by_alias=True, exclude_unset=True) == written


def with_variants(folder: Path, **variants: str) -> Path:
    files = {"model.onnx": facts(WEIGHTS), "half.onnx": facts(b"half of it")}
    write_package(folder, files=files, variants=variants)
    (folder / "half.onnx").write_bytes(b"half of it")
    return folder


def test_a_variant_is_the_package_with_other_weights(tmp_path: Path) -> None:
    package = open_package(with_variants(tmp_path / "tiny", fp16="half.onnx"))
    half = package.in_precision("fp16")
    assert (half.card.precision, half.read_weights()) == ("fp16", b"half of it")
    assert half.sha256 == facts(b"half of it")["sha256"]
    assert half.card.classes == package.card.classes
    assert package.in_precision("fp32") is package
    with pytest.raises(PackageError, match="has no int8 weights, only fp32, fp16"):
        package.in_precision("int8")


@pytest.mark.parametrize(
    ("variants", "why"),
    [
        ({"fp16": "quarter.onnx"}, "quarter.onnx is not among files"),
        ({"fp16": "model.onnx"}, "the weights are named again"),
        ({"fp32": "half.onnx"}, "the weights are named again"),
        ({"fp8": "half.onnx"}, "fp8"),
    ],
)
def test_a_variant_is_another_precision_in_another_file(variants: dict[str, str], why: str, tmp_path: Path) -> None:
    assert why in refusal(with_variants(tmp_path / "tiny", **variants))
