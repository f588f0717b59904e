"""What boxes run and see, and their answers to commands, as it comes in."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from central.devices.running import forget_running
from central.devices.tables import CameraStill, CommandEntry, RunningState
from contract.command import BoxState, CommandResult
from contract.still import Still
from tests.central.boxes import NOW, Centre, SigningBox

JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 100


@pytest.fixture
def centre(database_url: str, box: SigningBox) -> Centre:
    return Centre.make(database_url, box, SigningBox("box-2"))


def rules(session: int, **body: Any) -> BoxState:
    return BoxState(box_id="box-1", name="rules", session=session, body=body)


def still(jpeg: bytes = JPEG, camera_id: str = "gate") -> Still:
    return Still(box_id="box-1", camera_id=camera_id, captured=NOW, jpeg=base64.b64encode(jpeg).decode())


def send_rules_command(session: Session) -> None:
    session.add(
        CommandEntry(
            command_id="c-1",
            box_id="box-1",
            name="rules",
            version=1,
            issued=NOW,
            expires=NOW + timedelta(hours=1),
            body={},
        )
    )


def stored_command(centre: Centre) -> CommandEntry:
    with centre.database.reading() as session:
        found = session.get(CommandEntry, "c-1")
    assert found is not None
    return found


def test_the_newest_state_of_a_name_stands_and_one_of_an_older_session_is_ignored(
    centre: Centre, box: SigningBox
) -> None:
    for state in (rules(3, version="a"), rules(4, version="b"), rules(3, version="a")):
        centre.take(box.say(state, "state", "rules"))
    with centre.database.reading() as session:
        row = session.get(RunningState, ("box-1", "rules"))
    assert row is not None
    assert (row.session, row.body) == (4, {"version": "b"})
    assert centre.counters.read("unused", "xunjian.state/1") == 1


def test_the_newest_still_of_a_camera_is_kept_as_bytes(centre: Centre, box: SigningBox) -> None:
    for jpeg in (JPEG, JPEG + b"later"):
        centre.take(box.say(still(jpeg), "still", "gate"))
    with centre.database.reading() as session:
        row = session.get(CameraStill, ("box-1", "gate"))
    assert row is not None
    assert (row.jpeg, row.captured) == (JPEG + b"later", NOW)


@pytest.mark.parametrize("jpeg", [b"GIF89a", b""])
def test_a_still_that_is_no_jpeg_is_not_kept(centre: Centre, box: SigningBox, jpeg: bytes) -> None:
    centre.take(box.say(still(jpeg), "still", "gate"))
    with centre.database.reading() as session:
        assert session.get(CameraStill, ("box-1", "gate")) is None


def test_a_still_in_the_topic_of_another_camera_is_dropped(centre: Centre, box: SigningBox) -> None:
    centre.take(box.say(still(), "still", "yard"))
    assert centre.counters.read("dropped", "malformed") == 1


def test_the_first_answer_to_a_command_stands_beside_it(centre: Centre, box: SigningBox) -> None:
    with centre.database.writing() as session:
        send_rules_command(session)
    refused = CommandResult(box_id="box-1", command_id="c-1", result="refused", reason="line 3: no such zone")
    applied = CommandResult(box_id="box-1", command_id="c-1", result="applied")
    for answer in (refused, applied):
        centre.take(box.say(answer, "result", "c-1"))
    row = stored_command(centre)
    assert (row.result, row.reason, row.answered_at) == ("refused", "line 3: no such zone", NOW)


def test_another_box_cannot_answer_a_command(database_url: str) -> None:
    other = SigningBox("box-2")
    centre = Centre.make(database_url, SigningBox(), other)
    with centre.database.writing() as session:
        send_rules_command(session)
    centre.take(other.say(CommandResult(box_id="box-2", command_id="c-1", result="applied"), "result", "c-1"))
    assert stored_command(centre).result is None


def test_a_replaced_box_begins_anew(centre: Centre, box: SigningBox) -> None:
    centre.take(box.say(rules(9), "state", "rules"), box.say(still(), "still", "gate"))
    with centre.database.writing() as session:
        forget_running(session, "box-1")
    centre.take(box.say(rules(1), "state", "rules"))
    with centre.database.reading() as session:
        row = session.get(RunningState, ("box-1", "rules"))
    assert row is not None
    assert row.session == 1
