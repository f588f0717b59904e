"""A real small language model behind llama.cpp's server: what the adapter makes of it, and what people would see."""

import json
import threading
import time

import pytest

from models.vlm.chat_server import ChatServer, ServerAddress, ServerError
from tests import language_server as gemma
from tests.bench.bench_summaries import line_of, made_facts, report
from tests.models.vlm.packages import picture

SHORT = [number for number in range(80) if len(made_facts(number)[0].rows) == 1][:20]


def server(url: str, timeout_s: float = gemma.ANSWER_S_MAX) -> ChatServer:
    return ChatServer(ServerAddress(url, gemma.MODEL, timeout_s=timeout_s, takes_grammars=True))


def test_a_text_is_continued_up_to_its_stop(language_server: str) -> None:
    said = server(language_server).complete("one two three four five six", stop=" nine", tokens_max=12, seed=0)
    assert "seven" in said
    assert "nine" not in said


def test_a_grammar_holds_a_text(language_server: str) -> None:
    grammar = 'root ::= " "? "条" | "线索"'
    assert server(language_server).complete("线", stop="\n", tokens_max=8, seed=0, grammar=grammar).strip() in {
        "条",
        "线索",
    }


def test_a_model_without_eyes_says_so_when_it_is_shown_a_picture(language_server: str) -> None:
    import cv2

    encoded = cv2.imencode(".jpg", picture(1, 32, 32))[1].tobytes()
    with pytest.raises(ServerError, match=r"HTTP [45]") as refused:
        server(language_server).chat("Is there a fire?", [encoded])
    assert "image" in str(refused.value)


def test_one_that_is_too_slow_costs_its_time_and_is_left_alone(language_server: str) -> None:
    slow = server(language_server, timeout_s=0.3)
    started_s = time.monotonic()
    with pytest.raises(ServerError):
        slow.complete("Once upon a time", stop="\x00", tokens_max=400, seed=0)
    assert time.monotonic() - started_s < 10.0
    with pytest.raises(ServerError, match="asked again in"):
        slow.complete("Once", stop="\n", tokens_max=1, seed=0)


def test_one_that_dies_while_it_answers_is_one_line_at_once() -> None:
    if (reason := gemma.missing()) is not None:
        pytest.skip(reason)
    with gemma.language_server() as (url, process):
        killing = threading.Timer(2.0, process.kill)
        killing.start()
        with pytest.raises(ServerError, match=url) as raised:
            server(url).complete("Once upon a time", stop="\x00", tokens_max=1500, seed=0)
        killing.join()
    assert "\n" not in str(raised.value)


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_of_twenty_summaries_none_is_shown_with_a_claim_that_the_table_has_not(language_server: str) -> None:
    model = server(language_server)
    lines = [json.loads(json.dumps(line_of(number, model))) for number in SHORT]
    counted = report(lines)
    print(json.dumps(counted))
    assert counted["shown with an unsupported claim"] == 0
    assert counted["planted mistakes missed"] == 0
    assert "model failed" not in counted
    assert counted["sentences of the model refused"] > 0, "a model that never errs proves nothing"
