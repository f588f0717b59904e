"""The examples of `docs/consume-leads.md`, run as they stand there, beside a real broker and signed reports."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import paho.mqtt.publish as mqtt
import pytest
from paho.mqtt.client import MQTTv5

from contract import topics
from contract.signing import SigningKey
from tests.contract.examples import incident_report
from tests.processes import ROOT, eventually, mosquitto

PAGE = (ROOT / "docs" / "consume-leads.md").read_text(encoding="utf-8")
TOPIC = str(topics.Topic("box-1", "incident"))
WITHIN_S = 60


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with mosquitto(tmp_path / "broker") as (_, port):
        yield port


@contextlib.contextmanager
def running(command: Sequence[str], folder: Path) -> Iterator[tuple[Path, Path]]:
    """A command line with all it starts, in a group of its own; what it says so far: output and errors."""
    out, err = folder / "out", folder / "err"
    with out.open("wb") as to_out, err.open("wb") as to_err:
        process = subprocess.Popen(command, stdout=to_out, stderr=to_err, cwd=ROOT, start_new_session=True)
    try:
        yield out, err
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)


def publish(port: int, *payloads: bytes) -> None:
    messages = [{"topic": TOPIC, "payload": payload, "qos": 1} for payload in payloads]
    mqtt.multiple(messages, "127.0.0.1", port, protocol=MQTTv5)  # type: ignore[arg-type]


def block_with(word: str) -> str:
    found: str
    (found,) = (block for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL) if word in block)
    return found


@pytest.mark.skipif(
    not (shutil.which("mosquitto_sub") and shutil.which("jq")),
    reason="no mosquitto_sub or jq: apt-get install mosquitto-clients jq",
)
def test_the_shell_prints_a_line_for_each_opened_lead(port: int, tmp_path: Path) -> None:
    key = SigningKey.generate()
    opened, closed = (key.sign(incident_report(phase=phase)) for phase in ("open", "update"))
    script = block_with("mosquitto_sub").replace("1883", str(port))
    with running(["bash", "-c", script], tmp_path) as (out, err):

        def sent_and_seen() -> bool:
            publish(port, closed, opened)  # again until it listens, as a box does
            return b"\n" in out.read_bytes()

        eventually(sent_and_seen, WITHIN_S, f"a line of the shell example ({err})", every_s=0.5)
        lines = set(out.read_text(encoding="utf-8").splitlines())
    (line,) = lines
    assert line.split("\t")[1:5] == ["box-1", "hall_1", "site.intrusion", "alert"]


def test_the_python_example_prints_what_is_signed_and_refuses_what_is_not(port: int, tmp_path: Path) -> None:
    key = SigningKey.generate()
    public = tmp_path / "box.pub"
    public.write_bytes(key.public.pem())
    report = incident_report()
    good, forged = key.sign(report), SigningKey.generate().sign(report.model_copy(update={"revision": 7}))
    changed = good.replace(b'"revision":0', b'"revision":9')
    assert changed != good
    words = block_with("consumer.py").split()
    arguments = {".venv/bin/python": sys.executable, "1883": str(port), "box.pub": str(public)}
    with running([arguments.get(word, word) for word in words], tmp_path) as (out, err):

        def sent_and_seen() -> bool:
            publish(port, forged, changed, b"{", good)
            return b"\n" in out.read_bytes() and err.read_text(encoding="utf-8").count("refused: ") >= 3

        eventually(sent_and_seen, WITHIN_S, f"a line of the Python example ({err})", every_s=0.5)
        lines = set(out.read_text(encoding="utf-8").splitlines())
    assert lines == {f"{report.incident_id} 0 open {report.description.text['en']}"}


def test_the_python_example_is_as_short_as_the_page_says() -> None:
    lines = (ROOT / "docs" / "examples" / "consumer.py").read_text(encoding="utf-8").splitlines()
    assert "thirty lines" in PAGE
    assert len(lines) <= 30
