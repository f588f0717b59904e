"""A lead's description: a model looks at its subjects and states claims, the record decides which of them stand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from contract.incident_report import Description, IncidentReport
from models.errors import ModelError
from models.vlm.claims import Said, describe, ground
from models.vlm.claims_question import About
from models.vlm.record_text import recorded, template
from models.vlm.secrecy import classification_mark

SHOWN_MAX = 3  # subjects whose crops a model sees

Reason = Literal["no_model", "no_subject", "classified", "model_failed", "unsupported", "nothing_said"]


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A subject as a model sees it. picture: (H, W, 3) uint8 BGR, its crop."""

    track_id: int
    class_name: str
    picture: NDArray[np.uint8]


class ClaimsWriter(Protocol):
    """States claims about pictures: JSON as `CLAIMS_SCHEMA` has it, or whatever a model makes of that."""

    @property
    def name(self) -> str: ...

    def write(self, about: About, shown: Sequence[Shown]) -> str:
        """Bounded in time and length. Raises ModelError when it cannot."""
        ...


@dataclass(frozen=True, slots=True)
class Described:
    """said: the claims behind the text, the record's own first, each with whether a model states it too. removed:
    stated, and not shown. reason: why the template speaks; None when a model's claims are in it. detail: of a failure.
    """

    description: Description
    said: tuple[tuple[Said, bool], ...]
    removed: tuple[tuple[str, str], ...]
    reason: Reason | None
    detail: str = ""


def about(report: IncidentReport) -> About:
    return About(report.type_id, report.place.zone_id, tuple(dict.fromkeys(one.class_ for one in report.subjects)))


def describe_report(
    report: IncidentReport,
    writer: ClaimsWriter | None,
    look: Callable[[], Sequence[Shown]],
    *,
    producer: str,
    produce_id: str,
) -> Described:
    """look: the pictures, made only when a model may see them. producer, produce_id: for the label of generated text.
    Never raises for what a model does.
    """
    plain = template(report)
    said = tuple((one, False) for one in recorded(report).said)
    if writer is None:
        return Described(plain, said, (), "no_model")
    if any(classification_mark(text) for text in _texts(report.to_object())):
        return Described(plain, said, (), "classified")
    shown = look()
    if not shown:
        return Described(plain, said, (), "no_subject")
    try:
        answer = writer.write(about(report), shown)
    except ModelError as error:
        return Described(plain, said, (), "model_failed", str(error))
    grounded = ground(answer, report)
    described = describe(answer, report, plain, producer=producer, produce_id=produce_id)
    if not grounded.kept:
        return Described(described, said, grounded.removed, "unsupported" if grounded.removed else "nothing_said")
    return Described(described, _together(recorded(report).said, grounded.said), grounded.removed, None)


def _together(record: Sequence[Said], model: Sequence[Said]) -> tuple[tuple[Said, bool], ...]:
    words = {one.en for one in record}
    stated = {one.en for one in model}
    return (*((one, one.en in stated) for one in record), *((one, True) for one in model if one.en not in words))


def _texts(value: Any) -> list[str]:
    """Every text in a record, names of fields too."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for key, one in value.items() for text in (key, *_texts(one)) if key != "thumbnail"]
    return [text for one in value for text in _texts(one)] if isinstance(value, (list, tuple)) else []
