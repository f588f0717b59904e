"""The tiny SmolVLM with random weights that `models/training/vlm/random_model.py` made, and pictures for it."""

import hashlib
import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from models.engine.onnx_runtime import OnnxRuntimeEngine
from models.package import Package, open_package
from models.vlm.vlm import VisionLanguageModel

TINY = Path(__file__).with_name("tiny")
KINDS = ("shared", "concatenated")
EXPECTED: list[dict[str, Any]] = json.loads((TINY / "expected.json").read_text(encoding="utf-8"))


@cache
def recorded() -> dict[str, np.ndarray]:
    with np.load(TINY / "expected.npz") as arrays:
        return dict(arrays)


def write_vlm_package(
    folder: Path, kind: str = "shared", replaced: dict[str, bytes] | None = None, **changes: Any
) -> Path:
    """A package with the decoder of that kind, `replaced` in place of its files and `changes` to its card's keys."""
    shutil.copytree(TINY / "shared", folder)
    contents = {"decoder_model_merged.onnx": (TINY / kind / "decoder_model_merged.onnx").read_bytes()} | (
        replaced or {}
    )
    card = yaml.safe_load((folder / "card.yaml").read_text(encoding="utf-8"))
    for name, content in contents.items():
        (folder / name).write_bytes(content)
        card["files"][name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (folder / "card.yaml").write_text(yaml.safe_dump(card | changes), encoding="utf-8")
    return folder


def load(weights: bytes) -> OnnxRuntimeEngine:
    return OnnxRuntimeEngine(weights, threads=1)


def open_vlm(package: Package | Path, context_tokens: int = 1024) -> VisionLanguageModel:
    opened = open_package(package) if isinstance(package, Path) else package
    return VisionLanguageModel(opened, load, context_tokens=context_tokens)


def picture(seed: int, height: int, width: int) -> np.ndarray:
    """As `picture` in models/training/vlm/reference.py: (H, W, 3) uint8 BGR."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width]
    slopes = random.uniform(-1, 1, (2, 3))
    image = 128 + 100 * (rows[..., None] / height * slopes[0] + columns[..., None] / width * slopes[1])
    for _ in range(6):
        top, left = int(random.integers(0, height)), int(random.integers(0, width))
        image[top : top + height // 3, left : left + width // 3] = random.uniform(0, 255, 3)
    noise = random.integers(-20, 21, image.shape)
    return np.asarray(np.clip(image + noise, 0, 255), np.uint8)
