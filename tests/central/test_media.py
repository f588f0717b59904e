from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from fastapi import Request

from central.audit.service import register_of
from central.evidence.repository import manifests_of
from central.evidence.tus import deposit_of
from contract import codec, topics
from contract.evidence_manifest import EvidenceItem
from tests.central.boxes import SigningBox
from tests.central.serving import TUS, SealedIncident, Serving, sealed_incident, serving
from tests.contract.examples import evidence_item, incident_report

CLIP = b"\x00\x00\x00\x18ftypisom" + bytes(range(256)) * 400


def png(shade: int = 90) -> bytes:
    done, data = cv2.imencode(".png", np.full((48, 64, 3), shade, np.uint8))
    assert done
    return data.tobytes()


@pytest.fixture
def centre(tmp_path: Path, database_url: str, box: SigningBox) -> Iterator[Serving]:
    with serving(tmp_path, box, database_url=database_url) as running:
        yield running


def clip_item(data: bytes = CLIP) -> EvidenceItem:
    return evidence_item(data, "video/mp4", "clip")


def store(centre: Serving, box: SigningBox, incident: SealedIncident) -> None:
    centre.intake.take([box.raw(incident.report)])
    assert centre.upload(box, incident.manifest) == 204


def test_evidence_is_complete_when_manifest_and_files_are_held_and_each_is_acknowledged(
    centre: Serving, box: SigningBox
) -> None:
    incident = sealed_incident(box, evidence_item(png()), clip_item())
    centre.intake.take([box.raw(incident.report)])
    for data in (incident.manifest, png()):
        assert centre.upload(box, data) == 204
        assert centre.evidence_state(incident.incident_id) == ("pending", None)
    assert centre.upload(box, CLIP) == 204
    assert centre.evidence_state(incident.incident_id) == ("complete", None)
    sizes = {receipt.bytes for receipt in centre.file_receipts() if receipt.result == "stored"}
    assert sizes == {len(incident.manifest), len(png()), len(CLIP)}


def test_a_file_may_not_come_before_its_manifest_nor_a_manifest_before_its_report(
    centre: Serving, box: SigningBox
) -> None:
    incident = sealed_incident(box, clip_item())
    early = centre.begin(box, incident.manifest)
    assert (early.status_code, early.json()["reason"]) == (409, "not_yet")
    centre.intake.take([box.raw(incident.report)])
    assert centre.begin(box, CLIP).status_code == 409
    assert centre.begin(box, incident.manifest).status_code == 201


def test_an_upload_goes_on_where_it_was_cut(centre: Serving, box: SigningBox) -> None:
    store(centre, box, sealed_incident(box, clip_item()))
    location = centre.begin(box, CLIP).headers["Location"]
    assert centre.append(location, CLIP[:1000]).headers["Upload-Offset"] == "1000"
    assert centre.begin(box, CLIP).headers["Location"] == location  # a box that was started again asks anew
    offset = centre.http.head(location, headers=TUS).headers["Upload-Offset"]
    assert centre.append(location, CLIP[:10], offset=5).status_code == 409
    assert centre.append(location, CLIP[int(offset) :], int(offset)).status_code == 204
    assert centre.http.head(location, headers=TUS).status_code == 404


def test_a_lying_upload_is_discarded_and_the_true_file_is_taken_afterwards(centre: Serving, box: SigningBox) -> None:
    store(centre, box, sealed_incident(box, clip_item()))
    lie = b"x" * len(CLIP)
    assert centre.upload(box, lie, sha256=clip_item().sha256) == 460
    assert centre.http.head(f"/api/media/{clip_item().sha256}").status_code == 404
    assert centre.upload(box, CLIP) == 204


def test_a_length_that_the_manifest_does_not_say_is_refused(centre: Serving, box: SigningBox) -> None:
    store(centre, box, sealed_incident(box, clip_item()))
    assert centre.begin(box, CLIP, length=len(CLIP) + 1).status_code == 413
    location = centre.begin(box, CLIP).headers["Location"]
    assert centre.append(location, CLIP + b"more").status_code == 413


def test_a_file_that_is_held_is_acknowledged_again_without_being_sent(centre: Serving, box: SigningBox) -> None:
    store(centre, box, sealed_incident(box, clip_item()))
    centre.upload(box, CLIP)
    count = len(centre.file_receipts())
    assert centre.http.head(f"/api/media/{clip_item().sha256}").headers["Content-Length"] == str(len(CLIP))
    assert centre.begin(box, CLIP).status_code == 204
    assert len(centre.file_receipts()) == count + 1


def test_bytes_that_were_durable_before_a_crash_are_recorded_without_being_sent_again(
    centre: Serving, box: SigningBox
) -> None:
    store(centre, box, sealed_incident(box, clip_item()))
    location = centre.begin(box, CLIP).headers["Location"]
    deposit = deposit_of(Request({"type": "http", "app": centre.app}))
    incoming = deposit.store.resume(location[-32:], 0)
    incoming.write(CLIP)
    incoming.close()
    deposit.store.keep(location[-32:], clip_item().sha256)  # and here it dies, before the row is written
    assert centre.begin(box, CLIP).status_code == 204
    assert centre.http.head(f"/api/media/{clip_item().sha256}").status_code == 200


@pytest.mark.parametrize("fault", ["text", "cut"])
def test_a_picture_that_does_not_decode_is_kept_and_leaves_the_evidence_unverified(
    centre: Serving, box: SigningBox, fault: str
) -> None:
    data = b"no picture" if fault == "text" else png()[:60] + b"\0" * 20 + png()[-12:]
    incident = sealed_incident(box, evidence_item(data))
    store(centre, box, incident)
    assert centre.upload(box, data) == 204
    state, reason = centre.evidence_state(incident.incident_id)
    assert state == "unverified"
    assert reason is not None
    assert reason.startswith("key_frame")


def test_a_manifest_that_another_key_signed_leaves_the_evidence_unverified(centre: Serving, box: SigningBox) -> None:
    forged = sealed_incident(SigningBox(box.box_id))
    report = codec.parse(forged.report, topics.PAYLOAD_BYTES_MAX)
    centre.intake.take([box.raw(codec.canonical(box.key.sign_object(report)))])
    assert centre.upload(box, forged.manifest) == 204
    state, reason = centre.evidence_state(forged.incident_id)
    assert (state, reason is not None and "signed by key" in reason) == ("unverified", True)


def test_a_manifest_of_another_report_leaves_the_evidence_unverified(centre: Serving, box: SigningBox) -> None:
    other = sealed_incident(box, report_seq=5)
    report = incident_report(evidence={"manifest_sha256": codec.sha256_hex(other.manifest)})
    centre.intake.take([box.say(report)])
    assert centre.upload(box, other.manifest) == 204
    assert centre.evidence_state(report.incident_id)[0] == "unverified"


def test_the_chain_shows_a_gap_and_a_break(centre: Serving, box: SigningBox) -> None:
    first = sealed_incident(box, report_seq=1)
    third = sealed_incident(box, report_seq=3, previous=b"of a link that is not here")
    store(centre, box, first)
    store(centre, box, third)
    assert chain(centre, first) == "linked"
    assert chain(centre, third) == "gap"
    second = sealed_incident(box, report_seq=2, previous=first.manifest)
    store(centre, box, second)
    assert chain(centre, second) == "linked"
    assert chain(centre, third) == "broken"
    assert centre.evidence_state(third.incident_id)[0] == "unverified"


def test_a_break_shows_as_soon_as_the_report_before_it_has_come(centre: Serving, box: SigningBox) -> None:
    second = sealed_incident(box, report_seq=2, previous=b"of a link that is not the first")
    store(centre, box, second)
    assert centre.evidence_state(second.incident_id) == ("complete", None)
    centre.intake.take([box.raw(sealed_incident(box, report_seq=1).report)])  # its manifest is still on its way
    assert centre.evidence_state(second.incident_id)[0] == "unverified"


def test_files_of_a_manifest_that_does_not_hold_are_refused_for_good_and_not_asked_for_again(
    centre: Serving, box: SigningBox
) -> None:
    forged = sealed_incident(SigningBox(box.box_id), clip_item())
    report = codec.parse(forged.report, topics.PAYLOAD_BYTES_MAX)
    centre.intake.take([box.raw(codec.canonical(box.key.sign_object(report)))])
    assert centre.upload(box, forged.manifest) == 204
    told = [(receipt.sha256, receipt.bytes, receipt.reason) for receipt in centre.file_receipts() if receipt.reason]
    assert told == [(clip_item().sha256, len(CLIP), "unverified_manifest")]
    again = centre.begin(box, CLIP)  # the answer was lost
    assert (again.status_code, again.json()["reason"]) == (409, "rejected")
    assert [receipt.result for receipt in centre.file_receipts()].count("rejected") == 2


def test_a_refused_file_is_taken_when_a_manifest_that_holds_lists_it(centre: Serving, box: SigningBox) -> None:
    forged = sealed_incident(SigningBox(box.box_id), clip_item())
    report = codec.parse(forged.report, topics.PAYLOAD_BYTES_MAX)
    centre.intake.take([box.raw(codec.canonical(box.key.sign_object(report)))])
    centre.upload(box, forged.manifest)
    true = sealed_incident(box, clip_item(), report_seq=2, previous=forged.manifest)
    store(centre, box, true)
    assert centre.upload(box, CLIP) == 204
    assert centre.evidence_state(true.incident_id) == ("complete", None)


def chain(centre: Serving, incident: SealedIncident) -> str:
    with centre.centre.database.reading() as session:
        return manifests_of(session, incident.incident_id)[0].chain


def test_an_original_opens_only_after_a_reason_and_its_view_is_registered_once(
    centre: Serving, box: SigningBox
) -> None:
    incident = sealed_incident(box, clip_item())
    store(centre, box, incident)
    centre.upload(box, CLIP)
    address = f"/api/media/{clip_item().sha256}"
    assert centre.http.get(address).json()["reason"] == "access_needed"
    assert centre.http.get(address, params={"access": "guess"}).json()["reason"] == "access_expired"
    centre.http.post("/api/reviewer", json={"name": "Li"})
    token = centre.http.post(f"/api/incidents/{incident.incident_id}/access", json={"reason_code": "review"}).json()[
        "token"
    ]
    for first, last in ((0, 99), (100, 199)):
        part = centre.http.get(address, params={"access": token}, headers={"Range": f"bytes={first}-{last}"})
        assert (part.status_code, part.content) == (206, CLIP[first : last + 1])
    assert part.headers["Content-Type"] == "video/mp4"
    assert part.headers["X-Content-Type-Options"] == "nosniff"
    with centre.centre.database.reading() as session:
        views = [entry for entry in register_of(session) if entry.action == "view"]
    assert [(view.reviewer, view.sha256) for view in views] == [("Li", clip_item().sha256)]


def test_an_annotated_picture_opens_without_a_reason_and_is_registered(centre: Serving, box: SigningBox) -> None:
    data = png()
    incident = sealed_incident(box, evidence_item(data, role="annotated"))
    store(centre, box, incident)
    centre.upload(box, data)
    answer = centre.http.get(f"/api/media/{evidence_item(data).sha256}")
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (200, data, "image/png")
    with centre.centre.database.reading() as session:
        assert [entry.reviewer for entry in register_of(session)] == ["unnamed"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 412),
        (TUS, 400),
        (TUS | {"Upload-Length": "12"}, 400),
        (TUS | {"Upload-Length": "-1", "Upload-Metadata": "sha256 AA=="}, 400),
        (TUS | {"Upload-Length": "9" * 30, "Upload-Metadata": "sha256 AA=="}, 400),
        (TUS | {"Upload-Length": "12", "Upload-Metadata": "sha256 ,,,box_id !!"}, 400),
    ],
)
def test_an_upload_that_says_nothing_sensible_is_refused(centre: Serving, headers: dict[str, str], status: int) -> None:
    assert centre.http.post("/api/media", headers=headers).status_code == status


def test_a_box_that_is_not_registered_cannot_upload(centre: Serving) -> None:
    assert centre.begin(SigningBox("stranger"), CLIP).status_code == 403


def test_a_centre_without_room_says_so_itself_and_takes_reports_all_the_same(
    tmp_path: Path, box: SigningBox, caplog: pytest.LogCaptureFixture
) -> None:
    incident = sealed_incident(box, clip_item())
    with serving(tmp_path, box, bytes_free_min=2**60) as centre:
        assert centre.intake.take([box.raw(incident.report)])
        assert centre.begin(box, incident.manifest).status_code == 507
        metrics = centre.http.get("/metrics").text
    assert "make room on this disk" in caplog.text
    assert 'uploads_refused_total{result="disk_full"} 1' in metrics
