"""What each incident of one camera has sent and still owes: pictures at once, the clip later, pictures at its close."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from contract.incident_report import Phase
from edge.capture.frame import Frame
from edge.capture.packet_ring import ClipPackets, Packets
from edge.delivery.report import Writer
from edge.delivery.revision import RevisionDraft
from edge.evidence.redaction import Polygon, Redaction
from edge.evidence.sealer import Sealed, Sealer
from edge.evidence.stills import Glance, Labelled, Scene, thumbnail_jpeg
from edge.evidence.store import SealedFile
from edge.evidence.track_history import TrackHistory
from edge.incidents.incident import Incident, IncidentChange
from edge.tracking.track import Tracks
from edge.verification.look import Look, NoLook
from edge.verification.verdict import Looked
from models.detector.detections import Detections

BEFORE_S = 5.0  # of `opened`: where a clip begins
AFTER_S = 5.0  # and where it ends
Order = Callable[[], RevisionDraft | None]  # seals the files of one revision and drafts it; in order, on any one thread
VIEW_MOVED = "view_moved"  # among a device's reasons
CLIPS_OWED_MAX = 512  # incidents at once in one camera; beyond, one goes out without a clip


@dataclass(frozen=True, slots=True)
class Sight:
    """One frame and what was made of it."""

    frame: Frame
    detections: Detections
    tracks: Tracks

    def wall(self, stream_s: float) -> datetime:
        """The wall time of another moment of this stream, by this frame's."""
        return self.frame.moment.wall + timedelta(seconds=stream_s - self.frame.stream_s)


@dataclass(slots=True)
class _Dossier:
    thumbnail: bytes | None
    next_revision: int
    clip_owed: bool
    looked: Looked


class Dossiers:
    """location: lat, lon, crs, address of the camera, where known. masks: relative polygons that nobody gets to see."""

    def __init__(
        self,
        ring: Packets,
        sealer: Sealer,
        writer: Writer,
        masks: Collection[Polygon],
        location: Mapping[str, Any],
        *,
        look: Look | None = None,
    ) -> None:
        self._look = look or NoLook()
        self._late: dict[str, tuple[_Dossier, Incident]] = {}  # closed, and waiting for the second look
        self._ring = ring
        self._sealer = sealer
        self._writer = writer
        self._masks = tuple(masks)
        self._location = location
        self._history = TrackHistory()
        self._dossiers: dict[str, _Dossier] = {}

    def __len__(self) -> int:
        return len(self._dossiers)

    def change_rules(self, masks: Collection[Polygon], rule_pack: str) -> None:
        """rule_pack: the version that reports name from now on."""
        self._masks = tuple(masks)
        origin = self._writer.origin
        versions = origin.versions.model_copy(update={"rule_pack": rule_pack})
        self._writer = replace(self._writer, origin=replace(origin, versions=versions))

    def set_moved(self, *, moved: bool) -> None:
        """Reports say from now on that the camera does not show the view that was set up, or no longer say it."""
        origin = self._writer.origin
        reasons = tuple(reason for reason in origin.device.reasons if reason != VIEW_MOVED)
        facts = {"reasons": (*reasons, VIEW_MOVED) if moved else reasons}
        device = origin.device.model_copy(update=facts)
        self._writer = replace(self._writer, origin=replace(origin, device=device))

    def glance(self, sight: Sight) -> Glance:
        """A picture of the camera that may be shown to everybody."""
        scene = Scene((), "", (), Redaction.of(sight.detections, self._masks, sight.tracks.lost))
        return Glance(sight.frame.moment.wall, thumbnail_jpeg(sight.frame.image, scene))

    def orders(
        self, changes: Sequence[IncidentChange], incidents_open: Sequence[Incident], sight: Sight
    ) -> list[Order]:
        """What one frame adds: openings and closings, and an update for each clip whose window is over now.

        The orders hold all that they need: they may be carried out while the next frames come.
        """
        self._history.add(sight.tracks)
        closing = [replace(one.incident, closed=None, close_reason=None) for one in changes if one.phase == "close"]
        orders = self.answered([*incidents_open, *closing], sight)
        for change in changes:
            if change.phase == "open":
                orders.append(self._opening(change.incident, sight))
            else:
                orders += self._closing(change.incident, sight)
        due = [one for one in incidents_open if sight.frame.stream_s >= one.opened.stream_s + AFTER_S]
        return orders + [order for incident in due for order in self._clip(incident, sight)]

    @property
    def awaiting(self) -> int:
        """Closed incidents whose second look, or what a model states, is still to come."""
        return len(self._late)

    def answered(self, incidents_open: Sequence[Incident], sight: Sight) -> list[Order]:
        """An update for each second look and each statement that came since the last call, without new files."""
        orders: list[Order] = []
        known = {incident.incident_id: incident for incident in incidents_open}
        for answer in self._look.take():
            dossier = self._dossiers.get(answer.incident_id)
            incident = known.get(answer.incident_id)
            if answer.incident_id in self._late:
                dossier, incident = self._late[answer.incident_id]
                if not answer.looked.more:
                    del self._late[answer.incident_id]
            if dossier is None or incident is None:
                continue
            told, dossier.looked = dossier.looked, answer.looked
            if replace(answer.looked, more=told.more) != told:
                orders.append(partial(self._drafting(incident, "update", sight, dossier), ()))
        return orders

    def _opening(self, incident: Incident, sight: Sight) -> Order:
        """Revision 0, at once: key frame, its annotated copy, thumbnail."""
        looked = self._look.ask(incident, sight.frame.image, self._masks)
        dossier = _Dossier(None, 0, len(self._dossiers) < CLIPS_OWED_MAX, looked)
        self._dossiers[incident.incident_id] = dossier
        pictures = self._pictures(incident, sight, thumbnail=True)
        draft = self._drafting(incident, "open", sight, dossier)

        def open_it() -> RevisionDraft:
            sealed = pictures()
            dossier.thumbnail = sealed.thumbnail
            return draft(sealed.files)

        return open_it

    def _closing(self, incident: Incident, sight: Sight) -> list[Order]:
        """The last revision, with a closing key frame; before it the clip as far as it goes, if it is still owed."""
        clip = self._clip(incident, sight)
        dossier = self._dossiers.pop(incident.incident_id)
        pictures = self._pictures(incident, sight, thumbnail=False)
        draft = self._drafting(incident, "close", sight, dossier)
        if dossier.looked.verification.status == "pending" or dossier.looked.more:
            self._late[incident.incident_id] = dossier, incident
        return [*clip, lambda: draft(pictures().files)]

    def _pictures(self, incident: Incident, sight: Sight, *, thumbnail: bool) -> Callable[[], Sealed]:
        subjects = {track.track_id for track in incident.subjects}
        boxes = [
            Labelled(track.box, f"{track.class_name} {track.track_id}", track.track_id in subjects)
            for track in sight.tracks.seen
        ]
        place = () if incident.rule.place_id == "frame" else incident.rule.polygon
        scene = Scene(
            place, incident.rule.place_id, boxes, Redaction.of(sight.detections, self._masks, sight.tracks.lost)
        )
        return lambda: self._sealer.pictures(incident.incident_id, sight.frame, scene, thumbnail=thumbnail)

    def _clip(self, incident: Incident, sight: Sight) -> list[Order]:
        dossier = self._dossiers[incident.incident_id]
        if not dossier.clip_owed:
            return []
        dossier.clip_owed = False
        opened_s = incident.opened.stream_s
        packets = self._ring.clip(opened_s - BEFORE_S, opened_s + AFTER_S)
        return [] if packets is None else [self._updating(dossier, incident, packets, sight)]

    def _updating(self, dossier: _Dossier, incident: Incident, packets: ClipPackets, sight: Sight) -> Order:
        subjects = [subject.track_id for subject in incident.subjects]
        tracks = self._history.document(packets.first_s, packets.last_s, sight.wall(packets.first_s), subjects)
        draft = self._drafting(replace(incident, closed=None, close_reason=None), "update", sight, dossier)

        def update() -> RevisionDraft | None:
            files = self._sealer.clip(incident.incident_id, packets, tracks, sight.wall).files
            return draft(files) if files else None

        return update

    def _drafting(
        self, incident: Incident, phase: Phase, sight: Sight, dossier: _Dossier
    ) -> Callable[[tuple[SealedFile, ...]], RevisionDraft]:
        """By the rules that are in force now, and what the second look has said by now."""
        writer, looked = self._writer, dossier.looked

        def draft(files: tuple[SealedFile, ...]) -> RevisionDraft:
            revision, dossier.next_revision = dossier.next_revision, dossier.next_revision + 1
            return writer.draft(
                incident,
                revision=revision,
                phase=phase,
                moment=sight.frame.moment,
                files=files,
                thumbnail=dossier.thumbnail,
                location=self._location,
                looked=looked,
            )

        return draft
