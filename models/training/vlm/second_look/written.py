"""What a package that writes states about crops of the test split, beside what the labels say: `python -m
models.training.vlm.second_look.written IMAGES PACKAGE_DIR`. Runs in the products' environment, under the grammar, as a
box has it. Of a crop that cannot be told nothing should be stated.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.engine.onnx_runtime import OnnxRuntimeEngine
from models.package import open_package
from models.training.detector.sources import SOURCES
from models.training.vlm.second_look.crops import render
from models.training.vlm.second_look.descriptions import described
from models.training.vlm.second_look.samples import Labelled, Sample, make_samples, read_labels
from models.vlm.claims_question import About
from models.vlm.crop_claims import TOKENS_MAX, crop_form, prompt_about
from models.vlm.questions import read_questions
from models.vlm.vlm import VisionLanguageModel

HEADER = ("question", "crops", "as the labels", "first claim right", "claims", "wrong", "cannot tell: nothing stated")
Stated = tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class Written:
    """stated: None for an answer that broke off."""

    sample: Sample
    labels: Stated
    stated: Stated | None
    wrong: int
    ms: float


def write(model: VisionLanguageModel, images: Path, sample: Sample, picture: Labelled) -> Written:
    about = About(read_questions()[sample.question].types[0], "frame", ())
    start_s = time.perf_counter()
    text = model.generate(prompt_about(about), [render(images, sample)], tokens_max=TOKENS_MAX, schema=crop_form(about))
    ms, labels = (time.perf_counter() - start_s) * 1000, described(sample, picture)
    stated = tuple(json.loads(text.text)["claims"]) if text.ended == "stop" else None
    return Written(sample, labels, stated, sum(wrong(one, labels, picture) for one in stated or ()), ms)


def wrong(claim: Mapping[str, str], labels: Stated, picture: Labelled) -> bool:
    """What the labels contradict: the other of worn and lacking, a zone that it is not in, a class that the set labels
    wherever it is and that is not there. What they do not know counts as neither.
    """
    if claim in labels:
        return False
    known = SOURCES[picture.picture.split("/")[0]].labelled
    for verb in ("wears", "lacks"):
        if verb in claim:
            return any(claim[verb] in (one.get("wears"), one.get("lacks")) for one in labels)
    if "zone" in claim:
        return True
    return claim["class"] in known and claim["class"] not in {one["class"] for one in labels}


def row(name: str, written: list[Written]) -> str:
    clear = [one for one in written if one.sample.question == name and one.sample.reply != "unclear"]
    dark = [one for one in written if one.sample.question == name and one.sample.reply == "unclear"]
    told = [one for one in clear if one.labels]
    cells = [
        name,
        str(len(clear)),
        f"{np.mean([one.stated == one.labels for one in clear]):.0%}",
        f"{np.mean([bool(one.stated) and one.stated[0] == one.labels[0] for one in told]):.0%}",
        str(sum(len(one.stated or ()) for one in clear)),
        f"{sum(one.wrong for one in clear) / max(sum(len(one.stated or ()) for one in clear), 1):.1%}",
        f"{sum(one.stated == () for one in dark)} of {len(dark)}",
    ]
    return f"| {' | '.join(cells)} |"


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="written", description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("package", type=Path)
    parser.add_argument("--split", default="test")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args(argv)
    model = VisionLanguageModel(
        open_package(arguments.package), lambda content: OnnxRuntimeEngine(content, threads=arguments.threads)
    )
    pictures = read_labels(arguments.images)
    of = {one.picture: one for one in pictures}
    samples = [one for one in make_samples(pictures) if one.split == arguments.split]
    written = [write(model, arguments.images, one, of[one.picture]) for one in samples]
    print(f"| {' | '.join(HEADER)} |\n" + "|---" * len(HEADER) + "|")
    for name in read_questions():
        print(row(name, written))
    middle, high = np.quantile([one.ms for one in written], [0.5, 0.95])
    broken = sum(one.stated is None for one in written)
    print(f"{broken} of {len(written)} broke off; median {middle:.0f} ms, p95 {high:.0f} ms, the crop encoded anew")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
