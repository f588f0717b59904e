"""A yard rendered by the project, and the signed leads that a box would have sent about it: nobody's footage."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from contract.codec import sha256_hex
from contract.evidence_manifest import EvidenceItem, EvidenceManifest
from contract.ids import rfc3339, uuid7
from contract.incident_report import (
    Description,
    EvidenceReference,
    IncidentReport,
    IncidentTime,
    Place,
    RuleStatement,
    Subject,
    TraceStep,
)
from edge.evidence.png import encode_png
from edge.evidence.redaction import Redaction
from edge.evidence.stills import Labelled, Scene, annotated_jpeg, thumbnail_jpeg
from models.detector.detections import Detections
from models.synthetic.clip import RenderedClip, render_scenario
from tests.contract.examples import CLOCK, evidence_item, evidence_manifest, incident_report

SIZE = (960, 540)
TOOL = "xunjian 0.1.0"
TENANT, SITE = "city", "north_depot"


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen: of whom, where, when in the clip, and what a rule makes of it."""

    type_id: str
    severity: str
    camera_id: str
    zone_id: str
    actors: tuple[str, ...]
    at_s: float
    trace: tuple[TraceStep, ...]
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Lead:
    """One incident as it goes over the wire. files: bytes by sha256, as the manifest lists them."""

    report: IncidentReport
    manifest: EvidenceManifest
    files: dict[str, bytes]


def step(condition: str, value: float | str | bool, threshold: float | str | bool, unit: str) -> TraceStep:
    return TraceStep(condition=condition, value=value, threshold=threshold, unit=unit, holds=True)


INTRUSION = Sight(
    "site.intrusion",
    "alert",
    "yard_1",
    "yard",
    ("lingerer",),
    8.0,
    (
        step("class", "person", "person", "name"),
        step("score", 0.91, 0.4, "probability"),
        step("anchor_in_zone", "0.44, 0.66", "yard", "relative"),
        step("longest_gap", 0.1, 0.5, "s"),
        step("dwell", 3.1, 1.0, "s"),
    ),
    "1 人进入区域 yard，停留 3.1 秒（线索，待审核）",
    "1 person in zone yard for 3.1 s (a lead, to be reviewed)",
)
PARKING = Sight(
    "traffic.illegal_parking",
    "lead",
    "street_2",
    "fire_lane",
    ("parked",),
    21.0,
    (
        step("class", "car", "bus|car|truck", "name"),
        step("stillness", 0.98, 0.9, "IoU"),
        step("dwell", 10.2, 10.0, "s"),
    ),
    "1 辆汽车在区域 fire_lane 静止 10.2 秒（线索，待审核）",
    "1 car still in zone fire_lane for 10.2 s (a lead, to be reviewed)",
)
LOITERING = Sight(
    "site.loitering",
    "lead",
    "yard_1",
    "yard",
    ("visitor",),
    15.0,
    (step("class", "person", "person", "name"), step("dwell", 4.4, 4.0, "s")),
    "1 人在区域 yard 停留 4.4 秒（线索，待审核）",
    "1 person in zone yard for 4.4 s (a lead, to be reviewed)",
)
WRONG_WAY = Sight(
    "traffic.wrong_way",
    "lead",
    "street_2",
    "frame",
    ("wrong_way",),
    19.5,
    (step("class", "car", "bicycle|car|motorcycle", "name"), step("crossed", "left", "left", "relative")),
    "1 辆汽车越线方向向左（线索，待审核）",
    "1 car crossed the line to the left (a lead, to be reviewed)",
)
FLAME = Sight(
    "fire.flame",
    "safety",
    "depot_3",
    "frame",
    (),
    2.0,
    (step("dwell", 3.2, 3.0, "s"),),
    "画面中疑似明火，持续 3.2 秒（线索，待审核）",
    "something like a flame for 3.2 s (a lead, to be reviewed)",
)


class Yard:
    """The rendered clip, its frames and what is true in them."""

    def __init__(self, folder: Path) -> None:
        self.clip: RenderedClip = render_scenario("yard", folder, size=SIZE)
        self.truth: dict[str, Any] = json.loads(self.clip.truth.read_text())
        self._pictures: dict[str, tuple[bytes, bytes, bytes]] = {}
        self.fps: int = self.truth["fps"]

    def frame(self, at_s: float) -> NDArray[np.uint8]:
        """(H, W, 3) uint8, BGR."""
        with av.open(str(self.clip.video)) as container:
            for index, frame in enumerate(container.decode(video=0)):
                if index == round(at_s * self.fps):
                    return frame.to_ndarray(format="bgr24").astype(np.uint8)
        raise AssertionError("the clip is shorter than that")

    def pictures(self, sight: Sight) -> tuple[bytes, bytes, bytes]:
        """Key frame, annotated picture, thumbnail; made once for each sight."""
        if sight.camera_id + sight.type_id not in self._pictures:
            image, scene = self.frame(sight.at_s), drawn(self, sight)
            made = encode_png(image), annotated_jpeg(image, scene), thumbnail_jpeg(image, scene)
            self._pictures[sight.camera_id + sight.type_id] = made
        return self._pictures[sight.camera_id + sight.type_id]

    def objects(self, at_s: float) -> list[dict[str, Any]]:
        return list(self.truth["frames"][round(at_s * self.fps)]["objects"])

    def polygon(self, zone_id: str) -> tuple[tuple[float, float], ...]:
        """Relative, inside the picture."""
        corners = self.truth["zones"].get(zone_id, [[0, 0], [1, 0], [1, 1], [0, 1]])
        return tuple((min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)) for x, y in corners)

    def tracks(self, clip_start: datetime, subjects: tuple[str, ...]) -> bytes:
        """The `tracks` file: every actor is a track, numbered by its place in the scenario."""
        tracks: dict[str, list[list[float]]] = {}
        for frame in self.truth["frames"]:
            for seen in frame["objects"]:
                tracks.setdefault(str(number(seen["id"])), []).append([frame["t"], *seen["box"]])
        return json.dumps(
            {
                "clip_start": rfc3339(clip_start),
                "subjects": [number(name) for name in subjects],
                "classes": {},
                "tracks": tracks,
            }
        ).encode()


ACTORS = ("lingerer", "visitor", "right_way", "parked", "wrong_way")


def number(actor_id: str) -> int:
    return ACTORS.index(actor_id) + 1


def lead(
    yard: Yard, sight: Sight, opened: datetime, report_seq: int, said: dict[str, Any] | None = None, **fields: Any
) -> Lead:
    """The lead with key frame, annotated picture, thumbnail, clip and tracks, all in one revision. said: what the
    report says besides.
    """
    key_frame, annotated, small = yard.pictures(sight)
    start = opened - timedelta(seconds=sight.at_s)
    derived = {"derived_from": sha256_hex(key_frame), "tool": TOOL, "redacted": True}
    files: list[tuple[bytes, str, str, dict[str, Any]]] = [
        (key_frame, "image/png", "key_frame", {}),
        (annotated, "image/jpeg", "annotated", derived),
        (small, "image/jpeg", "thumbnail", derived),
    ]
    clip = yard.clip.video.read_bytes()
    files.append((clip, "video/mp4", "clip", {}))
    tracks = yard.tracks(start, sight.actors)
    files.append((tracks, "application/json", "tracks", {"derived_from": sha256_hex(clip), "tool": TOOL}))
    items: list[EvidenceItem] = [
        evidence_item(data, media_type, role, captured_first=opened, captured_last=opened, **more)
        for data, media_type, role, more in files
    ]
    incident_id = uuid7(opened)
    manifest = evidence_manifest(*items, incident_id=incident_id, report_seq=report_seq, chain_seq=report_seq, **fields)
    report = told(yard, sight, opened, incident_id=incident_id, report_seq=report_seq, thumbnail=small)
    report = report.model_copy(update=said or {})
    return Lead(report, manifest, {item.sha256: data for item, (data, *_) in zip(items, files, strict=True)})


def drawn(yard: Yard, sight: Sight) -> Scene:
    seen = yard.objects(sight.at_s)
    people = Detections(
        boxes=np.array([entry["box"] for entry in seen], np.float32).reshape(-1, 4),
        scores=np.full(len(seen), 0.9, np.float32),
        class_ids=np.array([int(entry["class"] == "car") for entry in seen], np.int64),
        class_names=("person", "car"),
    )
    boxes = [
        Labelled(tuple(entry["box"]), f"{entry['class']} {number(entry['id'])}", entry["id"] in sight.actors)
        for entry in seen
    ]
    place = yard.polygon(sight.zone_id) if sight.zone_id != "frame" else ()
    return Scene(place, sight.zone_id, boxes, Redaction.of(people, ()))


def told(yard: Yard, sight: Sight, opened: datetime, *, thumbnail: bytes, **ids: Any) -> IncidentReport:
    """evidence.manifest_sha256 is set when the manifest is signed: see `sign`."""
    subjects = tuple(
        Subject(track_id=number(entry["id"]), class_=entry["class"], score=0.91, frames=38, box=tuple(entry["box"]))
        for entry in yard.objects(sight.at_s)
        if entry["id"] in sight.actors
    )
    return incident_report(
        tenant=TENANT,
        site=SITE,
        type_id=sight.type_id,
        severity=sight.severity,
        camera_id=sight.camera_id,
        place=Place(zone_id=sight.zone_id, polygon=yard.polygon(sight.zone_id)),
        time=IncidentTime(
            first_seen=opened - timedelta(seconds=3),
            opened=opened,
            last_seen=opened + timedelta(seconds=2),
            monotonic_ms=123_456,
            boot_id="boot-1",
            clock=CLOCK,
        ),
        subjects=subjects,
        subjects_total=len(subjects),
        rule=RuleStatement(
            id=f"{sight.type_id.partition('.')[2].replace('_', '-')}-{sight.camera_id}",
            version="3f9c1a7be204",
            kind="zone_presence",
            parameters={"dwell_s": 1.0},
            trace=sight.trace,
        ),
        description=Description(text={"zh-CN": sight.zh, "en": sight.en}),
        evidence=EvidenceReference(manifest_sha256="0" * 64, thumbnail=base64.b64encode(thumbnail).decode()),
        **ids,
    )
