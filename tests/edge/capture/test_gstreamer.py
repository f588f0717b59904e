"""GStreamer's decoder against FFmpeg's on the same packets, and what it does where it cannot decode."""

import logging
from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from av.bitstream import BitStreamFilterContext

from edge.capture import child, gst_library, gstreamer
from edge.capture.camera import CameraError
from edge.capture.decoder import Decoder, MakeDecoder
from edge.capture.decoding import VideoSource
from edge.capture.engine_first import EngineFirst
from edge.capture.ffmpeg_decoder import FFmpegDecoder
from edge.capture.gstreamer import GstDecoder, Way, decoder_of
from edge.capture.packet_ring import EncodedPacket, PacketRing
from edge.capture.parameter_sets import nal_units
from models.detector.raster import Planes
from tests.gstreamer import needs_gstreamer
from tests.rendered_clip import render_clip

Seen = list[tuple[float, Planes]]


def seen(clip: Path, make: MakeDecoder) -> tuple[Seen, Sequence[EncodedPacket], int]:
    """Pictures with their times, the packets kept, how many of them did not decode."""
    ring = PacketRing(2**24)
    with VideoSource(f"file:{clip}", str(clip), ring) as source:
        source.decode_by(make)
        pictures = [(picture.stream_s, planes_of(picture.pixels())) for picture in source.pictures()]
        return pictures, ring.packets(), source.packets_undecodable


def planes_of(pixels: object) -> Planes:
    assert isinstance(pixels, Planes)
    return pixels


def same(one: Planes, two: Planes) -> bool:
    return one.colours == two.colours and all(
        np.array_equal(*pair) for pair in ((one.y, two.y), (one.u, two.u), (one.v, two.v))
    )


@needs_gstreamer
@pytest.mark.parametrize("b_frames", [0, 2])
@pytest.mark.parametrize("suffix", ["mp4", "ts", "mkv"])
@pytest.mark.parametrize("codec", ["libx264", "libx265"])
@pytest.mark.parametrize("size", [(128, 96), (630, 354)])
def test_pictures_times_and_packets_are_those_that_ffmpeg_gives(
    codec: str, suffix: str, b_frames: int, size: tuple[int, int], tmp_path: Path
) -> None:
    clip = render_clip(tmp_path / f"c.{suffix}", frames=40, fps=20, codec=codec, b_frames=b_frames, size=size)
    pictures, packets, undecodable = seen(clip, decoder_of)
    expected, held, _ = seen(clip, FFmpegDecoder)
    assert len(pictures) == 40
    assert undecodable == 0
    assert [stream_s for stream_s, _ in pictures] == [stream_s for stream_s, _ in expected]
    assert all(same(one, two) for (_, one), (_, two) in zip(pictures, expected, strict=True))
    assert packets == held


@needs_gstreamer
def test_a_stream_that_does_not_say_when_is_shown_in_order(tmp_path: Path) -> None:
    clip = render_clip(tmp_path / "c.avi", frames=40, fps=20, b_frames=2)
    pictures, packets, _ = seen(clip, decoder_of)
    times = [stream_s for stream_s, _ in pictures]
    assert len(times) == len(packets) == 40
    assert times == sorted(times)
    assert times[-1] == pytest.approx(1.95, abs=0.06)


def remuxed(clip: Path, out: Path, keep: Any) -> Path:
    """The packets that `keep` gives bytes for, by number and packet."""
    with av.open(str(clip)) as read, av.open(str(out), "w") as written:
        stream = written.add_stream_from_template(read.streams.video[0])
        for number, packet in enumerate(one for one in read.demux(read.streams.video[0]) if one.size):
            if (data := keep(number, packet)) is not None:
                other = av.Packet(data)
                other.stream, other.time_base, other.pts, other.dts = stream, packet.time_base, packet.pts, packet.dts
                other.is_keyframe = packet.is_keyframe
                written.mux_one(other)
    return out


@needs_gstreamer
@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_what_comes_before_the_first_keyframe_is_passed_over(codec: str, tmp_path: Path) -> None:
    clip = render_clip(tmp_path / "whole.ts", frames=40, fps=20, codec=codec)
    cut = remuxed(clip, tmp_path / "cut.ts", lambda number, packet: None if number < 3 else bytes(packet))
    pictures, packets, _ = seen(cut, decoder_of)
    expected, _, _ = seen(cut, FFmpegDecoder)
    assert len(pictures) == len(expected) == len(packets) == 30
    assert packets[0].keyframe
    assert same(pictures[0][1], expected[0][1])


@needs_gstreamer
def test_damaged_packets_cost_their_pictures_and_no_later_ones(tmp_path: Path) -> None:
    clip = render_clip(tmp_path / "whole.mp4", frames=40, fps=20)

    def damaged(number: int, packet: Any) -> bytes:
        data = bytes(packet)
        return data[:5] + b"\xff" * (len(data) - 5) if 12 <= number < 15 else data

    broken = remuxed(clip, tmp_path / "broken.mp4", damaged)
    pictures, packets, _ = seen(broken, decoder_of)
    whole, _, _ = seen(clip, FFmpegDecoder)
    assert len(packets) == 40
    assert [round(stream_s, 3) for stream_s, _ in pictures][-20:] == [round(number / 20, 3) for number in range(20, 40)]
    assert all(same(one, two) for (_, one), (_, two) in zip(pictures[-20:], whole[-20:], strict=True))


def described(codec: str, extradata: bytes) -> Any:
    context = SimpleNamespace(
        codec=SimpleNamespace(canonical_name=codec), extradata=extradata, pix_fmt="yuv420p", color_range=1, colorspace=2
    )
    return SimpleNamespace(codec_context=context)


@needs_gstreamer
def test_parameter_sets_that_only_the_description_holds_are_used(tmp_path: Path) -> None:
    clip = render_clip(tmp_path / "c.mp4", frames=20, fps=20)
    sets, bare = b"", []
    with av.open(str(clip)) as container:
        video = container.streams.video[0]
        annex_b = BitStreamFilterContext("h264_mp4toannexb", video)
        packets = [out for packet in container.demux(video) if packet.size for out in annex_b.filter(packet)]
        for packet in packets:
            units = list(nal_units(bytes(packet)))
            sets = sets or b"".join(b"\0\0\0\1" + unit for unit in units if unit[0] & 31 in (7, 8))
            other: Any = av.Packet(b"".join(b"\0\0\0\1" + unit for unit in units if unit[0] & 31 not in (7, 8)))
            other.pts, other.dts, other.is_keyframe = packet.pts, packet.dts, packet.is_keyframe
            bare.append(other)
        decoder = GstDecoder(described("h264", sets), Fraction(packets[0].time_base or 1))
    decoded = [one for packet in bare for one in decoder.decode(packet)]
    decoded += decoder.flush()
    assert [one.pts for one in decoded] == [packet.pts for packet in bare]


def test_without_gstreamer_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gst_library, "NAMES", ("libgst-that-is-not-there.so.0",))
    with pytest.raises(CameraError, match=r"^GStreamer is not there .*apt install .*or set `decoder: ffmpeg`$"):
        gst_library.loaded.__wrapped__()


@needs_gstreamer
def test_an_element_that_is_missing_is_said_when_the_source_is_opened(tmp_path: Path) -> None:
    clip = render_clip(tmp_path / "c.mp4", frames=5, fps=20)
    with VideoSource(f"file:{clip}", str(clip), None) as source:
        with pytest.raises(CameraError, match="GStreamer has nothing that decodes h264; install GStreamer"):
            source.decode_by(partial(GstDecoder, ways=[Way("nvv4l2decoder_of_no_box", "videoconvert")]))
        assert source.closed


BREAKS = Way("identity error-after=2 ! avdec_h264", "videoconvert")
SWALLOWS = Way("valve drop=true ! avdec_h264", "videoconvert")


@needs_gstreamer
@pytest.mark.parametrize(
    ("way", "why"),
    [(BREAKS, "identity of GStreamer does not decode it \\(.*Failed after iterations"), (SWALLOWS, "no picture came")],
)
def test_an_engine_that_gives_no_picture_is_given_up(
    way: Way, why: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(gstreamer, "STUCK_S_MAX", 0.02)
    monkeypatch.setattr(gstreamer, "AHEAD_S_MAX", 0.01)
    clip = render_clip(tmp_path / "c.mp4", frames=250, fps=20)
    with pytest.raises(CameraError, match=why):
        seen(clip, partial(GstDecoder, ways=[way]))


@needs_gstreamer
def test_after_an_engine_that_fails_ffmpeg_decodes_and_one_line_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clip = render_clip(tmp_path / "c.mp4", frames=60, fps=20)
    made: list[Decoder] = []

    def by_engine(stream: Any, time_base: Fraction) -> Decoder:
        made.append(GstDecoder(stream, time_base, (BREAKS,)))
        return made[-1]

    choice = EngineFirst(by_engine)
    with caplog.at_level(logging.WARNING):
        pictures, packets, _ = seen(clip, choice)
        again, _, _ = seen(clip, choice)
    assert len(packets) == 60
    assert pictures, "it goes on within the same connection"
    assert pictures[-1][0] == pytest.approx(59 / 20)
    assert len(again) == 60
    assert len(made) == 1
    (line,) = [record.getMessage() for record in caplog.records if "video engine" in record.getMessage()]
    assert "FFmpeg decodes on the processor: identity of GStreamer does not decode it" in line


def test_the_engine_is_tried_by_itself_on_a_jetson_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(child, "JETSON", tmp_path / "nv_tegra_release")
    assert child.make_decoder("auto") is FFmpegDecoder
    assert child.make_decoder("gstreamer") is decoder_of
    child.JETSON.write_text("# R36 (release), REVISION: 4.0\n")
    assert isinstance(child.make_decoder("auto"), EngineFirst)
    assert child.make_decoder("ffmpeg") is FFmpegDecoder


@needs_gstreamer
def test_a_picture_outlives_its_pipeline(tmp_path: Path) -> None:
    clip = render_clip(tmp_path / "c.mp4", frames=40, fps=20, b_frames=2)
    with VideoSource(f"file:{clip}", str(clip), None) as source:
        source.decode_by(decoder_of)
        pictures = list(source.pictures())
    expected, _, _ = seen(clip, FFmpegDecoder)
    assert all(same(planes_of(one.pixels()), two) for one, (_, two) in zip(pictures, expected, strict=True))
