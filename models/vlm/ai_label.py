"""The label that generated text carries, for eyes and for machines (标识办法 and GB 45438-2025, in force since
2025-09-01).
"""

from collections.abc import Mapping

from models.vlm.summary import Language

AI_LABEL: Mapping[Language, str] = {
    "zh-CN": "AI 辅助生成，须人工审核",
    "en": "AI-generated, needs human review",
}


def aigc(producer: str, produce_id: str) -> dict[str, str]:
    """The metadata block that stands under the key `AIGC` in a file's metadata. producer: who runs the generator, a
    code of the deployment; produce_id: the text's own number there.
    """
    return {
        "Label": "1",
        "ContentProducer": producer,
        "ProduceID": produce_id,
        "ReservedCode1": "",
        "ContentPropagator": "",
        "PropagateID": "",
        "ReservedCode2": "",
    }
