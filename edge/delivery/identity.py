"""Who this box is to its centre, for one start of it."""

from dataclasses import dataclass

from contract.signing import PublicKey, SigningKey


@dataclass(frozen=True, slots=True)
class Identity:
    """centre_key: pinned at enrolment; the only key whose word frees a row. session: this start's number."""

    box_id: str
    session: int
    key: SigningKey
    centre_key: PublicKey
