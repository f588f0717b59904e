"""A scripted model writes a centre's summaries, lies, is away or is slow: what page and API show is true each time."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from central.metrics import Counters
from central.summaries import texts, writer
from central.summaries.tables import SummaryText
from central.summaries.texts import facts_sha256, tell, template
from central.summaries.writer import COUNTER, SummaryWriter
from contract.ids import rfc3339, uuid7
from models.errors import ModelError
from models.vlm.ai_label import AI_LABEL
from models.vlm.summary import Facts, Language, Lead, row_sentence, tabulate, total_sentence
from tests.central.boxes import NOW, Centre, SigningBox
from tests.central.serving import Serving, serving
from tests.contract.examples import incident_report

START = datetime(2026, 3, 2, 8)  # noqa: DTZ001 - wall time of the place
LIE = "At gate_3 there were 9 leads of intrusion: 9 confirmed."
Answer = Callable[[str], str]


def shift(*places: str) -> Facts:
    return tabulate([Lead(place, "site.intrusion", "undecided") for place in places], START, START + timedelta(hours=8))


class Scripted:
    name = "scripted"

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.prompts: list[str] = []

    def complete(self, prompt: str, *, stop: str, tokens_max: int, seed: int) -> str:
        self.prompts.append(prompt)
        return self._answer(prompt)


def truthful(*tables: Facts) -> Answer:
    """Says the facts that the prompt ends with, in the prompt's language, as the template does."""

    def answer(prompt: str) -> str:
        facts = prompt.rstrip().splitlines()[-2]
        for table in tables:
            for row in table.rows:
                if f"place {row.place};" in facts:
                    return row_sentence(row, "en")
                if f"地点 {row.place}；" in facts:
                    return row_sentence(row, "zh-CN")
        return total_sentence(tables[0], "zh-CN" if "事实" in facts else "en")

    return answer


@pytest.fixture
def centre(database_url: str) -> Centre:
    return Centre.make(database_url, SigningBox())


def writing(centre: Centre, answer: Answer) -> tuple[SummaryWriter, Scripted]:
    model = Scripted(answer)
    return SummaryWriter(centre.database, model, "city.centre", centre.counters, lambda: NOW), model


def shown(centre: Centre, table: Facts, by: SummaryWriter | None = None) -> texts.Told:
    with centre.database.reading() as session:
        return tell(session, table, "en", by.ask if by else None)


def test_a_true_text_is_told_with_its_label_and_a_changed_table_has_the_template_again(centre: Centre) -> None:
    table, changed = shift("gate_3"), shift("gate_3", "gate_3")
    by, model = writing(centre, truthful(table))
    assert shown(centre, table, by) == texts.Told(template(table, "en"))
    assert by.step()
    told = shown(centre, table, by)
    assert told.aigc is not None
    assert (told.aigc["ContentProducer"], len(told.aigc["ProduceID"])) == ("city.centre", 36)
    assert shown(centre, changed) == texts.Told(template(changed, "en"))
    assert (by.step(), len(model.prompts), centre.counters.read(COUNTER, "first_try")) == (False, 2, 1)


def test_a_model_that_lies_is_replaced_counted_and_not_asked_the_same_again(centre: Centre) -> None:
    table = shift("gate_3")
    by, model = writing(centre, lambda _: LIE)
    shown(centre, table, by)
    assert by.step()
    assert shown(centre, table, by) == texts.Told(template(table, "en"))
    assert (by.step(), len(model.prompts), centre.counters.read(COUNTER, "unsupported")) == (False, 2, 1)


def test_a_stored_text_that_does_not_hold_is_not_shown(centre: Centre) -> None:
    table = shift("gate_3")
    row = SummaryText(
        facts_sha256=facts_sha256(table), language="en", text=LIE, model="m", producer="p", produce_id="1",
        attempts=1, written_at=NOW,
    )  # fmt: skip
    with centre.database.writing() as session:
        session.add(row)
    assert shown(centre, table) == texts.Told(template(table, "en"))


def test_a_model_that_is_away_is_asked_again_at_the_next_look(centre: Centre) -> None:
    def away(_: str) -> str:
        raise ModelError("the server is away")

    by, model = writing(centre, away)
    for _ in range(2):
        shown(centre, shift("gate_3"), by)
        assert by.step()
    assert (len(model.prompts), centre.counters.read(COUNTER, "model_failed")) == (2, 2)


def test_a_text_ends_with_its_time(centre: Centre) -> None:
    seconds = iter(range(0, 1000, 10))
    table = shift("gate_1", "gate_2", "gate_3")
    model = Scripted(truthful(table))
    by = SummaryWriter(
        centre.database, model, "p", centre.counters, lambda: NOW, text_s_max=15.0, monotonic_s=lambda: next(seconds)
    )
    shown(centre, table, by)
    assert by.step()
    assert (len(model.prompts), centre.counters.read(COUNTER, "model_failed")) == (1, 1)


def test_the_queue_is_bounded_and_holds_each_table_once(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "WAITING_MAX", 2)
    by, _ = writing(centre, lambda _: LIE)
    for place in ("gate_1", "gate_1", "gate_2", "gate_3"):
        by.ask(shift(place), "en")
    assert centre.counters.read(COUNTER, "queue_full") == 1
    assert [by.step(), by.step(), by.step()] == [True, True, False]


def test_only_the_newest_texts_are_kept(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "TEXTS_MAX", 2)
    moments = iter(NOW + timedelta(seconds=second) for second in range(100))
    tables = [shift(f"gate_{number}") for number in range(4)]
    by = SummaryWriter(centre.database, Scripted(lambda _: LIE), "p", Counters(), lambda: next(moments))
    for table in tables:
        by.ask(table, "en")
        assert by.step()
    with centre.database.reading() as session:
        kept = [session.get(SummaryText, (facts_sha256(table), "en")) is not None for table in tables]
    assert kept == [False, False, True, True]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Serving]:
    """One lead of one hour."""
    box = SigningBox()
    with serving(tmp_path, box) as made:
        times = {"first_seen": NOW, "opened": NOW, "last_seen": NOW, "closed": None}
        time = incident_report().time.model_copy(update=times)
        filled = Centre(made.centre.database, made.intake, made.centre.key, made.centre.counters, [])
        filled.take(box.report(incident_id=uuid7(NOW), time=time))
        yield made


def look(served: Serving, by: SummaryWriter, language: str = "en") -> tuple[dict[str, dict[str, Any]], str]:
    """API and page, after everything that they asked for is written."""
    served.app.state.ask_for_summary = by.ask
    for _ in range(2):
        answer = served.http.get("/api/summaries", params={"period": "hour", "at": rfc3339(NOW)}).json()
        headers = {"Accept-Language": language}
        page = served.http.get(f"/summaries?period=hour&at={rfc3339(NOW)}", headers=headers).text
        while by.step():
            pass
    return answer["summary"], page


def test_a_lying_model_reaches_neither_page_nor_api_nor_brings_a_label(served: Serving) -> None:
    by = SummaryWriter(served.centre.database, Scripted(lambda _: LIE), "p", served.centre.counters, lambda: NOW)
    summary, page = look(served, by)
    assert {(text["source"], text["label"], text["AIGC"]) for text in summary.values()} == {("template", None, None)}
    assert LIE not in page + json.dumps(summary)
    assert "data-ai-label" not in page
    assert "AIGC" not in page
    assert 'xunjian_central_summary_texts_total{result="unsupported"} 2' in served.http.get("/metrics").text


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_models_text_carries_its_label_for_people_and_machines(served: Serving, language: Language) -> None:
    answers: list[str] = []

    def copying(prompt: str) -> str:
        """A model that says the template's text, read from the page before."""
        return answers.pop(0)

    by = SummaryWriter(served.centre.database, Scripted(copying), "city", served.centre.counters, lambda: NOW)
    asked: list[tuple[Facts, Language]] = []

    def noting(table: Facts, told: Language) -> None:
        asked.append((table, told))
        by.ask(table, told)

    served.app.state.ask_for_summary = noting
    served.http.get("/api/summaries", params={"period": "hour", "at": rfc3339(NOW)})
    for table, told in asked:
        answers += [total_sentence(table, told), *(row_sentence(row, told) for row in table.rows)]
    while by.step():
        pass
    summary, page = look(served, by, language)
    assert {text["source"] for text in summary.values()} == {"model"}
    assert summary[language]["label"] == AI_LABEL[language]
    assert summary[language]["AIGC"]["ContentProducer"] == "city"
    assert AI_LABEL[language] in page
    assert '<meta name="AIGC"' in page
