"""Which parts of which labelled pictures a closed question is asked about, and what the labels answer.

Boxes are frame coordinates 0..1, as a track's box reaches the verifier; the crop's margin comes on top (`crops.py`).
"""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from models.training.vlm.second_look.zones import Polygon, foot, holds_point, zone_beside, zone_with
from models.vlm.crop import Box, margined
from models.vlm.questions import zone_questions

Reply = Literal["yes", "no", "unclear"]
REPLIES: tuple[Reply, ...] = ("yes", "no", "unclear")
Damage = Literal["", "blank", "blurred", "tiny", "occluded", "unrelated", "unmarked"]

CAPS = {"train": 700, "val": 130, "test": 250}  # of each answer to a question
UNCLEAR = {"train": 200, "val": 30, "test": 60}  # to a question
LEARNT, LEARNT_UNCLEAR = {"train": 3000}, {"train": 400}  # the same of version 2, whose samples are drawn apart
MARGIN = 0.25  # `answers.margin` of the card
SIDE_MIN = 0.02  # of the picture; a smaller label shows nothing
PERSON_QUESTIONS = ("helmet_worn", "vest_worn", "rider_helmet")
ZONE_QUESTIONS = zone_questions()
FOREIGN = ("garbage_bins", "fire_smoke", "plate_openimages")  # sets whose subjects are not people
VEHICLES = ("car", "motorbike", "bus", "truck")
HEADS = {"hard_hat": True, "helmet": True, "Hardhat": True, "no_hard_hat": False, "no_head_wear": False,
         "no_helmet": False, "NO-Hardhat": False}  # fmt: skip
VESTS = {"vest": True, "Safety Vest": True, "no_vest": False, "NO-Safety Vest": False}


@dataclass(frozen=True)
class Sample:
    """zone: what `the marked zone` is. damage: why it cannot be told. seed: of whatever is drawn at random in it.
    found: how the detector stands to it (`mined.py`), "" for a label.
    """

    split: str
    picture: str  # SET/NAME
    box: Box
    question: str
    reply: Reply
    zone: Polygon = ()
    damage: Damage = ""
    seed: int = 0
    found: str = ""


@dataclass(frozen=True)
class Labelled:
    split: str
    picture: str
    boxes: tuple[tuple[str, Box], ...]

    def of(self, *names: str) -> list[Box]:
        return [box for name, box in self.boxes if name in names]


def read_labels(images: Path) -> list[Labelled]:
    classes = {path.parent.name: path.read_text().splitlines() for path in images.glob("*/classes.txt")}
    pictures = []
    with (images / "split.tsv").open() as file:
        for row in csv.DictReader(file, delimiter="\t"):
            lines = (images / row["set"] / "labels" / f"{row['name']}.txt").read_text().splitlines()
            boxes = tuple(_box(line, classes[row["set"]]) for line in lines if line.strip())
            pictures.append(Labelled(row["split"], f"{row['set']}/{row['name']}", boxes))
    return pictures


def _box(line: str, names: list[str]) -> tuple[str, Box]:
    index, x, y, width, height = line.split()[:5]
    middle, half = (float(x), float(y)), (float(width) / 2, float(height) / 2)
    sides = (middle[0] - half[0], middle[1] - half[1], middle[0] + half[0], middle[1] + half[1])
    return names[int(index)], clipped(sides)


def clipped(sides: Box) -> Box:
    x1, y1, x2, y2 = (min(1.0, max(0.0, side)) for side in sides)
    return x1, y1, x2, y2


def grown(box: Box, left: float, up: float, right: float, down: float) -> Box:
    """By so much of its width and height on each side."""
    wide, high = box[2] - box[0], box[3] - box[1]
    return clipped((box[0] - left * wide, box[1] - up * high, box[2] + right * wide, box[3] + down * high))


def apart(box: Box, others: list[Box]) -> bool:
    return all(box[2] < x1 or x2 < box[0] or box[3] < y1 or y2 < box[1] for x1, y1, x2, y2 in others)


def overlap(box: Box, other: Box) -> float:
    """Intersection over union."""
    common = _common(box, other)
    return common / (area(box) + area(other) - common)


def shared(box: Box, other: Box) -> float:
    """How much of the smaller one is common."""
    return _common(box, other) / min(area(box), area(other))


def _common(box: Box, other: Box) -> float:
    wide, high = (min(box[side + 2], other[side + 2]) - max(box[side], other[side]) for side in (0, 1))
    return max(wide, 0.0) * max(high, 0.0)


def area(box: Box) -> float:
    return max((box[2] - box[0]) * (box[3] - box[1]), 1e-12)


def make_samples(
    pictures: list[Labelled], seed: int = 0, caps: Mapping[str, int] = CAPS, unclear: Mapping[str, int] = UNCLEAR
) -> list[Sample]:
    """A sample of what there is, each answer up to `caps`, then those that cannot be told. The same every time. A zone
    is left out where its crop does not show what the labels of the whole picture say.
    """
    random = np.random.default_rng(seed)
    by_kind: dict[tuple[str, str, str], list[Sample]] = defaultdict(list)
    for picture in pictures:
        for one in _all(picture, random):
            if min(one.box[2] - one.box[0], one.box[3] - one.box[1]) >= SIDE_MIN:
                by_kind[one.split, one.question, one.reply].append(one)
    chosen: list[Sample] = []
    for (split, _, _), among in sorted(by_kind.items()):
        order = random.permutation(len(among))[: caps[split]]
        chosen.extend(replace(among[index], seed=int(random.integers(1 << 31))) for index in order)
    of = {one.picture: one for one in pictures}
    made = chosen + list(_unclear(chosen, random, unclear))
    return [one for one in made if one.damage or not one.zone or shows_its_zone(one, of[one.picture])]


def shows_its_zone(sample: Sample, picture: Labelled) -> bool:
    """Whether its answer is that of the crop, too: who stands in the zone outside the crop, as far as a zone may reach,
    is for nobody to see.
    """
    things, _ = subjects(sample.question, picture)
    seen = margined(sample.box, MARGIN)
    inside = any(holds(seen, foot(one)) and holds_point(sample.zone, foot(one)) for one in things)
    return inside == (sample.reply == "yes")


def _unclear(clear: list[Sample], random: np.random.Generator, wanted: Mapping[str, int]) -> Iterator[Sample]:
    for split, most in wanted.items():
        here = [one for one in clear if one.split == split]
        strangers = [one for one in here if one.picture.startswith(FOREIGN)]
        for question in sorted({one.question for one in here}):
            own = [one for one in here if one.question == question]
            kinds: list[Damage] = ["blank", "blurred", "tiny", "occluded"]
            kinds += ["unrelated"] if question in PERSON_QUESTIONS else []
            kinds += ["unmarked"] if question in ZONE_QUESTIONS else []
            for count in range(most):
                kind = kinds[count % len(kinds)]
                among = strangers if kind == "unrelated" else own
                base = among[random.integers(len(among))]
                number = int(random.integers(1 << 31))
                yield replace(base, question=question, reply="unclear", damage=kind, seed=number)


def _all(picture: Labelled, random: np.random.Generator) -> Iterator[Sample]:
    source = picture.picture.split("/")[0]
    if source.startswith("ppe_"):
        yield from _protective(picture, random)
    elif source == "rider_helmet":
        yield from _riders(picture, random)
    elif source.startswith("fire_"):
        yield from _fires(picture, random)
    elif source == "garbage_bins":
        yield from _litter(picture)
    if source in ("street_vehicles", "ppe_hardhat"):
        yield from _zones(picture, random)
        yield from _nothing(picture, random)


def _protective(picture: Labelled, random: np.random.Generator) -> Iterator[Sample]:
    heads = [(box, HEADS[name]) for name, box in picture.boxes if name in HEADS]
    for box, worn in heads:
        whole = random.random() < 0.5  # half with shoulders and chest, half as labelled
        part = grown(box, 0.7, 0.2, 0.7, random.uniform(0.8, 2.5)) if whole else box
        yield Sample(picture.split, picture.picture, part, "helmet_worn", "yes" if worn else "no")
    for person in picture.of("person") if picture.picture.startswith("ppe_hardhat") else []:
        top = (person[0], person[1], person[2], person[1] + 0.4 * (person[3] - person[1]))
        inside = [worn for box, worn in heads if holds(top, middle(box))]
        if len(inside) == 1:
            yield Sample(picture.split, picture.picture, person, "helmet_worn", "yes" if inside[0] else "no")
    for name, box in picture.boxes:
        if name in VESTS:
            more = random.uniform(0, 0.5)
            part = grown(box, more / 2, more, more / 2, more)
            yield Sample(picture.split, picture.picture, part, "vest_worn", "yes" if VESTS[name] else "no")


def _riders(picture: Labelled, random: np.random.Generator) -> Iterator[Sample]:
    for name, head in picture.boxes:
        box = grown(head, 0.8, 0.2, 0.8, random.uniform(1, 4)) if random.random() < 0.7 else head
        reply: Reply = "yes" if name == "With Helmet" else "no"
        yield Sample(picture.split, picture.picture, box, "rider_helmet", reply)


def _fires(picture: Labelled, random: np.random.Generator) -> Iterator[Sample]:
    fires, smokes = picture.of("fire"), picture.of("smoke")
    for box in fires:
        yield Sample(picture.split, picture.picture, box, "fire", "yes")
    for box in smokes:
        yield Sample(picture.split, picture.picture, box, "smoke", "yes")
        if apart(grown(box, 0.3, 0.3, 0.3, 0.3), fires):
            yield Sample(picture.split, picture.picture, box, "fire", "no")
    for _ in range(0 if fires or smokes else 4):
        for question in ("fire", "smoke"):
            yield Sample(picture.split, picture.picture, _window(random), question, "no")


def _litter(picture: Labelled) -> Iterator[Sample]:
    litter = picture.of("garbage", "overflow")
    for box in litter:
        yield Sample(picture.split, picture.picture, box, "litter", "yes")
    for box in picture.of("garbage_bin"):
        if apart(grown(box, 0.3, 0.3, 0.3, 0.3), litter):
            yield Sample(picture.split, picture.picture, box, "litter", "no")


def _nothing(picture: Labelled, random: np.random.Generator) -> Iterator[Sample]:
    """People and vehicles neither burn nor are litter."""
    for _, box in picture.boxes:
        if random.random() < 0.12:
            for question in ("fire", "smoke", "litter"):
                yield Sample(picture.split, picture.picture, box, question, "no")


def _zones(picture: Labelled, random: np.random.Generator) -> Iterator[Sample]:
    for question in ("in_zone", "stationary"):
        things, others = subjects(question, picture)
        for thing in things:
            zone = zone_with(thing, random) if random.random() < 0.5 else zone_beside(thing, random)
            inside = any(holds_point(zone, foot(one)) for one in things)
            reply: Reply = "yes" if inside else "no"
            yield Sample(picture.split, picture.picture, thing, question, reply, zone)
        for other in others:
            if apart(grown(other, 0.3, 0.3, 0.3, 0.3), things) and random.random() < 0.3:
                zone = zone_with(other, random)
                yield Sample(picture.split, picture.picture, other, question, "no", zone)


def subjects(question: str, picture: Labelled) -> tuple[list[Box], list[Box]]:
    """What a question about a zone is about, and what it is not about."""
    people, vehicles = picture.of("person"), picture.of(*VEHICLES)
    return (people, vehicles) if question == "in_zone" else (vehicles, people)


def _window(random: np.random.Generator) -> Box:
    wide, high = random.uniform(0.15, 0.7, 2)
    left, top = random.uniform(0, 1 - wide), random.uniform(0, 1 - high)
    return float(left), float(top), float(left + wide), float(top + high)


def middle(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def holds(box: Box, point: tuple[float, float]) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]
