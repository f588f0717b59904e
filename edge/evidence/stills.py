"""Pictures of a frame: the original, and what people look at first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import cv2
import numpy as np
from numpy.typing import NDArray

from contract.incident_report import THUMBNAIL_BYTES_MAX
from edge.evidence.redaction import Polygon, Redaction, redacted
from edge.tracking.track import Box

ANNOTATED_QUALITY = 85
THUMBNAIL_TRIES = ((480, 80), (480, 65), (480, 50), (360, 50), (320, 40), (240, 30), (160, 20))  # width px, quality
SUBJECT_BGR = (0, 80, 255)
OTHER_BGR = (200, 200, 200)
PLACE_BGR = (0, 200, 255)
FONT = cv2.FONT_HERSHEY_SIMPLEX


@dataclass(frozen=True, slots=True)
class Labelled:
    """box: relative. label: ASCII, as OpenCV's fonts have nothing else. subject: part of the incident."""

    box: Box
    label: str
    subject: bool = True


@dataclass(frozen=True, slots=True)
class Scene:
    """What a derivative shows on top of the frame. place: a polygon, or the two points of a line; empty = frame."""

    place: Polygon
    place_label: str
    boxes: Sequence[Labelled]
    redaction: Redaction


@dataclass(frozen=True, slots=True)
class Glance:
    """What a camera sees, with people pixelated and masks burned in. jpeg: at most 20 KB."""

    captured: datetime
    jpeg: bytes


class Derivatives:
    """Of one frame, faces and masked areas hidden first, in full size, once for both. image: untouched."""

    def __init__(self, image: NDArray[np.uint8], scene: Scene) -> None:
        self._hidden = redacted(image, scene.redaction)
        self._scene = scene

    def annotated_jpeg(self) -> bytes:
        """In full size: place, boxes and labels on top."""
        picture = self._hidden.copy()
        _draw(picture, self._scene, labels=True)
        return _encode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, ANNOTATED_QUALITY])

    def thumbnail_jpeg(self) -> bytes:
        """The same without labels, at most 480 px wide and 20 KB: small enough for MQTT."""
        return _thumbnail(self._hidden, self._scene)


def thumbnail_jpeg(image: NDArray[np.uint8], scene: Scene) -> bytes:
    """As of `Derivatives`, of a frame of which nothing else is wanted."""
    return Derivatives(image, scene).thumbnail_jpeg()


def annotated_jpeg(image: NDArray[np.uint8], scene: Scene) -> bytes:
    """As of `Derivatives`, of a frame of which nothing else is wanted."""
    return Derivatives(image, scene).annotated_jpeg()


def _thumbnail(hidden: NDArray[np.uint8], scene: Scene) -> bytes:
    height, width = hidden.shape[:2]
    jpeg = b""
    for width_px, quality in THUMBNAIL_TRIES:
        scale = min(1.0, width_px / max(width, height))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        picture = np.ascontiguousarray(cv2.resize(hidden, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        _draw(picture, scene, labels=False)
        jpeg = _encode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if len(jpeg) <= THUMBNAIL_BYTES_MAX:
            break
    return jpeg


def _draw(picture: NDArray[np.uint8], scene: Scene, *, labels: bool) -> None:
    height, width = picture.shape[:2]
    thickness = max(1, round(width / 500))
    if len(scene.place) >= 2:
        corners = np.array([(x * width, y * height) for x, y in scene.place]).round().astype(np.int32)
        cv2.polylines(picture, [corners], len(corners) > 2, PLACE_BGR, thickness, cv2.LINE_AA)
        if labels:
            _write(picture, scene.place_label, (int(corners[:, 0].min()), int(corners[:, 1].min())), PLACE_BGR)
    for entry in sorted(scene.boxes, key=lambda entry: entry.subject):
        x1, y1, x2, y2 = entry.box
        left_top, right_bottom = (int(x1 * width), int(y1 * height)), (int(x2 * width), int(y2 * height))
        colour = SUBJECT_BGR if entry.subject else OTHER_BGR
        cv2.rectangle(picture, left_top, right_bottom, colour, thickness if entry.subject else 1, cv2.LINE_AA)
        if labels and entry.subject:
            _write(picture, entry.label, left_top, colour)


def _write(picture: NDArray[np.uint8], text: str, at: tuple[int, int], colour: tuple[int, int, int]) -> None:
    """Dark text on a filled bar of `colour`, above `at` where there is room."""
    scale = max(0.4, picture.shape[1] / 1600)
    (width, height), baseline = cv2.getTextSize(text, FONT, scale, 1)
    left = min(max(0, at[0]), max(0, picture.shape[1] - width))
    bottom = max(at[1], height + baseline)
    cv2.rectangle(picture, (left, bottom - height - baseline), (left + width, bottom), colour, cv2.FILLED)
    cv2.putText(picture, text, (left, bottom - baseline // 2), FONT, scale, (20, 20, 20), 1, cv2.LINE_AA)


def _encode(extension: str, image: NDArray[np.uint8], parameters: Sequence[int]) -> bytes:
    done, data = cv2.imencode(extension, image, parameters)
    assert done, "OpenCV encodes every uint8 picture"
    return data.tobytes()
