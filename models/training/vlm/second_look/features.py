"""What the frozen network makes of every crop, once: `python -m models.training.vlm.second_look.features IMAGES
CHECKPOINT.pt OUT.npz`. Training then costs minutes on a CPU.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from models.training.vlm.second_look.crops import render
from models.training.vlm.second_look.network import TILE_PX, load_pooled, vision_graph
from models.training.vlm.second_look.samples import make_samples, read_labels
from models.vlm.image import Preparation, read_preparation

PREPARATION = (
    '{"size": {"longest_edge": 320}, "max_image_size": {"longest_edge": 160}, "image_mean": [0, 0, 0], '
    '"image_std": [1, 1, 1], "rescale_factor": 0.00392156862745098, "resample": 2}\n'
)
BATCH = 16


def preparation() -> Preparation:
    made = read_preparation(PREPARATION.encode(), "second_look")
    assert made.tile_px == TILE_PX
    return made


def frozen(checkpoint: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pooled.onnx"
        vision_graph(load_pooled(checkpoint), torch.nn.Identity(), path)
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="features", description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args(argv)
    samples = [one for one in make_samples(read_labels(arguments.images)) if one.split != "test"]
    session, prepare = frozen(arguments.checkpoint, arguments.threads), preparation()
    rows, start_s = [], time.monotonic()
    for first in range(0, len(samples), BATCH):
        crops = [render(arguments.images, one) for one in samples[first : first + BATCH]]
        pixels = np.concatenate([prepare.one_tile(one).pixels for one in crops])
        rows.append(session.run(None, {"pixel_values": pixels[None]})[0].astype(np.float16))
        if first % (BATCH * 40) == 0:
            print(f"{first} of {len(samples)}, {time.monotonic() - start_s:.0f} s", flush=True)
    facts = {
        name: np.array([getattr(one, name) for one in samples]) for name in ("split", "question", "reply", "damage")
    }
    np.savez(arguments.out, features=np.concatenate(rows), **facts)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
