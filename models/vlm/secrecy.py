"""Text that no model may be given: classification marks (保守国家秘密法 art. 31, 64). This system is for what is not
classified; a mark in a text means that something came in by mistake.
"""

import re
import unicodedata

# Often spread out (机 密, 绝·密), followed by a term of years (秘密★10年), or in traditional characters.
_BETWEEN = r"[\s·•・‧._*-]*"
_MARKS = {"绝密": f"[绝絕]{_BETWEEN}密", "机密": f"[机機]{_BETWEEN}密", "秘密": f"[秘祕]{_BETWEEN}密"}
_PATTERNS = {mark: re.compile(pattern) for mark, pattern in _MARKS.items()}


def classification_mark(text: str) -> str | None:
    """The highest mark in the text, in simplified characters, else None. Characters without a shape do not hide it.
    保密 (confidentiality in general) is not one.
    """
    shaped = "".join(one for one in unicodedata.normalize("NFKC", text) if unicodedata.category(one) != "Cf")
    return next((mark for mark, pattern in _PATTERNS.items() if pattern.search(shaped)), None)
