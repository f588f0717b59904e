"""The `config` command: what may be changed from the centre, what is refused, and that a refusal changes nothing."""

from pathlib import Path
from typing import Any

import pytest

from edge.box import check_settings
from edge.delivery.errors import CommandRefusedError
from edge.remote_settings import RemoteSettings, changeable, go_back, version_of
from edge.settings import Settings, SettingsError
from tests.edge.scripted_scene import write_scene

BOX = """
box_id: box-1
central:
  url: "http://127.0.0.1:8080"
  broker: "mqtt://127.0.0.1:1883"
  public_key: MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=
cameras:
  hall_1: {source: SCENE/hall.mp4, detections: SCENE/hall.jsonl}
  gate: {source: "rtsp://admin:${keys/gate.password}@10.0.0.5/main", enabled: false}
"""


class Bench:
    def __init__(self, folder: Path) -> None:
        write_scene(folder, length_s=0.5)
        (folder / "box.yaml").write_text(BOX.replace("SCENE", str(folder)), encoding="utf-8")
        self.folder, self.asked = folder, list[Settings]()
        self.settings = Settings.load(folder)

    def remote(self, *, restarts: bool = True) -> RemoteSettings:
        return RemoteSettings(
            self.folder,
            self.settings,
            check=lambda settings: check_settings(self.folder, settings),
            refusals=(Exception,),
            restart=self.asked.append if restarts else None,
        )


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_change_is_kept_beside_the_last_good_and_the_box_begins_again_with_it(bench: Bench) -> None:
    before = (bench.folder / "box.yaml").read_bytes()
    answer = bench.remote().change(
        {"cameras": {"hall_1": {"analysed_fps_max": 5, "sensitive": True, "detector": {"score_min": 0.3}}}}
    )
    settings = Settings.load(bench.folder)
    assert answer == {"version": version_of(settings), "effect": "now"}
    camera = settings.cameras["hall_1"]
    assert (camera.analysed_fps_max, camera.sensitive, camera.source) == (
        5.0,
        True,
        bench.settings.cameras["hall_1"].source,
    )
    assert camera.detector is not None
    assert camera.detector.score_min == 0.3
    assert bench.asked == [settings]
    assert (bench.folder / "box.previous.yaml").read_bytes() == before
    assert go_back(bench.folder) == bench.settings
    assert (bench.folder / "box.yaml").read_bytes() == before


def test_null_takes_a_setting_back_to_its_default(bench: Bench) -> None:
    remote = bench.remote()
    remote.change({"detector": {"score_min": 0.4}, "cameras": {"hall_1": {"lat": 30.5, "lon": 104.0}}})
    remote.change({"detector": {"score_min": None}, "cameras": {"hall_1": {"lat": None}}})
    settings = Settings.load(bench.folder)
    assert (settings.detector.score_min, settings.cameras["hall_1"].lat) == (0.1, None)
    assert settings.cameras["hall_1"].lon == 104.0


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"cameras": {"hall_1": {"source": "rtsp://elsewhere/"}}}, r"cameras\.hall_1\.source: cannot be changed from"),
        ({"central": {"url": "http://elsewhere"}}, "central: cannot be changed from the centre"),
        ({"detector": {"model": "another"}}, r"detector\.model: cannot be changed"),
        ({"cameras": {"roof": {"enabled": False}}}, r"cameras\.roof: there is no such camera here, only hall_1, gate"),
        ({"cameras": {"hall_1": {"enabled": False}}}, "no camera would be enabled"),
        ({"cameras": {"hall_1": {"analysed_fps_max": 0.1}}}, r"box\.yaml: cameras\.hall_1\.analysed_fps_max: .*1"),
        ({"cameras": {"hall_1": {"detector": {"score": 0.5}}}}, r"cameras\.hall_1\.detector\.score: unknown key"),
        ({"cameras": {"gate": {"enabled": True}}}, "gate.password: the camera's password cannot be read"),
        ({"cameras": []}, "cameras: is to be an object of settings"),
        ({"cameras": {"hall_1": 5}}, r"cameras\.hall_1: is to be an object"),
        ({"base": "0123456789ab", "detector": {"score_min": 0.4}}, "the settings have changed meanwhile"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line_and_nothing_changes(
    bench: Bench, body: dict[str, Any], reason: str
) -> None:
    before = (bench.folder / "box.yaml").read_bytes()
    with pytest.raises(CommandRefusedError, match=reason) as refused:
        bench.remote().change(body)
    assert "\n" not in str(refused.value)
    assert (bench.folder / "box.yaml").read_bytes() == before
    assert bench.asked == []


def test_a_box_that_plays_files_to_their_end_takes_it_at_its_next_start(bench: Bench) -> None:
    remote = bench.remote(restarts=False)
    answer = remote.change({"detector": {"score_min": 0.4}})
    assert answer["effect"] == "next_start"
    assert remote.state()["next_start"] == answer["version"]
    assert remote.state()["detector"]["score_min"] == 0.1


def test_what_it_shows_holds_no_address_and_no_secret(bench: Bench) -> None:
    shown = changeable(bench.settings)
    assert shown["cameras"].keys() == {"hall_1", "gate"}
    assert "rtsp" not in str(shown)
    assert shown["cameras"]["gate"]["enabled"] is False


def test_there_is_nothing_to_go_back_to_before_the_first_change(bench: Bench) -> None:
    with pytest.raises((OSError, SettingsError)):
        go_back(bench.folder)
