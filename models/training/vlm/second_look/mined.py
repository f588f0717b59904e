"""What the detector got wrong, and what it got right, as samples: its boxes beside the labels, on the pictures of the
sets that label the class and on no other (`sources.py` of the detector). What it saw is a table that
`models.training.detector.detect` wrote.

A false box is one that a person would be asked about for nothing; a missed object has a label that no box of its class
is on.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from models.training.detector.dataset import read_seen
from models.training.detector.merging import Seen
from models.training.detector.sources import SOURCES
from models.training.vlm.second_look.samples import SIDE_MIN, Labelled, Reply, Sample, clipped, overlap, shared
from models.vlm.crop import Box

ON_OBJECT = 0.5  # intersection over union from which a box is on a labelled object
BESIDE = 0.1  # share of a box up to which it is on nothing; what lies between is on no side
OPPOSITES = {"helmet": "bare_head", "bare_head": "helmet", "vest": "no_vest", "no_vest": "vest"}
VIOLATIONS = {"bare_head": "no", "no_vest": "no", "fire": "yes", "smoke": "yes", "garbage": "yes"}
"""Class -> what the answer to its question is when the class is there."""


def question_of(name: str, source: str) -> str | None:
    """name: of a class of ours; source: the set that a picture is from."""
    if name in ("helmet", "bare_head"):
        return "rider_helmet" if source == "rider_helmet" else "helmet_worn"
    if name in ("vest", "no_vest"):
        return "vest_worn"
    return {"fire": "fire", "smoke": "smoke", "garbage": "litter"}.get(name)


def mined(
    pictures: Sequence[Labelled], found: Path, min_score: Mapping[str, float], *, doubt: float = 0.0
) -> list[Sample]:
    """Samples with `found` set: the class and how the box stands to the labels. min_score: by class, from which a box
    counts; doubt: for a class that it does not name.
    """
    seen = read_seen(found)
    samples = []
    for picture in pictures:
        source, name = picture.picture.split("/")
        boxes = [one for one in seen.get((source, name), ()) if one.score >= min_score.get(one.name, doubt)]
        samples.extend(one for one in _of(picture, source, boxes) if _shows(one.box))
    return samples


def _shows(box: Box) -> bool:
    return min(box[2] - box[0], box[3] - box[1]) >= SIDE_MIN


def _of(picture: Labelled, source: str, seen: Sequence[Seen]) -> Iterator[Sample]:
    labels = ours(picture, source)
    for one in seen:
        if sample := _judged(picture, source, one, labels):
            yield sample
    for name, box in labels:
        if name in VIOLATIONS and not any(one.name == name and overlap(sides(one), box) >= ON_OBJECT for one in seen):
            question = question_of(name, source)
            assert question, "every violation has one"
            reply: Reply = "yes" if VIOLATIONS[name] == "yes" else "no"
            yield Sample(picture.split, picture.picture, box, question, reply, found=f"{name} missed")


def _judged(picture: Labelled, source: str, seen: Seen, labels: Sequence[tuple[str, Box]]) -> Sample | None:
    """Of a box of a class that can be a violation."""
    question, box = question_of(seen.name, source), sides(seen)
    if not question or seen.name not in VIOLATIONS:
        return None
    expected = VIOLATIONS[seen.name]
    opposite: Reply = "yes" if expected == "no" else "no"
    agreed: Reply = "no" if expected == "no" else "yes"
    on = [name for name, label in labels if overlap(box, label) >= ON_OBJECT]
    if seen.name in on:
        return Sample(picture.split, picture.picture, box, question, agreed, found=f"{seen.name} right")
    if OPPOSITES.get(seen.name) in on:
        return Sample(picture.split, picture.picture, box, question, opposite, found=f"{seen.name} false")
    if seen.name not in SOURCES[source].labelled:
        return None
    related = (seen.name, OPPOSITES.get(seen.name, ""))
    if any(shared(box, label) > BESIDE for name, label in labels if name in related):
        return None
    if seen.name in OPPOSITES:  # no head, no body: nobody can say what is worn
        return Sample(
            picture.split, picture.picture, box, question, "unclear", damage="unrelated", found=f"{seen.name} false"
        )
    return Sample(picture.split, picture.picture, box, question, "no", found=f"{seen.name} false")


def ours(picture: Labelled, source: str) -> list[tuple[str, Box]]:
    """Its labels under our names."""
    names = SOURCES[source].labels
    return [(names[name], box) for name, box in picture.boxes if name in names]


def sides(seen: Seen) -> Box:
    x, y, width, height = seen.box
    return clipped((x - width / 2, y - height / 2, x + width / 2, y + height / 2))
