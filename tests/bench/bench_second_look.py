"""The second look as it ships: what its model costs, and what it costs detection.

`.venv/bin/python -m tests.bench.bench_second_look [--model NAME] [--rounds 15]`. The model in this process,
round by round: first and second question, verdict beside a short caption, a token beside a plain `session.run` loop and
under a schema. Then the verifier's own process, as a box starts it: time of a verdict (question and mirror, a new crop)
and its memory. Last the shipped detector, as fast as it goes, turn by turn without that process, with it answering some
leads a second, and with it never idle; beside the rates what CPU each took, which says whether a frame costs more or
waits for a core, and for whom. Times in ms, median / least.
"""

import argparse
import platform
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import numpy as np
import onnxruntime

from edge.clock import SystemClock
from edge.verification.child import Wanted
from edge.verification.inquiry import Exhibit, Inquiry
from edge.verification.isolated import IsolatedVerifier
from edge.verification.second_look import SecondLook
from models.detector.detector import Detector
from models.engine.onnx_runtime import OnnxRuntimeEngine
from models.registry import find_package, read_registry
from tests.bench.bench_vlm import FREE_TEXT, OTHER, QUESTION, Ours, interleaved, report
from tests.bench.processor_time import ProcessorTime, total
from tests.models.vlm.packages import picture

HEIGHT, WIDTH = 480, 360  # of a crop of one person near a 1080p camera
ANSWER_S_MAX = 20.0
LEADS_PER_S = 2.0
DETECTOR_PX = 640
WARM_UP = 5


def inquiry(seed: int) -> Inquiry:
    """One question about one crop that was never seen before."""
    exhibit = Exhibit(1, picture(seed, HEIGHT, WIDTH))
    return Inquiry(f"inc-{seed}", "gate", "lead", ("helmet_worn",), (exhibit,), 0.0)


def in_process(model: str | None, threads: int, rounds: int) -> None:
    ours = Ours(find_package(model), threads)
    ours.size = HEIGHT, WIDTH
    sight = ours.model.see(ours.picture())

    def second() -> float:
        ours.model.ask(sight, QUESTION)
        return ours.model.ask(sight, OTHER).ms

    calls: dict[str, Callable[[], float]] = {
        "first token, ours": ours.first_token,
        "a token, plain `session.run` loop": ours.plain_decode,
        "a token, ours": ours.decode,
        "a token under a schema, ours": lambda: ours.decode(schema=FREE_TEXT),
        "a token of a form of claims, ours": ours.form,
        "first question about a picture": lambda: ours.ask(ours.picture(), QUESTION),
        "second question about it": second,
        "caption of 24 tokens, new picture": lambda: ours.caption(ours.picture()),
        "caption of 24 tokens, seen picture": lambda: ours.caption(sight),
    }
    report(interleaved(rounds, calls))


def memory_mb(process_id: int) -> tuple[float, float]:
    """Now and at most."""
    with Path(f"/proc/{process_id}/status").open(encoding="ascii") as file:
        facts = dict(line.split(":", 1) for line in file)
    now, most = (int(facts[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return now, most


def verdicts(verifier: IsolatedVerifier, count: int) -> None:
    for seed in range(WARM_UP):
        verifier.verify(inquiry(seed))
    waited = []
    for seed in range(count):
        asked = inquiry(1000 + seed)
        start_s = time.perf_counter()
        verifier.verify(asked)
        waited.append((time.perf_counter() - start_s) * 1000)
    middle, high = np.quantile(waited, [0.5, 0.95])
    assert verifier.process_id
    now_mb, most_mb = memory_mb(verifier.process_id)
    print(f"\nverdict of the process, {count} new crops: median {middle:.1f} ms, p95 {high:.1f} ms")
    print(f"resident: {now_mb:.0f} MB, at most {most_mb:.0f} MB")


def new_crops() -> Iterator[Inquiry]:
    """Without end, asked now. Made of twenty by a pixel, so that making them costs the detector nothing."""
    made = [inquiry(5000 + seed) for seed in range(20)]
    for number in count():
        asked = made[number % len(made)]
        asked.exhibits[0].crop[0, 0] = number & 255, number >> 8 & 255, number >> 16 & 255
        yield replace(asked, asked_s=time.monotonic())


@contextmanager
def verifying(verifier: IsolatedVerifier, inquiries: Iterator[Inquiry], per_s: float) -> Iterator[list[float]]:
    """Leads come, so many a second, or as soon as none waits; yields how long each waited for its verdict, in s."""
    ended, waited = threading.Event(), list[float]()
    look = SecondLook(verifier, SystemClock(), lambda _: None)

    def ask() -> None:
        due_s, asked_s = time.monotonic(), dict[str, float]()
        while not ended.is_set():
            now_s = time.monotonic()
            if now_s >= due_s and (per_s or not look.state().queue):
                due_s += 1 / per_s if per_s else 0.0
                asked = next(inquiries)
                asked_s[asked.incident_id] = asked.asked_s
                look.ask(asked)
            look.step()
            answers = [one for one in look.take("gate") if one.looked.verification.status not in {"skipped", "failed"}]
            waited.extend(time.monotonic() - asked_s[one.incident_id] for one in answers)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield waited
    finally:
        ended.set()
        thread.join()


@dataclass
class Turns:
    """Of one kind. shares: of the rate alone before and after each. waits: of each lead for its verdict, s."""

    frames: int = 0
    seconds: float = 0.0
    shares: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    spent: list[ProcessorTime] = field(default_factory=list)

    def row(self, name: str) -> str:
        """CPU of a frame: this process' whole, so the leads' way into the pipe is in it."""
        spent = total(self.spent)
        shares = self.shares or [1.0]
        share = f"{statistics.median(shares):.3f} ({min(shares):.2f} to {max(shares):.2f})"
        wait = f"{statistics.median(self.waits):.2f} / {max(self.waits):.2f}" if self.waits else ""
        verdict = f"{spent.theirs / len(self.waits):.1f}" if self.waits else ""
        cells = (
            name,
            f"{self.frames / self.seconds:.2f}",
            share if name != ALONE else "",
            f"{spent.ours / self.frames:.1f}",
            f"{spent.waited / self.frames:.1f}",
            f"{len(self.waits) / self.seconds:.1f}",
            verdict,
            *(f"{one / self.seconds:.0f}" for one in (spent.theirs, spent.others, spent.idle)),
            wait,
        )
        return "| " + " | ".join(cells) + " |"


HEADS = (
    "frames/s",
    "of alone before and after",
    "CPU of a frame, ms",
    "its wait for a core",
    "verdicts/s",
    "CPU of one, ms",
    "verifier, ms/s",
    "other processes, ms/s",
    "idle, ms/s",
    "a lead waits, s, median / most",
)
ALONE = "alone"


def detect(detector: Detector, image: np.ndarray, seconds: float, verifier: IsolatedVerifier, turns: Turns) -> float:
    """Frames a second."""
    assert verifier.process_id
    before, count, start_s = ProcessorTime.now(verifier.process_id), 0, time.monotonic()
    while time.monotonic() - start_s < seconds:
        detector.detect(image)
        count += 1
    took_s = time.monotonic() - start_s
    turns.spent.append(ProcessorTime.now(verifier.process_id).since(before))
    turns.frames, turns.seconds = turns.frames + count, turns.seconds + took_s
    return count / took_s


def effect(verifier: IsolatedVerifier, threads: int, rounds: int, seconds: float) -> None:
    package = find_package()
    detector = Detector(package, OnnxRuntimeEngine(package.read_weights(), threads=threads), size_px=DETECTOR_PX)
    image = np.random.default_rng(0).integers(0, 255, (1080, 1920, 3), np.uint8)
    detect(detector, image, 1.0, verifier, Turns())
    loads = {f"{LEADS_PER_S:g} leads/s": LEADS_PER_S, "never idle": 0.0}
    turns = {name: Turns() for name in (ALONE, *loads)}
    inquiries = new_crops()
    next(inquiries)
    for number in range(rounds):
        for name, per_s in list(loads.items())[:: -1 if number % 2 else 1]:
            alone = detect(detector, image, seconds / 2, verifier, turns[ALONE])
            with verifying(verifier, inquiries, per_s) as answered:
                beside = detect(detector, image, seconds, verifier, turns[name])
            turns[name].waits += answered
            alone = (alone + detect(detector, image, seconds / 2, verifier, turns[ALONE])) / 2
            turns[name].shares.append(beside / alone)
    print(f"\n| detection at {DETECTOR_PX} px, {threads} threads | {' | '.join(HEADS)} |\n|{'---|' * (len(HEADS) + 1)}")
    for name, one in turns.items():
        print(one.row(name))


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench_second_look", description=__doc__)
    parser.add_argument("--model", help="default: the one that ships")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=8, help="of each turn of the detector")
    parser.add_argument("--verdicts", type=int, default=300)
    parser.add_argument("--threads", type=int, default=2, help="of the model in this process, and of the detector")
    arguments = parser.parse_args(argv)
    model = arguments.model or read_registry().default_vlm
    machine = f"{platform.platform()}, onnxruntime {onnxruntime.__version__}, {model}"
    load = Path("/proc/loadavg").read_text(encoding="ascii").split()[0]
    print(f"{machine}, {arguments.threads} threads, {arguments.rounds} rounds, load {load}\n")
    in_process(model, arguments.threads, arguments.rounds)
    verifier = IsolatedVerifier(Wanted(model), ANSWER_S_MAX)
    try:
        verdicts(verifier, arguments.verdicts)
        effect(verifier, arguments.threads, max(3, arguments.rounds // 3), arguments.seconds)
    finally:
        verifier.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
