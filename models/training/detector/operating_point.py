"""Per class the score from which on it is believed, chosen on val for a stated precision, and what that gives on test.

`python -m models.training.detector.operating_point IMAGES VAL.tsv TEST.tsv [--precision 0.9]`: both written by
`detect.py` with the same weights and size. A box is right when it matches a hand-made box of its class (pycocotools'
matching) with an IoU of 0.5; fire, smoke and rubbish have no edge that two people draw alike: 0.1. Prints the card's
`min_score` line and a table. Classes with fewer than 40 labelled boxes on val get no score.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools.cocoeval import COCOeval

from models.training.detector.calibration import Right, Scores, calibration_error, operating_point, platt
from models.training.detector.dataset import read_seen
from models.training.detector.evaluate import Found, Truth, evaluated
from models.training.detector.sources import CLASSES

LOOSE = {"fire": 0.1, "smoke": 0.1, "garbage": 0.1}
SCORE_MIN = 0.05  # boxes below teach the calibration nothing that a rule could use
OBJECTS_MIN = 40


def matches(truth: Truth, found: Found, name: str) -> tuple[Scores, Right, int]:
    """Scores, whether each box is right, and how many objects are labelled."""
    judge = evaluated(truth, found, name, overlap_min=LOOSE.get(name, 0.5))
    return (*boxes_of(judge), sum(len(one["gtIds"]) for one in judge.evalImgs if one))


def boxes_of(judge: COCOeval) -> tuple[Scores, Right]:
    pictures = [one for one in judge.evalImgs if one]
    scores = np.array([score for one in pictures for score in one["dtScores"]], np.float64)
    right = np.array([match > 0 for one in pictures for match in one["dtMatches"][0]], np.bool_)
    kept = scores >= SCORE_MIN
    return scores[kept], right[kept]


def at(scores: Scores, right: Right, objects: int, score_min: float) -> dict[str, float]:
    kept = right[scores >= score_min]
    hits = int(kept.sum())
    return {"precision": hits / max(len(kept), 1), "recall": hits / max(objects, 1), "boxes": len(kept)}


def figures(images: Path, val: Path, test: Path, precision_min: float) -> dict[str, dict[str, Any]]:
    val_truth, test_truth = Truth(images, "val"), Truth(images, "test")
    val_found, test_found = read_seen(val), read_seen(test)
    rows: dict[str, dict[str, Any]] = {}
    for name in CLASSES:
        scores, right, objects = matches(val_truth, val_found, name)
        if objects < OBJECTS_MIN or (point := operating_point(scores, right, objects, precision_min)) is None:
            continue
        scaling = platt(scores, right)
        test_scores, test_right, test_objects = matches(test_truth, test_found, name)
        rows[name] = {
            **asdict(point),
            "objects": objects,
            "platt": asdict(scaling),
            "test": {
                **at(test_scores, test_right, test_objects, point.score),
                "objects": test_objects,
                "calibration_error": calibration_error(test_scores, test_right),
                "calibration_error_scaled": calibration_error(scaling.chance(test_scores), test_right),
            },
        }
    return rows


def line(name: str, row: dict[str, Any]) -> str:
    test, scaling, best = row["test"], row["platt"], "" if row["reached"] else " (best)"
    cells = [
        name,
        f"{row['score']:.2f}",
        str(row["objects"]),
        f"{row['precision']:.2f}{best}",
        f"{row['recall']:.2f}",
        f"{test['precision']:.2f}",
        f"{test['recall']:.2f}",
        f"{test['calibration_error']:.3f}",
        f"{test['calibration_error_scaled']:.3f}",
        f"{scaling['slope']:.2f}, {scaling['offset']:.2f}",
    ]
    return f"| {' | '.join(cells)} |"


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="operating_point", description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("val", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--precision", type=float, default=0.9)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args(argv)
    rows = figures(arguments.images, arguments.val, arguments.test, arguments.precision)
    print("min_score: {" + ", ".join(f"{name}: {row['score']:.2f}" for name, row in rows.items()) + "}")
    print(
        "| class | score | val boxes | precision | recall | test precision | recall | error | scaled | slope, offset |"
    )
    print("|---" * 10 + "|")
    for name, row in rows.items():
        print(line(name, row))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
