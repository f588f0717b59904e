"""A camera's address on a command line, best without its password."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.camera_address import LINE_CHARS_MAX, private_line, split_password, told_address
from edge.settings import SettingsError

ADDRESS = "rtsp://guard:s3cret@10.0.0.5/main"


@pytest.fixture
def pipe() -> Iterator[Path]:
    """As bash hands over `@<(command)`."""
    read, write = os.pipe()
    os.write(write, f"{ADDRESS}\n".encode())
    os.close(write)
    yield Path(f"/dev/fd/{read}")
    os.close(read)


@pytest.mark.parametrize(
    "told",
    [
        ADDRESS,
        "onvif://guard:p@ss:w/rd@10.0.0.5",
        "http://10.0.0.5/video?user=a&password=s3cret",
    ],
)
def test_a_password_that_is_written_out_is_taken_warned_of_and_not_repeated(
    told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told_address(told, "--camera gate") == told
    warned = capsys.readouterr().err
    assert "--camera gate: taken, but everybody here can read a password" in warned
    assert not any(secret in warned for secret in ("s3cret", "p@ss"))


@pytest.mark.parametrize(
    "told",
    ["clips/yard.mp4", "/dev/video0", "rtsp://10.0.0.5:554/cam@1", "rtsp://guard@h/x", "rtsp://guard:${GATE}@h/x"],
)
def test_what_has_no_password_is_taken_as_it_is(told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told_address(told, "--camera gate") == told
    assert not capsys.readouterr().err


def test_an_address_comes_from_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    path = tmp_path / "gate.url"
    path.write_text(f"{ADDRESS}\nanything else\n")
    path.chmod(0o600)
    assert told_address(f"@{path}", "--camera gate") == ADDRESS
    path.chmod(0o640)
    with pytest.raises(SettingsError, match="can be read by others: chmod 600"):
        told_address(f"@{path}", "--camera gate")
    with pytest.raises(SettingsError, match="cannot be read"):
        told_address(f"@{tmp_path / 'none'}", "--camera gate")


def test_a_file_without_an_address_is_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "gate.url"
    path.write_text("guard:s3cret@10.0.0.5/main")
    path.chmod(0o600)
    with pytest.raises(SettingsError, match=r"gate\.url holds no address; its first line is to be rtsp://") as no:
        told_address(f"@{path}", "--camera gate")
    assert "s3cret" not in str(no.value)


def test_a_secret_store_hands_an_address_over_in_a_pipe(pipe: Path) -> None:
    assert told_address(f"@{pipe}", "--camera gate") == ADDRESS


def test_standard_input_holds_an_address_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{ADDRESS}\nrtsp://guard:other@10.0.0.5/sub\n"))
    assert told_address("-", "--camera gate") == ADDRESS
    assert told_address("-", "--sub gate") == "rtsp://guard:other@10.0.0.5/sub"
    with pytest.raises(SettingsError, match="--camera yard: standard input holds no address"):
        told_address("-", "--camera yard")


def test_a_person_at_a_terminal_is_asked_without_an_echo(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    asked: list[str] = []
    monkeypatch.setattr("sys.stdin", Terminal())

    def answer(question: str) -> str:
        asked.append(question)
        return ADDRESS

    monkeypatch.setattr("edge.camera_address.getpass", answer)
    assert told_address("-", "--camera gate") == ADDRESS
    assert asked == ["--camera gate, its address: "]


def test_a_line_is_read_up_to_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_text("x" * 10 * LINE_CHARS_MAX)
    path.chmod(0o600)
    assert len(private_line(path)) == LINE_CHARS_MAX


@pytest.mark.parametrize(
    ("source", "kept", "password"),
    [
        ("rtsp://admin:s3cret@10.0.0.5/main", "rtsp://admin:${keys/cam.password}@10.0.0.5/main", "s3cret"),
        ("rtsp://admin:p@ss:w/rd@10.0.0.5/main", "rtsp://admin:${keys/cam.password}@10.0.0.5/main", "p@ss:w/rd"),
        (
            "rtsp://10.0.0.5/user=a&password=s3cret&ch=1",
            "rtsp://10.0.0.5/user=a&password=${keys/cam.password}&ch=1",
            "s3cret",
        ),
        ("rtsp://admin:${CAMERA}@10.0.0.5/main", "rtsp://admin:${CAMERA}@10.0.0.5/main", None),
        ("rtsp://10.0.0.5/main", "rtsp://10.0.0.5/main", None),
        ("rtsp://10.0.0.5:554/cam@1", "rtsp://10.0.0.5:554/cam@1", None),
        ("clips/yard.mp4", "clips/yard.mp4", None),
    ],
)
def test_the_password_of_an_address_is_moved_out(source: str, kept: str, password: str | None) -> None:
    assert split_password(source, "keys/cam.password") == (kept, password)
