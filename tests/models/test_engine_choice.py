"""What may be asked for as an engine, and what the machine says of itself."""

from pathlib import Path

import pytest

from models.engine.choice import Choice
from models.engine.machine import Machine, read_machine
from models.errors import EngineError


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("onnx", Choice("cpu", None)),
        ("fp16", Choice("cpu", "fp16")),
        ("int8", Choice("cpu", "int8")),
        ("cuda", Choice("cuda", None)),
        ("tensorrt-native:fp16", Choice("tensorrt-native", "fp16")),
        ("tensorrt-graph", Choice("tensorrt-graph", None)),
    ],
)
def test_an_engine_is_a_device_a_precision_or_both(text: str, choice: Choice) -> None:
    assert Choice.parse(text) == choice


@pytest.mark.parametrize("text", ["", ":", "gpu", "cuda:", "cuda:fp8", "fp16:cuda", "cuda:fp16:int8"])
def test_what_is_none_is_refused_with_what_would_be_one(text: str) -> None:
    with pytest.raises(EngineError, match="give onnx, a device"):
        Choice.parse(text)


def test_a_machine_is_read_from_proc(tmp_path: Path) -> None:
    files = {
        "proc/cpuinfo": "processor\t: 0\nmodel name\t: Some CPU @ 2.4GHz\nflags\t\t: avx2 avx512_vnni\n",
        "proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX x86_64  550.54.15\nGCC version: 12\n",
        "proc/driver/nvidia/gpus/0000:01:00.0/information": "Model: \t\t NVIDIA L4\nIRQ: 11\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    machine = read_machine(tmp_path)
    assert machine.cpu == "Some CPU @ 2.4GHz +vnni"
    assert machine.gpu == "NVIDIA L4"
    assert machine.driver == "NVRM version: NVIDIA UNIX x86_64 550.54.15"
    assert any(one.startswith("onnxruntime") for one in machine.runtimes)


def test_a_jetson_says_which_one_it_is_and_its_release(tmp_path: Path) -> None:
    for name, text in {
        "proc/device-tree/model": "NVIDIA Jetson Orin Nano\0",
        "etc/nv_tegra_release": "# R36 (release), REVISION: 4.0\nmore\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    machine = read_machine(tmp_path)
    assert (machine.cpu, machine.gpu) == ("NVIDIA Jetson Orin Nano",) * 2
    assert machine.driver == "R36 (release), REVISION: 4.0"


def test_a_machine_that_says_nothing_is_no_error(tmp_path: Path) -> None:
    machine = read_machine(tmp_path)
    assert machine == Machine(machine.cpu, "", "", machine.runtimes)
    assert machine.cpu
