"""What no model is ever asked here, whatever a deployment permits: faces, emotions, who somebody is.

The questions of `questions.yaml` are about none of it; this is the last look at one before it leaves for a server.
"""

import re
import unicodedata

from models.vlm.folding import closed_up

_WORDS = {
    "faces": r"fac(?:e|es|ial)",
    "emotions": r"emotions?|moods?|feel(?:s|ings?)?|angry|happy|sad|nervous",
    "identity": r"identit(?:y|ies)|identif(?:y|ies)|recogni[sz]e|who\s+(?:is|are)",
}
_CHINESE = {
    "faces": r"人[脸臉]|面部|[脸臉]部|刷[脸臉]",
    "emotions": r"情[绪緒]|表情|心情|[愤憤]怒|高[兴興]",
    "identity": r"身[份分]|是[谁誰]|姓名|叫什[么麼]名",
}
# No \b: a Chinese character or an underscore beside a word is none of its letters.
_PATTERNS = {use: re.compile(rf"(?<![a-z])(?:{words})(?![a-z])", re.IGNORECASE) for use, words in _WORDS.items()}


def refused_use(question: str) -> str | None:
    """`faces`, `emotions` or `identity` when the question is about that. A true question with such a word in a place's
    name is refused too; nothing is lost by it but the answer.
    """
    shown = "".join(
        one for one in unicodedata.normalize("NFKC", question) if unicodedata.category(one) not in ("Cf", "Mn")
    )
    closed = closed_up(question)
    return next((use for use in _WORDS if _PATTERNS[use].search(shown) or re.search(_CHINESE[use], closed)), None)
