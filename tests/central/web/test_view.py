from datetime import timedelta
from typing import Any

import pytest

from central.web.view import IncidentView, incident_view
from central.web.wording import wording
from tests.central.made_cases import LATER, case_of, decided, file_of, look, manifest_of, with_conflict

EN = wording("en")
ALL_FILES = tuple(file_of(role) for role in ("key_frame", "thumbnail", "annotated", "clip", "tracks"))


def view(**fields: Any) -> IncidentView:
    return incident_view(case_of(**fields), ALL_FILES, (manifest_of(),), (), EN)


def test_the_first_picture_is_a_pixelated_derivative_never_the_original() -> None:
    shown = view()
    assert shown.still_url == f"/api/media/{'4' * 64}"
    assert all(still.url != f"/api/media/{'2' * 64}" for still in shown.stills)


def test_a_derivative_that_is_not_marked_as_redacted_is_not_shown() -> None:
    bare = (file_of("annotated", redacted=False), file_of("thumbnail", redacted=False))
    assert incident_view(case_of(thumbnail="aGVsbG8="), bare, (), (), EN).stills == ()


def test_before_any_file_arrives_the_picture_of_the_report_stands_in() -> None:
    shown = incident_view(case_of(thumbnail="aGVsbG8="), (), (), (), EN)
    assert shown.still_url == f"/incidents/{shown.incident_id}/thumbnail"
    assert (shown.clip, shown.clip_awaited) == (None, True)


def test_a_file_on_its_way_or_with_a_fault_is_not_played() -> None:
    for broken in (file_of("clip", state="pending"), file_of("clip", fault="does not decode")):
        shown = incident_view(case_of(), (broken,), (), (), EN)
        assert shown.clip is None
        assert shown.files == (broken,)


def test_a_lead_whose_evidence_does_not_verify_says_so_and_cannot_be_confirmed() -> None:
    shown = view(evidence_state="unverified", evidence_reason="clip: another hash")
    assert (shown.refusal, shown.evidence, shown.evidence_reason) == (
        "evidence_unverified",
        "unverified",
        "clip: another hash",
    )
    assert view(evidence_state="pending").refusal is None


@pytest.mark.parametrize(
    ("chains", "shown"), [((), "unknown"), (("linked", "gap"), "gap"), (("broken", "linked"), "broken")]
)
def test_the_worst_link_is_what_is_said_of_the_chain(chains: tuple[str, ...], shown: str) -> None:
    manifests = [manifest_of(chain=chain) for chain in chains]
    assert incident_view(case_of(), (), manifests, (), EN).chain == shown


def test_the_story_is_in_order_and_names_who_did_what_and_why() -> None:
    case = with_conflict(decided(case_of()))
    lines = incident_view(case, (), (), (look(),), EN).story
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    assert [line.words for line in lines][2:] == [
        "revision 0 received: found",
        "revision 0 refused: conflict; both are kept",
        "Lin opened originals: checking on site · at the gate",
        "Lin (unauthenticated): reject · picture unclear · fog",
    ]


def test_single_views_of_files_do_not_crowd_the_story() -> None:
    seen = look(action="view", sha256="1" * 64, at=LATER + timedelta(seconds=31))
    lines = incident_view(case_of(), (), (), (look(), seen), EN).story
    assert sum("opened originals" in line.words for line in lines) == 1


def test_the_facts_name_clock_and_times_with_their_zone() -> None:
    facts = dict(view().facts)
    assert facts["clock"] == "synchronised · +1.5 ms"
    assert "UTC" in facts["opened"]
    assert facts["subjects"] == "person; 1 in all"


def test_a_report_that_names_another_site_than_the_register_is_flagged() -> None:
    assert "place_differs" in dict(view(place_differs=True).facts)
    assert "place_differs" not in dict(view().facts)
