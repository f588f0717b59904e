"""Clips that no browser plays: the centre's H.264 copy, what it is called, and who may see it."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from central.clock import now
from central.evidence.playback import PlaybackRecord
from central.evidence.playback_maker import PlaybackMaker
from central.evidence.tables import Playback
from central.evidence.transcoder import Transcoded, transcode
from contract import codec
from contract.evidence_manifest import EvidenceItem
from tests.central.boxes import SigningBox
from tests.central.serving import Serving, sealed_incident, serving
from tests.contract.examples import evidence_item

FRAMES, RATE = 12, 10
ENCODERS = {"hevc": "libx265", "mjpeg": "mjpeg", "h264": "libx264"}
OPTIONS = {"hevc": {"x265-params": "log-level=none:pools=1", "preset": "ultrafast"}}


def film(folder: Path, name: str) -> bytes:
    """1.2 s of 160 x 90, every second picture late by 20 ms, as from a camera whose clock is not even."""
    path = folder / f"film.{'mkv' if name == 'mjpeg' else 'mp4'}"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(ENCODERS[name], rate=RATE, options=OPTIONS.get(name, {}))
        stream.width, stream.height = 160, 90
        stream.pix_fmt = "yuvj420p" if name == "mjpeg" else "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for count in range(FRAMES):
            picture = np.zeros((90, 160, 3), np.uint8)
            picture[20:60, 10 * count : 10 * count + 20] = 255
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = 100 * count + 20 * (count % 2), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()


def times(path: Path) -> tuple[str, list[float]]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return stream.codec_context.name, [frame.time or 0.0 for frame in container.decode(stream)]


@pytest.fixture
def centre(tmp_path: Path, box: SigningBox) -> Iterator[Serving]:
    with serving(tmp_path, box) as running:
        yield running


def make(centre: Serving) -> PlaybackMaker:
    store = centre.centre.media_store()
    return PlaybackMaker(centre.centre.database, store, centre.centre.key, now, transcode)


def store_clip(centre: Serving, box: SigningBox, clip: EvidenceItem, data: bytes) -> str:
    incident = sealed_incident(box, clip)
    centre.intake.take([box.raw(incident.report)])
    assert [centre.upload(box, part) for part in (incident.manifest, data)] == [204, 204]
    return incident.incident_id


@pytest.mark.parametrize("name", ["hevc", "mjpeg"])
def test_a_clip_that_no_browser_plays_gets_a_signed_h264_copy_that_keeps_every_time(
    centre: Serving, box: SigningBox, tmp_path: Path, name: str
) -> None:
    data = film(tmp_path, name)
    clip = evidence_item(data, "video/x-matroska" if name == "mjpeg" else "video/mp4", "clip")
    incident_id = store_clip(centre, box, clip, data)
    maker = make(centre)
    assert maker.step()
    assert not maker.step()
    with centre.centre.database.reading() as session:
        row = session.get(Playback, clip.sha256)
    assert row is not None
    assert (row.state, row.document is not None) == ("made", True)
    document = codec.parse(row.document or b"", 65_536)
    centre.centre.key.public.verify(document)
    record = codec.decode(document, PlaybackRecord)
    assert (record.item.derived_from, record.item.role, record.item.sha256) == (clip.sha256, "playback", row.sha256)
    store = centre.centre.media_store()
    copy, original = store.find(record.item.sha256), store.find(clip.sha256)
    assert copy is not None
    assert original is not None
    assert original.read_bytes() == data
    assert times(copy)[0] == "h264"
    assert times(copy)[1] == pytest.approx(times(original)[1], abs=0.002)
    files = centre.http.get(f"/api/incidents/{incident_id}").json()["files"]
    assert [(file["role"], file["derived_from"]) for file in files] == [("clip", None), ("playback", clip.sha256)]
    assert centre.evidence_state(incident_id) == ("complete", None)


def test_the_page_plays_the_copy_says_so_and_it_opens_only_after_a_reason(
    centre: Serving, box: SigningBox, tmp_path: Path
) -> None:
    data = film(tmp_path, "hevc")
    incident_id = store_clip(centre, box, evidence_item(data, "video/mp4", "clip"), data)
    make(centre).step()
    copy = centre.http.get(f"/api/incidents/{incident_id}").json()["files"][1]["sha256"]
    page = centre.http.get(f"/incidents/{incident_id}", headers={"Accept-Language": "en"}).text
    assert f'data-clip="{copy}" data-copy' in page
    assert centre.http.get(f"/api/media/{copy}").json()["reason"] == "access_needed"
    centre.http.post("/api/reviewer", json={"name": "reviewer"})
    access = centre.http.post(f"/api/incidents/{incident_id}/access", json={"reason_code": "review"}).json()["token"]
    answer = centre.http.get(f"/api/media/{copy}", params={"access": access})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "video/mp4")


def test_a_clip_that_a_browser_plays_gets_no_copy(centre: Serving, box: SigningBox, tmp_path: Path) -> None:
    data = film(tmp_path, "h264")
    clip = evidence_item(data, "video/mp4", "clip")
    store_clip(centre, box, clip, data)
    maker = make(centre)
    assert maker.step()
    assert not maker.step()
    with centre.centre.database.reading() as session:
        row = session.get(Playback, clip.sha256)
    assert row is not None
    assert (row.state, row.sha256) == ("not_needed", None)


def test_a_clip_that_does_not_decode_is_tried_once_and_the_reason_is_kept(centre: Serving, box: SigningBox) -> None:
    data = b"\x00\x00\x00\x18ftypisom" + bytes(range(256)) * 40
    clip = evidence_item(data, "video/mp4", "clip")
    store_clip(centre, box, clip, data)
    maker = make(centre)
    assert maker.step()
    assert not maker.step()
    with centre.centre.database.reading() as session:
        row = session.get(Playback, clip.sha256)
    assert row is not None
    assert (row.state, row.reason is not None and "does not decode" in row.reason) == ("failed", True)


def test_a_child_that_dies_is_a_reason_and_harms_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("central.evidence.transcoder.sys.executable", "/bin/false")
    assert transcode(tmp_path, tmp_path / "x") == Transcoded(
        made=False, codec="", fault="decoding it broke the decoder (status 1)"
    )
