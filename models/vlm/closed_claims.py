"""What the answer to a closed question claims about the subject it was asked about: for models that cannot write."""

from collections.abc import Mapping
from typing import Any

from models.vlm.answer import Answer, Verdict
from models.vlm.stated_claim import StatedClaim

_OPPOSITE: Mapping[Verdict, Verdict] = {"yes": "no", "no": "yes"}
_CLAIMS: Mapping[tuple[str, Verdict], Mapping[str, str]] = {
    ("helmet_worn", "yes"): {"wears": "helmet"},
    ("helmet_worn", "no"): {"lacks": "helmet"},
    ("vest_worn", "yes"): {"wears": "vest"},
    ("vest_worn", "no"): {"lacks": "vest"},
    ("rider_helmet", "yes"): {"wears": "helmet"},
    ("rider_helmet", "no"): {"lacks": "helmet"},
    ("fire", "yes"): {"class": "fire"},
    ("smoke", "yes"): {"class": "smoke"},
    ("litter", "yes"): {},
    ("in_zone", "yes"): {"zone": "here"},
    ("stationary", "yes"): {"zone": "here"},
}


def agreed(answer: Answer, control: Answer) -> Verdict:
    """What a question and its mirrored control say together: a model that says yes to everything says nothing."""
    return answer.verdict if _OPPOSITE.get(answer.verdict) == control.verdict else "cannot_tell"


def closed_claim(
    question_id: str, verdict: Verdict, class_name: str, track_id: int, zone_id: str
) -> StatedClaim | None:
    """None when the answer is no claim: `cannot_tell`, or that something is not there."""
    said = _CLAIMS.get((question_id, verdict))
    if said is None:
        return None
    fields: dict[str, Any] = {"class": class_name, "track": track_id} | dict(said)
    if "zone" in fields:
        fields["zone"] = zone_id
    return StatedClaim.model_validate(fields)
