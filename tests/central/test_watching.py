"""What a centre keeps of cameras that do not watch, told by heartbeats, on each database that there is."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from central.devices import watching
from central.devices.tables import Outage
from central.devices.watching import note_watching
from contract.heartbeat import CameraState, CameraStatus, Heartbeat
from tests.central.boxes import NOW, Centre, SigningBox, heartbeat


def later(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def beat(**states: CameraState) -> Heartbeat:
    cameras = tuple(
        CameraStatus(camera_id=name, state=state, fps_in=5.0, fps_analysed=5.0) for name, state in states.items()
    )
    return heartbeat(cameras=cameras)


def kept(session: Session) -> list[tuple[str, str, datetime, datetime | None]]:
    rows = session.scalars(select(Outage).order_by(Outage.outage_id))
    return [(row.camera_id, row.state, row.since, row.until) for row in rows]


def test_a_camera_is_out_from_the_heartbeat_that_says_so_to_the_one_that_says_it_no_more(centre: Centre) -> None:
    with centre.database.writing() as session:
        note_watching(session, beat(gate="online", yard="degraded"), None, NOW)
        assert kept(session) == []
        said: tuple[tuple[float, CameraState], ...] = ((1, "blind"), (1.5, "blind"), (2, "frozen"), (3, "online"))
        for minute, state in said:
            note_watching(session, beat(gate=state), later(minute - 0.5), later(minute))
        assert kept(session) == [("gate", "blind", later(1), later(2)), ("gate", "frozen", later(2), later(3))]


def test_a_camera_that_is_taken_away_is_not_out_for_ever(centre: Centre) -> None:
    with centre.database.writing() as session:
        note_watching(session, beat(gate="disabled", yard="offline"), None, NOW)
        note_watching(session, beat(yard="offline"), NOW, later(1))
        assert kept(session) == [("gate", "disabled", NOW, later(1)), ("yard", "offline", NOW, None)]


def test_a_box_that_was_silent_is_kept_with_the_time_of_its_silence(centre: Centre) -> None:
    with centre.database.writing() as session:
        note_watching(session, beat(gate="online"), NOW, later(1.5))
        assert kept(session) == []
        note_watching(session, beat(gate="online"), later(1.5), later(20))
        assert kept(session) == [("", "unheard", later(1.5), later(20))]


def test_only_the_newest_are_kept_of_each_box(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "OUTAGES_PER_BOX_MAX", 3)
    with centre.database.writing() as session:
        for minute in range(10):
            states: tuple[CameraState, CameraState] = ("blind", "online")
            note_watching(session, beat(gate=states[minute % 2]), later(minute - 1), later(minute))
        assert [since for _, _, since, _ in kept(session)] == [later(4), later(6), later(8)]


def test_a_heartbeat_that_arrives_is_noted_and_an_older_one_is_not(centre: Centre, box: SigningBox) -> None:
    cameras = beat(gate="blind").cameras
    centre.take(box.say(heartbeat(uptime_s=90.0, cameras=cameras), "heartbeat"))
    centre.take(box.say(heartbeat(uptime_s=30.0), "heartbeat"))
    with centre.database.reading() as session:
        assert kept(session) == [("gate", "blind", NOW, None)]
