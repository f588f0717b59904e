"""The card of the trained package: `python -m models.training.vlm.second_look.package FOLDER CALIBRATION.json`, after
card.md is written; prints the lines for `registry.yaml`.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

from models.training.vlm.export import DECODER, write_card
from models.training.vlm.second_look.network import GRID
from models.training.vlm.second_look.samples import MARGIN

VERSION = 5


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="package", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("calibration", type=Path)
    arguments = parser.parse_args(argv)
    folder, scales = arguments.folder, json.loads(arguments.calibration.read_text())
    answers = {"instruction": "", "margin": MARGIN, "calibration": scales}
    write_card(
        folder, folder.name, licence="AGPL-3.0-only", image_tokens=GRID * GRID, writes=True, answers=answers,
        version=VERSION,
    )  # fmt: skip
    for key, name in (("card_sha256", "card.yaml"), ("sha256", DECODER)):
        print(f"    {key}: {hashlib.sha256((folder / name).read_bytes()).hexdigest()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
