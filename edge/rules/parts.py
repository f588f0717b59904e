"""The parts that rules look at, out of what the detector said of a frame."""

from collections.abc import Collection

from edge.rules.scene import Found, Parts
from models.detector.detections import Detections


def parts_of(detections: Detections, classes: Collection[str], width_px: int, height_px: int) -> Parts:
    """Those of the classes, at any score."""
    names = [detections.class_names[class_id] for class_id in detections.class_ids.tolist()]
    found = tuple(
        Found(name, score, (x1, y1, x2, y2))
        for name, score, (x1, y1, x2, y2) in zip(
            names, detections.scores.tolist(), detections.boxes.tolist(), strict=True
        )
        if name in classes
    )
    return Parts(found, width_px, height_px)
