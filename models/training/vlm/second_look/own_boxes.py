"""What a package makes of the boxes that the shipped detector puts on pictures it has never seen, and what a box would
drop: the figure of false leads.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.card import parse_card
from models.training.detector.detect import SHIPPED
from models.training.vlm.second_look.crops import render
from models.training.vlm.second_look.mined import mined
from models.training.vlm.second_look.nobody import nobody
from models.training.vlm.second_look.samples import Sample, read_labels
from models.vlm.closed_claims import agreed
from models.vlm.questions import read_questions
from models.vlm.vlm import VisionLanguageModel

KEPT, NOBODY_MAX = 0.99, 300
Suspicion = NDArray[np.float64]
HEADER = (
    "question", "true, false boxes", "threshold of val: kept, rejected", "99 % kept of test: rejected",
    "verdict against: true, false",
)  # fmt: skip


def suspicion(model: VisionLanguageModel, images: Path, sample: Sample) -> tuple[float, bool]:
    """How sure the violation is, 0..1, and whether the verdict speaks against it. Cannot-tell counts for the
    violation: it rejects nothing.
    """
    question = read_questions()[sample.question]
    answer = model.ask(render(images, sample), question.en.question, sample.question)
    other = "no" if question.violation_when == "yes" else "yes"
    against = answer.p_no if other == "no" else answer.p_yes
    return 1 - against, answer.verdict == other


def own_boxes(model: VisionLanguageModel, images: Path, found: Path) -> None:
    """Prints, by question: of the detector's boxes at the scores its card names, how many false ones are rejected. The
    threshold that counts was taken on val, where it keeps 99 % of the true ones; beside it that of test itself.
    """
    card = parse_card(SHIPPED.read_bytes(), str(SHIPPED))
    floor = {name: card.min_score.get(name, 0.25) for name in card.classes}
    asked: dict[tuple[str, str, bool], list[tuple[float, bool]]] = {}
    pictures = read_labels(images)
    for split in ("val", "test"):
        own = mined([one for one in pictures if one.split == split], found / f"found-{split}.tsv", floor)
        for sample in own:
            if sample.found.endswith(("right", "false")):
                key = (split, sample.question, sample.found.endswith("right"))
                asked.setdefault(key, []).append(suspicion(model, images, sample))
    print(f"| {' | '.join(HEADER)} |\n" + "|---" * len(HEADER) + "|")
    for name in read_questions():
        if ("test", name, False) in asked and ("test", name, True) in asked:
            print(row(name, asked))


def row(name: str, asked: dict[tuple[str, str, bool], list[tuple[float, bool]]]) -> str:
    true, false = (asked["test", name, right] for right in (True, False))
    chosen = threshold(asked.get(("val", name, True), ()))
    own = threshold(true)
    cells = [
        name,
        f"{len(true)}, {len(false)}",
        f"{1 - below(true, chosen):.1%}, {below(false, chosen):.0%}",
        f"{below(false, own):.0%}",
        f"{np.mean([one[1] for one in true]):.1%}, {np.mean([one[1] for one in false]):.0%}",
    ]
    return f"| {' | '.join(cells)} |"


def of_nobody(model: VisionLanguageModel, images: Path, found: Path, split: str) -> None:
    """Prints what is answered where nobody is (`nobody.py`), with the mirror as a box asks it: a yes about a zone would
    confirm a false lead, an answer about what is worn would be made up.
    """
    pictures = [one for one in read_labels(images) if one.split == split]
    counts: Counter[tuple[str, str, str]] = Counter()
    for sample in nobody(pictures, found / f"found-{split}.tsv", 7, NOBODY_MAX):
        question, crop = read_questions()[sample.question], render(images, sample)
        answers = model.ask(crop, question.en.question, sample.question), model.ask(crop, question.en.control)
        counts[sample.question, sample.found, agreed(*answers)] += 1
    print("| question | where nobody is | crops | yes | no | cannot tell |\n|---|---|---|---|---|---|")
    for name, origin in sorted({key[:2] for key in counts}):
        told = [counts[name, origin, verdict] for verdict in ("yes", "no", "cannot_tell")]
        print(f"| {name} | {origin} | {sum(told)} | {' | '.join(f'{one / sum(told):.1%}' for one in told)} |")


def threshold(true: Sequence[tuple[float, bool]]) -> float:
    """The highest that keeps KEPT of them."""
    return float(np.quantile([one[0] for one in true], 1 - KEPT, method="lower")) if true else 0.0


def below(boxes: Sequence[tuple[float, bool]], limit: float) -> float:
    return float(np.mean([one[0] < limit for one in boxes]))
