"""Fine-tunes the detector on a packed data set, on two CPU cores or on one large GPU with the same words.

`python -m models.training.detector.train PACK RUN --start CHECKPOINT.pt`: PACK is what `dataset.py` wrote, RUN the
folder of this run. A run that was cut off goes on from its last whole epoch when the same line is given again. Every
epoch's averaged weights (EMA) stay in `RUN/weights/epochN.pt`; `evaluate.py` says which is best on val.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models.training import torchvision_shim
from models.training.detector.sources import CLASSES

torchvision_shim.install()

from ultralytics.data.build import InfiniteDataLoader, seed_worker  # noqa: E402
from ultralytics.data.dataset import YOLODataset  # noqa: E402
from ultralytics.models.yolo.detect import DetectionTrainer  # noqa: E402
from ultralytics.utils.torch_utils import unwrap_model  # noqa: E402

from models.training.detector.loss import masked_end_to_end_loss  # noqa: E402


class RegionDataset(YOLODataset):
    """Labels, and behind them each picture's regions as boxes of class `len(CLASSES)` + bits."""

    def get_labels(self) -> list[dict[str, Any]]:
        labels: list[dict[str, Any]] = super().get_labels()
        for label in labels:
            if len(rows := read_regions(Path(label["im_file"]))):
                label["cls"] = np.concatenate([label["cls"], rows[:, :1] + len(CLASSES)]).astype(np.float32)
                label["bboxes"] = np.concatenate([label["bboxes"], rows[:, 1:]]).astype(np.float32)
        return labels


def read_regions(image: Path) -> np.ndarray:
    """(regions, 5): bits, centre x and y, width, height."""
    path = image.parents[2] / "regions" / image.parent.name / f"{image.stem}.txt"
    return np.array([[float(value) for value in line.split()] for line in path.read_text().splitlines()]).reshape(-1, 5)


class RegionTrainer(DetectionTrainer):
    """Draws pictures by their weight and learns with the masked loss."""

    draws = 0  # pictures per epoch; 0: as many as there are
    threads = 2  # of the CPU

    def check_resume(self, overrides: dict[str, Any]) -> None:
        """A run that goes on may be given another end: rate and loss shares follow it."""
        super().check_resume(overrides)
        if self.resume:
            self.args.epochs = overrides["epochs"]

    def build_dataset(self, img_path: str, mode: str = "train", batch: int | None = None) -> YOLODataset:
        if mode != "train":
            return super().build_dataset(img_path, mode, batch)
        return RegionDataset(
            img_path=img_path, imgsz=self.args.imgsz, batch_size=batch or 16, augment=True, hyp=self.args,
            cache=self.args.cache or None, stride=32, data=self.data, task="detect", prefix="train: ",
        )  # fmt: skip

    def get_dataloader(self, dataset_path: str, batch_size: int = 16, rank: int = 0, mode: str = "train") -> Any:
        if mode != "train":
            return super().get_dataloader(dataset_path, batch_size, rank, mode)
        dataset = self.build_dataset(dataset_path, mode, batch_size)
        weights = json.loads((Path(self.data["path"]) / "weights.json").read_text())
        drawn = torch.utils.data.WeightedRandomSampler(
            [weights[Path(file).stem] for file in dataset.im_files], self.draws or len(dataset)
        )
        workers = 0 if self.device.type == "cpu" else self.args.workers
        return InfiniteDataLoader(
            dataset=dataset, batch_size=batch_size, sampler=drawn, num_workers=workers,
            collate_fn=dataset.collate_fn, worker_init_fn=seed_worker, pin_memory=self.device.type != "cpu",
        )  # fmt: skip


def on_train_start(trainer: RegionTrainer) -> None:
    model = unwrap_model(trainer.model)
    model.criterion = masked_end_to_end_loss(model)
    if trainer.start_epoch:  # the head's two losses change their shares from epoch to epoch
        model.criterion.updates = trainer.start_epoch - 1
        model.criterion.update()
    if trainer.device.type == "cpu":
        torch.set_num_threads(trainer.threads)


def settings(arguments: argparse.Namespace, device: str) -> dict[str, Any]:
    last = arguments.run / "weights" / "last.pt"
    return {
        "model": str(last if last.exists() else arguments.start), "resume": str(last) if last.exists() else False,
        "data": str(arguments.pack / "data.yaml"), "project": str(arguments.run.parent.resolve()),
        "name": arguments.run.name, "exist_ok": True, "device": device, "epochs": arguments.epochs,
        "imgsz": arguments.px, "batch": arguments.batch, "nbs": arguments.batch, "optimizer": "AdamW",
        "lr0": arguments.rate, "lrf": 0.05, "cos_lr": True, "warmup_epochs": 0.3, "warmup_bias_lr": 0.0,
        "weight_decay": 0.0005, "freeze": arguments.freeze or None, "close_mosaic": arguments.close_mosaic,
        "mosaic": 0.8, "scale": 0.5, "translate": 0.1, "fliplr": 0.5, "hsv_h": 0.015, "hsv_s": 0.5, "hsv_v": 0.4,
        "mixup": arguments.mixup, "multi_scale": arguments.multi_scale,
        "cache": "ram", "workers": 8, "save_period": 1, "plots": False,
        "seed": arguments.seed,
        "deterministic": device == "cpu", "amp": device != "cpu", "patience": 0,
        "val": arguments.val,
    }  # fmt: skip


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="train", description=__doc__)
    parser.add_argument("pack", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--start", type=Path, required=True, help="checkpoint to start from")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--px", type=int, default=416)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=5e-4, help="first learning rate of AdamW")
    parser.add_argument("--freeze", type=int, default=0, help="first layers that stay as they are (11: the backbone)")
    parser.add_argument("--close-mosaic", type=int, default=2, help="last epochs without mosaic")
    parser.add_argument("--mixup", type=float, default=0.0)
    parser.add_argument("--multi-scale", type=float, default=0.0, help="batches differ in size by this share")
    parser.add_argument("--draws", type=int, default=0, help="pictures per epoch; default: as many as there are")
    parser.add_argument("--val", action=argparse.BooleanOptionalAction, default=True, help="after every epoch")
    parser.add_argument("--threads", type=int, default=2, help="of the CPU; on busy cores 1 is faster")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    device = "0" if torch.cuda.is_available() else "cpu"
    trainer = RegionTrainer(overrides=settings(arguments, device))
    trainer.draws = arguments.draws
    trainer.threads = arguments.threads
    trainer.add_callback("on_train_start", on_train_start)
    trainer.train()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
