"""Text as its letters alone, for what is searched however it is spread out or written."""

import unicodedata

_SPREADING = ("C", "M", "S", "Z", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf")  # Unicode categories, or what these begin with
_ALSO_SPREADING = "·・•‧.*/\\#@&\u115f\u1160"  # dots and their like, and letters without a shape


def closed_up(text: str) -> str:
    """The text without spaces, invisible characters, brackets, dashes, dots and signs, in compatibility form (NFKC)."""
    return "".join(
        one
        for one in unicodedata.normalize("NFKC", text)
        if not unicodedata.category(one).startswith(_SPREADING) and one not in _ALSO_SPREADING
    )
