"""What a verifier is asked about one incident: the same closed questions of each of a few crops."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.incident_report import Severity
from models.vlm.claims_question import About

NOTHING = About("", "frame", ())
EXHIBITS_MAX = 3  # of the subjects seen last
_RANK: dict[Severity, int] = {"safety": 0, "alert": 1, "lead": 2}


@dataclass(frozen=True, slots=True, eq=False)
class Exhibit:
    """crop: (H, W, 3) uint8 BGR, its own memory: it outlives the frame. class_name: as the detector has it."""

    track_id: int
    crop: NDArray[np.uint8]
    class_name: str = "person"


@dataclass(frozen=True, slots=True, eq=False)
class Inquiry:
    """asked_s: of the monotonic clock. about: what a description may be asked about."""

    incident_id: str
    camera_id: str
    severity: Severity
    question_ids: tuple[str, ...]
    exhibits: tuple[Exhibit, ...]
    asked_s: float
    about: About = NOTHING

    @property
    def rank(self) -> tuple[int, float]:
        """Smallest first: the more severe, then the older."""
        return _RANK[self.severity], self.asked_s
