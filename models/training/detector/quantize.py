"""Smaller copies of an exported detector: float16, and int8 with QDQ nodes calibrated on real pictures.

`python -m models.training.detector.quantize WEIGHTS.onnx IMAGES OUT`: writes OUT/model-fp16.onnx and
OUT/model-int8.onnx, the same bytes every time on one machine, and prints the lines of the package's card. Only pictures
of the train split are looked at. Inputs, outputs and the head's arithmetic stay float32: it reckons in pixels,
and at 700 px a float16 is half a pixel wide. Which blocks take int8 was measured one by one (docs/engines.md).
"""

import argparse
import hashlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.transformers.float16 import convert_float_to_float16
from onnxruntime.transformers.onnx_model import OnnxModel

from models.card import Card
from models.detector.letterbox import Canvas, Letterbox
from models.detector.rasters import BgrRaster
from models.picture import read_picture
from models.training.detector.detect import card_of
from models.training.detector.split import Picture, read_split

SIZES_PX = (320, 640)  # longer sides that a box reads, in turn from picture to picture
PICTURES = 128
HEAD = 23
FIRST = 0
BLOCKS = (5, 7, 8, 17, 20)  # at 480 px no detection of val changes; at 768 px some of test do, and it is refused


class Pictures(CalibrationDataReader):
    """Network inputs of pictures, one after the other."""

    def __init__(self, images: Path, pictures: Sequence[Picture], card: Card, name: str) -> None:
        self._left = self._inputs(images, pictures, card, name)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        return next(self._left, None)

    @staticmethod
    def _inputs(
        images: Path, pictures: Sequence[Picture], card: Card, name: str
    ) -> Iterator[dict[str, NDArray[np.float32]]]:
        facts = card.input
        for index, picture in enumerate(pictures):
            pixels = read_picture(picture.image(images))
            size_px = SIZES_PX[index % len(SIZES_PX)]
            box = Letterbox.fit(pixels.shape[1], pixels.shape[0], size_px, facts.stride_px, facts.side_px_min)
            yield {name: Canvas(box, facts.pixels).paint(BgrRaster(pixels)).copy()}


def to_float16(weights: Path, out: Path) -> None:
    model = onnx.load(weights)
    head = [node.name for node in model.graph.node if node.name.startswith(_block(HEAD))]
    arithmetic = [name for name in head if not name.startswith(f"{_block(HEAD)}one2one")]
    halved = convert_float_to_float16(model, keep_io_types=True, node_block_list=arithmetic)
    OnnxModel.graph_topological_sort(halved.graph, is_deterministic=True)
    onnx.checker.check_model(halved)
    onnx.save(halved, out)


def to_int8(weights: Path, out: Path, reader: CalibrationDataReader, blocks: Sequence[int], *, symmetric: bool) -> None:
    """blocks: whose convolutions take int8, channel by channel; the rest stays float32. symmetric: activations around
    zero, the only kind that TensorRT takes; else from 0 to 255, which is faster on a CPU.
    """
    taken = tuple(_block(number) for number in blocks)
    convolutions = [node.name for node in onnx.load(weights).graph.node if node.op_type == "Conv"]
    quantize_static(
        weights,
        out,
        reader,
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=["Conv"],
        per_channel=True,
        activation_type=QuantType.QInt8 if symmetric else QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=[name for name in convolutions if not name.startswith(taken)],
        calibrate_method=CalibrationMethod.MinMax,
        extra_options={"ActivationSymmetric": symmetric, "WeightSymmetric": True, "CalibMovingAverage": True},
    )
    onnx.checker.check_model(onnx.load(out))


def _block(number: int) -> str:
    return f"/model.{number}/"


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="quantize", description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("images", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--blocks", type=int, nargs="+", default=BLOCKS, help="that take int8")
    parser.add_argument("--wide", action="store_true", help="int8 in every block but the first and the head")
    parser.add_argument("--unsigned", action="store_true", help="int8 activations from 0 to 255: for a CPU")
    arguments = parser.parse_args(argv)
    arguments.out.mkdir(parents=True, exist_ok=True)
    train = [picture for picture in read_split(arguments.images / "split.tsv") if picture.split == "train"]
    name = onnx.load(arguments.weights).graph.input[0].name
    chosen = train[:: len(train) // PICTURES][:PICTURES]
    reader = Pictures(arguments.images, chosen, card_of(arguments.weights), name)
    halved, quantized = (arguments.out / f"model-{precision}.onnx" for precision in ("fp16", "int8"))
    to_float16(arguments.weights, halved)
    blocks = range(FIRST + 1, HEAD) if arguments.wide else arguments.blocks
    to_int8(arguments.weights, quantized, reader, blocks, symmetric=not arguments.unsigned)
    print(f"variants: {{fp16: {halved.name}, int8: {quantized.name}}}")
    for path in (halved, quantized):
        content = path.read_bytes()
        print(f"  {path.name}: {{bytes: {len(content)}, sha256: {hashlib.sha256(content).hexdigest()}}}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
