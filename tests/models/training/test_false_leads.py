"""Counting what is seen where it cannot be."""

from pathlib import Path

import pytest

from models.training.detector.false_leads import Sightings, leads, poisson_upper, sightings


def test_three_seconds_of_sight_are_one_lead() -> None:
    assert leads([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0], step_s=0.5) == 1
    assert leads([0.0, 0.5, 1.0, 1.5, 2.0, 2.5], step_s=0.5) == 0


def test_one_missed_frame_is_no_end_two_are() -> None:
    assert leads([0.0, 1.0, 2.0, 3.0], step_s=0.5) == 1
    assert leads([0.0, 1.5, 3.0], step_s=0.5) == 0


def test_two_stretches_are_two_leads() -> None:
    once = [i * 0.5 for i in range(8)]
    assert leads([*once, *(second + 60 for second in once)], step_s=0.5) == 2


@pytest.mark.parametrize(("events", "bound"), [(0, 2.996), (1, 4.744), (5, 10.513), (20, 29.062)])
def test_bounds_are_those_of_the_tables(events: int, bound: float) -> None:
    """Garwood, 1936; the rule of three for none."""
    assert poisson_upper(events) == pytest.approx(bound, abs=0.002)


def line(clip: str, second: float, name: str, score: float) -> str:
    return f"{clip}\t{second:.3f}\t{name}\t{score}\t0.5\t0.5\t0.1\t0.1\n"


def test_only_clips_without_the_class_and_scores_that_count_are_counted(tmp_path: Path) -> None:
    found = tmp_path / "found.tsv"
    rows = [line("office", i / 2, "fire", 0.6) for i in range(10)]
    rows += [line("office", 9.0, "fire", 0.3), line("office", 1800.0, "end", 1.0)]
    rows += [line("blaze", i / 2, "fire", 0.9) for i in range(10)] + [line("blaze", 60.0, "end", 1.0)]
    found.write_text("".join(rows))
    (row,) = sightings(found, {"office": ["fire"], "gone": ["fire"]}, {"fire": 0.5}, step_s=0.5)
    assert row == Sightings("fire", watched_s=1800.0, boxes=10, leads=1)
    assert row.upper_per_hour == pytest.approx(2 * 4.744, abs=0.01)
