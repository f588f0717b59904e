"""The label space, and what each picture set says about it.

A set labels some of our classes. Of the others its pictures may show objects without a label: these must not be learnt
as background. Which is which was settled by looking at the sets; the data card repeats it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

CLASSES = (
    "person", "bicycle", "motorcycle", "car", "bus", "truck", "helmet",
    "bare_head", "vest", "no_vest", "fire", "smoke", "plate", "garbage",
)  # fmt: skip
VEHICLES = ("bicycle", "motorcycle", "car", "bus", "truck")
COCO_CLASSES = ("person", *VEHICLES)  # what the COCO teacher knows
WEAK = {"bare_head": 1.5, "vest": 1.8, "smoke": 1.4, "fire": 1.2}  # a picture with one is drawn that much oftener
WORN = ("helmet", "bare_head", "vest", "no_vest")  # only where a person is


@dataclass(frozen=True)
class Source:
    """labels: the set's class -> ours; a class that is missing here is dropped. doubtful: the set's class -> ours that
    such a box may show: no label, and no background either (a `motorcyclist` is rider and vehicle in one box).
    unlabelled: ours that the pictures show without a label, some of them or all. weight: how often a picture is drawn.
    mosaic: four pictures in one, for training only.
    """

    labels: dict[str, str]
    doubtful: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unlabelled: tuple[str, ...] = ()
    weight: float = 1.0
    mosaic: bool = False

    @property
    def labelled(self) -> frozenset[str]:
        """Ours that the set labels wherever they are: without a label there is none."""
        doubtful = {name for names in self.doubtful.values() for name in names}
        return frozenset(set(self.labels.values()) - doubtful - set(self.unlabelled))

    def draw_weight(self, names: Iterable[str]) -> float:
        """names: of the picture's own labels."""
        return self.weight * max((WEAK.get(name, 1.0) for name in names), default=1.0)


SOURCES = {
    "ppe_hardhat": Source(
        {"hard_hat": "helmet", "no_hard_hat": "bare_head", "no_head_wear": "bare_head", "person": "person"},
        unlabelled=("vest", "no_vest"),
        weight=1.2,
    ),
    "ppe_vest": Source(
        {"helmet": "helmet", "no_helmet": "bare_head", "vest": "vest", "no_vest": "no_vest"}, weight=2.0
    ),
    "ppe_css_mosaic": Source(
        {
            "Hardhat": "helmet", "NO-Hardhat": "bare_head", "Safety Vest": "vest", "NO-Safety Vest": "no_vest",
            "Person": "person",
        },
        doubtful={"vehicle": VEHICLES, "machinery": VEHICLES},
        weight=1.0,
        mosaic=True,
    ),
    "rider_helmet": Source(  # the heads of riders alone: those of people who stand by have no label
        {"With Helmet": "helmet", "Without Helmet": "bare_head"}, unlabelled=("bare_head", "vest", "no_vest", "plate")
    ),
    "rider_vn_mosaic": Source(
        {"helmet": "helmet", "license_plate": "plate"},
        doubtful={"motorcyclist": ("motorcycle", "person")},
        unlabelled=("bare_head", "vest", "no_vest"),
        weight=0.7,
        mosaic=True,
    ),
    "street_vehicles": Source(
        {"person": "person", "car": "car", "motorbike": "motorcycle", "bus": "bus", "truck": "truck"},
        unlabelled=(*WORN, "plate"),
    ),
    "fire_smoke": Source({"fire": "fire", "smoke": "smoke"}, unlabelled=(*WORN, "plate"), weight=1.2),
    "fire_cctv": Source({"fire": "fire", "smoke": "smoke"}, unlabelled=WORN, weight=0.7),
    "garbage_bins": Source({"garbage": "garbage", "overflow": "garbage"}, unlabelled=(*WORN, "plate")),
    "plate_openimages": Source(
        {"license-plate": "plate"}, doubtful={"vehicle": VEHICLES}, unlabelled=WORN, weight=1.0
    ),
    "plate_india": Source({"licenseplate": "plate"}, unlabelled=WORN, weight=0.7),
}  # fmt: skip
