"""Text that no model may be given: classification marks (保守国家秘密法 art. 31, 64). This system is for what is not
classified; a mark in a text means that something came in by mistake.
"""

import re
import unicodedata

# A mark is often spread out or followed by a term of years: 机 密, 秘密★10年, ［绝密］.
_MARK = re.compile(r"绝\s*密|机\s*密|秘\s*密")


def classification_mark(text: str) -> str | None:
    """The first mark in the text without its spaces, else None. 保密 (confidentiality in general) is not one."""
    found = _MARK.search(unicodedata.normalize("NFKC", text))
    return re.sub(r"\s", "", found.group()) if found else None
