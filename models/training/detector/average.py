"""The weighted mean of checkpoints that were tuned from one another.

`python -m models.training.detector.average OUT.pt CHECKPOINT.pt=1 CHECKPOINT.pt=1 ...`: between a fine-tune and what it
started from there often lies a network that keeps more of the old data than the one and learned more than the other
(Wortsman et al., Robust fine-tuning of zero-shot models, 2022). A checkpoint's averaged weights (EMA) count if it
has them.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from models.training import torchvision_shim

State = dict[str, torch.Tensor]


def mean(states: Sequence[tuple[State, float]]) -> State:
    """What is no floating-point number (counters) comes from the first. Raises ValueError for networks that differ."""
    first, total = states[0][0], sum(weight for _, weight in states)
    if total <= 0:
        raise ValueError("the weights of the checkpoints must sum to more than nothing")
    if any(shapes(state) != shapes(first) for state, _ in states):
        raise ValueError("these checkpoints are of different networks: average a fine-tune with its own start")
    return {
        key: (sum(state[key].double() * weight for state, weight in states) / total).to(value.dtype)
        if value.is_floating_point()
        else value
        for key, value in first.items()
    }


def shapes(state: State) -> dict[str, torch.Size]:
    return {key: value.shape for key, value in state.items()}


def read(path: Path) -> tuple[dict[str, Any], torch.nn.Module]:
    # An Ultralytics checkpoint is a pickled network: only ever one of our own or of the start's publisher.
    checkpoint = torch.load(path, map_location="cpu", weights_only=False)
    return checkpoint, (checkpoint.get("ema") or checkpoint["model"]).float()


def average(parts: Sequence[tuple[Path, float]], out: Path) -> None:
    torchvision_shim.install()
    read_parts = [read(path) for path, _ in parts]
    weights = [weight for _, weight in parts]
    checkpoint, network = read_parts[0]
    network.load_state_dict(
        mean([(module.state_dict(), weight) for (_, module), weight in zip(read_parts, weights, strict=True)])
    )
    checkpoint.update(model=None, ema=network.half(), optimizer=None, updates=None)
    torch.save(checkpoint, out)


def part(text: str) -> tuple[Path, float]:
    path, _, weight = text.rpartition("=")
    return Path(path), float(weight)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="average", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("parts", type=part, nargs="+", metavar="CHECKPOINT.pt=WEIGHT")
    arguments = parser.parse_args(argv)
    average(arguments.parts, arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
