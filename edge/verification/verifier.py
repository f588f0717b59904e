"""Port: whoever takes the second look."""

from abc import ABC, abstractmethod

from contract.incident_report import Verification
from edge.verification.inquiry import Inquiry


class VerifierError(Exception):
    """It cannot answer; one line that says why. The lead stays as it is, its second look is `failed`."""


class Verifier(ABC):
    """Not for several threads at once. name, sha256: of the model, for the report's versions."""

    name: str
    sha256: str

    def open(self) -> None:  # noqa: B027 - most are ready as they are made
        """Makes it ready, which may take as long as an answer does. Raises VerifierError."""

    @abstractmethod
    def verify(self, inquiry: Inquiry) -> Verification:
        """Raises VerifierError."""

    def describe(self, inquiry: Inquiry) -> str:
        """What a model states about the lead: claims as `models/vlm/claims.py` reads them, of which the record decides.
        Raises VerifierError.
        """
        raise VerifierError(f"{self.name} states nothing about incident {inquiry.incident_id}")

    def close(self) -> None:  # noqa: B027 - most have nothing to let go of
        """Lets go of what it holds. It may be called twice."""
