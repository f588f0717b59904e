"""What the encoder makes of every crop, once: `python -m models.training.vlm.second_look.features IMAGES VIEWS
CHECKPOINT.pt ENCODER.pt OUT_DIR`. The language model's training then costs minutes on a CPU.

Of train several views of each crop (`encoder.py`), of val the crop as a box cuts and prepares it.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from models.training.vlm.second_look.crops import render
from models.training.vlm.second_look.encoder import Views
from models.training.vlm.second_look.network import (
    CHANNELS,
    GRID,
    TILE_PX,
    Connector,
    load_encoder,
    load_pooled,
    vision_graph,
)
from models.training.vlm.second_look.samples import read_labels
from models.training.vlm.second_look.views import facts, judged
from models.vlm.image import Preparation, read_preparation

PREPARATION = (
    '{"size": {"longest_edge": 320}, "max_image_size": {"longest_edge": 160}, "image_mean": [0, 0, 0], '
    '"image_std": [1, 1, 1], "rescale_factor": 0.00392156862745098, "resample": 2}\n'
)
BATCH = 16
VIEWS = 3

Session = onnxruntime.InferenceSession


def preparation() -> Preparation:
    made = read_preparation(PREPARATION.encode(), "second_look")
    assert made.tile_px == TILE_PX
    return made


def pooled_session(pooled: torch.nn.Module, threads: int) -> Session:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pooled.onnx"
        vision_graph(pooled, torch.nn.Identity(), path)
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def encoder_session(checkpoint: Path, encoder: Path | None, threads: int) -> Session:
    """Without an encoder: the checkpoint's own features."""
    pooled = load_encoder(checkpoint, encoder, Connector()) if encoder else load_pooled(checkpoint)
    return pooled_session(pooled, threads)


def encode(
    session: Session, count: int, pixels: Callable[[int], NDArray[np.float32]], out: NDArray[np.float16]
) -> None:
    """pixels: index -> (1, 3, 160, 160)."""
    start_s = time.monotonic()
    for first in range(0, count, BATCH):
        batch = np.concatenate([pixels(index) for index in range(first, min(first + BATCH, count))])
        out[first : first + BATCH] = session.run(None, {"pixel_values": batch[None]})[0]
        if first % (BATCH * 200) == 0:
            print(f"{first} of {count}, {time.monotonic() - start_s:.0f} s", flush=True)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="features", description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("views", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("encoder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--found", type=Path, required=True, help="folder of found-val.tsv")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    session, prepare = encoder_session(arguments.checkpoint, arguments.encoder, arguments.threads), preparation()
    views, random = Views(arguments.views), np.random.default_rng(4)
    count = len(views.rows)

    def viewed(index: int) -> NDArray[np.float32]:
        image = views.view(index % count, random)
        return np.ascontiguousarray(image[..., ::-1].transpose(2, 0, 1)[None], np.float32) / 255

    shape = (VIEWS * count, GRID * GRID, CHANNELS)
    features = np.lib.format.open_memmap(arguments.out / "train.npy", "w+", np.float16, shape)
    encode(session, VIEWS * count, viewed, features)
    features.flush()
    own = dict(np.load(arguments.views / "train.npz"))
    own.pop("inner")
    np.savez(arguments.out / "train.npz", **own)
    val = judged(read_labels(arguments.images), arguments.found / "found-val.tsv")
    seen = np.empty((len(val), GRID * GRID, CHANNELS), np.float16)
    encode(session, len(val), lambda index: prepare.one_tile(render(arguments.images, val[index])).pixels, seen)
    np.save(arguments.out / "val.npy", seen)
    np.savez(arguments.out / "val.npz", **facts(val))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
