import json
from datetime import UTC, datetime

from edge.evidence.track_history import TrackHistory
from edge.tracking.track import Track, Tracks

START = datetime(2026, 3, 1, 8, tzinfo=UTC)


def tracks(stream_s: float, *track_ids: int) -> Tracks:
    box = (0.1, 0.1, 0.2, 0.3)
    seen = tuple(Track(i, "person", 0.9, box, box, 0.0, stream_s, stream_s, 5) for i in track_ids)
    return Tracks("hall_1", stream_s, seen, (), ())


def test_a_clips_tracks_begin_at_the_clip_and_say_whose_they_are() -> None:
    history = TrackHistory()
    for tenth in range(100):
        history.add(tracks(tenth / 10, 1, 2))
    document = json.loads(history.document(3.0, 5.0, START, [1]))
    assert document["clip_start"] == "2026-03-01T08:00:00.000Z"
    assert document["subjects"] == [1]
    assert document["classes"] == {"1": "person", "2": "person"}
    assert [row[0] for row in document["tracks"]["1"]][:2] == [0.0, 0.1]
    assert document["tracks"]["2"][-1] == [2.0, 0.1, 0.1, 0.2, 0.3]


def test_history_is_bounded_by_time_and_by_number() -> None:
    history = TrackHistory(kept_s=2.0, boxes_max=30)
    for tenth in range(100):
        history.add(tracks(tenth / 10, 1))
    assert len(history) == 21
    for tenth in range(100, 200):
        history.add(tracks(tenth / 10, 1, 2, 3))
    assert len(history) == 30
