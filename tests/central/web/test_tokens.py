"""Colours people can read: WCAG 2.2, 1.4.3 (text, 4.5 to 1) and 1.4.11 (what is not text, 3 to 1), in both themes."""

import re

import pytest

from central.web.rendering import FOLDER

TEXT = (FOLDER / "static" / "tokens.css").read_text(encoding="utf-8")
BLOCKS = re.findall(r"\{([^{}]*--paper[^{}]*)\}", TEXT)


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))


LIGHT, SYSTEM_DARK, CHOSEN_DARK = (tokens(block) for block in BLOCKS)


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, CHOSEN_DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ink", ["ink", "muted", "accent", "safety", "alert", "lead", "good", "bad"])
def test_text_can_be_read_on_every_ground_it_stands_on(theme: dict[str, str], ink: str) -> None:
    for ground in ("paper", "surface", "sunken"):
        assert contrast(theme[ink], theme[ground]) >= 4.5, (ink, ground)


@pytest.mark.parametrize("theme", [LIGHT, CHOSEN_DARK], ids=["light", "dark"])
def test_buttons_alarms_and_the_chosen_lead_can_be_read(theme: dict[str, str]) -> None:
    assert contrast(theme["accent-ink"], theme["accent"]) >= 4.5
    assert contrast(theme["safety"], theme["safety-soft"]) >= 4.5
    for ink in ("ink", "muted", "alert", "lead"):
        assert contrast(theme[ink], theme["accent-soft"]) >= 4.5, ink
    assert contrast(theme["line-strong"], theme["surface"]) >= 3


def test_the_dark_theme_is_the_same_whether_the_system_or_the_reviewer_chose_it() -> None:
    assert SYSTEM_DARK == CHOSEN_DARK
    assert SYSTEM_DARK.keys() <= LIGHT.keys()
