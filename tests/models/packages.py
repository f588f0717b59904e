"""Small packages for tests of everything around the weights."""

import hashlib
from pathlib import Path
from typing import Any

import yaml

WEIGHTS = b"weights of a network that nobody runs"


def facts(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def write_package(folder: Path, content: bytes = WEIGHTS, **changes: Any) -> Path:
    """A valid package named `tiny`, with `changes` to its card's keys."""
    folder.mkdir(parents=True)
    card = {
        "schema": "xunjian.model/1",
        "name": "tiny",
        "version": 1,
        "task": "detection",
        "decoder": "ultralytics_end_to_end",
        "overlap_max": 0.7,
        "precision": "fp32",
        "licence": "Apache-2.0",
        "weights": "model.onnx",
        "input": {"size_px": 640, "trained_px": 320, "stride_px": 32, "side_px_min": 128, "dynamic": True},
        "classes": ["person", "car"],
        "files": {"model.onnx": facts(content)},
    } | changes
    (folder / "model.onnx").write_bytes(content)
    (folder / "card.yaml").write_text(yaml.safe_dump(card), encoding="utf-8")
    return folder


def write_registry(path: Path, package: Path, **changes: Any) -> Path:
    """A registry that pins `package` under the name `tiny`."""
    card = (package / "card.yaml").read_bytes()
    described = yaml.safe_load(card)
    entry = {
        "card_sha256": hashlib.sha256(card).hexdigest(),
        "sha256": described["files"][described["weights"]]["sha256"],
        "decoder": described["decoder"],
        "licence": described["licence"],
        "classes": described["classes"],
    } | changes
    path.write_text(yaml.safe_dump({"default": "tiny", "packages": {"tiny": entry}}), encoding="utf-8")
    return path
