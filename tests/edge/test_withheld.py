"""What box.yaml says of a camera decides whether a model is shown its pictures."""

from dataclasses import replace

import numpy as np
import pytest

from edge.analysis import look_of
from edge.clock import SystemClock
from edge.settings import CameraSettings, VerificationSettings
from edge.verification.scripted import ScriptedVerifier
from edge.verification.second_look import SecondLook
from tests.edge.incidents.acts import RULE, VISIT, play

WITH_MODEL = VerificationSettings(model="second-look-3m")


def asked(camera: CameraSettings) -> str:
    """The status that a lead of it has at once."""
    clock = SystemClock()
    look = look_of(SecondLook(ScriptedVerifier(), clock, lambda _: None), WITH_MODEL, clock, "cam", camera)
    assert look is not None
    incident = replace(play(RULE, {1: VISIT}).changes[0].incident, camera_id="cam")
    return look.ask(incident, np.zeros((540, 960, 3), np.uint8), ()).verification.status


@pytest.mark.parametrize(
    ("camera", "why"),
    [
        (CameraSettings(source="a.mp4", sensitive=True), "sensitive"),
        (CameraSettings(source="a.mp4", address="三号库 绝密区"), "classified"),
        (CameraSettings(source="a.mp4", address="机 密 二 号 库"), "classified"),
        (CameraSettings(source="a.mp4", crs="【秘】【密】"), "classified"),
    ],
)
def test_a_camera_whose_pictures_no_model_sees_is_said_in_the_log(
    camera: CameraSettings, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert asked(camera) == "skipped"
    (said,) = (record.message for record in caplog.records)
    assert said.endswith(f"no model was shown it: {why}")


def test_a_camera_with_a_location_is_asked_about(caplog: pytest.LogCaptureFixture) -> None:
    assert asked(CameraSettings(source="a.mp4", lat=31.2, lon=121.5, crs="WGS84", address="三号库 保密室")) == "pending"
    assert caplog.records == []
