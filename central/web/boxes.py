"""The pages about boxes: how each is, what it runs, what its cameras see, the zones drawn on that."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from central.cases.tables import Rejection
from central.devices.box import BoxStatus
from central.devices.commanding import commands_of
from central.devices.repository import list_boxes
from central.devices.tables import CameraStill, CommandEntry, RunningState
from central.web.wording import Wording
from contract.catalogue import catalogue
from contract.heartbeat import CameraStatus, Heartbeat

OFFLINE_AFTER_S = 90.0  # three heartbeats
RULE_KINDS = ("zone_presence", "stationary", "count")  # those that the short form can make
ZONE_KINDS = ("watch", "permitted", "mask")
PAUSE_LENGTHS = {"quarter": 900, "hour": 3600, "four_hours": 14_400, "day": 86_400, "until_ended": None}  # seconds
PAUSED_THINGS = ("box", "camera", "rule")


@dataclass(frozen=True, slots=True)
class DrawnZone:
    """points: as SVG wants them, in a picture of 1 by 1."""

    name: str
    kind: str
    points: str


@dataclass(frozen=True, slots=True)
class CameraView:
    camera_id: str
    state: str
    age_s: float | None
    fps_in: float | None
    still_at: datetime | None
    zones: tuple[DrawnZone, ...]


@dataclass(frozen=True, slots=True)
class PauseView:
    """what, name: as the box says; ends: by the box's clock, which may be wrong."""

    what: str
    name: str
    ends: datetime | None

    @property
    def target(self) -> str:
        return f"{self.what}:{self.name}"


@dataclass(frozen=True, slots=True)
class BoxView:
    """age_s: of the newest heartbeat. rules: the rules in force as an object, None while the box has not said. config:
    the settings that may be changed, empty while it has not said. conflicts: reports that came under a number, or a
    revision, that other bytes had already.
    """

    status: BoxStatus
    online: bool
    age_s: float | None
    heartbeat: Heartbeat | None
    cameras: tuple[CameraView, ...]
    rules_version: str
    rules: dict[str, Any] | None
    classes: tuple[str, ...]
    config: dict[str, Any]
    pauses: tuple[PauseView, ...]
    conflicts: int

    @property
    def rule_ids(self) -> tuple[str, ...]:
        listed = (self.rules or {}).get("rules")
        return tuple(str(rule["id"]) for rule in _objects(listed) if "id" in rule)


def read_boxes(session: Session, now: datetime, box_id: str | None = None) -> list[BoxView]:
    """All, or the one with this id."""
    return [_view(session, box, now) for box in list_boxes(session) if box_id in (None, box.box_id)]


def box_context(session: Session, box: BoxView, t: Wording) -> dict[str, Any]:
    """For `box.html`."""
    return {
        "box": box,
        "types": [(one.id, one.names[t.language]) for one in catalogue().values()],
        "rule_kinds": RULE_KINDS,
        "zone_kinds": ZONE_KINDS,
        "pause_lengths": PAUSE_LENGTHS,
        "commands": commands_of(session, box.status.box_id),
    }


def outcome(command: CommandEntry, now: datetime) -> str:
    """applied, refused, waiting, or expired without an answer."""
    return command.result or ("waiting" if now < command.expires else "unanswered")


def find_still(session: Session, box_id: str, camera_id: str) -> bytes | None:
    still = session.get(CameraStill, (box_id, camera_id))
    return still.jpeg if still else None


def _view(session: Session, box: BoxStatus, now: datetime) -> BoxView:
    heartbeat = Heartbeat.model_validate(box.heartbeat) if box.heartbeat else None
    age_s = (now - box.heartbeat_at).total_seconds() if box.heartbeat_at else None
    body, config = _running(session, box.box_id, "rules"), _running(session, box.box_id, "config")
    document = body.get("document")
    rules = document if isinstance(document, dict) else None
    kept = select(CameraStill.camera_id, CameraStill.captured).where(CameraStill.box_id == box.box_id)
    stills = {row.camera_id: row.captured for row in session.execute(kept)}
    said = {camera.camera_id: camera for camera in (heartbeat.cameras if heartbeat else ())}
    names = dict.fromkeys((*said, *stills, *_texts(body.get("cameras"))))
    return BoxView(
        status=box,
        online=box.availability != "offline" and age_s is not None and age_s < OFFLINE_AFTER_S,
        age_s=age_s,
        heartbeat=heartbeat,
        cameras=tuple(_camera(name, said.get(name), stills.get(name), rules) for name in names),
        rules_version=str(body.get("version", "")),
        rules=rules,
        classes=tuple(_texts(body.get("classes"))),
        config=_config(config),
        pauses=tuple(_pauses(config.get("pauses"))),
        conflicts=_conflicts(session, box),
    )


def _conflicts(session: Session, box: BoxStatus) -> int:
    counted = select(func.count()).select_from(Rejection)
    of_box = Rejection.box_id == box.box_id, Rejection.key_id == box.key_id, Rejection.reason == "conflict"
    return session.scalar(counted.where(*of_box)) or 0


def _config(said: dict[str, Any]) -> dict[str, Any]:
    """What the page's form needs; empty where a box says something else."""
    cameras = said.get("cameras")
    if not isinstance(cameras, dict) or not all(isinstance(camera, dict) for camera in cameras.values()):
        return {}
    return {"version": str(said.get("version", "")), "cameras": cameras} if cameras else {}


def _pauses(said: object) -> Iterable[PauseView]:
    for pause in _objects(said):
        if pause.get("what") in PAUSED_THINGS:
            try:
                ends = datetime.fromisoformat(str(pause.get("ends")))
            except ValueError:
                ends = None
            yield PauseView(str(pause["what"]), str(pause.get("name", "")), ends)


def _camera(
    name: str, said: CameraStatus | None, still_at: datetime | None, rules: dict[str, Any] | None
) -> CameraView:
    zones = tuple(_zones(rules, name)) if rules else ()
    if said is None:
        return CameraView(name, "offline", None, None, still_at, zones)
    return CameraView(name, said.state, said.last_frame_age_s, said.fps_in, still_at, zones)


def _zones(rules: dict[str, Any], camera_id: str) -> Iterable[DrawnZone]:
    """A box says what it likes: what is no zone is not drawn."""
    zones = rules.get("zones")
    for name, zone in zones.items() if isinstance(zones, dict) else ():
        cameras = zone.get("cameras") if isinstance(zone, dict) else None
        if not isinstance(zone, dict) or (cameras and camera_id not in _texts(cameras)):
            continue
        try:
            points = " ".join(f"{float(x):g},{float(y):g}" for x, y in zone["polygon"])
        except (KeyError, TypeError, ValueError):
            continue
        kind = str(zone.get("kind", "watch"))
        yield DrawnZone(str(name), kind if kind in ZONE_KINDS else "watch", points)


def _texts(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


def _objects(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _running(session: Session, box_id: str, name: str) -> dict[str, Any]:
    state = session.get(RunningState, (box_id, name))
    return state.body if state else {}
