"""What the pages say, in each language: `locales/*.yaml`, flat keys, `{name}` for values."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import yaml

Language = Literal["zh-CN", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT: Language = "zh-CN"
FOLDER = Path(__file__).parent / "locales"


@dataclass(frozen=True, slots=True)
class Wording:
    """`wording("key", n=3)`. Raises KeyError for a key that the language lacks: a test asks for every one."""

    language: Language
    entries: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        text = self.entries[key]
        return text.format(**values) if values else text

    def counted(self, key: str, n: int) -> str:
        """The words beside a number: `key_one` beside a single one. The number is not in them."""
        return self.entries[f"{key}_one" if n == 1 else key]

    def named(self, family: str, name: str) -> str:
        """The word for a name that a box may send before this software knows it: then the name itself."""
        return self.entries.get(f"{family}.{name}", name)


@cache
def wording(language: Language) -> Wording:
    entries = yaml.safe_load((FOLDER / f"{language}.yaml").read_text(encoding="utf-8"))
    return Wording(language, {str(key): str(text) for key, text in entries.items()})


def choose_language(cookie: str | None, accepted: str) -> Language:
    """The reviewer's choice, else the first language of `Accept-Language` that there is, else Chinese."""
    for wanted in (cookie or "", *(part.split(";")[0].strip() for part in accepted.split(","))):
        for language in LANGUAGES:
            if wanted.lower().split("-")[0] == language.lower().split("-")[0]:
                return language
    return DEFAULT
