"""Capture and clips on real camera footage, which lies beside the repository."""

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import av
import pytest

from edge.capture.video_file import ReplayCamera
from edge.evidence.clip import clip_media_type, write_clip
from tests.data import data

START = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "frames", "last_s"),
    [
        ("car-detection.mp4", 377, 30.08),
        ("bottle-detection.mp4", 1189, 39.82),  # B pictures, a keyframe every 8 s
        ("test2-cam-person1.mkv", 60, 5.91),  # cut out of a stream: its time begins at 18 s
        ("fixed/motorway_pedestrian.mp4", 748, 29.88),  # an edit list
    ],
)
def test_every_frame_of_a_real_video_comes_in_time_and_its_clip_holds_the_same_packets(
    name: str, frames: int, last_s: float, tmp_path: Path
) -> None:
    with ReplayCamera("c1", data("videos", *name.split("/")), START) as camera:
        times = [frame.stream_s for frame in camera.frames()]
    assert len(times) == frames
    assert (times[0], times[-1]) == pytest.approx((0.0, last_s), abs=0.01)
    assert all(one < two for one, two in pairwise(times))
    clip = camera.ring.clip(3.0, 5.5)
    assert clip is not None
    assert clip_media_type(clip) == "video/mp4"
    out = tmp_path / "clip.mp4"
    write_clip(clip, out)
    with av.open(str(out)) as container:
        payloads = [bytes(packet) for packet in container.demux(container.streams.video[0]) if packet.size]
    assert payloads == [packet.data for packet in clip.packets]
    with av.open(str(out)) as container:
        shown = [float(frame.time or 0.0) for frame in container.decode(video=0)]
    expected = [time - clip.first_s for time in times if clip.first_s <= time <= clip.last_s]
    assert shown == pytest.approx(expected, abs=0.002)
