"""Crops that show nobody, where a rule or a detector may claim somebody: what a false box of a person looks like to the
questions about people and zones. Without them a model learns that whatever fills a crop in a zone is a person.

Two origins: parts of a picture at random, and things of sets whose subjects are not people. Nobody is there when the
labels say so and the detector sees nobody, down to a low score. Its boxes on no label were looked at, too: most show
people whom the labels forgot.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from models.training.detector.dataset import read_seen
from models.training.detector.merging import DOUBTFUL, Seen
from models.training.vlm.second_look.mined import ours, sides
from models.training.vlm.second_look.samples import FOREIGN, MARGIN, PERSON_QUESTIONS, SIDE_MIN, Labelled, Sample, apart
from models.training.vlm.second_look.zones import zone_with
from models.vlm.crop import Box, margined

SUBJECTS = {"in_zone": ("person",), "stationary": ("motorcycle", "car", "bus", "truck")}
"""Question -> what its crop must not show."""
WINDOWS = 2  # of a picture and question


def nobody(pictures: Sequence[Labelled], found: Path, seed: int, most: int) -> list[Sample]:
    """At most so many of each origin, question and answer. found: what the detector saw, as for `mined`. The origin is
    in the sample's `found`.
    """
    random, seen = np.random.default_rng(seed), read_seen(found)
    among: dict[tuple[str, str, str], list[Sample]] = defaultdict(list)
    for picture in pictures:
        source, name = picture.picture.split("/")
        for question in SUBJECTS:
            for origin, box in _empty(picture, source, seen.get((source, name), ()), question, random):
                for sample in _asked(picture, question, box, origin, random):
                    among[origin, sample.question, sample.reply].append(sample)
    chosen: list[Sample] = []
    for _, samples in sorted(among.items()):
        chosen += [samples[index] for index in sorted(random.permutation(len(samples))[:most])]
    return chosen


def _empty(
    picture: Labelled, source: str, seen: Sequence[Seen], question: str, random: np.random.Generator
) -> Iterator[tuple[str, Box]]:
    """Origin and box of parts that show none of the question's subjects."""
    names = SUBJECTS[question]
    there = [box for name, box in ours(picture, source) if name in names]
    there += [sides(one) for one in seen if one.name in names and one.score >= DOUBTFUL]
    parts = [("window", _standing(random)) for _ in range(WINDOWS)]
    if source in FOREIGN:
        parts += [("thing", box) for _, box in picture.boxes]
    for origin, box in parts:
        if min(box[2] - box[0], box[3] - box[1]) >= SIDE_MIN and apart(margined(box, MARGIN), there):
            yield origin, box


def _asked(picture: Labelled, question: str, box: Box, origin: str, random: np.random.Generator) -> Iterator[Sample]:
    """Nobody stands in the zone; and what nobody wears, nobody can say."""
    zone = zone_with(box, random)
    yield Sample(picture.split, picture.picture, box, question, "no", zone, found=origin)
    if question == "in_zone":
        worn = PERSON_QUESTIONS[int(random.integers(len(PERSON_QUESTIONS)))]
        yield Sample(picture.split, picture.picture, box, worn, "unclear", damage="unrelated", found=origin)


def _standing(random: np.random.Generator) -> Box:
    """About the shape of somebody who stands, somewhere."""
    high = float(random.uniform(0.1, 0.8))
    wide = high * float(random.uniform(0.25, 0.9))
    left, top = float(random.uniform(0, 1 - wide)), float(random.uniform(0, 1 - high))
    return left, top, left + wide, top + high
