"""ONVIF end to end: who is there, where its streams are, frames out of them; and everything that must be refused."""

import contextlib
import json
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge import __main__ as command
from edge.cameras import source_of
from edge.capture.camera import CameraError, CredentialsError
from edge.capture.isolated import IsolatedCamera
from edge.capture.live import Patience
from edge.capture.onvif import ask_streams, clock_note
from edge.clock import SystemClock
from edge.settings import Settings
from tests.edge.test_camera_commands import make_box
from tests.integration.test_lost_cameras import SOON, next_where, silence_of
from tests.processes import ROOT, Running, eventually, free_port
from tests.rtsp import rtsp_camera

DEVICE = ROOT / "tests" / "integration" / "onvif_device.py"
LOGIN = "guard:s3cret"


def one_profile(uri: str = "rtsp://127.0.0.1:554/main", encoding: str = "H264") -> dict[str, list[object]]:
    return {"main": [encoding, 1920, 1080, uri]}


@contextlib.contextmanager
def onvif_camera(folder: Path, *, port: int | None = None, **facts: Any) -> Iterator[str]:
    """Gives HOST:PORT."""
    port = port or free_port()
    log = folder / f"onvif-{port}-{time.monotonic_ns()}.log"
    facts = {"profiles": one_profile(), **facts}
    with Running([sys.executable, str(DEVICE), str(port), json.dumps(facts)], log) as device:
        eventually(lambda: b"ready" in log.read_bytes() or device.process.poll() is not None, 20, "the ONVIF camera")
        assert device.process.poll() is None, log.read_text()
        yield f"127.0.0.1:{port}"


@pytest.mark.parametrize("facts", [{}, {"digest": True}, {"skew_s": -7383.0}, {"skew_s": 7383.0}, {"skew_s": 4e8}])
def test_a_camera_says_where_its_streams_are_whatever_its_clock_says(tmp_path: Path, facts: dict[str, Any]) -> None:
    profiles = {
        "small": ["H264", 352, 288, "rtsp://127.0.0.1:554/small"],
        "main": ["H265", 2560, 1440, "rtsp://127.0.0.1:554/main?x=1&amp;y=2"],
        "sub": ["H264", 640, 360, "rtsp://127.0.0.1/sub"],
        "middle": ["H264", 1280, 720, "rtsp://127.0.0.1/middle"],
        "jpeg": ["JPEG", 3840, 2160, "rtsp://127.0.0.1/jpeg"],
    }
    with onvif_camera(tmp_path, login=LOGIN, profiles=profiles, **facts) as place:
        streams = ask_streams(f"onvif://{LOGIN}@{place}")
    assert (streams.model, streams.main.profile.codec, streams.main.profile.width) == ("Acme IPC-1", "hevc", 2560)
    assert streams.main.uri == "rtsp://guard:s3cret@127.0.0.1:554/main?x=1&y=2"
    assert streams.sub is not None
    assert streams.sub.uri == "rtsp://guard:s3cret@127.0.0.1/sub"
    assert streams.skew_s == pytest.approx(facts.get("skew_s", 0.0), abs=3.0)
    assert (clock_note(streams.skew_s) is None) == ("skew_s" not in facts)


def test_a_password_of_any_letters_reaches_the_camera_and_the_stream(tmp_path: Path) -> None:
    with onvif_camera(tmp_path, login="guard:a@/#% &<é") as place:
        streams = ask_streams(f"onvif://guard:a%40%2F%23%25%20%26%3C%C3%A9@{place}")
    assert streams.main.uri == "rtsp://guard:a%40%2F%23%25%20%26%3C%C3%A9@127.0.0.1:554/main"


@pytest.mark.parametrize("facts", [{}, {"digest": True}])
def test_a_wrong_password_is_one_line_without_it(tmp_path: Path, facts: dict[str, Any]) -> None:
    with onvif_camera(tmp_path, login=LOGIN, **facts) as place:
        with pytest.raises(CredentialsError) as refused:
            ask_streams(f"onvif://guard:wr0ng@{place}")
        with pytest.raises(CredentialsError, match=r"asks for a login|refuses the user name"):
            ask_streams(f"onvif://{place}")
    assert str(refused.value) == (
        f"onvif://guard:***@{place}: the camera refuses the user name or password; check both"
    )


def test_a_wrong_password_at_a_camera_with_a_wrong_clock_names_both(tmp_path: Path) -> None:
    with onvif_camera(tmp_path, login=LOGIN, skew_s=-7383.0) as place, pytest.raises(CredentialsError) as refused:
        ask_streams(f"onvif://guard:wr0ng@{place}")
    assert "check both, and set the camera's clock, which is 2 h 3 min" in str(refused.value)
    assert str(refused.value).endswith("behind")


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"hostile": "entities"}, "refused an answer with a document type or entities of its own"),
        ({"hostile": "huge"}, "refused an answer of more than 256 kB"),
        ({"hostile": "redirect"}, "sends the box on to another address; it is not followed"),
        ({"hostile": "garbage"}, "refused an answer that is no XML"),
        ({"hostile": "deep"}, "answers what makes no sense|refused"),
        ({"hostile": "drip"}, r"does not answer ONVIF \(ReadTimeout\)"),
        ({"profiles": one_profile("file:///etc/passwd")}, "answers with file:// for its stream; only rtsp:// is read"),
        (
            {"profiles": one_profile("rtsp://192.0.2.1/x")},
            "says that its stream is at another host, 192.0.2.1; it is not",
        ),
        ({"profiles": one_profile("rtsp://127.0.0.1:x/")}, "answers with a stream address that is none"),
        ({"profiles": one_profile(encoding="JPEG")}, "no profile in H.264 or H.265"),
    ],
)
def test_a_hostile_answer_is_one_line_and_soon(tmp_path: Path, facts: dict[str, Any], says: str) -> None:
    began_s = time.monotonic()
    with onvif_camera(tmp_path, **facts) as place, pytest.raises(CameraError, match=says) as refused:
        ask_streams(f"onvif://{LOGIN}@{place}", within_s=3.0)
    assert time.monotonic() - began_s < 15
    assert "\n" not in str(refused.value)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("address", ["onvif://", "onvif://h:x", "onvif://h/x#third", "onvif://h:99999"])
def test_an_address_that_is_none_says_so(address: str) -> None:
    with pytest.raises(CameraError, match="is not an ONVIF address; as in"):
        ask_streams(address)


def test_a_port_where_nothing_listens_is_one_line() -> None:
    with pytest.raises(CameraError, match="does not answer ONVIF"):
        ask_streams(f"onvif://127.0.0.1:{free_port()}")


def test_from_box_yaml_to_frames_of_the_small_stream_and_packets_of_the_main_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And again at a reconnect: the camera gets other addresses while the box runs."""
    monkeypatch.setenv("GATE_PASSWORD", "s3cret")
    for name in ("main", "sub", "later"):
        (tmp_path / name).mkdir()
    login, port = ("guard", "s3cret"), free_port()
    with contextlib.ExitStack() as stack:
        main = stack.enter_context(rtsp_camera(tmp_path / "main", "hevc", fps=20, login=login))
        first = contextlib.ExitStack()
        sub = first.enter_context(rtsp_camera(tmp_path / "sub", "h264", fps=20, login=login))
        profiles = {"a": ["H264", 640, 360, sub], "b": ["H265", 1920, 1080, main]}
        place = first.enter_context(onvif_camera(tmp_path, port=port, login=LOGIN, profiles=profiles))
        box = make_box(tmp_path, {"gate_1": {"onvif": f"guard:${{GATE_PASSWORD}}@{place}"}})
        source = source_of(box, Settings.load(box), "gate_1", Patience(open_s_max=5.0, read_s_max=3.0, retry=SOON))
        assert "s3cret" not in source.shown
        camera = stack.enter_context(IsolatedCamera(source, SystemClock(), SOON))
        before = next_where(camera, lambda frame: frame.index > 20 and bool(camera.ring.packets()))
        assert {packet.format.codec for packet in camera.ring.packets()} == {"hevc"}
        first.close()
        silence_of(camera)
        moved = stack.enter_context(rtsp_camera(tmp_path / "later", "h264", fps=20, login=login))
        profiles["a"][3] = moved
        stack.enter_context(onvif_camera(tmp_path, port=port, login=LOGIN, profiles=profiles))
        assert next_where(camera, lambda frame: frame.index > before.index + 20)


def test_cameras_of_a_box_are_tried_by_onvif_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with onvif_camera(tmp_path, login=LOGIN) as place:
        box = make_box(tmp_path, {"gate_1": {"onvif": f"guard:wr0ng@{place}"}})
        assert command.main(["cameras", str(box)]) == 1
    said = capsys.readouterr().out
    assert "the camera refuses the user name or password; check both" in said
    assert "wr0ng" not in said


def loopback_has_multicast() -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        try:
            link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
            link.sendto(b"", ("239.255.255.250", 9))
        except OSError:
            return False
    return True


def discovered(capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str, str]:
    code = command.main(["cameras", "--discover", "--from", "127.0.0.1", *more])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.skipif(not loopback_has_multicast(), reason="no multicast over loopback here: ip link set lo multicast on")
def test_who_answers_is_shown_with_its_streams_and_what_to_write(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.camera_discovery.LISTEN_S", 1.5)
    monkeypatch.setenv("GATE_PASSWORD", "s3cret")
    profiles = {**one_profile(), "sub": ["H265", 640, 360, "rtsp://127.0.0.1:554/sub"]}
    held = tmp_path / "password"
    held.write_text("wr0ng\n")
    held.chmod(0o600)
    with onvif_camera(tmp_path, login=LOGIN, profiles=profiles, skew_s=-100.0, discovery=True) as place:
        code, out, _ = discovered(capsys, "--login", "guard:${GATE_PASSWORD}")
        refused, told, _ = discovered(capsys, "--login", f"guard:@{held}", "--json")
        nobody, anonymous, _ = discovered(capsys)
    assert code == 0
    first, main, sub, note, add = out.splitlines()
    assert first.split() == [place, "Acme", "IPC-1"]
    assert main.split()[:4] == ["main", "h264", "1920x1080", "rtsp://guard:***@127.0.0.1:554/main"]
    assert sub.split()[:4] == ["sub", "hevc", "640x360", "rtsp://guard:***@127.0.0.1:554/sub"]
    assert "its clock is 0 h 1 min" in note
    assert add == f'  add   CAMERA: {{onvif: "guard:${{GATE_PASSWORD}}@{place}"}}'
    assert refused == nobody == 1
    assert "refuses the user name or password" in json.loads(told)["problem"]
    assert "asks for a login" in anonymous
    assert "s3cret" not in out + told
    assert "wr0ng" not in told


@pytest.mark.skipif(not loopback_has_multicast(), reason="no multicast over loopback here")
def test_nobody_there_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.camera_discovery.LISTEN_S", 0.5)
    assert discovered(capsys) == (
        1,
        "",
        "no ONVIF camera answered; is this machine on the cameras' network, and ONVIF switched on at the cameras?\n",
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--discover", "--login", "guard:s3cret"], "a password does not belong on a command line"),
        (["--discover", "--login", "guard"], "the login is USER:PASSWORD on standard input"),
        (["--discover", "--login", "guard:${NOT_SET_ANYWHERE}"], "NOT_SET_ANYWHERE} is not set"),
        (["--discover", "--login", "guard:@{open}"], "can be read by others: chmod 600"),
        (["--discover", "--from", "192.0.2.77"], "name this machine's own address on the cameras' network"),
        ([], "give the box's folder, or --discover"),
    ],
)
def test_what_cannot_be_asked_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    (tmp_path / "open").write_text("s3cret")
    (tmp_path / "open").chmod(0o644)
    assert command.main(["cameras", *(word.replace("{open}", str(tmp_path / "open")) for word in words)]) == 1
    said = capsys.readouterr()
    assert says in said.err
    assert "s3cret" not in said.err + said.out
