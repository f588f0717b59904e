"""`edge init`: a folder becomes a box; what is secret lies in files that only its owner reads."""

import io
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract import codec
from contract.enrolment import Introduction
from contract.signing import PublicKey, SigningKey
from edge.__main__ import main
from edge.settings import Settings, with_secrets
from tests.edge.scripted_scene import RULES
from tests.integration.test_enrolment import CENTRE_KEY, TOKEN, answering, welcome

PASSWORD = "s3cret"
ADDRESS = f"rtsp://admin:{PASSWORD}@127.0.0.1:554/main"


@pytest.fixture
def centre() -> Iterator[str]:
    def answer(body: bytes) -> tuple[int, bytes]:
        introduction = codec.decode(codec.parse(body, 10_000), Introduction)
        return 200, CENTRE_KEY.sign(welcome(box_id=introduction.box_id))

    with answering(answer) as url:
        yield url


def init(folder: Path, centre: str, monkeypatch: pytest.MonkeyPatch, *more: str, camera: str = "hall_1=-") -> int:
    """The token and the camera's address are two lines of standard input, further ones go to what `more` asks for."""
    rules = folder.parent / "rules-of-mine.yaml"
    rules.write_text(RULES, encoding="utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{TOKEN}\n{ADDRESS}\n"))
    command = ["init", str(folder), "--central", centre, "--token", "-", "--rules", str(rules)]
    return main([*command, "--camera", camera, *more])


def test_a_box_has_its_key_its_rules_and_what_the_centre_said(
    centre: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert init(tmp_path / "box", centre, monkeypatch) == 0
    settings = Settings.load(tmp_path / "box")
    key = SigningKey.load(tmp_path / "box" / "keys" / "box.key")
    assert settings.box_id == f"box-{key.public.key_id[:8]}"
    assert (settings.site, settings.central.broker) == ("north", "mqtt://127.0.0.1:1883")
    assert settings.central.public_key == CENTRE_KEY.public.base64
    assert (tmp_path / "box" / "rules.yaml").read_text() == RULES
    assert PublicKey.from_pem((tmp_path / "box" / "box.pub").read_bytes()) == key.public


def test_a_cameras_password_is_moved_to_a_private_file_and_said_nowhere(
    centre: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert init(tmp_path / "box", centre, monkeypatch) == 0
    printed = capfd.readouterr()
    assert PASSWORD not in printed.out + printed.err
    holding = [path for path in (tmp_path / "box").rglob("*") if path.is_file() and PASSWORD in path.read_text()]
    assert holding == [tmp_path / "box" / "keys" / "hall_1.password"]
    assert stat.S_IMODE(holding[0].stat().st_mode) == 0o600
    source = Settings.load(tmp_path / "box").cameras["hall_1"].source
    assert with_secrets(source, tmp_path / "box") == ADDRESS


def test_a_password_on_the_command_line_is_moved_as_well_with_a_warning(
    centre: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert init(tmp_path / "box", centre, monkeypatch, camera=f"hall_1={ADDRESS}") == 0
    printed = capfd.readouterr()
    assert "--camera hall_1: taken, but everybody here can read a password" in printed.err
    assert PASSWORD not in printed.out + printed.err
    holding = [path for path in (tmp_path / "box").rglob("*") if path.is_file() and PASSWORD in path.read_text()]
    assert holding == [tmp_path / "box" / "keys" / "hall_1.password"]


def test_the_password_of_a_second_stream_has_a_private_file_of_its_own(
    centre: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sub = "rtsp://guard:0ther@10.0.0.5/sub"
    told = tmp_path / "sub.url"
    told.write_text(sub)
    told.chmod(0o600)
    assert init(tmp_path / "box", centre, monkeypatch, "--sub", f"hall_1=@{told}") == 0
    stored = Settings.load(tmp_path / "box").cameras["hall_1"].detect_source
    assert stored == "rtsp://guard:${keys/hall_1-sub.password}@10.0.0.5/sub"
    assert with_secrets(stored, tmp_path / "box") == sub


def test_a_second_introduction_keeps_key_and_name(centre: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    init(tmp_path / "box", centre, monkeypatch, "--box", "gate-7")
    before = (tmp_path / "box" / "box.pub").read_bytes()
    assert init(tmp_path / "box", centre, monkeypatch, "--broker", "mqtt://10.0.0.9:1884") == 0
    settings = Settings.load(tmp_path / "box")
    assert (settings.box_id, settings.central.broker) == ("gate-7", "mqtt://10.0.0.9:1884")
    assert (tmp_path / "box" / "box.pub").read_bytes() == before


def test_without_a_welcome_there_is_no_box(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with answering(lambda _: (403, b'{"message": "this token was used"}')) as url:
        assert init(tmp_path / "box", url, monkeypatch) == 1
    assert "the centre refused this box (403): this token was used" in capsys.readouterr().err
    assert not (tmp_path / "box" / "box.yaml").exists()
