"""The kinds of rules that are built, by the word a rules file calls them."""

from edge.rules.attribute_absence import AttributeAbsence, AttributeAbsenceWatch
from edge.rules.count import Count, CountWatch
from edge.rules.left_object import LeftObject, LeftObjectWatch
from edge.rules.line_crossing import LineCrossing, LineCrossingWatch
from edge.rules.presence import Presence, PresenceWatch
from edge.rules.rule import Rule
from edge.rules.speed import Speed, SpeedWatch
from edge.rules.stationary import Stationary, StationaryWatch
from edge.rules.watch import Watch
from edge.rules.zone_order import ZoneOrder, ZoneOrderWatch
from edge.rules.zone_presence import ZonePresence, ZonePresenceWatch

KINDS: dict[str, type[Rule]] = {
    rule.kind: rule
    for rule in (
        ZonePresence,
        Stationary,
        LineCrossing,
        Count,
        Presence,
        AttributeAbsence,
        LeftObject,
        ZoneOrder,
        Speed,
    )
}


def watch_of(rule: Rule, camera_id: str) -> Watch:
    """Raises TypeError for a rule of no built kind."""
    match rule:
        case ZonePresence():
            return ZonePresenceWatch(rule, camera_id)
        case Stationary():
            return StationaryWatch(rule, camera_id)
        case LineCrossing():
            return LineCrossingWatch(rule, camera_id)
        case Count():
            return CountWatch(rule, camera_id)
        case Presence():
            return PresenceWatch(rule, camera_id)
        case AttributeAbsence():
            return AttributeAbsenceWatch(rule, camera_id)
        case LeftObject():
            return LeftObjectWatch(rule, camera_id)
        case ZoneOrder():
            return ZoneOrderWatch(rule, camera_id)
        case Speed():
            return SpeedWatch(rule, camera_id)
    raise TypeError(f"no watch for rules of kind {rule.kind}")
