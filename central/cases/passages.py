"""What a zone that is about to be drawn would have seen: the tracks that recent evidence holds, and the zone."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from central.cases.tables import Incident
from central.evidence.tables import File, Item

FILES_MAX = 200  # the newest of the time asked for
FILE_BYTES_MAX = 4_000_000

Anchor = Literal["bottom_center", "center"]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Passages:
    """clips: track files looked at. tracks: in them, one that is in two clips counts twice. inside: of these, in the
    zone at some time.
    """

    clips: int
    tracks: int
    inside: int


def passages(
    session: Session,
    find: Callable[[str], Path | None],
    *,
    box_id: str,
    camera_id: str,
    polygon: Sequence[Point],
    anchor: Anchor,
    since: datetime,
) -> Passages:
    """polygon: relative frame coordinates. find: a held file by its hash. since: when an incident was received."""
    hashes = session.scalars(
        select(Item.sha256)
        .join(Incident, Incident.incident_id == Item.incident_id)
        .join(File, and_(File.box_id == Item.box_id, File.sha256 == Item.sha256))
        .where(
            Item.role == "tracks",
            File.state == "held",
            Incident.box_id == box_id,
            Incident.camera_id == camera_id,
            Incident.received_at >= since,
        )
        .order_by(Incident.received_at.desc())
        .limit(FILES_MAX)
    )
    clips = tracks = inside = 0
    for sha256 in dict.fromkeys(hashes):
        found = _tracks(find(sha256))
        if found is None:
            continue
        clips += 1
        tracks += len(found)
        inside += sum(passes(rows, polygon, anchor) for rows in found)
    return Passages(clips, tracks, inside)


def passes(rows: Sequence[Any], polygon: Sequence[Point], anchor: Anchor) -> bool:
    """rows: [[t_s, x1, y1, x2, y2], ...] of one track. Is its anchor ever in the polygon?"""
    return any(
        contains(polygon, (x1 + x2) / 2, y2 if anchor == "bottom_center" else (y1 + y2) / 2)
        for _, x1, y1, x2, y2 in rows
    )


def contains(polygon: Sequence[Point], x: float, y: float) -> bool:
    """Even-odd rule (Shimrat 1962). A point on the picture's lower edge counts as just above it."""
    x, y = min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0 - 1e-6)
    crossed = 0
    for (ax, ay), (bx, by) in pairwise((*polygon, polygon[0])):
        crossed += (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay)
    return crossed % 2 == 1


def _tracks(path: Path | None) -> list[Any] | None:
    """A box made the file: it may hold anything."""
    try:
        if path is None or path.stat().st_size > FILE_BYTES_MAX:
            return None
        tracks = json.loads(path.read_bytes())["tracks"]
        rows = [[tuple(map(float, row)) for row in track] for track in tracks.values()]
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return rows if all(len(row) == 5 for track in rows for row in track) else None
