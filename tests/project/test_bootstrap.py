"""The installer on machines that lack things."""

import urllib.request
from io import BytesIO
from pathlib import Path

import pytest

import bootstrap


def fake_uv(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    uv = folder / "uv"
    uv.write_text(f"#!/bin/sh\necho 'uv {version} (here)'\n", encoding="utf-8")
    uv.chmod(0o755)
    return uv


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No uv on PATH, none in .tools, no pip, no network."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(bootstrap, "TOOLS", tmp_path / "tools")
    monkeypatch.setattr(bootstrap, "runs", lambda _: False)

    def unreachable(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(urllib.request, "urlopen", unreachable)
    return tmp_path


def test_uv_on_the_path_is_used(bare_machine: Path) -> None:
    uv = fake_uv(bare_machine / "bin", "0.99.0")
    assert bootstrap.find_uv() == uv


def test_one_that_is_too_old_for_the_lock_file_is_passed_over(bare_machine: Path) -> None:
    fake_uv(bare_machine / "bin", "0.4.30")
    uv = fake_uv(bare_machine / "tools/bin", bootstrap.UV_VERSION)
    assert bootstrap.find_uv() == uv


def test_a_wheel_with_another_hash_is_not_used(bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: BytesIO(b"something else"))
    with pytest.raises(bootstrap.BootstrapError, match="sha256"):
        bootstrap.find_uv()
    assert not (bare_machine / "tools").exists()


def test_with_nothing_at_all_one_line_says_what_to_install(capsys: pytest.CaptureFixture[str]) -> None:
    assert bootstrap.main(["setup"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[-1].endswith("run: apt install python3-venv python3-pip")


def test_a_missing_broker_fails_and_a_missing_browser_does_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert bootstrap.main(["test-tools"]) == 1
    assert "the tests need mosquitto; run as root: apt-get install" in capsys.readouterr().err
    monkeypatch.setattr(bootstrap, "runs", lambda command: "mosquitto" in command[-1])
    assert bootstrap.main(["test-tools"]) == 0
    assert "without chromium the browser tests are skipped" in capsys.readouterr().out


def test_unknown_words_are_a_usage_error() -> None:
    assert bootstrap.main(["install"]) == 2
