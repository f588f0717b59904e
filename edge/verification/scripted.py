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
    """status: of the verdict; `raise` fails, `die` ends the process as a crash does, `hang` never answers. states:
    about the lead after that; `raise`, `die` and `hang` as before.
    """

    status: Literal["confirmed", "rejected", "not_confirmed", "raise", "die", "hang"] = "confirmed"
    takes_s: float = 0.0
    states: str = ""


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
        if step.status in ("raise", "die", "hang"):
            raise _broken(step.status, inquiry)
        return Verification(status=step.status, ms=step.takes_s * 1000)

    def describe(self, inquiry: Inquiry) -> str:
        """Of the step that gave the last verdict."""
        states = self._steps[min(max(0, self._next - 1), len(self._steps) - 1)].states
        if states in ("raise", "die", "hang"):
            raise _broken(states, inquiry)
        return states


def _broken(how: str, inquiry: Inquiry) -> VerifierError:
    if how == "die":
        os.abort()
    if how == "hang":
        time.sleep(3600)
    return VerifierError(f"incident {inquiry.incident_id}: the script says so")
