"""Which reports are new: decided from what is stored, the same whatever the order and however often they come."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from central.ingest.examination import Examined

Place = Literal["stored", "duplicate", "conflict", "foreign_incident"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored revision. key_id: a replaced box counts from 1 again under its new key."""

    box_id: str
    key_id: str
    report_seq: int
    incident_id: str
    revision: int
    sha256: str


class Ledger:
    """What is stored, of the incidents and numbers that a batch touches. box_of: by incident."""

    def __init__(self, entries: Iterable[Entry], box_of: Mapping[str, str]) -> None:
        self._by_revision: dict[tuple[str, int], Entry] = {}
        self._by_number: dict[tuple[str, str, int], Entry] = {}
        self._box_of = dict(box_of)
        for entry in entries:
            self._by_revision[entry.incident_id, entry.revision] = entry
            self._by_number[entry.box_id, entry.key_id, entry.report_seq] = entry

    def place(self, examined: Examined) -> Place:
        """Takes the report into the ledger when it is new."""
        name, owner = examined.name, examined.owner
        entry = Entry(owner.box_id, owner.key.key_id, name.report_seq, name.incident_id, name.revision, name.sha256)
        if self._box_of.get(entry.incident_id, entry.box_id) != entry.box_id:
            return "foreign_incident"
        known = (
            self._by_revision.get((entry.incident_id, entry.revision)),
            self._by_number.get((entry.box_id, entry.key_id, entry.report_seq)),
        )
        if any(other is not None and other.sha256 != entry.sha256 for other in known):
            return "conflict"
        if known != (None, None):
            return "duplicate"
        self._by_revision[entry.incident_id, entry.revision] = entry
        self._by_number[entry.box_id, entry.key_id, entry.report_seq] = entry
        self._box_of[entry.incident_id] = entry.box_id
        return "stored"
