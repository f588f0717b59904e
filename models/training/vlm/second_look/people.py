"""Whole people as samples: of the mosaics, which label people and what they wear apart."""

from collections.abc import Iterable

import numpy as np

from models.training.vlm.second_look.samples import HEADS, SIDE_MIN, VESTS, Labelled, Reply, Sample, holds, middle


def whole_people(pictures: Iterable[Labelled], seed: int) -> list[Sample]:
    """A person with one label of a head in the box, or of a chest; with several nobody knows whose they are."""
    random, found = np.random.default_rng(seed), []
    for picture in pictures:
        if not picture.picture.startswith("ppe_css"):
            continue
        for person in picture.of("Person"):
            if min(person[2] - person[0], person[3] - person[1]) < SIDE_MIN:
                continue
            for question, worn in (("helmet_worn", HEADS), ("vest_worn", VESTS)):
                inside = [worn[name] for name, box in picture.boxes if name in worn and holds(person, middle(box))]
                if len(inside) == 1:
                    reply: Reply = "yes" if inside[0] else "no"
                    number = int(random.integers(1 << 31))
                    found.append(Sample(picture.split, picture.picture, person, question, reply, seed=number))
    return found
