"""Text that no model may be given: classification marks (保守国家秘密法 art. 31, 64). This system is for what is not
classified; a mark in a text means that something came in by mistake.
"""

import re
import unicodedata

# Often followed by a term of years (秘密★10年), or in traditional characters.
_MARKS = {"绝密": "[绝絕絶]密", "机密": "[机機]密", "秘密": "[秘祕]密"}
_PATTERNS = {mark: re.compile(pattern) for mark, pattern in _MARKS.items()}
_SPREADING = ("C", "M", "S", "Z", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf")  # Unicode categories, or what these begin with
_ALSO_SPREADING = "·・•‧.*/\\#@&\u115f\u1160"  # dots and their like, and letters without a shape


def classification_mark(text: str) -> str | None:
    """The highest mark in the text, in simplified characters, else None. What it is spread out with does not hide it:
    机 密, 绝-密, 【绝】【密】, invisible characters; a comma or a stop does. 保密 (in general) is not one.
    """
    closed = closed_up(text)
    return next((mark for mark, pattern in _PATTERNS.items() if pattern.search(closed)), None)


def closed_up(text: str) -> str:
    """The text without spaces, invisible characters, brackets, dashes, dots and signs, in compatibility form (NFKC)."""
    return "".join(
        one
        for one in unicodedata.normalize("NFKC", text)
        if not unicodedata.category(one).startswith(_SPREADING) and one not in _ALSO_SPREADING
    )
