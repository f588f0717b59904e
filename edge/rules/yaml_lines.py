"""YAML whose every value knows its line, so that an error can point at it. Strict: no key twice, no unknown key.

Values are taken as they are written: a text that YAML would read as something else (`no`, `12`) has to be quoted.
"""

import difflib
import math
import re
from collections.abc import Collection, Iterator
from typing import NoReturn

import yaml

from contract.ids import SLUG_PATTERN
from edge.rules.errors import RulesError

_TAG = "tag:yaml.org,2002:"


class Value:
    """One node of the file. Each method raises RulesError when the value is not what it asks for."""

    def __init__(self, file: str, node: yaml.Node, name: str) -> None:
        self._file = file
        self._node = node
        self.name = name  # as an error calls it: `dwell_s`, `zones`

    @property
    def line(self) -> int:
        return self._node.start_mark.line + 1

    def fail(self, message: str) -> NoReturn:
        raise RulesError(self._file, self.line, message)

    def mapping(self, known: Collection[str] | None = None) -> dict[str, "Value"]:
        """known: the keys that may stand here; None when they are names of the user's own."""
        if not isinstance(self._node, yaml.MappingNode):
            self.fail(f"{self.name}: key: value pairs are wanted here")
        values: dict[str, Value] = {}
        for key_node, value_node in self._node.value:
            key = Value(self._file, key_node, self.name)
            if not isinstance(key_node, yaml.ScalarNode):
                key.fail(f"{self.name}: a key is a plain word")
            word = str(key_node.value)
            if word in values:
                key.fail(f"{word} stands twice in {self.name}: keep one")
            if known is not None and word not in known:
                key.fail(f"unknown key {word} in {self.name}: {right_word(word, known)}")
            values[word] = Value(self._file, value_node, word)
        return values

    def items(self) -> Iterator["Value"]:
        if not isinstance(self._node, yaml.SequenceNode):
            self.fail(f"{self.name}: a list is wanted here")
        return iter([Value(self._file, node, self.name) for node in self._node.value])

    def is_list(self) -> bool:
        return isinstance(self._node, yaml.SequenceNode)

    def raw_text(self) -> str:
        """The scalar as written, whatever YAML makes of it."""
        if not isinstance(self._node, yaml.ScalarNode):
            self.fail(f"{self.name}: one value is wanted here")
        return str(self._node.value)

    def text(self) -> str:
        word = self.raw_text()
        if self._node.tag != f"{_TAG}str":
            self.fail(f'{self.name}: {word or "nothing"} is not a text in YAML: write "{word}" with quotes')
        return word

    def slug(self) -> str:
        return self.checked_slug(self.text())

    def checked_slug(self, word: str) -> str:
        if not re.match(SLUG_PATTERN, word):
            self.fail(f"{self.name}: {word!r} cannot be an id: small letters, digits, - and _, at most 63")
        return word

    def choice(self, options: Collection[str]) -> str:
        word = self.raw_text()
        if word not in options:
            self.fail(f"{self.name}: {word or 'nothing'} is not known: {right_word(word, options)}")
        return word

    def number(self, low: float, high: float) -> float:
        word = self.raw_text()
        value = float(word) if self._node.tag in (f"{_TAG}int", f"{_TAG}float") and _is_decimal(word) else math.nan
        if not low <= value <= high:
            limits = f" from {low:g} to {high:g}" if math.isfinite(high) else ""
            self.fail(f"{self.name}: {word or 'nothing'} does not do: a number{limits} is wanted")
        return value

    def integer(self, low: int) -> int:
        word = self.raw_text()
        if not re.fullmatch(r"[0-9]{1,9}", word) or int(word) < low:
            self.fail(f"{self.name}: {word or 'nothing'} does not do: a whole number of at least {low} is wanted")
        return int(word)

    def flag(self) -> bool:
        if self._node.tag != f"{_TAG}bool":
            self.fail(f"{self.name}: true or false is wanted")
        return self.raw_text().lower() in ("true", "yes", "on")


def _is_decimal(word: str) -> bool:
    return re.fullmatch(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?", word) is not None


def right_word(word: str, options: Collection[str]) -> str:
    """What would be right: the word that was probably meant, else all of them."""
    near = difflib.get_close_matches(word, options, n=1, cutoff=0.75)
    return f"is {near[0]} meant?" if near else f"there is {', '.join(options)}"


def read_yaml(file: str, text: str) -> Value:
    """The one document of a file. file: as errors call it. Raises RulesError."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise RulesError(file, mark.line + 1 if mark else 1, f"not YAML: {error.problem or error.context}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise RulesError(file, line, f"not YAML: the character {error.character!r} may not stand here") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise RulesError(file, 1, "not YAML: nested too deep, or broken") from error
    if node is None:
        raise RulesError(file, 1, "the file is empty: it starts with `version: 1`")
    return Value(file, node, "the file")
