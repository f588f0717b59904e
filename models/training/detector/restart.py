"""A shipped ONNX file becomes a checkpoint that training can start from.

`python -m models.training.detector.restart MODEL.onnx LIKE.pt PACK OUT.pt`: LIKE.pt is any checkpoint of the same
network, PACK what `dataset.py` wrote. An export folds each batch normalisation into its convolution (y = conv(x) + b),
and a network without normalisation cannot be trained on as before. Here each normalisation comes back: the folded
weights are divided by the scale that LIKE's normalisation has, so that a step of the optimiser is as large as it was;
mean and variance are measured on pictures of PACK; scale and shift are then set so that the output stays the same to
rounding. An export has no one-to-many head, which only training needs: LIKE's stays.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

from models.training import torchvision_shim
from models.training.detector.average import read

SCALE_MIN = 0.01  # of a normalisation; a channel that LIKE scales by less is left as it was folded
ONE_TO_MANY = ("cv2.", "cv3.")  # of the head, the last module
DIFFERENCE_MAX = 2e-3  # of scores and of coordinates over the side


def folded_weights(path: Path) -> dict[str, torch.Tensor]:
    model = onnx.load(path)
    return {
        entry.name: torch.from_numpy(onnx.numpy_helper.to_array(entry).copy())
        for entry in model.graph.initializer
        if entry.name.startswith("model.")
    }


def normalised_convolutions(network: nn.Module) -> dict[str, tuple[nn.Conv2d, nn.BatchNorm2d]]:
    """By name: each convolution that a batch normalisation follows."""
    return {
        name: (module.conv, module.bn)
        for name, module in network.named_modules()
        if isinstance(getattr(module, "conv", None), nn.Conv2d)
        and isinstance(getattr(module, "bn", None), nn.BatchNorm2d)
    }


def take_over(network: nn.Module, weights: Mapping[str, torch.Tensor]) -> list[str]:
    """The folded weights, each normalisation as a scale and a shift. Returns the names of the normalised convolutions
    taken. Raises ValueError for a network that has other weights.
    """
    left, taken = dict(weights), []
    with torch.no_grad():
        for name, (convolution, norm) in normalised_convolutions(network).items():
            if f"{name}.conv.weight" not in left:
                if not _only_in_training(name, network):
                    raise ValueError(f"the ONNX file has no {name}.conv.weight: it is of another network")
                continue
            scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            scale = torch.where(scale.abs() < SCALE_MIN, torch.ones_like(scale), scale)
            _fill(convolution.weight, left.pop(f"{name}.conv.weight") / scale.view(-1, 1, 1, 1), name)
            norm.running_mean.zero_()
            norm.running_var.fill_(1 - norm.eps)
            norm.weight.copy_(scale)
            _fill(norm.bias, left.pop(f"{name}.conv.bias"), name)
            taken.append(name)
        parameters = dict(network.named_parameters())
        for name, weight in left.items():
            if name not in parameters:
                raise ValueError(f"the ONNX file has {name}, which the checkpoint lacks: it is of another network")
            _fill(parameters[name], weight, name)
    return taken


def _fill(target: torch.Tensor, value: torch.Tensor, name: str) -> None:
    if target.shape != value.shape:
        raise ValueError(f"{name} is {tuple(value.shape)} in the ONNX file and {tuple(target.shape)} in the checkpoint")
    target.copy_(value)


def _only_in_training(name: str, network: nn.Module) -> bool:
    head = f"model.{len(network.model) - 1}."
    return name.startswith(tuple(head + branch for branch in ONE_TO_MANY))


@torch.no_grad()
def measure(network: nn.Module, taken: list[str], pictures: torch.Tensor) -> None:
    """Mean and variance of what each convolution gives for the pictures become the normalisation's, and its scale and
    shift follow, so that the network's output stays the same. pictures: (count, 3, height, width), 0 to 1.
    """
    sums: dict[str, list[torch.Tensor]] = {}

    def collect(name: str) -> Any:
        def hook(_module: nn.Module, _given: Any, output: torch.Tensor) -> None:
            wide = output.double()
            sums.setdefault(name, []).append(torch.stack([wide.mean((0, 2, 3)), (wide**2).mean((0, 2, 3))]))

        return hook

    pairs = normalised_convolutions(network)
    hooks = [pairs[name][0].register_forward_hook(collect(name)) for name in taken]
    network.eval()
    for batch in pictures.split(8):
        network(batch)
    for hook in hooks:
        hook.remove()
    for name in taken:
        mean, square = torch.stack(sums[name]).mean(0)
        norm = pairs[name][1]
        scale, variance = norm.weight.double(), (square - mean**2).clamp(min=0)
        norm.bias += (scale * mean).float()
        norm.weight.copy_(scale * torch.sqrt(variance + norm.eps))
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)


def pictures_of(pack: Path, count: int, side_px: int) -> torch.Tensor:
    """(count, 3, side_px, side_px), 0 to 1, RGB: pictures of the pack, evenly over train, stretched."""
    files = sorted((pack / "images" / "train").glob("*.jpg"))
    if not files:
        raise FileNotFoundError(f"{pack}/images/train holds no pictures; make the pack with dataset.py")
    chosen = [cv2.imread(str(files[index])) for index in np.linspace(0, len(files) - 1, count).astype(int)]
    square = np.stack([cv2.resize(picture, (side_px, side_px)) for picture in chosen if picture is not None])
    return torch.from_numpy(np.ascontiguousarray(square[..., ::-1].transpose(0, 3, 1, 2))).float() / 255


@torch.no_grad()
def difference(network: nn.Module, model: Path, pictures: torch.Tensor) -> float:
    """The largest between the two's (detections, 6) rows, coordinates as shares of the side."""
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    theirs = session.run(None, {session.get_inputs()[0].name: pictures.numpy()})[0]
    network.eval().model[-1].end2end = True
    ours = network(pictures)
    rows = (ours[0] if isinstance(ours, tuple) else ours).numpy()
    sure = theirs[..., 4] > 0.1  # fainter ones may change places
    apart = np.abs(rows - theirs)[sure]
    apart[:, :4] /= pictures.shape[-1]
    return float(apart.max(initial=0.0))


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="restart", description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("like", type=Path)
    parser.add_argument("pack", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pictures", type=int, default=256, help="that means and variances are measured on")
    parser.add_argument("--px", type=int, default=384)
    arguments = parser.parse_args(argv)
    torchvision_shim.install()
    checkpoint, network = read(arguments.like)
    pictures = pictures_of(arguments.pack, arguments.pictures, arguments.px)
    taken = take_over(network, folded_weights(arguments.model))
    measure(network, taken, pictures)
    apart = difference(network, arguments.model, pictures[:16])
    if apart > DIFFERENCE_MAX:
        raise ValueError(f"the checkpoint's detections differ from the ONNX file's by {apart:.4f}")
    checkpoint.update(model=None, ema=network, optimizer=None, updates=None, epoch=-1)
    torch.save(checkpoint, arguments.out)
    print(f"{arguments.out}: {len(taken)} convolutions, detections differ by {apart:.5f} at most")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
