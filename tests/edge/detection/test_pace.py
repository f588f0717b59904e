"""A camera is looked at as often as its settings say, and oftener while something is followed."""

import pytest

from edge.detection.pace import Pace


@pytest.mark.parametrize(
    ("fps_max", "tracks", "looked"),
    [(None, 0, 101), (5.0, 0, 51), (1.0, 0, 11), (1.0, 3, 51), (8.0, 3, 51), (60.0, 0, 101)],
)
def test_ten_seconds_at_ten_frames_a_second(fps_max: float | None, tracks: int, looked: int) -> None:
    pace, count = Pace(fps_max), 0
    for index in range(101):
        if pace.due(index / 10):
            pace.looked(index / 10, tracks)
            count += 1
    assert count == looked
