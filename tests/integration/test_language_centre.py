"""Gemma 3 270M writes a centre's summaries: from a lead on the wire over the writer's thread to page and route."""

import json
from pathlib import Path

import pytest

from central.app import Centre
from central.settings import CentralFolder
from central.summaries.service import facts_and_table
from central.summaries.writer import COUNTER
from contract.ids import rfc3339, uuid7
from models.vlm.ai_label import AI_LABEL
from models.vlm.period import Period
from models.vlm.summary import LANGUAGES
from tests import language_server as gemma
from tests.bench.unsupported import unsupported
from tests.central.boxes import NOW, SigningBox
from tests.central.serving import serving
from tests.contract.examples import incident_report
from tests.processes import eventually

RESULTS = ("first_try", "after_retry", "unsupported")
TEXTS_S_MAX = 600.0  # two texts of a busy machine


def with_gemma(folder: Path, url: str) -> None:
    """The settings of the centre that `serving` makes there."""
    home = CentralFolder(folder / "centre")
    server = {"url": url, "model": gemma.MODEL, "producer": "city", "answer_s_max": 240, "takes_grammars": True}
    with home.settings_file.open("a") as file:
        file.write(json.dumps({"text_server": server})[1:-1] + "\n")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_a_real_model_writes_in_the_background_is_shown_with_its_label_and_only_when_it_is_true(
    language_server: str, tmp_path: Path
) -> None:
    box = SigningBox()
    with serving(tmp_path, box) as served:
        times = {"first_seen": NOW, "opened": NOW, "last_seen": NOW, "closed": None}
        time = incident_report().time.model_copy(update=times)
        served.intake.take([box.report(incident_id=uuid7(NOW), time=time)])
        with_gemma(tmp_path, language_server)
        centre = Centre.open(CentralFolder(tmp_path / "centre"))
        assert centre.summary_writer is not None
        served.app.state.ask_for_summary = centre.summary_writer.ask
        centre.summary_writer.start()
        try:
            hour = f"period=hour&at={rfc3339(NOW)}"
            first = served.http.get(f"/api/summaries?{hour}").json()["summary"]
            assert {text["source"] for text in first.values()} == {"template"}, "nobody waits for a model"
            counters = centre.counters
            eventually(
                lambda: sum(counters.read(COUNTER, each) for each in RESULTS) == 2, TEXTS_S_MAX, "two texts", 0.5
            )
            second = served.http.get(f"/api/summaries?{hour}").json()["summary"]
            pages = {
                language: served.http.get(f"/summaries?{hour}", headers={"Accept-Language": language}).text
                for language in LANGUAGES
            }
        finally:
            centre.stop()
        with served.centre.database.reading() as session:
            _, table = facts_and_table(session, Period.around("hour", NOW.astimezone()), None, NOW)
    print(json.dumps(second, ensure_ascii=False))
    for language in LANGUAGES:
        text = second[language]
        assert unsupported(text["text"], table, language, [row.place for row in table.rows]) == []
        assert (text["label"] == AI_LABEL[language]) == (text["source"] == "model") == (text["AIGC"] is not None)
        assert text["text"] in pages[language]
        assert (AI_LABEL[language] in pages[language]) == (text["source"] == "model")
    assert "model" in {text["source"] for text in second.values()}, "a model of which nothing is shown proves nothing"
