"""What a trained network finds on the pictures, so that classes that a set does not label can be filled in.

`python -m models.training.detector.teachers CHECKPOINT IMAGES OUT.tsv [--size 480]`: every picture of `split.tsv` but
those of `test`, one line per box: set, name, class, score, centre x and y, width, height (relative to the picture).
Boxes down to a score of 0.05 are kept; `dataset.py` decides which are labels, which are doubtful, which are nothing.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from models.training import torchvision_shim
from models.training.detector.split import Picture, read_split

SCORE_MIN = 0.05
BATCH = 16
OVERLAP_MAX = 0.7  # of two boxes of a class: the end-to-end head gives an object two boxes now and then


def teach(checkpoint: Path, images: Path, out: Path, size_px: int, threads: int) -> int:
    """Writes the boxes and returns how many."""
    torchvision_shim.install()
    import torch
    from ultralytics import YOLO

    torch.set_num_threads(threads)
    model = YOLO(checkpoint)
    pictures = [picture for picture in read_split(images / "split.tsv") if picture.split != "test"]
    count = 0
    partial = out.with_suffix(".partial")
    with partial.open("w") as file:
        for start in range(0, len(pictures), BATCH):
            batch = pictures[start : start + BATCH]
            paths = [str(picture.image(images)) for picture in batch]
            found = model.predict(paths, imgsz=size_px, conf=SCORE_MIN, iou=OVERLAP_MAX, verbose=False, rect=True)
            for picture, result in zip(batch, found, strict=True):
                rows = lines(picture, result, model.names)
                count += len(rows)
                file.writelines(rows)
    partial.rename(out)
    return count


def lines(picture: Picture, result: Any, names: dict[int, str]) -> list[str]:
    boxes = result.boxes
    rows = zip(boxes.cls.tolist(), boxes.conf.tolist(), boxes.xywhn.tolist(), strict=True)
    return [
        "\t".join([picture.set, picture.name, names[int(index)], f"{score:.4f}", *(f"{side:.6f}" for side in box)])
        + "\n"
        for index, score, box in rows
    ]


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="teachers", description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("images", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", type=int, default=480, help="longer side in pixels that the network reads")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args(argv)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    count = teach(arguments.checkpoint, arguments.images, arguments.out, arguments.size, arguments.threads)
    print(f"{arguments.out}: {count} boxes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
