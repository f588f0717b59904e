"""The ring's bound, and which packets a clip takes."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.capture.packet_ring import ClipPackets, EncodedPacket, PacketRing, StreamFormat, select_clip

FORMAT = StreamFormat("h264", 64, 48, Fraction(1, 90_000), None)


def packet(second: float, size: int = 1, *, keyframe: bool = True, form: StreamFormat = FORMAT) -> EncodedPacket:
    ticks = int(second * 90_000)
    return EncodedPacket(second, ticks, ticks, 3600, keyframe, b"x" * size, form)


def stream(seconds: int, keyframe_every_s: int, *, fps: int = 5, begin_s: int = 0) -> list[EncodedPacket]:
    return [packet(begin_s + i / fps, keyframe=i % (keyframe_every_s * fps) == 0) for i in range(seconds * fps)]


def taken(packets: Sequence[EncodedPacket], from_s: float, to_s: float, cap_s: float = 30.0) -> ClipPackets:
    clip = select_clip(packets, from_s, to_s, cap_s)
    assert clip is not None
    assert clip.packets[0].keyframe
    return clip


def test_the_ring_never_holds_more_than_its_bytes_and_drops_the_oldest_first() -> None:
    ring = PacketRing(bytes_max=100)
    for second in range(10):
        ring.append(packet(second, 30))
    assert ring.bytes_held <= 100
    assert [p.stream_s for p in ring.packets()] == [7, 8, 9]


def test_a_ring_of_no_bytes_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        PacketRing(0)


def test_one_thread_appends_while_another_reads() -> None:
    ring = PacketRing(bytes_max=500)

    def fill() -> None:
        for i in range(20_000):
            ring.append(packet(i))

    writer = Thread(target=fill)
    writer.start()
    while writer.is_alive():
        seconds = [one.stream_s for one in ring.packets()]
        assert seconds == sorted(seconds)
    writer.join()


def test_a_clip_begins_at_the_newest_keyframe_at_least_five_seconds_before() -> None:
    clip = taken(stream(60, keyframe_every_s=4), 30 - 5, 30 + 5)
    assert (clip.first_s, clip.last_s) == (24.0, 35.0)


def test_an_event_right_after_the_start_has_the_pre_roll_that_there_is() -> None:
    clip = taken(stream(60, keyframe_every_s=4), 2 - 5, 2 + 5)
    assert clip.first_s == 0.0


def test_packets_that_fell_out_of_the_ring_shorten_the_pre_roll_to_the_oldest_keyframe_held() -> None:
    clip = taken(stream(60, keyframe_every_s=4)[28 * 5 + 1 :], 30 - 5, 30 + 5)
    assert clip.first_s == 32.0


def test_a_keyframe_so_old_that_the_cap_would_cut_the_event_off_is_passed_over() -> None:
    clip = taken(stream(60, keyframe_every_s=28), 50 - 5, 50 + 5)
    assert (clip.first_s, clip.last_s) == (28.0, 55.0)
    clip = taken(stream(80, keyframe_every_s=32), 63 - 5, 63 + 5)
    assert (clip.first_s, clip.last_s) == (64.0, 68.0)


def test_no_keyframe_within_the_cap_is_no_clip() -> None:
    assert select_clip(stream(100, keyframe_every_s=100), 80, 90) is None
    assert select_clip([], 80, 90) is None


def test_a_window_that_nothing_shows_is_no_clip() -> None:
    assert select_clip(stream(10, keyframe_every_s=2), 20, 30) is None
    assert select_clip(stream(10, keyframe_every_s=2, begin_s=50), 20, 30) is None


def test_pictures_shown_before_the_keyframe_but_sent_after_it_are_left_out() -> None:
    leading = replace(packet(9.8, keyframe=False), dts=int(10.05 * 90_000))
    packets = [packet(8.0), packet(9.6, keyframe=False), packet(10.0), leading, packet(10.2, keyframe=False)]
    assert [one.stream_s for one in taken(packets, 10.0, 11.0).packets] == [10.0, 10.2]


def test_a_picture_needed_by_one_inside_the_window_comes_along_and_leaves_no_hole() -> None:
    shown = [0.0, 0.6, 0.2, 0.4, 1.2, 0.8, 1.0]  # in decoding order: each third picture is referred to by two before it
    packets = [packet(second, keyframe=second == 0) for second in shown]
    assert [one.stream_s for one in taken(packets, 0.0, 0.45).packets] == [0.0, 0.6, 0.2, 0.4]
    assert [one.stream_s for one in taken(packets, 0.0, 0.85).packets] == shown


def test_a_clip_never_spans_a_change_of_format_and_takes_the_side_that_shows_more() -> None:
    other = replace(FORMAT, width=128)
    packets = [*stream(10, 2), *(replace(one, format=other) for one in stream(20, 2, begin_s=10))]
    clip = taken(packets, 9, 19)
    assert {one.format for one in clip.packets} == {other}
    assert clip.first_s == 10.0
    assert {one.format for one in taken(packets, 1, 11).packets} == {FORMAT}


def test_a_window_without_length_is_refused() -> None:
    with pytest.raises(ValueError, match="from_s < to_s"):
        select_clip([], 5, 5)


@given(st.lists(st.booleans(), max_size=60), st.floats(0, 60), st.floats(0.1, 20), st.floats(1, 30))
def test_a_clip_is_never_longer_than_its_cap_nor_later_than_its_end(
    keyframes: list[bool], from_s: float, length_s: float, cap_s: float
) -> None:
    clip = select_clip([packet(i, keyframe=k) for i, k in enumerate(keyframes)], from_s, from_s + length_s, cap_s)
    if clip is not None:
        assert clip.packets[0].keyframe
        assert clip.last_s <= from_s + length_s
        assert clip.last_s - clip.first_s <= cap_s
        assert clip.last_s >= from_s
