"""A package's decoder with 4-bit weights: `python -m models.training.vlm.quantize PACKAGE OUT`.

MatMulNBits in blocks of 32, accuracy level 4 (int8 arithmetic), symmetric: what ONNX Runtime's CPU kernels are fastest
with. Embeddings and vision encoder stay as they are: a row is looked up, and a ViT gains nothing on AVX2.
"""

import argparse
import shutil
import sys
from pathlib import Path

import onnx
import yaml
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

from models.training.vlm.export import DECODER, write_card
from models.training.vlm.graph_strip import strip

BLOCK = 32
KEPT = ("licence", "image_tokens", "parts", "answers")


def quantize(package: Path, out: Path) -> None:
    shutil.copytree(package, out)
    quantizer = MatMulNBitsQuantizer(onnx.load(out / DECODER), block_size=BLOCK, is_symmetric=True, accuracy_level=4)
    quantizer.process()
    graph = quantizer.model.model
    strip(graph)
    onnx.save(graph, out / DECODER)
    card = yaml.safe_load((out / "card.yaml").read_text(encoding="utf-8"))
    kept = {key: card[key] for key in KEPT if key in card}
    write_card(out, f"{card['name']}-int4", **kept | {"precision": "int4"})


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="quantize", description=__doc__)
    parser.add_argument("package", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args(argv)
    quantize(arguments.package, arguments.out)
    print(arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
