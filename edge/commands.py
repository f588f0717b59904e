"""What the centre may ask of this box, and what the box shows of itself: the tables that desk and notices work by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract.document import Versions
from edge.delivery.command_desk import Handlers
from edge.delivery.errors import CommandRefusedError
from edge.delivery.outbox import Outbox
from edge.detection.detector import FrameDetector
from edge.feedback import FeedbackBook
from edge.health.notices import States
from edge.pauses import PauseBook
from edge.remote_settings import RemoteSettings
from edge.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Books:
    """What commands change, each kept on the disk."""

    rules: Rulebook
    settings: RemoteSettings
    pauses: PauseBook
    feedback: FeedbackBook


def handlers_of(books: Books, outbox: Outbox) -> Handlers:
    return {
        "config": books.settings.change,
        "feedback": books.feedback.change,
        "pause": books.pauses.change,
        "resend": lambda _: {"queued": outbox.resend()},
        "rules": books.rules.change,
        "test_rules": books.rules.try_out,
        "update_offer": _no_updates,
    }


def states_of(books: Books, versions: Versions, detectors: Mapping[str, FrameDetector]) -> States:
    """detectors: by camera."""
    return {
        "config": lambda: books.settings.state() | {"pauses": books.pauses.state()},
        "models": lambda: {"detectors": _models(detectors)},
        "rules": lambda: books.rules.state() | {"feedback": books.feedback.by_rule()},
        "versions": lambda: versions.model_dump(mode="json", exclude_none=True),
    }


def _models(detectors: Mapping[str, FrameDetector]) -> list[dict[str, Any]]:
    """One entry a network, with the cameras that look through it."""
    found: dict[str, dict[str, Any]] = {}
    for camera_id, detector in sorted(detectors.items()):
        entry = found.setdefault(
            detector.sha256,
            {
                "name": detector.name,
                "sha256": detector.sha256,
                "engine": detector.engine,
                "precision": detector.precision,
                "classes": list(detector.class_names),
                "cameras": [],
            },
        )
        entry["cameras"].append(camera_id)
    return list(found.values())


def _no_updates(_: dict[str, Any]) -> dict[str, Any]:
    raise CommandRefusedError("this box takes no updates from its centre yet: update it where it stands")
