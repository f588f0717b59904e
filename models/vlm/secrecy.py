"""Text that no model may be given: classification marks (保守国家秘密法 art. 31, 64). This system is for what is not
classified; a mark in a text means that something came in by mistake.
"""

import re

from models.vlm.folding import closed_up

# Often followed by a term of years (秘密★10年), or in traditional characters.
_MARKS = {"绝密": "[绝絕絶]密", "机密": "[机機]密", "秘密": "[秘祕]密"}
_PATTERNS = {mark: re.compile(pattern) for mark, pattern in _MARKS.items()}


def classification_mark(text: str) -> str | None:
    """The highest mark in the text, in simplified characters, else None. What it is spread out with does not hide it:
    机 密, 绝-密, 【绝】【密】, invisible characters; a comma or a stop does. 保密 (in general) is not one.
    """
    closed = closed_up(text)
    return next((mark for mark, pattern in _PATTERNS.items() if pattern.search(closed)), None)
