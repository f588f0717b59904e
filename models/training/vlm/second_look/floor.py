"""The floor: a logistic regression per question on frozen features, on the very crops that the model is judged on.

`python -m models.training.vlm.second_look.floor IMAGES CHECKPOINT.pt FOUND_DIR`: CHECKPOINT is COCO's YOLO26n.
It learns from the crops that `views.py` cuts; val picks the strength of its ridge; test
is judged once.
"""

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from models.training.vlm.second_look.crops import render
from models.training.vlm.second_look.features import encode, preparation
from models.training.vlm.second_look.network import CHANNELS, GRID, Pooled, load_pooled
from models.training.vlm.second_look.samples import Sample, make_samples, read_labels
from models.training.vlm.second_look.scores import auc
from models.training.vlm.second_look.views import learnt
from models.vlm.questions import read_questions

RIDGES = (1e-3, 1e-2, 1e-1, 1.0)

Features = NDArray[np.float32]


def features(pooled: Pooled, images: Path, samples: list[Sample]) -> Features:
    """(n, CHANNELS): means over the 16 places."""
    prepare = preparation()
    seen = np.empty((len(samples), GRID * GRID, CHANNELS), np.float16)

    def pixels(index: int) -> torch.Tensor:
        return torch.from_numpy(prepare.one_tile(render(images, samples[index])).pixels)

    encode(pooled, len(samples), pixels, seen, bf16=False)
    return seen.astype(np.float32).mean(1)


def regression(train: Features, right: NDArray[np.bool_], ridge: float) -> tuple[Features, float]:
    """Weights and offset for standardised features, both answers weighing the same."""
    inputs, target = torch.from_numpy(train), torch.from_numpy(right.astype(np.float32))
    weights = torch.zeros(train.shape[1], requires_grad=True)
    offset = torch.zeros(1, requires_grad=True)
    share = target.mean()
    each = torch.where(target > 0.5, 0.5 / share, 0.5 / (1 - share))
    optimizer = torch.optim.LBFGS([weights, offset], max_iter=150, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        logits = inputs @ weights + offset
        total = torch.nn.functional.binary_cross_entropy_with_logits(logits, target, weight=each)
        total = total + ridge * (weights**2).sum() / 2
        total.backward()
        return total

    optimizer.step(loss)
    return weights.detach().numpy(), float(offset.detach())


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="floor", description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("found", type=Path, help="folder of found-train.tsv")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    torch.set_num_threads(arguments.threads)
    pictures, pooled = read_labels(arguments.images), load_pooled(arguments.checkpoint)
    fixed = [one for one in make_samples(pictures) if one.split != "train" and not one.damage]
    samples = [one for one in learnt(pictures, arguments.found / "found-train.tsv") if one.reply != "unclear"] + fixed
    seen = features(pooled, arguments.images, samples)
    split = np.array([one.split for one in samples])
    right = np.array([one.reply == "yes" for one in samples])
    questions = np.array([one.question for one in samples])
    print("| question | AUC on val | AUC on test | rejected at 99 % kept |\n|---|---|---|---|")
    for name, question in read_questions().items():
        train, val, test = ((questions == name) & (split == part) for part in ("train", "val", "test"))
        middle, spread = seen[train].mean(0), seen[train].std(0) + 1e-3
        scaled = (seen - middle) / spread
        fits = [regression(scaled[train], right[train], ridge) for ridge in RIDGES]
        found = [auc(scaled[val] @ weights, right[val]) for weights, _ in fits]
        weights, _ = fits[int(np.argmax(found))]
        scores = scaled[test] @ weights * (1 if question.violation_when == "yes" else -1)
        violation = right[test] == (question.violation_when == "yes")
        limit = np.quantile(scores[violation], 0.01, method="lower")
        rejected = (scores[~violation] < limit).mean()
        print(f"| {name} | {max(found):.3f} | {auc(scores, violation):.3f} | {rejected:.0%} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
