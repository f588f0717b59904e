"""What the labels say about a crop, as claims: what the model learns to write, and what the encoder is to keep telling
apart while it learns the questions.

Claims have no track and no zone's name: the writer fills these in from the record (`models/vlm/crop_claims.py`).
"""

from collections.abc import Mapping

from models.training.detector.sources import SOURCES
from models.training.vlm.second_look.mined import ours
from models.training.vlm.second_look.samples import Labelled, Sample, area, shared

KINDS = ("person", "motorcycle", "car", "bus", "truck", "fire", "smoke", "garbage")
INSIDE = 0.6  # share of the smaller of crop and label from which the crop shows it
LARGE = 0.1  # of the crop: what is smaller is not what it is about
WORN = {"helmet_worn": ("person", "helmet"), "vest_worn": ("person", "vest"), "rider_helmet": ("motorcycle", "helmet")}
"""Question -> the class that the rule's subject has, and what it wears or lacks."""
ABOUT = {"fire": "fire", "smoke": "smoke", "litter": "garbage"}
ATTRIBUTES = {"helmet": ("wears", "helmet"), "bare_head": ("lacks", "helmet"), "vest": ("wears", "vest"),
              "no_vest": ("lacks", "vest")}  # fmt: skip

ClaimFields = Mapping[str, str]


def described(sample: Sample, picture: Labelled) -> tuple[ClaimFields, ...]:
    """What is worn first, then where, then what else is there. Nothing for what cannot be told."""
    if sample.reply == "unclear":
        return ()
    claims: list[ClaimFields] = []
    names = shown(sample, picture)
    if worn := WORN.get(sample.question):
        claims.append({"class": worn[0], "wears" if sample.reply == "yes" else "lacks": worn[1]})
        if sample.question != "rider_helmet":
            claims += _also_worn(sample, picture, worn[1])
    elif sample.question in ABOUT:
        names = [name for name in names if name != ABOUT[sample.question]]
        names = [ABOUT[sample.question], *names] if sample.reply == "yes" else names
    elif sample.reply == "yes":
        wanted = ("person",) if sample.question == "in_zone" else ("car", "truck", "bus", "motorcycle")
        claims += [{"class": name, "zone": "here"} for name in wanted if name in names][:1]
    told = {one["class"] for one in claims}
    claims += [{"class": name} for name in names if name not in told and not (worn and name == "person")]
    return tuple(claims[:3])


def shown(sample: Sample, picture: Labelled) -> list[str]:
    """KINDS that have a label large enough in the crop, the largest first."""
    if sample.damage:
        return []
    sizes: dict[str, float] = {}
    for name, box in ours(picture, picture.picture.split("/")[0]):
        size = area(box) / area(sample.box)
        if name in KINDS and size >= LARGE and shared(box, sample.box) >= INSIDE:
            sizes[name] = max(size, sizes.get(name, 0.0))
    return sorted(sizes, key=lambda name: -sizes[name])


def kinds(sample: Sample, picture: Labelled) -> tuple[int, ...]:
    """Of each of KINDS: 1 it is there, 0 it is not, -1 the labels do not say."""
    if sample.damage:
        return (-1,) * len(KINDS)
    labelled, there = SOURCES[picture.picture.split("/")[0]].labelled, shown(sample, picture)
    return tuple(1 if name in there else 0 if name in labelled else -1 for name in KINDS)


def _also_worn(sample: Sample, picture: Labelled, asked: str) -> list[ClaimFields]:
    """What one other label in the crop says; with several nobody knows whose it is."""
    found = [
        ATTRIBUTES[name]
        for name, box in ours(picture, picture.picture.split("/")[0])
        if name in ATTRIBUTES and ATTRIBUTES[name][1] != asked and shared(box, sample.box) >= INSIDE
    ]
    return [{"class": "person", found[0][0]: found[0][1]}] if len(found) == 1 else []
