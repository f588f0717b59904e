"""The tracks of one incident: who is in it, and who goes on for one that the tracker lost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from edge.rules.overlap import overlap
from edge.rules.rule import Rule
from edge.rules.zone import Zone
from edge.tracking.track import Track, Tracks

CONTINUES_IOU_MIN = 0.3
ROUNDING_S = 1e-6  # two decimal times that are meant to be equal


@dataclass(frozen=True, slots=True)
class Member:
    """track: as last told. inside: was it in the zone when it was last seen? here: is it seen now?

    counted: it broke the rule itself, it does not only go on for one that did. ended: the tracker forgot it.
    continued: another track goes on for it.
    """

    track: Track
    inside: bool
    here: bool
    counted: bool
    ended: bool = False
    continued: bool = False


class Membership:
    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._members: dict[int, Member] = {}

    def holds(self, track_id: int) -> bool:
        return track_id in self._members

    def add(self, tracks: Iterable[Track]) -> int:
        """These broke the rule, in the zone; how many of them had not before."""
        new = 0
        for track in tracks:
            before = self._members.get(track.track_id)
            new += not (before and before.counted)
            self._members[track.track_id] = replace(before, counted=True) if before else Member(track, True, True, True)
        return new

    def follow(self, tracks: Tracks, new: Sequence[Track]) -> None:
        """One frame on. new: the tracks that the tracker tells of for the first time."""
        seen = {track.track_id: track for track in tracks.seen}
        lost = {track.track_id: track for track in tracks.lost}
        for track_id, member in self._members.items():
            if track_id in seen:
                track = seen[track_id]
                self._members[track_id] = replace(member, track=track, inside=self._inside(track), here=True)
            else:
                self._members[track_id] = replace(member, track=lost.get(track_id, member.track), here=False)
        if self._rule.scope == "track":
            self._let_continue(new, tracks.stream_s)
        self._forget(tracks)

    def _let_continue(self, new: Sequence[Track], now_s: float) -> None:
        """Of new tracks and lost members the pairs that overlap most, each at most once."""
        pairs = [
            (overlap(track.box, member.track.predicted_box), member.track.track_id, track)
            for member in self._members.values()
            if self._may_be_continued(member, now_s)
            for track in new
            if track.class_name in self._rule.classes
        ]
        taken: set[int] = set()
        for similarity, lost_id, track in sorted(pairs, key=lambda pair: -pair[0]):
            if similarity >= CONTINUES_IOU_MIN and not taken & {lost_id, track.track_id}:
                taken |= {lost_id, track.track_id}
                self._members[lost_id] = replace(self._members[lost_id], continued=True)
                self._members[track.track_id] = Member(track, self._inside(track), here=True, counted=False)

    def _may_be_continued(self, member: Member, now_s: float) -> bool:
        recent = now_s - member.track.last_s <= self._rule.merge_s + ROUNDING_S
        return member.inside and not member.here and not member.continued and recent

    def _inside(self, track: Track) -> bool:
        return isinstance(self._rule.place, Zone) and self._rule.place.contains(track.box)

    def _forget(self, tracks: Tracks) -> None:
        """A track that ended can come back under another id only, and only within `merge_s`."""
        ended = set(tracks.ended)
        keep: dict[int, Member] = {}
        for track_id, member in self._members.items():
            gone = member.ended or track_id in ended
            if not gone or self._may_be_continued(member, tracks.stream_s):
                keep[track_id] = replace(member, ended=gone)
        self._members = keep
