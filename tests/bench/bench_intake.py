"""How many reports a second the centre takes in: signature, schema, dedupe, durable commit, signed answer.

`python -m tests.bench.bench_intake [--reports N]`: the same reports one by one and in batches, on SQLite and,
where it is installed, on a PostgreSQL server of its own (fsync on), both in the temporary folder.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from tests.central.boxes import Centre, SigningBox
from tests.postgres import INITDB, postgres_server

BATCHES = (1, 10, 50, 200)


def measure(database_url: str, reports: int, batch: int) -> tuple[float, float]:
    """Reports a second, and ms of CPU of this process for each."""
    box = SigningBox()
    centre = Centre.make(database_url, box)
    messages = [box.report(report_seq=number) for number in range(1, reports + 1)]
    start, cpu_start = time.perf_counter(), time.process_time()
    for first in range(0, reports, batch):
        centre.intake.take(messages[first : first + batch])
    taken_s, cpu_s = time.perf_counter() - start, time.process_time() - cpu_start
    centre.database.close()
    return reports / taken_s, 1000 * cpu_s / reports


@contextmanager
def on_sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/central.sqlite3"


def show(kind: str, fresh: Callable[[], AbstractContextManager[str]], arguments: argparse.Namespace) -> None:
    """fresh: an empty database's URL."""
    for batch in BATCHES:
        rates: list[float] = []
        cpu_ms: list[float] = []
        for _ in range(arguments.rounds):
            with fresh() as database_url:
                rate, cost_ms = measure(database_url, arguments.reports, batch)
                rates.append(rate)
                cpu_ms.append(cost_ms)
        print(f"| {kind} | {batch} | {sorted(rates)[len(rates) // 2]:.0f} | {max(rates):.0f} | {min(cpu_ms):.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--reports", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    print(
        "| database | reports in a commit | reports/s, median | most | CPU ms a report, least |\n|---|---|---|---|---|"
    )
    show("SQLite", on_sqlite, arguments)
    if INITDB is not None:
        with postgres_server(fsync="on", shared_buffers="128MB") as server:
            show("PostgreSQL", server.database, arguments)


if __name__ == "__main__":
    main()
