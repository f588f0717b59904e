"""A stored report changes its case: the newest revision stands, the receipt and what people decided stay."""

from datetime import datetime
from typing import Any

from central.cases.case import LATE_AFTER_S
from central.cases.priority import priority
from central.cases.tables import Incident
from central.devices.box import Owner
from contract.catalogue import catalogue
from contract.incident_report import IncidentReport


def open_case(report: IncidentReport, document: dict[str, Any], owner: Owner, received_at: datetime) -> Incident:
    """The row of an incident that was not known. document: the report as received."""
    incident = Incident(
        incident_id=report.incident_id,
        box_id=owner.box_id,
        tenant=owner.tenant,
        site=owner.site,
        received_at=received_at,
        place_differs=False,
        late=(received_at - report.time.opened).total_seconds() > LATE_AFTER_S,
        conflicts=0,
        state="lead",
        decisions=0,
    )
    _show(incident, report, document)
    incident.updated_at = received_at
    return incident


def update_case(incident: Incident, report: IncidentReport, document: dict[str, Any], received_at: datetime) -> None:
    """An older revision that comes late changes nothing that is shown."""
    if report.revision > incident.revision:
        _show(incident, report, document)
    incident.updated_at = max(incident.updated_at, received_at)


def note_place(incident: Incident, report: IncidentReport) -> None:
    """A report that names another tenant or site than the register is flagged, and filed where the register says."""
    if (report.tenant, report.site) != (incident.tenant, incident.site):
        incident.place_differs = True


def _show(incident: Incident, report: IncidentReport, document: dict[str, Any]) -> None:
    incident.revision = report.revision
    incident.report = document
    incident.camera_id = report.camera_id
    incident.type_id = report.type_id
    incident.severity = report.severity
    incident.zone_id = report.place.zone_id
    incident.rule_id = report.rule.id
    incident.phase = report.phase
    incident.first_seen = report.time.first_seen
    incident.opened = report.time.opened
    incident.last_seen = report.time.last_seen
    incident.closed = report.time.closed
    incident.close_reason = report.time.close_reason
    incident.search_text = _search_text(report)
    incident.priority = priority(report.severity, report.verification.status, incident.state)  # type: ignore[arg-type]


def _search_text(report: IncidentReport) -> str:
    kind = catalogue().get(report.type_id)
    words = [report.incident_id, report.box_id, report.camera_id, report.site, report.type_id, report.place.zone_id]
    words += [report.rule.id, report.place.address or "", *report.description.text.values()]
    words += kind.names.values() if kind else ()
    return " ".join(words).lower()
