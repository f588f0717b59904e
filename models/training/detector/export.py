"""A trained Ultralytics checkpoint becomes the ONNX file of a model package, the same bytes every time.

`python -m models.training.detector.export CHECKPOINT OUT.onnx [--size 640]`: float32, end-to-end head (TopK in the
graph, output (batch, 300, 6)), dynamic batch, height and width. Prints bytes and sha256 for the package's card.
"""

import argparse
import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

import onnx

from models.training import torchvision_shim

OPSET = 17  # what TensorRT 10 and ONNX Runtime 1.16 and later both read
METADATA_KEPT = ("author", "license", "version", "task", "stride", "names", "end2end")


def export(checkpoint: Path, out: Path, size_px: int) -> None:
    torchvision_shim.install()
    from ultralytics import YOLO  # only now: it imports torchvision

    with tempfile.TemporaryDirectory() as folder:  # Ultralytics writes beside the checkpoint
        copied = Path(shutil.copy(checkpoint, folder))
        exported = YOLO(copied).export(
            format="onnx", imgsz=size_px, opset=OPSET, dynamic=True, nms=False, simplify=False
        )
        model = onnx.load(exported)
    strip(model)
    onnx.checker.check_model(model)
    out.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, out)


def strip(model: onnx.ModelProto) -> None:
    """Drops what differs from run to run or names the machine: date, training paths, call arguments, stack traces."""
    kept = sorted((entry.key, entry.value) for entry in model.metadata_props if entry.key in METADATA_KEPT)
    del model.metadata_props[:]
    for key, value in kept:
        model.metadata_props.add(key=key, value=value)
    for noun in (*model.graph.node, *model.graph.value_info, *model.graph.initializer):
        noun.doc_string = ""
        if isinstance(noun, onnx.NodeProto):
            del noun.metadata_props[:]


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="export", description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", type=int, default=640, help="side in pixels that the graph is traced at")
    arguments = parser.parse_args(argv)
    export(arguments.checkpoint, arguments.out, arguments.size)
    content = arguments.out.read_bytes()
    print(f"{arguments.out}: bytes: {len(content)} sha256: {hashlib.sha256(content).hexdigest()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
