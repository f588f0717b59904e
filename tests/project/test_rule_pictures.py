"""The pictures in the guide are what the rules do now; `make docs` draws them again."""

import re
from pathlib import Path

import pytest

from edge.rules.kinds import KINDS
from tests.project.rule_pictures import SHOWN, drawn, file_of
from tests.project.sources import text


@pytest.mark.parametrize("kind", SHOWN)
def test_a_picture_is_what_its_scenario_does_now(kind: str) -> None:
    assert file_of(kind).read_text(encoding="utf-8") == drawn(kind), "draw them again: make docs"


def test_every_kind_has_its_picture_in_the_guide() -> None:
    assert set(SHOWN) == set(KINDS)
    assert set(re.findall(r"!\[[^]]+\]\(images/rules/(\w+)\.svg\)", text(Path("docs/rules.md")))) == set(KINDS)
