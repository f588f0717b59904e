"""From an opened incident to what is asked about it, or why nothing may be."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.incidents.incident import Incident, Subject
from edge.rules.zone import FRAME_ID, Point
from edge.verification.inquiry import EXHIBITS_MAX, Exhibit, Inquiry
from models.vlm.claims_question import About
from models.vlm.crop import margined
from models.vlm.marking import subject_crop
from models.vlm.questions import marked, read_questions
from models.vlm.secrecy import classification_mark

Refusal = Literal["no_question", "sensitive", "masked", "classified", "no_subject"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a deployment lets a model see and be asked. permitted: question ids; None: all that there are. sensitive: a
    camera whose pictures no model sees. margin: of a crop, as the model's package wants it. location_texts: of where
    the camera is; a classification mark in one keeps its pictures from a model.
    """

    permitted: frozenset[str] | None = None
    sensitive: bool = False
    margin: float = 0.25
    location_texts: tuple[str, ...] = ()


def question_ids(type_id: str, permitted: Collection[str] | None) -> tuple[str, ...]:
    return tuple(
        name
        for name, question in read_questions().items()
        if type_id in question.types and (permitted is None or name in permitted)
    )


def inquire(
    incident: Incident, image: NDArray[np.uint8], masks: Sequence[Sequence[Point]], bounds: Bounds, asked_s: float
) -> Inquiry | Refusal:
    """image: (H, W, 3) uint8 BGR, the decoded frame in which the incident opened. masks: relative polygons; a subject
    whose crop reaches into one is not shown to a model, and no other question is asked about its incident either.
    """
    ids = question_ids(incident.rule.type_id, bounds.permitted)
    if not ids:
        return "no_question"
    if bounds.sensitive:
        return "sensitive"
    if any(classification_mark(text) for text in (incident.camera_id, incident.place_id, *bounds.location_texts)):
        return "classified"
    subjects = incident.subjects[:EXHIBITS_MAX]
    if any(_reaches(subject, mask, bounds.margin) for subject in subjects for mask in masks):
        return "masked"
    outlined = incident.place_id != FRAME_ID and marked(incident.rule.type_id)
    polygon = incident.rule.polygon if outlined else ()
    exhibits = [_exhibit(subject, image, polygon, bounds.margin) for subject in subjects]
    shown = tuple(exhibit for exhibit in exhibits if exhibit is not None)
    if not shown:
        return "no_subject"
    names = tuple(dict.fromkeys(one.class_name for one in subjects))
    about = About(incident.rule.type_id, incident.place_id, names, bounds.permitted)
    return Inquiry(incident.incident_id, incident.camera_id, incident.rule.severity, ids, shown, asked_s, about)


def _exhibit(subject: Subject, image: NDArray[np.uint8], polygon: Sequence[Point], margin: float) -> Exhibit | None:
    part = subject_crop(image, subject.box, margin, polygon)
    return None if part is None else Exhibit(subject.track_id, part, subject.class_name)


def _reaches(subject: Subject, mask: Sequence[Point], margin: float) -> bool:
    """Whether a crop with that margin would show what is behind the mask."""
    x1, y1, x2, y2 = margined(subject.box, margin)
    box = np.array([(x1, y1), (x2, y1), (x2, y2), (x1, y2)], np.float32)
    return len(mask) > 2 and _common_area(box, np.array(mask, np.float32)) > 0.0


def _common_area(box: NDArray[np.float32], mask: NDArray[np.float32]) -> float:
    """Of a rectangle and any simple polygon: drawn, for masks need not be convex."""
    side = 256
    drawn = np.zeros((2, side, side), np.uint8)
    for plane, corners in zip(drawn, (box, mask), strict=True):
        cv2.fillPoly(plane, [(corners * (side - 1)).round().astype(np.int32)], (1,))
    return float((drawn[0] & drawn[1]).sum()) / side**2
