"""Whether a model had a part in a description, and the label that it carries then (GB 45438-2025).

Shown text, JSON and exports take the label from here, so that none of them can show a model's text without it.
"""

from collections.abc import Mapping
from typing import Any

from models.vlm.ai_label import AI_LABEL, aigc

__all__ = ["AI_LABEL", "label_of"]


def label_of(description: Mapping[str, Any]) -> dict[str, Any] | None:
    """description: of a report as received. A model's text that came without its block gets one without a producer:
    a box that leaves a label out does not make the text less generated.
    """
    if description.get("source", "template") != "model":
        return None
    block = description.get("aigc")
    return dict(block) if isinstance(block, dict) and block else aigc("", "")
