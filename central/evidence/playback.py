"""A playback copy: H.264 of a clip that no browser plays, made, recorded and signed by the centre."""

from typing import ClassVar

from contract.document import Document
from contract.evidence_manifest import EvidenceItem
from contract.ids import Timestamp


class PlaybackRecord(Document):
    """What the centre made: `item.derived_from` names the clip, `item.tool` the way."""

    SCHEMA: ClassVar[str] = "xunjian.playback/1"

    item: EvidenceItem
    made: Timestamp
