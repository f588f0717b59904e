"""Every template with everything it can show, in both languages; an undefined name is an error."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from central.audit.access import ACCESS_REASONS
from central.cases.case import REASON_CODES, Case
from central.devices.sight import CameraOutOfSight
from central.web.moments import full_time, short_time, size
from central.web.pages import KEYS, REASON_KEYS, FilterField, Option
from central.web.rendering import ENVIRONMENT, script_words
from central.web.view import incident_view, queue_item
from central.web.wording import LANGUAGES, Language, Wording, wording
from contract.incident_report import Claim, Description
from models.vlm.ai_label import AI_LABEL, aigc
from tests.central.made_cases import case_of, decided, file_of, look, manifest_of, with_conflict
from tests.contract.examples import NOW, incident_report
from tests.project.sources import ROOT

HOSTILE = "<script>alert(1)</script>"
FILES = tuple(file_of(role) for role in ("key_frame", "annotated", "clip", "tracks"))
FULL = with_conflict(decided(case_of(evidence_state="complete", late=True), note=HOSTILE))
HOSTILE_REPORT = incident_report(description=Description(text={"zh-CN": HOSTILE, "en": HOSTILE}))


class Outline(HTMLParser):
    """What a browser would build: elements with their attributes, and whether every element was closed."""

    VOID = frozenset({"meta", "link", "img", "input", "br"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page(t: Wording, case: Case | None, **fields: Any) -> str:
    incident = incident_view(case, FILES, (manifest_of(),), (look(),), t) if case else None
    context: dict[str, Any] = {
        "t": t,
        "language": t.language,
        "other_language": "en",
        "switch": "back=%2F",
        "theme": "auto",
        "reviewer": "",
        "script_words": script_words(t),
        "view": "queue",
        "alerts_after": 3,
        "filters": (FilterField("type", "", (Option("", t("filter.all")),)),),
        "text": HOSTILE,
        "span": (("since", "2026-03-01T08:00:00Z", NOW),),
        "query": "",
        "items": [queue_item(case.summary, t)] if case else [],
        "next_cursor": "abc" if case else None,
        "shapes": {"safety": "▲", "alert": "●", "lead": "○"},
        "undecided": 1 if case else 0,
        "today": [("arrived", 5), ("confirmed", 2), ("rejected", 1), ("inconclusive", 0)],
        "blind": [CameraOutOfSight("box-1", "gate", "frozen")],
        "access_reasons": ACCESS_REASONS,
        "reject_reasons": list(zip(REASON_CODES, REASON_KEYS, strict=True)),
        "keys": KEYS,
        "alarms": [queue_item(case.summary, t)] if case else [],
        "incident": incident,
    }
    return ENVIRONMENT.get_template("queue.html").render(context | fields)


CASES = [
    None,
    case_of(),
    FULL,
    case_of(HOSTILE_REPORT),
    replace(FULL, summary=case_of(evidence_state="unverified").summary),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", CASES)
def test_the_page_renders_whole_and_well_formed(language: str, case: Case | None) -> None:
    outline = Outline(page(wording("en" if language == "en" else "zh-CN"), case))
    assert outline.open == []


@pytest.mark.parametrize("case", CASES)
def test_nothing_on_a_page_is_inline_script_or_style_or_from_elsewhere(case: Case | None) -> None:
    for tag, attributes in Outline(page(wording("en"), case)).elements:
        assert tag != "style"
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        assert tag != "script" or (attributes.get("src") or "").startswith("/static/")
        for name in ("src", "href", "action"):
            assert (attributes.get(name) or "/").startswith(("/", "#"))


def test_text_from_a_box_or_a_person_is_text() -> None:
    for case in (FULL, case_of(HOSTILE_REPORT)):
        assert HOSTILE not in page(wording("en"), case)


PENALTY = re.compile("penalt|fine[sd]?\\b|sanction|处罚|罚款|罚单", re.IGNORECASE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_safety_lead_is_said_to_be_unreviewed_and_has_no_penalty_path(language: str) -> None:
    """Neither has any other: what a page offers to do, and every route there is, speaks of none."""
    t = wording("en" if language == "en" else "zh-CN")
    shown = page(t, case_of(incident_report(severity="safety", type_id="fire.flame")))
    assert t("live.unreviewed") in shown
    assert not PENALTY.findall(shown)
    assert not PENALTY.findall((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))


def test_pictures_have_words_and_fields_have_labels() -> None:
    for tag, attributes in Outline(page(wording("en"), FULL)).elements:
        if tag == "img":
            assert attributes.get("alt")


def test_the_opinion_is_closed_until_the_reviewer_has_looked() -> None:
    (opinion,) = [
        attributes for tag, attributes in Outline(page(wording("en"), FULL)).elements if "data-opinion" in attributes
    ]
    assert "open" not in opinion


BLOCK = aigc("city.depot.box-1", "7.3")
SPOKEN = Description(
    source="model",
    text={"zh-CN": f"线索。AI 所见：{HOSTILE}", "en": f"Lead. AI sees: {HOSTILE}"},
    claims=(
        Claim(text="x", track_ids=(5, 3), field="subjects.attributes"),
        Claim(text="y", track_ids=(3,), field="new.part"),
    ),
    removed=2,
    aigc=BLOCK,
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_models_text_carries_the_label_its_supports_and_its_metadata_inside_what_is_closed(
    language: Language,
) -> None:
    t = wording(language)
    shown = page(t, case_of(incident_report(description=SPOKEN)))
    before, _, inside = shown.partition("data-opinion")
    inside = inside.partition("</details>")[0]
    assert AI_LABEL[language] in inside
    assert AI_LABEL[language] not in before
    assert t("opinion.tracks", tracks="3, 5") in inside
    assert t("claim.subjects_attributes") in inside
    assert "new_part" in inside, "a part that this software does not know is named nearly as the box has it"
    assert t("opinion.removed", n=2) in inside
    assert HOSTILE not in shown
    outline = Outline(shown).elements
    (meta,) = [attributes for tag, attributes in outline if tag == "meta" and attributes.get("name") == "AIGC"]
    (opinion,) = [attributes for _, attributes in outline if "data-opinion" in attributes]
    assert json.loads(meta["content"] or "") == json.loads(opinion["data-aigc"] or "") == BLOCK


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_templates_text_carries_no_label(language: Language) -> None:
    shown = page(wording(language), FULL)
    assert AI_LABEL[language] not in shown
    assert "AIGC" not in shown
    assert "data-aigc" not in shown


def test_a_models_text_that_came_without_its_block_is_labelled_all_the_same() -> None:
    shown = page(wording("en"), case_of(incident_report(description=SPOKEN.model_copy(update={"aigc": None}))))
    assert AI_LABEL["en"] in shown
    assert "&#34;Label&#34;: &#34;1&#34;" in shown


def test_a_lead_that_does_not_verify_has_no_working_confirm() -> None:
    (confirm,) = [
        attributes
        for _, attributes in Outline(page(wording("en"), CASES[-1])).elements
        if attributes.get("data-do") == "confirm"
    ]
    assert "disabled" in confirm


def test_the_overlay_is_json_that_a_script_can_read() -> None:
    (stage,) = [
        attributes for _, attributes in Outline(page(wording("en"), FULL)).elements if "data-stage" in attributes
    ]
    overlay = json.loads(stage["data-overlay"] or "")
    assert overlay["boxes"] == [[1, 0.4, 0.4, 0.5, 0.9]]


def test_times_say_their_zone_and_today_is_a_clock() -> None:
    assert full_time(NOW).startswith("2026-03-01")
    assert "UTC" in full_time(NOW)
    assert len(short_time(NOW, NOW)) == len("08:30")
    assert short_time(NOW, NOW.replace(year=2027)).startswith("03-01 ")


@pytest.mark.parametrize(("count", "text"), [(12, "12 B"), (20_480, "20.5 kB"), (1_500_000, "1.5 MB")])
def test_sizes_are_short(count: int, text: str) -> None:
    assert size(count) == text
