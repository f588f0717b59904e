from pathlib import Path

import pytest

from edge.analysis import second_look_of
from edge.cameras import source_of
from edge.capture.live import Patience
from edge.clock import SystemClock
from edge.delivery.faults import Faults
from edge.settings import (
    DetectorSettings,
    ModelServerSettings,
    Settings,
    SettingsError,
    VerificationSettings,
    ViewSettings,
    with_secrets,
)

GOOD = """
box_id: box-1
central:
  url: "http://127.0.0.1:8080"
  broker: "mqtt://127.0.0.1:1883"
  public_key: MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=
cameras:
  hall_1: {source: "rtsp://admin:${keys/hall_1.password}@10.0.0.5/main"}
"""


def test_settings_survive_being_written_and_read_again() -> None:
    settings = Settings.parse(GOOD, "box.yaml")
    assert Settings.parse(settings.to_yaml(), "box.yaml") == settings


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("box_id: box-1", "box_id: Box 1"), r"box\.yaml: box_id: .*pattern"),
        (("box_id: box-1", "box_id: box-1\nrulez: a.yaml"), r"box\.yaml: rulez: unknown key; did you mean rules\?"),
        (("source:", "sorce:"), r"cameras\.hall_1\.(source|sorce): "),
        (("{source", "{detection: x, source"), r"cameras\.hall_1\.detection: unknown key; did you mean detections\?"),
        (("box_id: box-1", "box_id: box-1\nzzz: 1"), r"zzz: unknown key; known here: version, box_id"),
        (("box_id: box-1", "box_id: box-1\nrules: /etc/passwd"), r"rules: .*file of the box's folder"),
        (("cameras:", "cameras: ["), r"box\.yaml: not YAML: "),
        ((GOOD, "just text"), r"box\.yaml: the file: "),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(change: tuple[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message) as error:
        Settings.parse(GOOD.replace(*change), "box.yaml")
    assert "\n" not in str(error.value)


def test_a_folder_without_box_yaml_says_how_to_make_a_box(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"not a box yet.*xunjian edge init"):
        Settings.load(tmp_path)


def test_a_password_comes_from_a_private_file_or_from_the_environment(tmp_path: Path) -> None:
    key = tmp_path / "keys" / "cam.password"
    key.parent.mkdir()
    key.write_text("s3cret\n")
    key.chmod(0o600)
    assert with_secrets("rtsp://a:${keys/cam.password}@h/", tmp_path) == "rtsp://a:s3cret@h/"
    assert with_secrets("rtsp://a:${CAMERA}@h/", tmp_path, {"CAMERA": "t0p"}) == "rtsp://a:t0p@h/"
    key.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        with_secrets("rtsp://a:${keys/cam.password}@h/", tmp_path)
    with pytest.raises(SettingsError, match="export CAMERA"):
        with_secrets("rtsp://a:${CAMERA}@h/", tmp_path, {})
    with pytest.raises(SettingsError, match="outside the box's folder"):
        with_secrets("rtsp://a:${keys/../../x}@h/", tmp_path, {})


def test_a_camera_may_be_seen_at_a_size_and_score_of_its_own() -> None:
    settings = DetectorSettings(size_px=640, score_min=0.2)
    assert settings.seen_by(None) == settings
    own = settings.seen_by(ViewSettings(size_px=320))
    assert (own.size_px, own.score_min) == (320, 0.2)


def test_a_camera_may_be_decoded_otherwise_than_the_box_says(tmp_path: Path) -> None:
    text = GOOD.replace("box_id: box-1", "box_id: box-1\ndecoder: gstreamer").replace(
        "admin:${keys/hall_1.password}@", ""
    )
    settings = Settings.parse(text, "box.yaml")
    name = next(iter(settings.cameras))
    assert source_of(tmp_path, settings, name, Patience()).decoder == "gstreamer"
    other = settings.cameras[name].model_copy(update={"decoder": "ffmpeg"})
    settings = settings.model_copy(update={"cameras": {name: other}})
    assert source_of(tmp_path, settings, name, Patience()).decoder == "ffmpeg"
    with pytest.raises(SettingsError, match=r"^box\.yaml: decoder: Input should be 'auto', 'ffmpeg' or 'gstreamer'$"):
        Settings.parse(text.replace("gstreamer", "nvdec"), "box.yaml")


@pytest.mark.parametrize("section", ["verification: {server: ", "text_server: "])
@pytest.mark.parametrize("url", ["http://box:s3cret@127.0.0.1:9", "https://s3cret@h/x", "http://:s3cret@[::1]:9/v"])
def test_a_password_in_a_model_servers_address_is_refused_and_not_repeated(section: str, url: str) -> None:
    text = f"{GOOD}{section}{{url: '{url}', model: m}}{'}' if '{' in section else ''}\n"
    with pytest.raises(SettingsError, match=r"server\.url: .*key_file") as error:
        Settings.parse(text, "box.yaml")
    assert "s3cret" not in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "https://models.example/a@b", "http://[::1]:8000"])
def test_a_model_servers_address_without_one_is_taken(url: str) -> None:
    assert ModelServerSettings(url=url, model="m").url == url


def test_a_model_servers_key_that_others_can_read_is_refused_before_anybody_reads_it(tmp_path: Path) -> None:
    key_file = tmp_path / "model.key"
    server = ModelServerSettings(url="http://127.0.0.1:9", model="m", key_file=key_file)
    server.refuse_an_open_key()  # not there: who reads it says so
    key_file.write_text("secret")
    key_file.chmod(0o640)
    with pytest.raises(SettingsError, match=f"chmod 600 {key_file}"):
        server.refuse_an_open_key()
    with pytest.raises(SettingsError, match=f"chmod 600 {key_file}"):
        second_look_of(VerificationSettings(server=server), SystemClock(), Faults())
    key_file.chmod(0o600)
    server.refuse_an_open_key()
