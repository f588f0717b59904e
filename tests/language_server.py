"""A real llama.cpp server with Gemma 3 270M, as `xunjian models serve` runs it, from the machine's cache."""

import importlib.util
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import bootstrap
from tests.processes import ROOT, XUNJIAN

MODEL = bootstrap.LANGUAGE_MODEL
ANSWER_S_MAX = 240.0  # a busy machine


def missing() -> str | None:
    """Why there is none here."""
    folder = bootstrap.language_models() / MODEL
    if importlib.util.find_spec("xllamacpp") is None:
        return "no xllamacpp here; make develop installs it"
    if not (folder / "card.yaml").is_file():
        return f"no {MODEL} at {folder}; python3 bootstrap.py test-tools gets it from the package index"
    return None


@contextmanager
def language_server() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Its address, and its process."""
    environment = {**os.environ, "XUNJIAN_MODELS": str(bootstrap.language_models())}
    command = [*XUNJIAN, "models", "serve", MODEL, "--port", "0"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert process.stdout
        line = process.stdout.readline()  # the end of the process ends it too
        assert line.startswith(f"{MODEL}: http://127.0.0.1:"), line or f"it ended with {process.wait(10)}"
        yield line.split()[1], process
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()
