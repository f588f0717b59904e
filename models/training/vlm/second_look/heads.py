"""Connector and linear heads on the frozen encoder, where its own training then starts: a tenth of the cost of the same
progress with all layers learning.
`python -m models.training.vlm.second_look.heads VIEWS CHECKPOINT.pt SHIPPED.onnx OUT.pt`.
"""

import argparse
import copy
import sys
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from models.training.vlm.second_look.encoder import Facts, Seer, Views, report, standardise, tensor
from models.training.vlm.second_look.network import CHANNELS, GRID

BATCH = 128
RATE = 1e-3


@torch.inference_mode()
def features(seer: Seer, views: Views) -> NDArray[np.float16]:
    """(n, 16, CHANNELS) of one view of each crop."""
    random, count = np.random.default_rng(5), len(views.rows)
    seen = np.empty((count, GRID * GRID, CHANNELS), np.float16)
    seer.eval()
    for first in range(0, count, BATCH):
        pixels = np.stack([views.view(index, random) for index in range(first, min(first + BATCH, count))])
        seen[first : first + BATCH] = seer.encode(tensor(pixels)).numpy()
    return seen


def learn(seer: Seer, views: Views, seen: NDArray[np.float16], val: Facts, epochs: int) -> Seer:
    """Cosine; the best epoch by val."""
    generator, best, best_auc = torch.Generator().manual_seed(1), seer, 0.0
    optimizer = torch.optim.AdamW(
        [*seer.connector.parameters(), *seer.heads.parameters(), *seer.kinds.parameters()], lr=RATE, weight_decay=0.05
    )
    for epoch in range(epochs):
        seer.train()
        order, total = torch.multinomial(views.weights, len(seen), True, generator=generator), 0.0
        for group in optimizer.param_groups:
            group["lr"] = RATE * (0.05 + 0.95 * (1 + np.cos(np.pi * epoch / epochs)) / 2)
        for first in range(0, len(order) - BATCH + 1, BATCH):
            index = order[first : first + BATCH]
            pooled = torch.from_numpy(seen[index.numpy()]).float()
            loss = seer.loss(pooled, views, index)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += float(loss.detach())
        mean = report(seer, val, f"heads {epoch} loss {total * BATCH / len(order):.3f}")
        if mean > best_auc:
            best, best_auc = copy.deepcopy(seer), mean
    return best


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="heads", description=__doc__)
    parser.add_argument("views", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("shipped", type=Path, help="the ONNX file whose weights are the start")
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--bf16", action="store_true")
    arguments = parser.parse_args(argv)
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)
    torch.manual_seed(0)
    views, val = Views(arguments.views), dict(np.load(arguments.views / "val.npz"))
    seer = Seer(arguments.checkpoint, arguments.shipped, bf16=arguments.bf16)
    standardise(seer, views)
    best = learn(seer, views, features(seer, views), val, arguments.epochs)
    torch.save(best.state_dict(), arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
