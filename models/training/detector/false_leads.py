"""How often a class is seen where it cannot be: false boxes and false leads on clips, and what that says per hour.

`python -m models.training.detector.false_leads ABSENT.yaml FOUND.tsv [--card CARD.yaml]`: FOUND by `clips.py`; ABSENT
says for each clip which classes are surely not in it (settled by looking at it). A lead is a class that is seen for 3 s
in every frame but one at a time, like a rule of kind `presence`; scores count from the card's `min_score` on.
"""

import argparse
import math
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from models.card import parse_card
from models.training.detector.clips import END
from models.training.detector.dataset import read_seen

DWELL_S = 3.0
GAP_S = 0.5
MIN_SCORE = 0.25  # of a class whose card states none


@dataclass(frozen=True)
class Sightings:
    """Of one class in clips where it is not. upper_per_hour: 95 % bound of the rate of leads."""

    name: str
    watched_s: float
    boxes: int
    leads: int

    @property
    def upper_per_hour(self) -> float:
        return poisson_upper(self.leads) / (self.watched_s / 3600) if self.watched_s else math.inf


def leads(seconds: Sequence[float], step_s: float) -> int:
    """Stretches of at least DWELL_S among the seconds at which a class was seen; step_s: between two frames."""
    count, start, last, counted = 0, -math.inf, -math.inf, False
    for second in sorted(set(seconds)):
        if second - last > max(GAP_S, 2.5 * step_s):
            start, counted = second, False
        if not counted and second - start >= DWELL_S:
            count, counted = count + 1, True
        last = second
    return count


def poisson_upper(events: int, confidence: float = 0.95) -> float:
    """The mean at which so few events or fewer have a chance of 1 - confidence (Garwood, 1936); 3.0 for none."""
    low, high = 0.0, 10.0 + 3 * events
    for _ in range(100):
        mean = (low + high) / 2
        chance = sum(math.exp(-mean + k * math.log(mean) - math.lgamma(k + 1)) for k in range(events + 1))
        low, high = (mean, high) if chance > 1 - confidence else (low, mean)
    return (low + high) / 2


def sightings(
    found: Path, absent: Mapping[str, Sequence[str]], min_score: Mapping[str, float], step_s: float
) -> list[Sightings]:
    """By class, over all clips that surely do not show it."""
    seconds: dict[tuple[str, str], list[float]] = defaultdict(list)
    length: dict[str, float] = {}
    for (clip, second), boxes in read_seen(found).items():
        for box in boxes:
            if box.name == END:
                length[clip] = float(second)
            elif box.score >= min_score.get(box.name, MIN_SCORE):
                seconds[clip, box.name].append(float(second))
    rows = []
    for name in sorted({name for names in absent.values() for name in names}):
        clips = [clip for clip, names in absent.items() if name in names and clip in length]
        seen = [seconds[clip, name] for clip in clips]
        watched_s = sum(length[clip] for clip in clips)
        rows.append(Sightings(name, watched_s, sum(map(len, seen)), sum(leads(one, step_s) for one in seen)))
    return rows


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="false_leads", description=__doc__)
    parser.add_argument("absent", type=Path)
    parser.add_argument("found", type=Path)
    parser.add_argument("--card", type=Path, help="whose min_score counts; default: 0.25 for every class")
    parser.add_argument("--fps", type=float, default=2.0, help="as given to clips")
    arguments = parser.parse_args(argv)
    min_score = parse_card(arguments.card.read_bytes(), str(arguments.card)).min_score if arguments.card else {}
    absent = yaml.safe_load(arguments.absent.read_text())
    print("| class | minutes watched | false boxes | false leads | 95 % bound, leads per hour |\n|---|---|---|---|---|")
    for row in sightings(arguments.found, absent, min_score, 1 / arguments.fps):
        print(f"| {row.name} | {row.watched_s / 60:.1f} | {row.boxes} | {row.leads} | {row.upper_per_hour:.0f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
