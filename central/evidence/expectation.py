"""From the moment a report is stored its manifest is expected, and the incident's evidence is not complete."""

from sqlalchemy.orm import Session

from central.evidence.tables import Dossier, Manifest


def expect_manifest(session: Session, manifest: Manifest, dossier: Dossier | None) -> Dossier:
    """dossier: the incident's, when it has one; gives the one it has then."""
    session.add(manifest)
    if dossier is None:
        dossier = Dossier(incident_id=manifest.incident_id, state="pending")
        session.add(dossier)
    elif dossier.state == "complete":
        dossier.state = "pending"
    return dossier
