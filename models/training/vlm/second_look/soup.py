"""Averages of the weights of encoders that began at one start, and of the start itself; val picks the shares.
`python -m models.training.vlm.second_look.soup VIEWS CHECKPOINT.pt SHIPPED.onnx START.pt OUT.pt LEARNT.pt ...`.

Wortsman et al., Model soups (2022) and Robust fine-tuning of zero-shot models (2022): runs from one start lie in one
basin, and their mean costs a box nothing, where a second network would cost it twice the time.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from models.training.vlm.second_look.encoder import Seer, report

STARTS = (0.0, 0.2, 0.4)  # share of the start

State = Mapping[str, torch.Tensor]


def soups(start: State, learnt: Sequence[State]) -> Iterator[tuple[str, State]]:
    """Each run alone and, of several, all of them alike, each with as much of the start."""
    groups = [[index] for index in range(len(learnt))]
    groups += [list(range(len(learnt)))] if len(learnt) > 1 else []
    for group in groups:
        for share in STARTS:
            rest = (1 - share) / len(group)
            named = f"start {share:g}, {'and '.join(f'run {index} ' for index in group)}{rest:g}"
            yield named, mixed([start, *(learnt[index] for index in group)], [share, *[rest] * len(group)])


def mixed(states: Sequence[State], shares: Sequence[float]) -> State:
    """Counters of a state are the last one's."""
    return {
        name: sum((state[name] * share for state, share in zip(states, shares, strict=True)), torch.zeros(()))
        if value.is_floating_point()
        else value
        for name, value in states[-1].items()
    }


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="soup", description=__doc__)
    parser.add_argument("views", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("shipped", type=Path, help="the ONNX file whose weights were the start")
    parser.add_argument("start", type=Path, help="what heads.py wrote")
    parser.add_argument("out", type=Path)
    parser.add_argument("learnt", type=Path, nargs="+", help="what encoder.py wrote")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--bf16", action="store_true")
    arguments = parser.parse_args(argv)
    torch.set_num_threads(arguments.threads)
    seer, val = (
        Seer(arguments.checkpoint, arguments.shipped, bf16=arguments.bf16),
        dict(np.load(arguments.views / "val.npz")),
    )
    states = [torch.load(path, map_location="cpu", weights_only=True) for path in (arguments.start, *arguments.learnt)]
    best, best_auc = states[0], 0.0
    for named, state in soups(states[0], states[1:]):
        seer.load_state_dict(state)
        mean = report(seer, val, named)
        if mean > best_auc:
            best, best_auc = state, mean
    torch.save(best, arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
