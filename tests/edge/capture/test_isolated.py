"""A camera's process may die, hang or lie: the box goes on, the camera comes back, nothing of it runs in the box."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from multiprocessing import Pipe
from pathlib import Path

import numpy as np
import pytest

from edge.backoff import Backoff
from edge.capture import wire
from edge.capture.camera import CameraError, CameraSilent
from edge.capture.frame import Frame
from edge.capture.isolated import IsolatedCamera
from edge.capture.live import Patience
from edge.capture.packet_ring import EncodedPacket, StreamFormat
from edge.capture.picture_slot import PICTURE_BYTES_MAX, Layout, PictureSlot, make_slot_memory
from edge.capture.source import Source
from edge.clock import SystemClock
from models.detector.raster import Colours, Planes
from tests.processes import eventually, has_ended, starve_forkserver
from tests.rendered_clip import render_clip

SOON = Backoff(first_s=0.1, most_s=0.2)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return render_clip(tmp_path / "clip.mp4", frames=20, fps=20)


def source(clip: Path, *, loop: bool = True) -> Source:
    return Source("gate_1", "file", str(clip), str(clip), Patience(), loop=loop)


def patiently(camera: IsolatedCamera, within_s: float = 60.0) -> Iterator[Frame]:
    """Frames as the supervisor takes them: silence is sat out."""
    end_s = time.monotonic() + within_s
    while time.monotonic() < end_s:
        with contextlib.suppress(CameraSilent):
            yield from camera.frames()
            return


def kill(camera: IsolatedCamera, number: signal.Signals) -> int:
    process_id = camera.process_id
    assert process_id is not None
    os.kill(process_id, number)
    return process_id


def test_a_killed_process_is_started_again_and_stream_time_and_counts_go_on(clip: Path) -> None:
    with IsolatedCamera(source(clip), SystemClock(), SOON) as camera:
        before = list(islice(camera.frames(), 5))[-1]
        counted = camera.frames_in
        killed = kill(camera, signal.SIGKILL)
        died_s = time.monotonic()
        with pytest.raises(CameraSilent, match="the process that decodes it failed: it ended by signal 9"):
            list(camera.frames())
        assert camera.ring.packets() == ()
        assert camera.ring.clip(0.0, 5.0) is None
        after = next(patiently(camera))
        away_s = time.monotonic() - died_s
        assert camera.process_id not in (None, killed)
        assert camera.fault is None
    assert after.index > before.index
    assert camera.frames_in > counted
    assert after.stream_s - before.stream_s == pytest.approx(away_s, abs=1.5), "an outage lasts as long as it lasted"


def test_a_forkserver_that_dies_costs_a_camera_a_pause(clip: Path) -> None:
    with IsolatedCamera(source(clip), SystemClock(), SOON) as camera:
        next(camera.frames())
        assert camera.process_id is not None
        starve_forkserver(camera.process_id)
        kill(camera, signal.SIGKILL)
        with pytest.raises(CameraSilent, match="it ended by signal 9"):
            list(camera.frames())
        with pytest.raises(CameraSilent, match="it cannot be started"):
            list(camera.frames())
        assert camera.process_id is None
        assert next(patiently(camera)) is not None


def test_a_camera_whose_process_cannot_even_be_started_is_tried_again_or_an_error(clip: Path) -> None:
    with IsolatedCamera(source(clip), SystemClock(), SOON) as other:
        next(other.frames())
        assert other.process_id is not None
        starve_forkserver(other.process_id)
        with IsolatedCamera(source(clip), SystemClock(), SOON) as camera:
            assert camera.fault is not None
            assert next(patiently(camera)) is not None
            assert camera.process_id is not None
            server = starve_forkserver(camera.process_id)
        with pytest.raises(CameraError, match="it cannot be started"), IsolatedCamera(source(clip), SystemClock()):
            pass
        eventually(lambda: has_ended(server), 10, "the forkserver is gone, and the next test has another one")


def test_a_process_that_hangs_is_replaced(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.capture.camera_process.ANSWER_S_MAX", 0.5)
    with IsolatedCamera(source(clip), SystemClock(), SOON) as camera:
        next(camera.frames())
        hung = kill(camera, signal.SIGSTOP)
        with pytest.raises(CameraSilent, match="no answer in"):
            list(camera.frames())
        assert next(patiently(camera)) is not None
        assert camera.process_id != hung
    assert has_ended(hung)


def test_a_file_that_crashes_its_decoder_is_an_error_not_a_loop(clip: Path) -> None:
    with IsolatedCamera(source(clip, loop=False), SystemClock()) as camera:
        next(camera.frames())
        kill(camera, signal.SIGSEGV)
        with pytest.raises(CameraError, match="it ended by signal 11; the source may be damaged"):
            list(camera.frames())


def test_a_signal_to_the_whole_group_is_the_boxs_to_answer(clip: Path) -> None:
    with IsolatedCamera(source(clip), SystemClock(), SOON) as camera:
        next(camera.frames())
        kill(camera, signal.SIGTERM)
        kill(camera, signal.SIGINT)
        process_id = camera.process_id
        assert len(list(islice(camera.frames(), 5))) == 5
        assert camera.process_id == process_id


def test_leaving_ends_the_process(clip: Path) -> None:
    with IsolatedCamera(source(clip), SystemClock(), SOON) as camera:
        next(camera.frames())
        process_id = camera.process_id
    assert camera.process_id is None
    assert not Path(f"/proc/{process_id}").exists()


def test_a_process_costs_little_memory_beside_the_libraries_that_all_share(clip: Path) -> None:
    with IsolatedCamera(source(clip), SystemClock(), SOON) as camera:
        list(islice(camera.frames(), 10))
        rollup = Path(f"/proc/{camera.process_id}/smaps_rollup").read_text()
        maps = Path(f"/proc/{camera.process_id}/maps").read_text()
    (pss,) = (int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    assert pss < 40_000, f"{pss} kB"
    assert not [name for name in ("onnxruntime", "/cv2/", "/lap/", "pydantic_core") if name in maps]


def test_a_frame_is_a_copy_that_the_next_one_does_not_touch(clip: Path) -> None:
    with IsolatedCamera(source(clip), SystemClock(), SOON) as camera:
        frames = list(islice(camera.frames(), 3))
    assert len({frame.image[:16, :16].tobytes() for frame in frames}) == 3


def test_packets_cross_the_wire_whole() -> None:
    one = StreamFormat("h264", 64, 48, Fraction(1, 90_000), b"\x00\x00\x01g")
    two = StreamFormat("mjpeg", 64, 48, Fraction(1, 1000), None)
    packets = [
        EncodedPacket(0.0, 0, -1, 10, True, b"key", one),
        EncodedPacket(0.1, 9000, 9000, 0, False, b"", one),
        EncodedPacket(0.2, 200, 200, 5, True, b"jpeg", two),
    ]
    ours, theirs = Pipe()
    with ours, theirs:
        wire.send_packets(theirs, packets, span=(0.0, 0.2))
        answer = wire.receive(ours)
        data = ours.recv_bytes()
    assert wire.packets_from(answer, data) == tuple(packets)
    clip = wire.clip_from(answer, data)
    assert clip is not None
    assert (clip.first_s, clip.last_s) == (0.0, 0.2)


@pytest.mark.parametrize(
    "said",
    [b"\x80\x04K\x01.", b"[]", b'{"kind": 1}', b"{", b"\xff"],
)
def test_what_is_no_message_is_refused_and_never_run(said: bytes) -> None:
    ours, theirs = Pipe()
    with ours, theirs:
        theirs.send_bytes(said)
        with pytest.raises(ValueError, match=r"."):
            wire.receive(ours)


@pytest.mark.parametrize("damage", [{"rows": [[0, 0, 0, 0, True, 9, 0]]}, {"formats": [[1]]}, {"rows": [[1]]}, {}])
def test_packets_of_another_form_are_refused(damage: dict[str, object]) -> None:
    held = {"formats": [["h264", 4, 4, 1, 25, None]], "rows": [[0.0, 0, 0, 1, True, 3, 0]]}
    assert len(wire.packets_from(held, b"abc")) == 1
    with pytest.raises(ValueError, match=r"."):
        wire.packets_from(held | damage if damage else {}, b"abc")


def test_planes_of_an_odd_size_come_out_of_the_slot_as_they_went_in() -> None:
    memory = make_slot_memory("gate_1")
    slot = PictureSlot(memory)
    y = np.arange(5 * 7, dtype=np.uint8).reshape(5, 7)
    u, v = (np.arange(start, start + 3 * 4, dtype=np.uint8).reshape(3, 4) for start in (100, 200))
    layout = slot.write(Planes(y, u, v, Colours("bt709", full_range=True)))
    fields = wire.look_fields(wire.Look(3, 1.5, layout, SystemClock().now()))
    look = wire.look_from({"kind": "frame"} | fields)
    read = slot.read(look.layout)
    slot.write(np.zeros((5, 7, 3), np.uint8))  # the next picture does not reach the one that was read
    assert isinstance(read, Planes)
    assert read.colours == Colours("bt709", full_range=True)
    assert [plane.tolist() for plane in (read.y, read.u, read.v)] == [y.tolist(), u.tolist(), v.tolist()]
    with pytest.raises(ValueError, match="colours"):
        wire.look_from({"look": [0, 0.0, 5, 7, ["bt0", True]], "moment": fields["moment"]})
    slot.close()
    os.close(memory)


def test_a_picture_that_does_not_fit_the_slot_is_refused() -> None:
    memory = make_slot_memory("gate_1")
    slot = PictureSlot(memory)
    image = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    read = slot.read(slot.write(image))
    assert isinstance(read, np.ndarray)
    assert (read == image).all()
    with pytest.raises(ValueError, match="8000x9000 does not fit"):
        slot.read(Layout(9000, 8000))
    with pytest.raises(PermissionError):
        os.ftruncate(memory, PICTURE_BYTES_MAX // 2)  # the other side would crash at its next look
    slot.close()
    os.close(memory)
