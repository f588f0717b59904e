"""Packages that nobody vouches for: what is wrong is said in one line, and costs the one who asks nothing."""

import struct
import time
from pathlib import Path

import pytest

from models.__main__ import main
from models.engine.onnx_file import DEPTH_MAX, check_outline
from models.errors import EngineError, PackageError
from models.package import open_package
from models.registry import find_package
from models.trial import limits_for, try_apart
from models.trial_child import Limits
from tests.models import onnx_bytes
from tests.models.onnx_bytes import model, node, number, part, seeing_nothing, tensor, varint
from tests.models.packages import facts, write_package

ADDED = (node("Add", ("images", "more"), "found"),)
TENSOR_OF_10_GB = number(1, 10 * 2**30 // 4) + number(2, 1) + part(8, "more")
FILLED = model(
    (
        node(
            "ConstantOfShape",
            ("shape",),
            "many",
            part(1, "value") + part(5, tensor("", (1,), 1.0)) + number(20, 4),
        ),
        node("ReduceSum", ("many",), "sum"),
        node("Mul", ("images", "sum"), "found"),
    ),
    (number(1, 1) + number(2, 7) + part(8, "shape") + part(9, struct.pack("<q", 10 * 2**30)),),
)

REFUSED = {
    "a text file renamed": (b"Read me first: this is how to use the model.\n" * 20, "no ONNX file"),
    "nothing inside": (number(1, 8), "no ONNX file"),
    "external data outside its folder": (
        model(ADDED, (tensor("more", (1,), location="../../etc/passwd"),)),
        r"another file \('../../etc/passwd'\)",
    ),
    "an unknown operator": (model((node("Teleport", ("images",), "found"),)), "Teleport"),
    "another input shape": (seeing_nothing(("n", 1, 32, 32)), r"takes images \('\?', 1, 32, 32\), but the card says"),
    "another output": (model((node("Relu", ("images",), "found"),), found=("n", 3, "h", "w")), "tiny"),
    "10 GB claimed by a length": (number(1, 8) + varint(7 << 3 | 2) + varint(10 * 2**30) + b"graph", "10737418240"),
    "10 GB claimed by a tensor": (model(ADDED, (TENSOR_OF_10_GB,)), "cannot load"),
    "10 GB made at load": (FILLED, r"memory|alloc"),
    "cut off": (find_package().read_weights()[:100_000], "no whole ONNX file"),
}


@pytest.mark.parametrize(("content", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_wrong_with_a_network_is_said_in_one_line(content: bytes, reason: str, tmp_path: Path) -> None:
    package = open_package(write_package(tmp_path / "tiny", content))
    with pytest.raises(PackageError, match=reason) as refused:
        try_apart(package, limits_for(package))
    assert str(refused.value).startswith("tiny: refused on trial: ")
    assert "\n" not in str(refused.value)


def test_a_network_that_answers_as_its_card_says_is_taken(tmp_path: Path) -> None:
    package = open_package(write_package(tmp_path / "tiny", seeing_nothing()))
    try_apart(package, limits_for(package))


@pytest.mark.parametrize(
    ("variant", "why"),
    [
        (seeing_nothing(("n", 1, 32, 32)), r"other.onnx: takes images \('\?', 1, 32, 32\), but the card says"),
        (b"half a network", "other.onnx: this is no"),
        (seeing_nothing(), None),
    ],
)
def test_a_variant_is_tried_as_the_weights_are(variant: bytes, why: str | None, tmp_path: Path) -> None:
    weights = seeing_nothing()
    files = {"model.onnx": facts(weights), "other.onnx": facts(variant)}
    folder = write_package(tmp_path / "tiny", weights, files=files, variants={"fp16": "other.onnx"})
    (folder / "other.onnx").write_bytes(variant)
    package = open_package(folder)
    if why is None:
        try_apart(package, limits_for(package))
    else:
        with pytest.raises(PackageError, match=why):
            try_apart(package, limits_for(package))


def test_the_shipped_package_passes_the_trial_that_it_is_spared() -> None:
    package = find_package()
    try_apart(package, limits_for(package))


def test_a_trial_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    package = open_package(write_package(tmp_path / "tiny", seeing_nothing()))
    usual = limits_for(package)
    began = time.monotonic()
    with pytest.raises(PackageError, match=r"no answer in 0\.01 s"):
        try_apart(package, Limits(usual.data_bytes_max, usual.address_bytes_max, wall_s_max=0.01))
    assert time.monotonic() - began < 20


def test_a_process_that_ends_by_itself_is_a_refusal(tmp_path: Path) -> None:
    package = open_package(write_package(tmp_path / "tiny", seeing_nothing()))
    with pytest.raises(PackageError, match=r"its process ended|memory|alloc"):
        try_apart(package, Limits(2**20, 2**20))


def test_a_package_that_is_named_is_tried_though_it_is_pinned(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify"]) == 0
    assert all(line.endswith(", not loaded") for line in capsys.readouterr().out.splitlines())
    assert main(["verify", "detector-14"]) == 0
    assert capsys.readouterr().out.rstrip().endswith("its networks load here")
    monkeypatch.setattr("models.trial.limits_for", lambda _: Limits(2**20, 2**20))
    assert main(["verify", "detector-14"]) == 1
    assert "detector-14: refused on trial" in capsys.readouterr().err


def test_weights_elsewhere_are_found_however_deep_they_are_hidden() -> None:
    hidden = part(5, part(1, "value") + part(5, tensor("", (1,), location="/etc/passwd")))
    inner = part(6, part(1, node("Constant", (), "out") + hidden))
    for _ in range(5):
        inner = part(6, part(1, node("If", ("images",), "out") + part(5, part(1, "then_branch") + inner)))
    with pytest.raises(EngineError, match="/etc/passwd"):
        check_outline(model((node("If", ("images",), "found") + part(5, part(1, "then_branch") + inner),)))


def test_graphs_within_graphs_have_an_end() -> None:
    inner = b""
    for _ in range(DEPTH_MAX):
        inner = part(6, part(1, part(5, inner)))
    with pytest.raises(EngineError, match="nested"):
        check_outline(part(7, part(1, part(5, inner))))


def test_pull_puts_nothing_in_place_that_fails_its_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XUNJIAN_MODELS", str(tmp_path / "pulled"))
    bad = write_package(tmp_path / "bad", onnx_bytes.model((node("Teleport", ("images",), "found"),)))
    for command in (
        ["pull", "tiny", "--from", str(bad)],
        ["verify", str(bad)],
        ["detect", "x.jpg", "--model", str(bad)],
        ["parity", str(bad)],
        ["ask", "x.jpg", "--question", "helmet_worn", "--model", str(bad)],
    ):
        assert main(command) == 1
        error = capsys.readouterr().err
        assert "refused on trial" in error
        assert error.count("\n") == 1
    assert not (tmp_path / "pulled" / "tiny").exists()
