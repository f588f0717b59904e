"""One camera's access to the second look."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edge.clock import Clock
from edge.incidents.incident import Incident
from edge.rules.zone import Point
from edge.verification.inquest import Bounds, Refusal, inquire
from edge.verification.inquiry import Inquiry
from edge.verification.second_look import Answered, SecondLook
from edge.verification.verdict import PENDING, SKIPPED, Looked

LOG = logging.getLogger(__name__)
WITHHELD: frozenset[Refusal] = frozenset({"sensitive", "masked", "classified"})  # said in the log, each time


class Look(Protocol):
    def ask(self, incident: Incident, image: NDArray[np.uint8], masks: Sequence[Sequence[Point]], /) -> Looked:
        """What to report for now: `pending` when an answer will come, else why none will."""
        ...

    def take(self) -> Sequence[Answered]:
        """What has been answered since the last call."""
        ...


class NoLook:
    """Of a box without a verifier, which is a complete box."""

    def ask(self, _incident: Incident, _image: NDArray[np.uint8], _masks: Sequence[Sequence[Point]]) -> Looked:
        return SKIPPED

    def take(self) -> Sequence[Answered]:
        return ()


@dataclass(frozen=True, slots=True)
class CameraLook:
    camera_id: str
    second_look: SecondLook
    bounds: Bounds
    clock: Clock

    def ask(self, incident: Incident, image: NDArray[np.uint8], masks: Sequence[Sequence[Point]]) -> Looked:
        inquiry = inquire(incident, image, masks, self.bounds, self.clock.monotonic_s())
        if not isinstance(inquiry, Inquiry):
            if inquiry in WITHHELD:
                LOG.warning("incident %s: no model was shown it: %s", incident.incident_id, inquiry)
            return SKIPPED
        self.second_look.ask(inquiry)
        return PENDING

    def take(self) -> Sequence[Answered]:
        return self.second_look.take(self.camera_id)
