"""One camera's way from frame to committed revisions."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from contract.incident_report import CloseReason
from edge.capture.frame import Frame
from edge.delivery.dossier import Dossiers, Sight
from edge.delivery.revision import Revision
from edge.detection.detector import Attention, FrameDetector
from edge.evidence.stills import Glance
from edge.incidents.incident import IncidentChange
from edge.incidents.register import Register
from edge.incidents.trial import Trial, needs_pictures, try_rules
from edge.rules.explanation import Explanation
from edge.rules.judge import Judge
from edge.rules.parts import parts_of
from edge.rules.pause import NOTHING_PAUSED, Paused
from edge.rules.rule_set import RuleSet
from edge.rules.violation import Violation
from edge.sealing import Sealing
from edge.tracking.recent_tracks import RecentTracks
from edge.tracking.stillness import Stillness, Stills
from edge.tracking.track import Tracks
from edge.tracking.tracker import Tracker
from models.detector.detections import Detections


@dataclass(frozen=True, slots=True)
class Step:
    """What one frame led to. revisions: committed since the step before. detect_s: the detector alone."""

    frame: Frame
    tracks: int
    incidents_open: int
    detect_s: float
    revisions: tuple[Revision, ...]


@dataclass(frozen=True, slots=True)
class Looked:
    """A frame and what the detector says of it. detections: None where it was not asked: the camera is paused, or the
    outbox takes nothing.
    """

    frame: Frame
    detections: Detections | None
    detect_s: float
    paused: Paused


class Pipeline:
    """One camera: `step`, or `look` on as many threads as it looks `abreast` and `follow` on another, there frame after
    frame. Memory: the newest frame, an hour of thinned tracks, the open incidents.
    """

    def __init__(
        self,
        *,
        detector: FrameDetector,
        tracker: Tracker,
        judge: Judge,
        register: Register,
        dossiers: Dossiers,
        sealing: Sealing,
        paused: Callable[[], Paused] = lambda: NOTHING_PAUSED,
    ) -> None:
        """paused: asked at every frame."""
        self._detector = detector
        self.abreast = detector.abreast
        self._tracker = tracker
        self._judge = judge
        self._register = register
        self._dossiers = dossiers
        self._sealing = sealing
        self._stillness: Stillness | None = None
        self._paused = paused
        self._rules = self._judged = judge.rules
        self._recent = RecentTracks()
        self._recent_turn = threading.Lock()
        self._last: Sight | None = None
        self._changed: RuleSet | None = None
        self._moved = False

    def step(self, frame: Frame) -> Step:
        """Raises DetectorError. While the outbox refuses commits for too long, frames pass without being looked at."""
        return self.follow(self.look(frame))

    def look(self, frame: Frame) -> Looked:
        """The network's part of a step. Raises DetectorError."""
        paused = self._paused()
        if paused.camera or self._sealing.full:
            return Looked(frame, None, 0.0, paused)
        started_s = time.perf_counter()
        detections = self._detector.detect(frame)
        return Looked(frame, detections, time.perf_counter() - started_s, paused)

    def follow(self, looked: Looked) -> Step:
        """The rest of it: tracks, rules, evidence. It may take its time while `look` has the next frame."""
        frame, detections, paused = looked.frame, looked.detections, looked.paused
        if detections is None:
            closes = paused.camera and len(self._dossiers) and not self._sealing.full
            revisions = self.finish("disabled") if closes else self._sealing.put(())
            return Step(frame, 0, len(self._dossiers), 0.0, revisions)
        withdrawn = self._change_rules(frame, paused)
        moving = self._tracker.update(detections, frame.stream_s)
        with self._recent_turn:
            self._recent.add(moving)
        stills = self._stills(frame, detections, moving)
        tracks = stills.added_to(moving)
        sight = self._last = Sight(frame, detections, tracks)
        parts = parts_of(detections, self._judge.part_classes, frame.width, frame.height)
        judged = self._judge.observe(tracks, frame.moment.wall.astimezone(), parts, stills.now)
        violations = self._believed(judged)
        changes = (*withdrawn, *self._register.observe(violations, tracks, frame.moment))
        revisions = self._sealing.put(self._dossiers.orders(changes, self._register.open_incidents, sight))
        self._detector.attention = Attention.URGENT if violations else Attention.STILL
        return Step(frame, len(tracks.seen), len(self._dossiers), looked.detect_s, revisions)

    def explain(self, rule_id: str) -> tuple[Explanation, ...]:
        """How the rule sees each track of the newest frame."""
        return self._judge.explain(rule_id)

    def take_rules(self, rules: RuleSet) -> None:
        """From any thread; they hold from the next frame on."""
        self._changed = rules

    def set_moved(self, *, moved: bool) -> None:
        """The camera no longer shows the view that zones and lines were drawn on."""
        if moved != self._moved:
            self._moved = moved
            self._dossiers.set_moved(moved=moved)

    def _believed(self, violations: Sequence[Violation]) -> Sequence[Violation]:
        """A zone that is somewhere else breaks no rule, but safety comes first."""
        if not self._moved:
            return violations
        return [one for one in violations if one.rule.place_id == "frame" or one.rule.severity == "safety"]

    def try_rules(self, rules: RuleSet, samples_max: int) -> Trial:
        """From any thread: what they would have opened on the tracks of the last hour, nothing of it kept."""
        sight = self._last
        if sight is None:
            return Trial({}, 0, 0.0)
        camera_id = sight.frame.camera_id
        tried = [rule for rule in rules.for_camera(camera_id) if not needs_pictures(rule)]
        with self._recent_turn:
            samples = self._recent.samples(camera_id, samples_max)
        return try_rules(tried, camera_id, samples, lambda stream_s: sight.wall(stream_s).astimezone())

    def _stills(self, frame: Frame, detections: Detections, tracks: Tracks) -> Stills:
        """The background is watched only while a rule asks for it."""
        if not self._judge.looks_at_regions:
            self._stillness = None
            return Stills()
        self._stillness = self._stillness or Stillness(self._tracker.new_id)
        return self._stillness.look(frame.raster, detections, tracks.lost, frame.stream_s)

    def glance(self) -> Glance | None:
        """From any thread: the newest frame for everybody's eyes; None before the first one, and in a pause."""
        sight = self._last
        return None if sight is None or self._paused().camera else self._dossiers.glance(sight)

    def _change_rules(self, frame: Frame, paused: Paused) -> tuple[IncidentChange, ...]:
        """What closes because its rule is another one now, or paused."""
        rules, self._changed = self._changed, None
        withdrawn: tuple[IncidentChange, ...] = ()
        if rules is not None:
            self._rules = rules.for_camera(frame.camera_id)
            self._dossiers.change_rules([zone.polygon for zone in rules.masks(frame.camera_id)], rules.version)
            withdrawn = self._register.change_rules(self._rules, frame.stream_s, frame.moment, "rule_changed")
        judged = tuple(rule for rule in self._rules if rule.rule_id not in paused.rules)
        if judged == self._judged:
            return withdrawn
        self._judged = judged
        self._judge.change_rules(judged)
        return (*withdrawn, *self._register.change_rules(judged, frame.stream_s, frame.moment, "disabled"))

    def finish(self, reason: CloseReason) -> tuple[Revision, ...]:
        """Closes everything that is open, with the clips that are still owed: the stream is over."""
        if self._last is None:
            return ()
        frame = self._last.frame
        changes = self._register.finish(frame.stream_s, frame.moment, reason)
        begun = self._sealing.put(self._dossiers.orders(changes, (), self._last))
        return begun + self._sealing.drain()

    @property
    def awaiting(self) -> int:
        """Incidents whose second look is still to come, after all else is done."""
        return self._dossiers.awaiting

    def settle(self) -> int:
        """Tries again to commit what the outbox refused (a full disk); how many revisions still wait in memory."""
        self._sealing.put(() if self._last is None else self._dossiers.answered((), self._last))
        self._sealing.drain()
        return self._sealing.waiting
