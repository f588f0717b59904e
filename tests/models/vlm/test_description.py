"""A description of a lead: the record decides what is said, whatever a model states."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jsonschema_rs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.incident_report import IncidentReport, Place, Subject
from models.errors import ModelError
from models.vlm.claims_question import ATTRIBUTES, claims_form, claims_prompt
from models.vlm.closed_claims import closed_claim
from models.vlm.description import Described, Shown, about, describe_report
from models.vlm.permitted_uses import refused_use
from models.vlm.record_text import opening, recorded, template
from models.vlm.stated_claim import StatedClaims
from tests.contract.examples import NOW
from tests.models.vlm.leads import INVENTED, LINE, Inventor, lead, stated, subject, unsupported

LEAD = lead()
PICTURE = np.zeros((20, 10, 3), np.uint8)


def described(answer: str, report: IncidentReport = LEAD) -> Described:
    shown = [Shown(one.track_id, one.class_, PICTURE) for one in report.subjects[:3]]
    return describe_report(report, Inventor(answer), lambda: shown, producer="here", produce_id="42")


def test_the_template_says_all_that_the_record_carries_in_both_languages() -> None:
    said = template(LEAD)
    assert said.text["en"] == (
        "Lead, suspected missing helmet: 2026-03-01 08:30:00 to 08:30:12 UTC. 2 people, in zone site (tracks 3, 5); "
        "1 car, in zone site (track 9); 1 person, no helmet seen (track 3); "
        "1 car, number plate read as 京A12345, to be checked (track 9)."
    )
    assert said.text["zh-CN"] == (
        "线索（疑似未戴安全帽）：2026-03-01 08:30:00 至 08:30:12 UTC。人 2 名，在区域 site 内（轨迹 3, 5）；"
        "汽车 1 辆，在区域 site 内（轨迹 9）；人 1 名，未见安全帽（轨迹 3）；"
        "汽车 1 辆，车牌读作 京A12345（须核对）（轨迹 9）。"
    )
    assert (said.source, said.aigc, said.removed) == ("template", None, 0)
    assert [claim.track_ids for claim in said.claims] == [(3, 5), (9,), (3,), (9,)]
    assert [one.kind for one in recorded(LEAD).said] == ["zone", "zone", "attribute", "plate"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"place": Place(zone_id="gate", polygon=LINE)}, "at line gate"),
        ({"place": Place(zone_id="frame", polygon=())}, "in the picture"),
        ({"subjects_total": 80}, "at least 2 people"),
        ({"subjects": (), "subjects_total": 0}, "UTC."),
        ({"type_id": "new.kind"}, "Lead, new.kind:"),
    ],
)
def test_the_template_knows_lines_the_frame_crowds_and_emptiness(fields: dict[str, Any], words: str) -> None:
    assert words in template(lead(**fields)).text["en"]


@pytest.mark.parametrize("written", ["no violation here", "CALL POLICE", "警察快来"])
def test_a_plate_that_is_no_plate_is_not_repeated(written: str) -> None:
    assert written not in str(template(lead(subjects=(subject(9, "car", plate=written),))).text)


def test_a_report_whose_own_text_lies_is_described_from_its_fields() -> None:
    liar = LEAD.model_copy(
        update={"description": LEAD.description.model_copy(update={"text": {"en": "9 trucks", "zh-CN": "9 辆货车"}})}
    )
    assert template(liar) == template(LEAD)
    assert "truck" not in described(stated({"class": "person"}), liar).description.text["en"]


@pytest.mark.parametrize("invention", INVENTED)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_nothing_that_a_model_invents_is_ever_shown(invention: str, language: Any) -> None:
    said = described(INVENTED[invention])
    assert unsupported(said.description.text[language], LEAD) == []
    assert said.description == template(LEAD).model_copy(update={"removed": len(said.removed)})
    assert said.reason == "unsupported"
    assert said.removed


def test_the_check_of_these_tests_sees_what_is_wrong() -> None:
    for text in ("7 people (tracks 3, 5).", "1 truck (track 9).", "2 people (track 77).", "steal", "in zone vault"):
        assert unsupported(text, LEAD), text


def test_what_holds_is_said_labelled_and_the_rest_is_counted() -> None:
    said = described(
        stated(
            {"class": "person", "count": 2},
            {"class": "truck"},
            {"class": "person", "lacks": "helmet", "track": 3},
            {"class": "car"},
        )
    )
    assert said.description.text["en"] == (
        template(LEAD).text["en"] + " AI sees: 2 people (tracks 3, 5); 1 person, no helmet seen (track 3); car."
    )
    assert [(one.en, by_model) for one, by_model in said.said] == [
        ("2 people, in zone site (tracks 3, 5)", False),
        ("1 car, in zone site (track 9)", False),
        ("1 person, no helmet seen (track 3)", True),
        ("1 car, number plate read as 京A12345, to be checked (track 9)", False),
        ("2 people (tracks 3, 5)", True),
        ("car", True),
    ]
    assert [claim.text for claim in said.description.claims] == [one.en for one, _ in said.said]
    assert (said.description.source, said.description.removed, said.reason) == ("model", 1, None)
    assert said.description.aigc is not None
    assert (said.description.aigc["ContentProducer"], said.description.aigc["ProduceID"]) == ("here", "42")
    assert unsupported(said.description.text["en"], LEAD) == []


CLASSES = ["person", "car", "truck", "helmet", "weapon", "fire"]
ANY_CLAIM = st.fixed_dictionaries(
    {"class": st.sampled_from(CLASSES)},
    optional={
        "track": st.sampled_from([3, 5, 9, 77]),
        "count": st.integers(0, 9),
        "wears": st.sampled_from(["helmet", "trousers"]),
        "lacks": st.sampled_from(["helmet", "trousers"]),
        "zone": st.sampled_from(["site", "vault", "frame"]),
        "plate": st.sampled_from(["京A12345", "沪B00001"]),
        "time": st.sampled_from(["08:30", "23:59", "late"]),
    },
)


@given(st.lists(ANY_CLAIM, max_size=12))
def test_no_mixture_of_true_and_invented_gets_through(claims: list[dict[str, Any]]) -> None:
    said = described(stated(*claims))
    for text in said.description.text.values():
        assert unsupported(text, LEAD) == []
    if said.reason is None:
        assert sum(by_model for _, by_model in said.said) + len(said.removed) == len(claims)


def test_no_model_is_asked_about_what_carries_a_mark_or_shows_nobody() -> None:
    never = Inventor(stated({"class": "person"}))

    def pictures() -> Sequence[Shown]:
        raise AssertionError("no picture may be cut out")

    marked = lead(place=Place(zone_id="site", polygon=LINE, address="机 密 库房"))
    said = describe_report(marked, never, pictures, producer="here", produce_id="1")
    assert (said.reason, said.description.source, never.asked) == ("classified", "template", [])
    nobody = describe_report(LEAD, never, list, producer="here", produce_id="1")
    assert (nobody.reason, never.asked) == ("no_subject", [])
    assert describe_report(LEAD, None, pictures, producer="here", produce_id="1").reason == "no_model"


def test_a_model_that_fails_leaves_the_template_and_says_why() -> None:
    class Broken(Inventor):
        def write(self, *_: object) -> str:
            raise ModelError("out of breath")

    said = describe_report(LEAD, Broken(""), lambda: [Shown(3, "person", PICTURE)], producer="here", produce_id="1")
    assert (said.reason, said.detail, said.description) == ("model_failed", "out of breath", template(LEAD))
    assert described(stated()).reason == "nothing_said"


def test_the_form_admits_only_what_can_be_read_and_the_prompt_holds_nothing_that_was_read_in_a_picture() -> None:
    form = claims_form(about(LEAD))
    full = {"class": "person", "track": 3, "count": 2, "wears": "vest", "lacks": "helmet", "zone": "here",
            "plate": "京A12345", "time": "08:30"}  # fmt: skip
    answer = {"claims": [full, {"class": "truck"}]}
    assert jsonschema_rs.is_valid(form, answer)
    assert StatedClaims.model_validate(answer)
    for wrong in ({"class": "person", "mood": "x"}, {"class": "a sentence"}, {"class": "person", "time": "late"}):
        assert not jsonschema_rs.is_valid(form, {"claims": [wrong]})
    prompt = claims_prompt(about(LEAD), [3, 5])
    assert "京A12345" not in prompt
    assert "picture 2 shows track 5" in prompt
    assert set(ATTRIBUTES) == {"helmet", "vest"}


def test_a_zone_s_name_does_not_leave_for_a_server() -> None:
    """One called coal-face would be refused as a question about faces."""
    mine = replace(about(LEAD), zone_id="coal-face")
    assert "coal-face" not in f"{claims_form(mine)} {claims_prompt(mine, [3])}"
    assert refused_use(claims_prompt(mine, [3])) is None


def test_a_lead_that_is_still_seen_at_its_first_moment_has_one_time() -> None:
    now = lead(time=LEAD.time.model_copy(update={"last_seen": NOW}))
    assert opening(now)["en"].endswith("08:30:00 UTC.")


@pytest.mark.parametrize(
    ("lasts", "until"), [({"days": 2}, "2026-03-03 08:30:00"), ({"hours": 16}, "2026-03-02 00:30:00")]
)
def test_a_lead_that_ends_on_another_day_says_which(lasts: dict[str, int], until: str) -> None:
    parked = lead(time=LEAD.time.model_copy(update={"last_seen": NOW + timedelta(**lasts)}))
    assert f"08:30:00 to {until} UTC" in opening(parked)["en"]
    assert f"08:30:00 至 {until} UTC" in opening(parked)["zh-CN"]


@pytest.mark.parametrize(("close_reason", "closed_s"), [("ended", 72), ("interrupted", 9 * 3600)])
def test_a_lead_was_seen_until_it_was_last_seen_not_until_it_was_closed(close_reason: Any, closed_s: int) -> None:
    """`closed` is after the cool-down, or when the box came back."""
    update = {"closed": NOW + timedelta(seconds=closed_s), "close_reason": close_reason}
    closed = lead(time=LEAD.time.model_copy(update=update))
    assert (
        template(closed).text["en"].startswith("Lead, suspected missing helmet: 2026-03-01 08:30:00 to 08:30:12 UTC. ")
    )
    assert opening(closed)["zh-CN"].endswith("08:30:00 至 08:30:12 UTC。")
    seen = [described(stated({"class": "car", "time": time}), closed).reason for time in ("08:30", "08:31", "15:00")]
    assert seen == [None, "unsupported", "unsupported"]


LONG = "hard_hat_" * 12
FAR = 2**53 - 1


@pytest.mark.parametrize(
    ("subjects", "words"),
    [
        ((subject(3, LONG),), f"1 {LONG}, in zone site (track 3)"),
        ((subject(3, "person", **{LONG: "absent"}),), f"1 person, no {LONG} seen (track 3)"),
        ((subject(FAR, "car", plate="京A12345"),), f"read as 京A12345, to be checked (track {FAR})"),
        ((subject(3, ""),), "in zone site (track 3)"),
        (tuple(subject(one, f"kind_{one}", vest="present") for one in range(50)), "1 kind_11, in zone site (track 11)"),
    ],
)
def test_all_that_the_contract_allows_is_said(subjects: tuple[Subject, ...], words: str) -> None:
    assert words in template(lead(subjects=subjects)).text["en"]


def test_a_model_may_speak_of_any_track_and_class_that_a_record_can_hold() -> None:
    record = lead(subjects=(subject(FAR, LONG, **{LONG: "absent"}),))
    one = {"class": LONG, "track": FAR, "lacks": LONG}
    assert described(stated(one), record).description.source == "model"
    assert closed_claim("in_zone", "yes", LONG, FAR, "site") is not None
    assert jsonschema_rs.is_valid(claims_form(about(record)), {"claims": [{"class": LONG, "track": FAR}]})
