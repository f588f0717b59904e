"""Adapter: answers that were written down, for simulation: which verdict, how slowly, and when it breaks."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from contract.incident_report import Verification
from edge.verification.inquiry import Inquiry
from edge.verification.verifier import Verifier, VerifierError


@dataclass(frozen=True, slots=True)
class ScriptedStep:
    """status: of the verdict; `raise` fails, `die` ends the process as a crash does, `hang` never answers."""

    status: Literal["confirmed", "rejected", "not_confirmed", "raise", "die", "hang"] = "confirmed"
    takes_s: float = 0.0


class ScriptedVerifier(Verifier):
    """One step an inquiry, the last one for ever."""

    name = "scripted"
    sha256 = "0" * 64

    def __init__(self, steps: Sequence[ScriptedStep] = (ScriptedStep(),)) -> None:
        self._steps = tuple(steps)
        self._next = 0

    def verify(self, inquiry: Inquiry) -> Verification:
        step = self._steps[min(self._next, len(self._steps) - 1)]
        self._next += 1
        time.sleep(step.takes_s)
        if step.status == "die":
            os.abort()
        if step.status == "hang":
            time.sleep(3600)
        if step.status in ("raise", "die", "hang"):
            raise VerifierError(f"incident {inquiry.incident_id}: the script says so")
        return Verification(status=step.status, ms=step.takes_s * 1000)
