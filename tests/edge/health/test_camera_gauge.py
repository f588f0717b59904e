"""A camera's state by the age of its last picture and by what it says itself."""

import pytest

from edge.health.camera_gauge import CameraGauge


def noted(gauge: CameraGauge, now_s: float) -> None:
    gauge.note(now_s, stream_s=now_s, frames_in=1, shed=0, detector_s=0.01, tracks=0)


@pytest.mark.parametrize(("age_s", "state"), [(0.0, "online"), (2.9, "online"), (3.0, "degraded"), (10.0, "offline")])
def test_a_camera_without_pictures_is_degraded_then_offline(age_s: float, state: str) -> None:
    gauge = CameraGauge("gate_1")
    noted(gauge, 100.0)
    reading = gauge.read(100.0 + age_s)
    assert (reading.state, reading.last_frame_age_s) == (state, age_s)


def test_a_camera_with_a_fault_is_degraded_although_pictures_come() -> None:
    gauge = CameraGauge("gate_1")
    noted(gauge, 1.0)
    gauge.set_faulty(faulty=True)
    assert gauge.read(1.1).state == "degraded"
    gauge.set_faulty(faulty=False)
    assert gauge.read(1.2).state == "online"


def test_what_a_camera_shows_counts_more_than_a_fault_and_less_than_silence() -> None:
    gauge = CameraGauge("gate_1")
    noted(gauge, 1.0)
    gauge.set_faulty(faulty=True)
    gauge.set_view("moved")
    assert [gauge.read(at_s).state for at_s in (1.1, 4.5, 12.0)] == ["moved", "degraded", "offline"]
    gauge.set_view("seen")
    gauge.set_faulty(faulty=False)
    assert gauge.read(1.2).state == "online"


def test_a_camera_that_never_sent_a_picture_is_offline_and_its_silence_counts_from_the_first_question() -> None:
    gauge = CameraGauge("gate_1")
    assert gauge.silent_s(50.0) == 0.0
    assert gauge.silent_s(57.0) == 7.0
    assert (gauge.read(57.0).state, gauge.read(57.0).last_frame_age_s) == ("offline", None)
    noted(gauge, 60.0)
    assert gauge.silent_s(61.5) == 1.5
