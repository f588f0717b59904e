"""All rules of one camera, frame by frame: tracks and parts in, violations out."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from statistics import median

from edge.rules.explanation import Explanation, explained
from edge.rules.kinds import watch_of
from edge.rules.rule import Rule
from edge.rules.scene import NO_PARTS, Parts, Scene
from edge.rules.violation import Attribute, Violation
from edge.tracking.still_region import StillRegion
from edge.tracking.track import Tracks

INTERVALS_KEPT = 15
GAP_INTERVALS_MIN = 1.5  # two samples that follow each other belong together, however slow the sampling


class Judge:
    """Its memory is bounded by the tracks that live."""

    def __init__(self, rules: Sequence[Rule], camera_id: str) -> None:
        """rules: the enabled ones of this camera (`RuleSet.for_camera`)."""
        self._camera_id = camera_id
        self._watches = [(rule, watch_of(rule, camera_id)) for rule in rules]
        self._intervals: deque[float] = deque(maxlen=INTERVALS_KEPT)
        self._latest_s: float | None = None
        self._observed: tuple[Scene, tuple[Violation, ...]] | None = None

    def change_rules(self, rules: Sequence[Rule]) -> None:
        """From the next frame on. A rule that stays as it is remembers what it has seen."""
        known = self._watches
        self._watches = [
            next((pair for pair in known if pair[0] == rule), (rule, watch_of(rule, self._camera_id))) for rule in rules
        ]

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(rule for rule, _ in self._watches)

    @property
    def part_classes(self) -> frozenset[str]:
        """Of the detections that `observe` has to be given beside the tracks."""
        return frozenset().union(*(rule.part_classes for rule, _ in self._watches))

    @property
    def looks_at_regions(self) -> bool:
        """Does a rule ask what was left in the picture?"""
        return any(rule.looks_at_regions for rule, _ in self._watches)

    def observe(
        self,
        tracks: Tracks,
        local: datetime,
        parts: Parts = NO_PARTS,
        regions: Sequence[StillRegion] = (),
    ) -> tuple[Violation, ...]:
        """The violations that go on now, opened or not yet; each in every frame until it has ended.

        local: the frame's wall time in the box's own time zone; what schedules are compared with.
        """
        interval_s = self._sample_interval_s(tracks.stream_s)
        scene = Scene(tracks, parts, tuple(regions))
        violations = [
            violation
            for rule, watch in self._watches
            for violation in watch.observe(
                scene, max(rule.gap_s, GAP_INTERVALS_MIN * interval_s), on_duty=rule.schedule.covers(local)
            )
        ]
        known = [of_rule for _, watch in self._watches if (of_rule := watch.attributes())]
        told = tuple(replace(violation, attributes=_attributes(violation, known)) for violation in violations)
        self._observed = (scene, told)
        return told

    def explain(self, rule_id: str) -> tuple[Explanation, ...]:
        """How the rule sees each track of the frame that was observed last."""
        if self._observed is None:
            return ()
        scene, violations = self._observed
        return tuple(
            explained(rule, track.track_id, watch.steps(track, scene), violations, scene.now_s)
            for rule, watch in self._watches
            if rule.rule_id == rule_id
            for track in scene.tracks.seen
        )

    def _sample_interval_s(self, now_s: float) -> float:
        """Between samples lately: the median, so that one stall of a camera does not stretch every gap."""
        if self._latest_s is not None and now_s > self._latest_s:
            self._intervals.append(now_s - self._latest_s)
        self._latest_s = now_s
        return median(self._intervals) if self._intervals else 0.0


def _attributes(violation: Violation, known: Sequence[Mapping[int, Attribute]]) -> Mapping[int, tuple[Attribute, ...]]:
    return {
        track.track_id: tuple(of_rule[track.track_id] for of_rule in known if track.track_id in of_rule)
        for track in violation.tracks
    }
