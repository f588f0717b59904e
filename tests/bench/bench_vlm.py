"""The vision-language runtime beside transformers and a plain loop, same weights, round by round.

`.venv/bin/python -m tests.bench.bench_vlm small --reference-venv DIR --folder DIR [--rounds 7] [--threads 2]`: a model
of that size with random weights is made in the folder once, by the environment in DIR, which is made when it is not
there. Times in ms, median / least.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import onnxruntime

from models.engine.engine import BindingEngine
from models.engine.onnx_runtime import OnnxRuntimeEngine
from models.package import Package, open_package
from models.vlm.claims_question import About, claims_form
from models.vlm.sampling import Sampler
from models.vlm.vision import Sight
from models.vlm.vlm import VisionLanguageModel
from models.vlm.writing import Writing
from tests.models.vlm.packages import picture

PACKAGES = (
    "torch==2.13.0", "torchvision==0.28.0", "transformers==5.24.0", "onnx==1.23.2", "onnxscript", "onnxruntime",
    "pillow", "pydantic", "pyyaml", "opencv-python-headless<5",
)  # fmt: skip
QUESTION, OTHER = "Is this person wearing a safety helmet?", "Are there flames in this picture?"
TEXT = "Gate 3: two people without helmets at 10:42, one vehicle in the fire lane since 10:30. " * 2
TOKENS, CAPTION_TOKENS = 32, 24
FREE_TEXT = {"type": "string", "minLength": 400}
FORM, CLAIMS_TOKENS = claims_form(About("no_helmet", "gate_3", ("person",))), 96


class Transformers:
    """The child process that runs transformers; idle while we are timed."""

    def __init__(self, python: Path, checkpoint: Path, threads: int) -> None:
        command = [str(python), "-m", "models.training.vlm.stopwatch", str(checkpoint), str(threads)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.version = self._read()["ready"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()

    def ms(self, **told: Any) -> float:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        return float(self._read()["ms"])

    def _read(self) -> Any:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the process that runs transformers ended; what it said is above")
        return json.loads(line)


class Ours:
    def __init__(self, package: Package, threads: int) -> None:
        self._loaded: list[BindingEngine] = []
        self._threads = threads
        self.model = VisionLanguageModel(package, self._load)
        self.decoder_engine = self._loaded[0]
        self._seed = 1000
        self.size = 480, 640  # height and width of the pictures

    def _load(self, weights: bytes) -> BindingEngine:
        self._loaded.append(OnnxRuntimeEngine(weights, threads=self._threads))
        return self._loaded[-1]

    def picture(self) -> np.ndarray:
        """One that was never seen before."""
        self._seed += 1
        return picture(self._seed, *self.size)

    def first_token(self) -> float:
        return self.model.generate(QUESTION, [self.picture()], tokens_max=1).first_ms

    def ask(self, image: np.ndarray, question: str) -> float:
        return self.model.ask(image, question).ms

    def caption(self, image: np.ndarray | Sight) -> float:
        """As `generate`, but never ended by the model, whose weights are random."""
        start = time.perf_counter()
        logits = self.model.read(self.model.prompt("Describe.", [image]))
        self._write(logits, CAPTION_TOKENS)
        return (time.perf_counter() - start) * 1000

    def decode(self, tokens: int = TOKENS, *, schema: dict[str, Any] | None = None) -> float:
        """One token, after the first."""
        logits = self.model.read(self.model.prompt(TEXT))
        return self._write(logits, tokens, schema)

    def form(self) -> float:
        """One token of a lead's claims, which are a form; ended by the form or the model. The form is ready."""
        vocabulary, table = self.model.tokens.vocabulary, self.model._table
        logits = self.model.read(self.model.prompt(TEXT))
        answer = self.model._schema(FORM)
        writing = Writing(
            self.model.decoder, table, vocabulary.stop, Sampler(), answer, CLAIMS_TOKENS, time.perf_counter() + 600
        )
        start = time.perf_counter()
        writing.run(logits)
        return (time.perf_counter() - start) * 1000 / len(writing.ids)

    def _write(self, logits: np.ndarray, tokens: int, schema: dict[str, Any] | None = None) -> float:
        answer = self.model._schema(schema)
        table = self.model._table
        writing = Writing(self.model.decoder, table, (), Sampler(), answer, tokens, time.perf_counter() + 600)
        start = time.perf_counter()
        writing.run(logits)
        assert len(writing.ids) == tokens
        return (time.perf_counter() - start) * 1000 / (tokens - 1)

    def plain_decode(self, tokens: int = TOKENS) -> float:
        """As model cards show it: every layer's cache goes in and comes out of `session.run` as arrays."""
        engine, layout, table = self.decoder_engine, self.model.decoder.layout, self.model._table
        ids = [key for key in self.model.prompt(TEXT).keys if isinstance(key, int)]
        pasts = {
            past.name: np.zeros((1, past.shape[1] or 0, 0, past.shape[3] or 0), past.dtype) for past, _ in layout.pairs
        }
        order = [tensor.name for tensor in engine.outputs]
        start = 0.0
        for number in range(tokens):
            start = time.perf_counter() if number == 1 else start
            length = next(iter(pasts.values())).shape[2]
            feeds: dict[str, np.ndarray] = {"inputs_embeds": table[ids][None]}
            feeds["attention_mask"] = np.ones((1, length + len(ids)), np.int64)
            if layout.positions:
                feeds["position_ids"] = np.arange(length, length + len(ids))[None]
            outputs = dict(zip(order, engine.run(feeds | pasts), strict=True))
            pasts = {past.name: outputs[present] for past, present in layout.pairs}
            ids = [int(outputs["logits"][0, -1].argmax())]
        return (time.perf_counter() - start) * 1000 / (tokens - 1)


def interleaved(rounds: int, calls: dict[str, Callable[[], float]]) -> dict[str, list[float]]:
    for call in calls.values():
        call()  # first runs allocate
    times: dict[str, list[float]] = {what: [] for what in calls}
    for _ in range(rounds):
        for what, call in calls.items():
            times[what].append(call())
    return times


def measure(ours: Ours, int4: Ours | None, theirs: Transformers, rounds: int) -> dict[str, list[float]]:
    seen = ours.model.see(ours.picture())

    def second() -> float:
        ours.model.ask(seen, QUESTION)
        return ours.model.ask(seen, OTHER).ms

    calls: dict[str, Callable[[], float]] = {
        "first token, transformers": lambda: theirs.ms(do="first_token", seed=ours._seed, text=QUESTION),
        "first token, ours": ours.first_token,
        "a token, transformers": lambda: theirs.ms(do="decode", text=TEXT, tokens=TOKENS),
        "a token, plain `session.run` loop": ours.plain_decode,
        "a token, ours": ours.decode,
        "a token under a schema, ours": partial(ours.decode, schema=FREE_TEXT),
        "a token of a form of claims, ours": ours.form,
        "first question about a picture": lambda: ours.ask(ours.picture(), QUESTION),
        "second question about it": second,
        "caption of 24 tokens, new picture": lambda: ours.caption(ours.picture()),
        "caption of 24 tokens, seen picture": lambda: ours.caption(seen),
    }
    if int4:
        calls["a token, ours, 4-bit weights"] = int4.decode
        calls["first token, ours, 4-bit weights"] = int4.first_token
    return interleaved(rounds, calls)


RATIOS = (
    ("first token: transformers / ours", "first token, transformers", "first token, ours"),
    ("tokens/s: ours / transformers", "a token, transformers", "a token, ours"),
    ("tokens/s: ours with 4-bit weights / transformers", "a token, transformers", "a token, ours, 4-bit weights"),
    ("tokens/s: ours / plain loop", "a token, plain `session.run` loop", "a token, ours"),
    ("second question / first", "second question about it", "first question about a picture"),
    ("verdicts / captions per s, new picture", "caption of 24 tokens, new picture", "first question about a picture"),
    ("verdicts / captions per s, seen picture", "caption of 24 tokens, seen picture", "second question about it"),
    ("a token under a schema / without", "a token under a schema, ours", "a token, ours"),
    ("a token of a form of claims / without", "a token of a form of claims, ours", "a token, ours"),
)


def report(times: dict[str, list[float]]) -> None:
    print("| what | ms, median / least |\n|---|---|")
    for what, values in times.items():
        print(f"| {what} | {statistics.median(values):.2f} / {min(values):.2f} |")
    print("\n| ratio | of medians | of leasts |\n|---|---|---|")
    for name, over, under in RATIOS:
        if over in times and under in times:
            medians, leasts = (pick(times[over]) / pick(times[under]) for pick in (statistics.median, min))
            print(f"| {name} | {medians:.2f} | {leasts:.2f} |")


def reference_python(venv: Path) -> Path:
    python = venv / "bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
    return python


def make(python: Path, size: str, folder: Path) -> None:
    for made, module, words in (
        (folder / "shared/card.yaml", "random_model", [size, folder]),
        (folder / "int4/card.yaml", "quantize", [folder / "shared", folder / "int4"]),
    ):
        if not made.exists():
            subprocess.run([python, "-m", f"models.training.vlm.{module}", *words], check=True)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench_vlm", description=__doc__)
    parser.add_argument("size", choices=("small", "256m"))
    parser.add_argument("--reference-venv", type=Path, required=True, metavar="DIR")
    parser.add_argument("--folder", type=Path, required=True, metavar="DIR", help="where the model is made and kept")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args(argv)
    python = reference_python(arguments.reference_venv).absolute()
    make(python, arguments.size, arguments.folder)
    ours = Ours(open_package(arguments.folder / "shared"), arguments.threads)
    int4 = Ours(open_package(arguments.folder / "int4"), arguments.threads)
    with Transformers(python, arguments.folder / "checkpoint", arguments.threads) as theirs:
        machine = f"{platform.platform()}, onnxruntime {onnxruntime.__version__}, torch {theirs.version}"
        load = Path("/proc/loadavg").read_text(encoding="ascii").split()[0]
        print(f"{machine}, {arguments.threads} threads, {arguments.size}, {arguments.rounds} rounds, load {load}\n")
        report(measure(ours, int4, theirs, arguments.rounds))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
