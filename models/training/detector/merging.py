"""One picture's labels out of its set's labels and what the teachers saw.

Boxes are (centre x, centre y, width, height), relative to the picture, 0..1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from models.training.detector.sources import CLASSES, COCO_CLASSES, VEHICLES, WORN, Source

Box = tuple[float, float, float, float]
WHOLE: Box = (0.5, 0.5, 1.0, 1.0)

SURE = 0.50  # from here on a teacher's box is a label (its precision on val is in the data card)
DOUBTFUL = 0.15  # between here and SURE it is neither label nor background
NOBODY = 0.10  # below this for every person of a picture: no heads, no torsos either; the same for vehicles and plates
FILLS = (
    0.5  # a teacher's vehicle that covers more of the picture is doubtful: else whatever fills one becomes a vehicle
)
SAME = 0.5  # intersection over union from which on a teacher's box is one that the set labels
INSIDE_MARGIN = 0.35  # of a doubtful region that is grown around the box


@dataclass(frozen=True)
class Label:
    name: str
    box: Box


@dataclass(frozen=True)
class Seen:
    """A teacher's box."""

    name: str
    score: float
    box: Box


@dataclass(frozen=True)
class Region:
    """Inside the box, no background of these classes is learnt."""

    names: frozenset[str]
    box: Box

    @property
    def bits(self) -> int:
        """Bit i stands for class i of CLASSES."""
        return sum(1 << CLASSES.index(name) for name in self.names)


def names_of(bits: int) -> frozenset[str]:
    return frozenset(name for index, name in enumerate(CLASSES) if bits >> index & 1)


@dataclass(frozen=True)
class Merged:
    """taught: how many of the labels, at their end, are a teacher's."""

    labels: tuple[Label, ...]
    regions: tuple[Region, ...]
    taught: int


def merge(source: Source, own: Sequence[tuple[str, Box]], coco: Sequence[Seen], last: Sequence[Seen]) -> Merged:
    """own: the set's boxes with the set's names. coco, last: what the COCO teacher and our last checkpoint saw.

    Classes that the set labels come from the set alone. Of the others: what a teacher is sure of becomes a label; what
    it doubts becomes a region; classes that the set is known to leave out are left out everywhere, but heads and torsos
    only where a person may be and plates only where a vehicle may be.
    """
    labels = [Label(source.labels[name], box) for name, box in own if name in source.labels]
    regions = [Region(frozenset(source.doubtful[name]), box) for name, box in own if name in source.doubtful]
    doubtful_boxes = [(frozenset(source.doubtful[name]), box) for name, box in own if name in source.doubtful]
    taught: list[Label] = []
    for seen in taught_by(source, coco, last):
        if any(label.name == seen.name and overlap(label.box, seen.box) > SAME for label in (*labels, *taught)):
            continue
        contested = any(seen.name in names and overlap(box, seen.box) > SAME for names, box in doubtful_boxes)
        fills = seen.name in VEHICLES and seen.box[2] * seen.box[3] > FILLS
        if seen.score >= SURE and not source.mosaic and not fills and not (contested and seen.name == "person"):
            taught.append(Label(seen.name, seen.box))
        else:
            regions.append(Region(frozenset([seen.name]), grown(seen.box)))
    if left_out := hidden(
        source, [*(label.name for label in labels), *(seen.name for seen in coco if seen.score >= NOBODY)]
    ):
        regions.append(Region(left_out, WHOLE))
    return Merged((*labels, *taught), tuple(regions), len(taught))


def taught_by(source: Source, coco: Sequence[Seen], last: Sequence[Seen]) -> list[Seen]:
    """Best first, of classes without labels: people and vehicles by the COCO teacher, the rest by our checkpoint."""
    wanted = [seen for seen in coco if seen.name in COCO_CLASSES] + [
        seen for seen in last if seen.name not in COCO_CLASSES
    ]
    kept = [seen for seen in wanted if seen.name not in source.labelled and seen.score >= DOUBTFUL]
    return sorted(kept, key=lambda seen: -seen.score)


def hidden(source: Source, present: Sequence[str]) -> frozenset[str]:
    """Of the classes that the set leaves out, those that this picture may show; present: what is or may be on it."""
    people = any(name == "person" or name in WORN for name in present)
    vehicles = any(name in VEHICLES for name in present)
    return frozenset(
        name
        for name in source.unlabelled
        if (name not in WORN or people or source.mosaic) and (name != "plate" or vehicles or source.mosaic)
    )


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    width = min(one[0] + one[2] / 2, other[0] + other[2] / 2) - max(one[0] - one[2] / 2, other[0] - other[2] / 2)
    height = min(one[1] + one[3] / 2, other[1] + other[3] / 2) - max(one[1] - one[3] / 2, other[1] - other[3] / 2)
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    return common / (one[2] * one[3] + other[2] * other[3] - common)


def grown(box: Box) -> Box:
    """A little larger, cut at the picture: cells beside a doubtful object see it too."""
    x, y, width, height = box
    left, right = max(0.0, x - width * (1 + INSIDE_MARGIN) / 2), min(1.0, x + width * (1 + INSIDE_MARGIN) / 2)
    top, bottom = max(0.0, y - height * (1 + INSIDE_MARGIN) / 2), min(1.0, y + height * (1 + INSIDE_MARGIN) / 2)
    return ((left + right) / 2, (top + bottom) / 2, right - left, bottom - top)
