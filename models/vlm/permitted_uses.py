"""What no model is ever asked here, whatever a deployment permits: faces, emotions, who somebody is.

The questions of `questions.yaml` are about none of it; this is the last look at one before it leaves for a server.
"""

import re

_REFUSED = {
    "faces": r"\bfac(?:e|es|ial)\b|人脸|面部|脸部|刷脸",
    "emotions": r"\b(?:emotions?|moods?|feel(?:s|ings?)?|angry|happy|sad|nervous)\b|情绪|表情|心情|愤怒|高兴",
    "identity": r"\b(?:identit(?:y|ies)|identif(?:y|ies)|recogni[sz]e|who (?:is|are))\b|身份|是谁|姓名|叫什么名",
}
_PATTERNS = {use: re.compile(pattern, re.IGNORECASE) for use, pattern in _REFUSED.items()}


def refused_use(question: str) -> str | None:
    """`faces`, `emotions` or `identity` when the question is about that. A true question with such a word in a place's
    name is refused too; nothing is lost by it but the answer.
    """
    return next((use for use, pattern in _PATTERNS.items() if pattern.search(question)), None)
