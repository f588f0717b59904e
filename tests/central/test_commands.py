"""Commands to boxes: signed, numbered, logged with who sent them, and shown with the box's answer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from central.cases.passages import contains, passes
from contract import codec, topics
from contract.command import BoxState, Command, CommandResult
from tests.central.boxes import SigningBox
from tests.central.serving import Serving, serving

COMMANDS = "/api/boxes/box-1/commands"
RULES = {"name": "rules", "body": {"text": "version: 1\n"}}


@pytest.fixture
def centre(tmp_path: Path, box: SigningBox) -> Iterator[Serving]:
    with serving(tmp_path, box) as running:
        assert running.http.post("/api/reviewer", json={"name": "technician"}).status_code == 200
        yield running


def sent(centre: Serving) -> list[Command]:
    documents = []
    for outgoing in centre.sent:
        value = codec.parse(outgoing.payload, topics.PAYLOAD_BYTES_MAX)
        centre.centre.key.public.verify(value)
        documents.append(codec.decode(value, Command))
        assert outgoing.topic == f"xunjian/v1/box-1/command/{documents[-1].name}"
    return documents


def test_a_command_goes_out_signed_and_each_name_counts_for_itself(centre: Serving) -> None:
    for request in (RULES, RULES, {"name": "resend", "body": {}}):
        assert centre.http.post(COMMANDS, json=request).status_code == 202
    assert [(command.name, command.version) for command in sent(centre)] == [("rules", 1), ("rules", 2), ("resend", 1)]
    assert sent(centre)[0].body == RULES["body"]


def test_the_log_shows_who_sent_a_command_and_what_the_box_said(centre: Serving, box: SigningBox) -> None:
    command_id = centre.http.post(COMMANDS, json=RULES).json()["command_id"]
    assert centre.http.get(f"{COMMANDS}/{command_id}").json()["result"] is None
    refused = CommandResult(box_id="box-1", command_id=command_id, result="refused", reason="no rule is enabled")
    centre.intake.take([box.say(refused, "result", command_id)])
    (entry,) = centre.http.get(COMMANDS).json()
    assert (entry["issued_by"], entry["result"], entry["reason"]) == ("technician", "refused", "no rule is enabled")
    page = centre.http.get("/boxes/box-1", headers={"Accept-Language": "en"}).text
    assert "no rule is enabled" in page


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (COMMANDS, {"name": "update_offer"}, 422),
        (COMMANDS, {"name": "rules", "body": {"text": "\0"}}, 422),
        (COMMANDS, {"name": "rules", "body": {"n": 2**60}}, 422),
        (COMMANDS, {"name": "rules", "body": {"text": "x" * topics.PAYLOAD_BYTES_MAX}}, 413),
        ("/api/boxes/nobody/commands", RULES, 404),
    ],
)
def test_what_cannot_be_sent_is_refused_and_not_logged(
    centre: Serving, path: str, body: dict[str, Any], status: int
) -> None:
    assert centre.http.post(path, json=body).status_code == status
    assert centre.sent == []
    assert centre.http.get(COMMANDS).json() == []


def test_somebody_without_a_name_sends_nothing(centre: Serving) -> None:
    centre.http.cookies.clear()
    assert centre.http.post(COMMANDS, json=RULES).status_code == 403
    assert centre.sent == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"document": [1], "cameras": "gate", "classes": {}},
        {"document": {"zones": {"a": 1, "b": {"polygon": [[1], "x"]}, "c": {"cameras": [], "polygon": "no"}}}},
        {"document": {"zones": []}, "cameras": ["gate", None]},
    ],
)
def test_a_box_that_says_nonsense_of_itself_still_has_its_page(
    centre: Serving, box: SigningBox, body: dict[str, Any]
) -> None:
    centre.intake.take([box.say(BoxState(box_id="box-1", name="rules", session=1, body=body), "state", "rules")])
    for path in ("/boxes", "/boxes/box-1"):
        assert centre.http.get(path).status_code == 200


def test_an_unknown_box_has_no_page(centre: Serving) -> None:
    assert centre.http.get("/boxes/nobody").status_code == 404


LOWER_HALF = ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0))


def test_a_track_passes_through_a_zone_by_its_feet_or_by_its_middle() -> None:
    rows = [(0.0, 0.1, 0.1, 0.2, 0.4), (1.0, 0.1, 0.2, 0.2, 0.6)]
    assert passes(rows, LOWER_HALF, "bottom_center")
    assert not passes(rows, LOWER_HALF, "center")


def test_who_is_cut_off_by_the_lower_edge_of_the_picture_stands_in_a_zone_that_ends_there() -> None:
    assert contains(LOWER_HALF, 0.5, 1.0)
    assert not contains(LOWER_HALF, 0.5, 0.3)
