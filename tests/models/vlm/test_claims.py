"""Whatever a model states about a lead: what is shown is in the report, with the tracks that carry it."""

import json
from datetime import UTC, datetime
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.incident_report import Description, IncidentReport
from models.vlm.claims import describe, ground
from models.vlm.record_text import recorded
from models.vlm.stated_claim import CLAIMS_MAX, CLAIMS_SCHEMA
from tests.contract.examples import incident_report
from tests.models.vlm.leads import subject

SUBJECTS = (
    subject(3, "person", helmet="absent"),
    subject(5, "person", helmet="absent"),
    subject(8, "person", helmet="present"),
    subject(9, "car", plate="京A12345"),
)


def report(**fields: Any) -> IncidentReport:
    return incident_report(**{"subjects": SUBJECTS, "subjects_total": len(SUBJECTS), **fields})


REPORT = report()
ZONE = REPORT.place.zone_id


def answer(*claims: dict[str, Any]) -> str:
    return json.dumps({"claims": claims})


def test_a_true_claim_bears_the_tracks_that_carry_it() -> None:
    grounded = ground(answer({"class": "person", "lacks": "helmet", "count": 2, "zone": ZONE}), REPORT)
    (claim,) = grounded.kept
    assert (claim.track_ids, claim.field) == ((3, 5), "subjects.attributes")
    assert grounded.text_zh == f"人 2 名，未见安全帽，在区域 {ZONE} 内（轨迹 3, 5）。"
    assert grounded.text_en == f"2 people, no helmet seen, in zone {ZONE} (tracks 3, 5)."
    assert grounded.removed == ()


@pytest.mark.parametrize(
    ("claim", "zh", "en"),
    [
        ({"class": "person"}, "人。", "person."),
        ({"class": "person", "lacks": "helmet"}, "人，未见安全帽。", "person, no helmet seen."),
        ({"class": "car", "zone": ZONE}, f"汽车，在区域 {ZONE} 内。", f"car, in zone {ZONE}."),
        ({"class": "car", "plate": "京A12345"}, "汽车，车牌读作 京A12345（须核对）。",
         "car, number plate read as 京A12345, to be checked."),
    ],
)  # fmt: skip
def test_no_number_and_no_track_is_said_for_a_model_that_says_none(claim: dict[str, Any], zh: str, en: str) -> None:
    grounded = ground(answer(claim), REPORT)
    assert (grounded.text_zh, grounded.text_en) == (zh, en)
    assert [claim.track_ids for claim in grounded.kept] == [()]
    assert [one.track_ids for one in grounded.said] == [()]


def test_a_claim_about_a_track_or_with_a_count_is_said_with_the_tracks_that_carry_it() -> None:
    grounded = ground(answer({"class": "person", "track": 5}, {"class": "person", "count": 3}), REPORT)
    assert grounded.text_en == "1 person (track 5); 3 people (tracks 3, 5, 8)."
    assert grounded.text_zh == "人 1 名（轨迹 5）；人 3 名（轨迹 3, 5, 8）。"


@pytest.mark.parametrize(
    ("claim", "part"),
    [
        ({"class": "truck"}, "class"),
        ({"class": "person", "count": 4}, "count"),
        ({"class": "person", "lacks": "helmet", "count": 3}, "count"),
        ({"class": "person", "lacks": "vest"}, "attribute"),
        ({"class": "car", "wears": "helmet"}, "attribute"),
        ({"class": "person", "zone": "somewhere"}, "zone"),
        ({"class": "person", "track": 9}, "track"),
        ({"class": "person", "track": 8, "lacks": "helmet"}, "attribute"),
        ({"class": "car", "plate": "京A12346"}, "plate"),
        ({"class": "person", "plate": "京A12345"}, "plate"),
        ({"class": "person", "time": "25:00"}, "time"),
        ({"class": "person", "time": "late"}, "time"),
    ],
)
def test_what_the_report_does_not_carry_is_removed_and_says_which_part(claim: dict[str, Any], part: str) -> None:
    grounded = ground(answer(claim, {"class": "car"}), REPORT)
    assert [removal for _, removal in grounded.removed] == [part]
    assert grounded.text_en == "car."


@pytest.mark.parametrize(
    "text",
    [
        "There are two people without helmets.",
        '{"claims": [{"class": "person", "mood": "angry"}]}',
        '{"claims": "none"}',
        '{"claims": [{"class": "person"}]} and also a fire',
        "",
        "[" * 30_000,
        answer(*[{"class": "person"}] * (CLAIMS_MAX + 1)),
        '{"claims": [{"class": "person", "count": 1e400}]}',
    ],
)
def test_what_is_not_in_the_closed_form_is_one_removed_claim(text: str) -> None:
    grounded = ground(text, REPORT)
    assert (grounded.kept, grounded.text_zh, grounded.text_en) == ((), "", "")
    assert grounded.removed == ((json.dumps({"characters": len(text)}), "unreadable"),)


PROSE = "Li Wei steals\n\x1b[2Kconfirmed"


@pytest.mark.parametrize(
    ("claim", "told", "part"),
    [
        ({"class": PROSE, "count": 2}, {"class": None, "count": 2}, "class"),
        ({"class": "truck", "track": 77}, {"class": "truck", "track": 77}, "class"),
        ({"class": "car", "plate": "Li Wei"}, {"class": "car", "plate": None}, "plate"),
        ({"class": "person", "plate": "京A12345"}, {"class": "person", "plate": "京A12345"}, "plate"),
        ({"class": "car", "zone": "Li Wei's yard"}, {"class": "car", "zone": None}, "zone"),
        ({"class": "car", "zone": "frame"}, {"class": "car", "zone": "frame"}, "zone"),
        ({"class": "car", "wears": "vest"}, {"class": "car", "wears": "vest"}, "attribute"),
        ({"class": "car", "lacks": PROSE, "zone": ZONE}, {"class": "car", "lacks": None, "zone": ZONE}, "attribute"),
        ({"class": "car", "time": "23:59"}, {"class": "car", "time": "23:59"}, "time"),
        ({"class": "car", "time": "by Li Wei"}, {"class": "car", "time": None}, "time"),
        ({"class": "bus", "time": "24:00"}, {"class": "bus", "time": None}, "class"),
    ],
)
def test_what_is_removed_repeats_no_word_of_a_model_that_is_not_known(
    claim: dict[str, Any], told: dict[str, Any], part: str
) -> None:
    ((text, removal),) = ground(answer(claim), REPORT).removed
    assert (json.loads(text), removal) == (told, part)


def test_a_plate_that_is_no_plate_is_neither_said_nor_repeated() -> None:
    sign = "man is a thief, call police"
    signed = report(subjects=(subject(9, "car", plate=sign),), subjects_total=1)
    grounded = ground(answer({"class": "car", "plate": sign}), signed)
    assert (grounded.kept, [removal for _, removal in grounded.removed]) == ((), ["plate"])
    assert "thief" not in str(grounded)


def test_the_same_thing_is_said_once() -> None:
    grounded = ground(answer({"class": "car", "track": 9}, {"class": "car", "count": 1}), REPORT)
    assert len(grounded.kept) == 1
    assert [removal for _, removal in grounded.removed] == ["said_before"]


def test_a_count_over_more_subjects_than_a_report_lists_is_nobodys_to_make() -> None:
    crowd = report(subjects_total=60)
    assert ground(answer({"class": "person", "count": 3}), crowd).removed[0][1] == "count"
    assert ground(answer({"class": "person"}), crowd).text_en == "person."
    assert recorded(crowd).text_en.startswith(f"at least 3 people, in zone {ZONE} (tracks 3, 5, 8); ")


def test_a_time_holds_from_first_to_last_sight_across_midnight() -> None:
    late = REPORT.model_copy(
        update={
            "time": REPORT.time.model_copy(
                update={
                    "first_seen": datetime(2026, 3, 2, 23, 59, 30, tzinfo=UTC),
                    "opened": datetime(2026, 3, 2, 23, 59, 40, tzinfo=UTC),
                    "last_seen": datetime(2026, 3, 3, 0, 1, 20, tzinfo=UTC),
                    "closed": None,
                }
            )
        }
    )
    holds = {time: not ground(answer({"class": "car", "time": time}), late).removed for time in
             ("23:58", "23:59", "00:00", "00:01", "00:02")}  # fmt: skip
    assert holds == {"23:58": False, "23:59": True, "00:00": True, "00:01": True, "00:02": False}
    assert "first seen at 23:59:30 UTC" in ground(answer({"class": "car", "time": "00:01"}), late).text_en


def told(said: str) -> Description:
    template = REPORT.description.model_copy(update={"text": {"zh-CN": "线索。", "en": "Lead."}})
    return describe(said, REPORT, template, producer="xunjian", produce_id="7")


def test_the_description_is_the_reports_own_sentence_then_what_holds_and_is_labelled() -> None:
    described = told(answer({"class": "car"}, {"class": "bus"}))
    assert described.text["en"] == "Lead. AI sees: car."
    assert described.text["zh-CN"] == "线索。AI 所见：汽车。"
    assert (described.source, described.authority, described.removed) == ("model", "auxiliary", 1)
    assert described.aigc is not None
    assert (described.aigc["Label"], described.aigc["ProduceID"]) == ("1", "7")


def test_without_a_claim_that_holds_the_reports_own_sentence_stands_and_says_what_was_removed() -> None:
    described = told("I see a dragon")
    assert (described.text["en"], described.source, described.removed) == ("Lead.", "template", 1)


CLASSES = st.sampled_from(["person", "car", "bus", "helmet", "dragon"])
STATED = st.fixed_dictionaries(
    {"class": CLASSES},
    optional={
        "count": st.integers(0, 9),
        "wears": CLASSES,
        "lacks": CLASSES,
        "zone": st.sampled_from([ZONE, "frame", "other"]),
        "plate": st.sampled_from(["京A12345", "沪B00001"]),
        "time": st.sampled_from(["00:00", "12:34", "x"]),
    },
)


@given(st.lists(STATED, max_size=CLAIMS_MAX))
def test_every_claim_is_kept_or_counted_and_what_is_kept_names_tracks_that_are_there(
    claims: list[dict[str, Any]],
) -> None:
    assert jsonschema_rs.is_valid(CLAIMS_SCHEMA, {"claims": claims})
    grounded = ground(answer(*claims), REPORT)
    assert len(grounded.kept) + len(grounded.removed) == len(claims)
    ids = {one.track_id for one in SUBJECTS}
    assert all(set(claim.track_ids) <= ids for claim in grounded.kept)
    assert all(bool(claim.track_ids) == ("(track" in claim.text) for claim in grounded.kept)
    assert "dragon" not in grounded.text_en
    assert "沪B00001" not in grounded.text_zh
