"""Inquiries for tests, each made by one call."""

import numpy as np

from contract.incident_report import Severity
from edge.verification.inquiry import Exhibit, Inquiry


def inquiry(number: int = 1, severity: Severity = "alert", asked_s: float = 0.0, camera_id: str = "cam") -> Inquiry:
    crop = np.random.default_rng(number).integers(0, 255, (96, 48, 3), np.uint8)
    return Inquiry(f"incident-{number}", camera_id, severity, ("helmet_worn",), (Exhibit(1, crop),), asked_s)
