import re
import string
from typing import get_args

import pytest

from central.alerts.alert import SHAPES
from central.audit.access import ACCESS_REASONS
from central.cases.case import REASON_CODES, STATES, VERDICTS, EvidenceState
from central.web.boxes import PAUSE_LENGTHS, PAUSED_THINGS, RULE_KINDS, ZONE_KINDS
from central.web.error_pages import STATUS
from central.web.pages import KEYS, PERIODS, REASON_KEYS
from central.web.rendering import FOLDER, SCRIPT_FAMILIES
from central.web.view import CHAIN_WORST_FIRST
from central.web.wording import LANGUAGES, choose_language, wording
from contract.document import ClockQuality
from contract.evidence_manifest import Role
from contract.heartbeat import CameraState, DiskState
from contract.incident_report import CloseReason, Description, Phase, Severity, Verification
from models.vlm.claims import CLAIM_FIELDS

ENGLISH, CHINESE = wording("en"), wording("zh-CN")
SOURCES = [path for path in FOLDER.rglob("*") if path.suffix in {".py", ".html", ".js"}]
SAID = re.compile(r"""\b(?:t|word)(?:\.counted)?\(\s*["']([a-z_.]+)["'](?!\s*[~+])""")
CHOSEN_IN_SCRIPT = re.compile(r"""["']((?:live|stage|state|refused)\.[a-z_]+)["']""")
FAMILY = re.compile(
    r"""\bt\(\s*f?["']([a-z_.]+\.)(?:["']\s*[~+]|\{)|named\(["']([a-z_.]+)["'],|word\(`([a-z_.]+\.)\$\{"""
)
FAMILIES = {
    "severity": get_args(Severity),
    "state": (*STATES, "waiting"),
    "evidence": get_args(EvidenceState),
    "evidence.chain": CHAIN_WORST_FIRST,
    "reason": REASON_CODES,
    "refused": ("stale", "evidence_unverified", "reviewer_missing", "note_missing", "not_found", "other"),
    "access.reason": ACCESS_REASONS,
    "decision": VERDICTS,
    "phase": get_args(Phase),
    "close": get_args(CloseReason),
    "role": get_args(Role),
    "clock": get_args(ClockQuality.model_fields["state"].annotation),
    "claim": tuple(name.replace(".", "_") for name in CLAIM_FIELDS.values()),
    "verdict": get_args(Verification.model_fields["status"].annotation),
    "opinion.source": get_args(Description.model_fields["source"].annotation),
    "period": tuple(PERIODS),
    "camera": get_args(CameraState),
    "outcome": ("applied", "refused", "waiting", "unanswered"),
    "zone_kind": ZONE_KINDS,
    "paused": PAUSED_THINGS,
    "pause_length": tuple(PAUSE_LENGTHS),
    "rule_kind": RULE_KINDS,
    "disk": get_args(DiskState.model_fields["state"].annotation),
    "error": (*STATUS, *(f"{name}_do" for name in STATUS)),
    "keys": tuple(word for _, word in KEYS),
    "live": ("on", "off", "connecting"),
}


COUNTED = re.compile(r"""\.counted\(["']([a-z_.]+)["']""")


def family_of(key: str) -> str:
    return key.rpartition(".")[0]


def test_both_languages_say_the_same_things() -> None:
    assert ENGLISH.entries.keys() == CHINESE.entries.keys()


def test_both_languages_name_the_same_values() -> None:
    def values(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    unequal = [key for key in ENGLISH.entries if values(ENGLISH(key)) != values(CHINESE(key))]
    assert not unequal


def test_every_word_that_a_page_or_script_says_is_there() -> None:
    said = {key for path in SOURCES for key in SAID.findall(path.read_text(encoding="utf-8"))}
    assert len(said) > 80
    assert not said - ENGLISH.entries.keys()


@pytest.mark.parametrize("number", range(3))
def test_one_lead_is_not_called_leads(number: int) -> None:
    said = {key for path in SOURCES for key in COUNTED.findall(path.read_text(encoding="utf-8"))}
    assert len(said) > 1
    ends = {key: re.findall(r"\b(?:lead|camera)(s?)\b", ENGLISH.counted(key, number)) for key in said}
    assert ends == {key: ["s" if number != 1 else ""] for key in said}
    assert [CHINESE.counted(key, number) for key in said] == [CHINESE(key) for key in said]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_name_of_a_family_has_its_word(family: str) -> None:
    assert not {f"{family}.{name}" for name in FAMILIES[family]} - ENGLISH.entries.keys()


def test_no_word_is_kept_that_nothing_says() -> None:
    texts = [path.read_text(encoding="utf-8") for path in SOURCES]
    said = {key for text in texts for key in (*SAID.findall(text), *CHOSEN_IN_SCRIPT.findall(text))}
    families = {"".join(found).rstrip(".") for text in texts for found in FAMILY.findall(text)} | {"condition"}
    unsaid = [key for key in ENGLISH.entries if key not in said and not {key, family_of(key)} & families]
    assert unsaid == []


def test_scripts_find_their_words_in_what_the_page_sends() -> None:
    scripts = [path.read_text(encoding="utf-8") for path in SOURCES if path.suffix == ".js"]
    said = {key for text in scripts for key in SAID.findall(text)}
    assert said
    assert [key for key in said if not key.startswith(SCRIPT_FAMILIES)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_undecided_lead_is_never_called_a_violation(language: str) -> None:
    """`no violation` may be the reason of a rejection; a person says that."""
    words = re.compile(r"violation|offen[cd]|guilty|违法|违规|违章", re.IGNORECASE)
    entries = wording("en" if language == "en" else "zh-CN").entries
    assert {key for key, text in entries.items() if words.search(text)} <= {"reason.no_violation"}


def test_every_rejection_has_its_own_key_and_every_severity_its_own_shape() -> None:
    assert len(REASON_KEYS) == len(set(REASON_KEYS)) == len(REASON_CODES)
    assert len(set(SHAPES.values())) == len(SHAPES) == len(get_args(Severity))


@pytest.mark.parametrize(
    ("cookie", "accepted", "language"),
    [
        (None, "", "zh-CN"),
        (None, "en-GB,en;q=0.9", "en"),
        (None, "fr, zh-TW;q=0.5", "zh-CN"),
        ("en", "zh-CN", "en"),
        ("<script>", "de", "zh-CN"),
    ],
)
def test_the_choice_wins_over_the_browser_and_chinese_is_the_default(
    cookie: str | None, accepted: str, language: str
) -> None:
    assert choose_language(cookie, accepted) == language
