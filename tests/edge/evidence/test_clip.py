"""Clips hold the camera's own bytes, begin at a keyframe at time 0, and play."""

import resource
import signal
from datetime import UTC, datetime
from pathlib import Path

import av
import pytest

from edge.capture.packet_ring import ClipPackets, EncodedPacket
from edge.capture.parameter_sets import nal_units
from edge.capture.video_file import ReplayCamera
from edge.evidence.clip import ClipError, clip_media_type, write_clip
from tests.rendered_clip import render_clip

START = datetime(2026, 11, 24, tzinfo=UTC)
FRAMES = 100


def cut(video: Path, from_s: float = 4.0, to_s: float = 8.0) -> ClipPackets:
    with ReplayCamera("c1", video, START) as camera:
        for _ in camera.frames():
            pass
        clip = camera.ring.clip(from_s, to_s)
    assert clip is not None
    return clip


def payloads(video: Path) -> list[bytes]:
    with av.open(str(video)) as container:
        return [bytes(packet) for packet in container.demux(container.streams.video[0]) if packet.size]


def shown_at(video: Path) -> list[float]:
    with av.open(str(video)) as container:
        return [float(frame.time or 0.0) for frame in container.decode(video=0)]


def length_prefixed_units(data: bytes) -> list[bytes]:
    units = []
    while data:
        size = int.from_bytes(data[:4], "big")
        units.append(data[4 : 4 + size])
        data = data[4 + size :]
    return units


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format", "b_frames", "media_type"),
    [
        ("c.mp4", "libx264", "yuv420p", 0, "video/mp4"),
        ("c.mp4", "libx264", "yuv420p", 2, "video/mp4"),
        ("c.mkv", "libx264", "yuv420p", 2, "video/mp4"),
        ("c.mp4", "libx265", "yuv420p", 2, "video/mp4"),
        ("c.avi", "mjpeg", "yuvj420p", 0, "video/x-matroska"),
        ("c.mp4", "mpeg4", "yuv420p", 0, "video/x-matroska"),
        ("c.avi", "msmpeg4", "yuv420p", 0, "video/x-matroska"),
        ("c.webm", "libvpx", "yuv420p", 0, "video/x-matroska"),
    ],
)
def test_a_clip_holds_the_camera_s_packets_byte_for_byte(
    tmp_path: Path, name: str, codec: str, pixel_format: str, b_frames: int, media_type: str
) -> None:
    video = render_clip(
        tmp_path / name, frames=FRAMES, fps=10, codec=codec, pixel_format=pixel_format, b_frames=b_frames
    )
    clip, out = cut(video), tmp_path / "out"
    assert clip_media_type(clip) == media_type
    write_clip(clip, out)
    assert payloads(out) == [packet.data for packet in clip.packets]
    times = shown_at(out)
    assert len(times) == len(clip.packets)
    assert times[0] == 0.0
    assert times[-1] == pytest.approx(clip.last_s - clip.first_s, abs=0.001)
    assert times == sorted(times)


H265_SETS = range(32, 35)


@pytest.mark.parametrize(("codec", "tag"), [("libx264", "avc1"), ("libx265", "hvc1")])
def test_annex_b_as_cameras_send_it_becomes_mp4_with_the_same_units(tmp_path: Path, codec: str, tag: str) -> None:
    video = render_clip(tmp_path / "c.ts", frames=FRAMES, fps=10, codec=codec, b_frames=2)
    clip, out = cut(video), tmp_path / "out.mp4"
    write_clip(clip, out)
    in_front = H265_SETS if codec == "libx265" else ()  # `hvc1` keeps the parameter sets in the header alone
    sent = [[u for u in nal_units(packet.data) if u[0] >> 1 & 0x3F not in in_front] for packet in clip.packets]
    kept = [length_prefixed_units(payload) for payload in payloads(out)]
    assert [[unit.rstrip(b"\x00") for unit in units] for units in kept] == sent
    assert len(shown_at(out)) == len(clip.packets)
    with av.open(str(out)) as container:
        assert container.streams.video[0].codec_context.codec_tag == tag


def test_the_index_of_an_mp4_is_in_front_so_that_a_browser_scrubs_while_it_loads(tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    write_clip(cut(render_clip(tmp_path / "c.mp4", frames=FRAMES, fps=10)), out)
    data = out.read_bytes()
    assert 0 < data.find(b"moov") < data.find(b"mdat")


def without_description(clip: ClipPackets, first_data: bytes | None = None) -> ClipPackets:
    """As from a camera that describes nothing before it sends."""

    def bare(packet: EncodedPacket, data: bytes) -> EncodedPacket:
        old = packet.format
        form = type(old)(old.codec, old.width, old.height, old.time_base, None)
        return EncodedPacket(packet.stream_s, packet.pts, packet.dts, packet.duration, packet.keyframe, data, form)

    data = [packet.data for packet in clip.packets]
    if first_data is not None:
        data[0] = first_data
    packets = tuple(bare(packet, one) for packet, one in zip(clip.packets, data, strict=True))
    return ClipPackets(packets, clip.first_s, clip.last_s)


def test_parameter_sets_that_only_the_keyframes_carry_are_found_there(tmp_path: Path) -> None:
    clip = cut(render_clip(tmp_path / "c.ts", frames=FRAMES, fps=10))
    write_clip(without_description(clip), tmp_path / "out.mp4")
    assert len(shown_at(tmp_path / "out.mp4")) == len(clip.packets)


def test_a_stream_without_parameter_sets_is_a_clear_error(tmp_path: Path) -> None:
    clip = cut(render_clip(tmp_path / "c.ts", frames=FRAMES, fps=10))
    slices = [unit for unit in nal_units(clip.packets[0].data) if unit[0] & 0x1F == 5]
    bare = without_description(clip, b"".join(b"\x00\x00\x00\x01" + unit for unit in slices))
    with pytest.raises(ClipError, match="never sent its parameter sets"):
        write_clip(bare, tmp_path / "out.mp4")


def test_the_same_packets_give_the_same_file(tmp_path: Path) -> None:
    clip = cut(render_clip(tmp_path / "c.mp4", frames=FRAMES, fps=10))
    for name in ("one.mp4", "two.mp4"):
        write_clip(clip, tmp_path / name)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "two.mp4").read_bytes()


def test_a_disk_that_takes_no_more_is_an_oserror_as_the_store_expects(tmp_path: Path) -> None:
    clip = cut(render_clip(tmp_path / "c.mp4", frames=FRAMES, fps=10))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (512, before[1]))
        with pytest.raises(OSError, match="large"):
            write_clip(clip, tmp_path / "out.mp4")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
