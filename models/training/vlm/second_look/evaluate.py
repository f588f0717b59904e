"""What a package answers about the test split: `python -m models.training.vlm.second_look.evaluate IMAGES PACKAGE_DIR`.

Runs in the products' environment, through the runtime that a box has. Intervals: bootstrap over pictures, 95 %.
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.engine.onnx_runtime import OnnxRuntimeEngine
from models.package import open_package
from models.training.detector.calibration import calibration_error
from models.training.vlm.second_look.crops import render
from models.training.vlm.second_look.own_boxes import of_nobody, own_boxes
from models.training.vlm.second_look.samples import Sample, make_samples, read_labels
from models.training.vlm.second_look.scores import auc
from models.vlm.answer import Answer
from models.vlm.questions import read_questions
from models.vlm.vlm import VisionLanguageModel

ROUNDS = 500
COLUMNS = (
    "question", "yes, no", "AUC (95 %)", "AUC zh", "ECE raw, scaled", "rejected at 99 % kept", "right", "undecided",
    "mirror", "cannot tell",
)  # fmt: skip
KEPT = 0.99
MIRROR = {"yes": "no", "no": "yes", "cannot_tell": "cannot_tell"}


@dataclass(frozen=True)
class Asked:
    """raw: not calibrated. control: the mirrored question's answer. first_ms: with the crop's features computed."""

    sample: Sample
    answer: Answer
    raw: Answer
    chinese: Answer
    control: Answer
    first_ms: float


def ask_all(model: VisionLanguageModel, images: Path, samples: list[Sample]) -> Iterator[Asked]:
    for sample in samples:
        question, picture = read_questions()[sample.question], render(images, sample)
        start_s = time.perf_counter()
        answer = model.ask(picture, question.en.question, sample.question)
        first_ms = (time.perf_counter() - start_s) * 1000
        raw = model.ask(picture, question.en.question)
        chinese = model.ask(picture, question.zh.question, sample.question)
        control = model.ask(picture, question.en.control)
        yield Asked(sample, answer, raw, chinese, control, first_ms)


def chance(answer: Answer) -> float:
    return answer.p_yes / max(answer.p_yes + answer.p_no, 1e-9)


def interval(scores: NDArray[np.float64], right: NDArray[np.bool_], pictures: list[str]) -> tuple[float, float]:
    random, names = np.random.default_rng(0), sorted(set(pictures))
    of = {name: [index for index, one in enumerate(pictures) if one == name] for name in names}
    found = []
    for _ in range(ROUNDS):
        drawn = random.integers(len(names), size=len(names))
        index = np.array([place for name in drawn for place in of[names[name]]])
        if 0 < right[index].sum() < len(index):
            found.append(auc(scores[index], right[index]))
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def figures(name: str, asked: list[Asked]) -> dict[str, Any]:
    clear = [one for one in asked if one.sample.question == name and not one.sample.damage]
    dark = [one for one in asked if one.sample.question == name and one.sample.damage]
    right = np.array([one.sample.reply == "yes" for one in clear])
    scores = np.array([chance(one.answer) for one in clear])
    raw, chinese = (np.array([chance(getattr(one, part)) for one in clear]) for part in ("raw", "chinese"))
    violation = right if read_questions()[name].violation_when == "yes" else ~right
    suspicion = scores if read_questions()[name].violation_when == "yes" else 1 - scores
    threshold = np.quantile(suspicion[violation], 1 - KEPT, method="lower")
    decided = [one for one in clear if one.answer.verdict != "cannot_tell"]
    kinds = sorted({one.sample.damage for one in dark})
    return {
        "yes": int(right.sum()),
        "no": int((~right).sum()),
        "auc": auc(scores, right),
        "auc_interval": interval(scores, right, [one.sample.picture for one in clear]),
        "auc_zh": auc(chinese, right),
        "ece_raw": calibration_error(raw, right),
        "ece": calibration_error(scores, right),
        "false_rejected": float((suspicion[~violation] < threshold).mean()),
        "threshold": float(threshold),
        "decided_right": sum(one.answer.verdict == one.sample.reply for one in decided) / max(len(decided), 1),
        "undecided": 1 - len(decided) / len(clear),
        "mirror_agrees": sum(one.control.verdict == MIRROR[one.answer.verdict] for one in clear) / len(clear),
        "cannot_tell": {kind: _unsure([one for one in dark if one.sample.damage == kind]) for kind in kinds},
    }


def _unsure(asked: list[Asked]) -> list[int]:
    return [sum(one.answer.verdict == "cannot_tell" for one in asked), len(asked)]


def line(name: str, row: dict[str, Any]) -> str:
    low, high = row["auc_interval"]
    told, dark = (sum(one[index] for one in row["cannot_tell"].values()) for index in (0, 1))
    cells = [
        name, f"{row['yes']}, {row['no']}", f"{row['auc']:.3f} ({low:.2f} to {high:.2f})", f"{row['auc_zh']:.3f}",
        f"{row['ece_raw']:.3f}, {row['ece']:.3f}", f"{row['false_rejected']:.0%}", f"{row['decided_right']:.0%}",
        f"{row['undecided']:.1%}", f"{row['mirror_agrees']:.0%}", f"{told} of {dark}",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def resident_mb() -> float:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(next(row for row in status.splitlines() if row.startswith("VmRSS")).split()[1]) / 1024


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="evaluate", description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("package", type=Path)
    parser.add_argument("--split", default="test")
    parser.add_argument("--every", type=int, default=1, help="only every n-th crop, where time is short")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--found", type=Path, help="folder of found-val.tsv and found-test.tsv, what the detector saw")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args(argv)
    bare_mb = resident_mb()
    package = open_package(arguments.package)
    model = VisionLanguageModel(package, lambda content: OnnxRuntimeEngine(content, threads=arguments.threads))
    samples = [one for one in make_samples(read_labels(arguments.images)) if one.split == arguments.split]
    samples = samples[:: arguments.every]
    asked = list(ask_all(model, arguments.images, samples))
    print(f"| {' | '.join(COLUMNS)} |")
    print("|---" * len(COLUMNS) + "|")
    rows = {name: figures(name, asked) for name in read_questions()}
    for name, row in rows.items():
        print(line(name, row))
    for kind in ("blank", "blurred", "tiny", "occluded", "unrelated", "unmarked"):
        found = [row["cannot_tell"][kind] for row in rows.values() if kind in row["cannot_tell"]]
        print(f"{kind}: {sum(one[0] for one in found)} of {sum(one[1] for one in found)} cannot tell")
    middle, high = np.quantile([one.first_ms for one in asked], [0.5, 0.95])
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"first question: median {middle:.0f} ms, p95 {high:.0f} ms; {len(asked)} crops")
    print(f"resident: {bare_mb:.0f} MB before the model, {resident_mb():.0f} MB after, at most {peak_mb:.0f} MB")
    if arguments.found:
        own_boxes(model, arguments.images, arguments.found)
        of_nobody(model, arguments.images, arguments.found, arguments.split)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
