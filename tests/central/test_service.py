"""The application as a whole: who may ask, what it refuses, what it says of itself."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from central.__main__ import main
from central.app import Centre, create_app
from central.doorkeeper import Doorkeeper
from central.errors import SettingsError
from central.settings import CentralFolder, broker_address
from tests.central.boxes import SigningBox
from tests.central.serving import Serving, serving


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path, SigningBox()) as running:
        yield running


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8080", "[::1]:9000", "127.0.0.1:1"])
def test_loopback_names_are_answered_on_any_port(centre: Serving, host: str) -> None:
    assert centre.http.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "example.org"},
        {"Host": "127.0.0.1.example.org"},
        {"Host": ""},
        {"Host": "["},
        {"Origin": "https://example.org"},
        {"Origin": "null"},
        {"Origin": "http://localhost.example.org"},
    ],
)
def test_a_page_of_somebody_else_is_not_answered(centre: Serving, headers: dict[str, str]) -> None:
    assert centre.http.get("/healthz", headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/api/boxes", True),
        ("POST", "/api/media", True),
        ("PATCH", "/api/media/uploads/" + "0" * 32, True),
        ("HEAD", "/api/media/" + "a" * 64, True),
        ("GET", "/api/media/" + "a" * 64, False),
        ("GET", "/api/boxes", False),
        ("GET", "/api/incidents", False),
        ("GET", "/", False),
        ("GET", "/metrics", False),
        ("POST", "/api/boxes/../incidents", False),
    ],
)
def test_the_listener_for_boxes_knows_only_what_boxes_need(method: str, path: str, allowed: bool) -> None:
    keeper = Doorkeeper(lambda *_: None, box_port=9000)  # type: ignore[arg-type]
    headers = [(b"host", b"centre.example.org")]
    scope: dict[str, Any] = {"type": "http", "method": method, "path": path, "headers": headers}
    assert (keeper._refusal(scope | {"server": ("10.0.0.1", 9000)}) is None) is allowed
    assert keeper._refusal(scope | {"server": ("127.0.0.1", 8080)}) is not None


def test_metrics_and_health_say_how_it_is(centre: Serving) -> None:
    box = SigningBox("stranger")
    centre.intake.take([box.report()])
    assert 'xunjian_central_dropped_total{result="unknown_box"} 1' in centre.http.get("/metrics").text
    assert centre.http.get("/healthz").json() == {"status": "ok", "broker": False}


def test_every_route_of_the_api_declares_what_it_answers(centre: Serving) -> None:
    paths = centre.http.get("/openapi.json").json()["paths"]
    assert {"/api/boxes", "/api/media", "/api/media/{sha256}", "/api/incidents"} <= set(paths)
    untyped = [
        f"{method} {path}"
        for path, methods in paths.items()
        for method, route in methods.items()
        for status, answer in route["responses"].items()
        if status == "200" and answer.get("content", {}).get("application/json", {"schema": 1}).get("schema") == {}
    ]
    assert untyped == []


def test_init_makes_a_private_key_and_settings_and_refuses_to_do_it_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "centre"
    assert main(["init", str(home)]) == 0
    assert stat.S_IMODE((home / "keys" / "centre.key").stat().st_mode) == 0o600
    assert main(["init", str(home)]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_token_is_all_that_the_token_command_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", str(tmp_path / "centre")])
    capsys.readouterr()
    assert main(["token", str(tmp_path / "centre"), "--site", "gate"]) == 0
    assert len(capsys.readouterr().out.split()) == 1


def test_incidents_are_json_lines_in_the_order_of_their_arrival(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    box = SigningBox()
    with serving(tmp_path, box) as running:
        running.intake.take([box.report(report_seq=1)])
        running.intake.take([box.report(report_seq=2)])
    assert main(["incidents", str(tmp_path / "centre"), "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["type"] for line in lines] == ["site.intrusion"] * 2
    assert lines[0]["received_at"] <= lines[1]["received_at"]
    assert {"id", "type", "received_at", "state", "revision"} <= set(lines[0])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("version: 1\nbrocker: embedded\n", "unknown key 'brocker'"),
        ("version: 2\n", "version"),
        ("broker: http://example.org\n", "mqtt://HOST:PORT"),
        ("broker: mqtt://me:secret@example.org\n", "no user or password"),
        ("broker: [\n", "not YAML"),
        ("- 1\n", "settings"),
        ("", "settings"),
        ("database: nonsense\n", "a database is"),
    ],
)
def test_bad_settings_are_one_clear_line_without_a_secret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    folder = CentralFolder(tmp_path)
    folder.create(None)
    folder.settings_file.write_text(text, encoding="utf-8")
    assert main(["incidents", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert says in said
    assert "secret" not in said
    assert said.count("\n") == 1


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    folder = CentralFolder(tmp_path)
    folder.create(None)
    folder.key_file.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        Centre.open(folder)


def test_a_broker_address_has_a_default_port() -> None:
    assert (broker_address("mqtt://[::1]").port, broker_address("mqtt://b:1884/").port) == (1883, 1884)


def test_the_application_can_be_built_before_the_centre_starts(tmp_path: Path) -> None:
    folder = CentralFolder(tmp_path)
    folder.create("mqtt://127.0.0.1:1")
    centre = Centre.open(folder)
    assert create_app(centre).state.box_broker == "mqtt://127.0.0.1:1"
    centre.stop()
