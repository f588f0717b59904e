"""Why the shim exists: without it, torchvision beside a CPU build of torch does not even import."""

import importlib.util
import subprocess
import sys

import pytest

from tests.project.sources import ROOT

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("torchvision") is None, reason="needs torch and torchvision (extra train)"
)


def run(program: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_torchvision_alone_does_not_import_beside_a_cpu_build_of_torch() -> None:
    """The day this fails, the shim can go."""
    assert "torchvision::nms does not exist" in run("import torchvision").stderr


def test_with_the_shim_it_imports_and_suppresses_what_overlaps() -> None:
    program = """
from models.training import torchvision_shim
torchvision_shim.install()
torchvision_shim.install()
import torch, torchvision
boxes = torch.tensor([[0., 0., 10., 10.], [1., 1., 11., 11.], [20., 20., 30., 30.]])
print(torchvision.ops.nms(boxes, torch.tensor([0.9, 0.8, 0.7]), 0.5).tolist())
"""
    finished = run(program)
    assert finished.stdout.strip() == "[0, 2]", finished.stderr
