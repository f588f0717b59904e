"""What the encoder makes of every crop, once: `python -m models.training.vlm.second_look.features IMAGES VIEWS
CHECKPOINT.pt ENCODER.pt OUT_DIR`. The language model's training then costs minutes on a CPU.

Of train several views of each crop (`encoder.py`), of val the crop as a box cuts and prepares it.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from models.training.vlm.second_look.crops import render
from models.training.vlm.second_look.encoder import Views, tensor
from models.training.vlm.second_look.network import CHANNELS, GRID, TILE_PX, Connector, Pooled, load_encoder
from models.training.vlm.second_look.samples import read_labels
from models.training.vlm.second_look.views import facts, judged
from models.vlm.image import Preparation, read_preparation

PREPARATION = (
    '{"size": {"longest_edge": 512}, "max_image_size": {"longest_edge": 256}, "image_mean": [0, 0, 0], '
    '"image_std": [1, 1, 1], "rescale_factor": 0.00392156862745098, "resample": 2}\n'
)
BATCH = 32
VIEWS = 2


def preparation() -> Preparation:
    made = read_preparation(PREPARATION.encode(), "second_look")
    assert made.tile_px == TILE_PX
    return made


def batches(count: int, pixels: Callable[[int], torch.Tensor], pool: ThreadPoolExecutor) -> Iterator[torch.Tensor]:
    """pixels: index -> (1, 3, TILE_PX, TILE_PX). The next ones are made while these are looked at."""

    def made(first: int) -> list[Future[torch.Tensor]]:
        return [pool.submit(pixels, index) for index in range(first, min(first + BATCH, count))]

    waiting = made(0)
    for first in range(BATCH, count + BATCH, BATCH):
        now, waiting = waiting, made(first)
        yield torch.cat([one.result() for one in now])


@torch.inference_mode()
def encode(
    pooled: Pooled, count: int, pixels: Callable[[int], torch.Tensor], out: NDArray[np.float16], *, bf16: bool
) -> None:
    start_s = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        for number, batch in enumerate(batches(count, pixels, pool)):
            with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                seen = pooled(batch.contiguous(memory_format=torch.channels_last))
            out[number * BATCH : number * BATCH + len(batch)] = seen.float().numpy()
            if number % 200 == 0:
                print(f"{number * BATCH} of {count}, {time.monotonic() - start_s:.0f} s", flush=True)


def view(views: Views, index: int) -> torch.Tensor:
    """Each time the same one for an index; those above the number of crops are further views of them."""
    return tensor(views.view(index % len(views.rows), np.random.default_rng([4, index]))[None])


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="features", description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("views", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("encoder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--found", type=Path, required=True, help="folder of found-val.tsv")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--bf16", action="store_true", help="for train; val is looked at as a box does")
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    torch.set_num_threads(arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)
    pooled, prepare = load_encoder(arguments.checkpoint, arguments.encoder, Connector()), preparation()
    pooled.to(memory_format=torch.channels_last)
    shape = (GRID * GRID, CHANNELS)
    pictures = read_labels(arguments.images)
    val = judged(pictures, arguments.found / "found-val.tsv")
    seen = np.empty((len(val), *shape), np.float16)
    encode(
        pooled, len(val), lambda index: torch.from_numpy(prepare.one_tile(render(arguments.images, val[index])).pixels),
        seen, bf16=False,
    )  # fmt: skip
    np.save(arguments.out / "val.npy", seen)
    np.savez(arguments.out / "val.npz", **facts(val, pictures))
    views = Views(arguments.views)
    count = len(views.rows) * VIEWS
    features = np.lib.format.open_memmap(arguments.out / "train.npy", "w+", np.float16, (count, *shape))
    encode(pooled, count, lambda index: view(views, index), features, bf16=arguments.bf16)
    features.flush()
    own = np.load(arguments.views / "train.npz")
    np.savez(arguments.out / "train.npz", **{name: own[name] for name in np.load(arguments.out / "val.npz").files})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
