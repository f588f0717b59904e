"""How many reports a second the centre takes in: signature, schema, dedupe, durable commit, signed answer.

`python -m tests.bench.bench_intake [--reports N]`: the same reports one by one and in batches, SQLite in `--folder`.
"""

import argparse
import tempfile
import time
from pathlib import Path

from tests.central.boxes import Centre, SigningBox

BATCHES = (1, 10, 50, 200)


def measure(folder: Path, reports: int, batch: int) -> tuple[float, float]:
    """Reports a second, and ms of CPU for each."""
    box = SigningBox()
    centre = Centre.make(folder, box)
    messages = [box.report(report_seq=number) for number in range(1, reports + 1)]
    start, cpu_start = time.perf_counter(), time.process_time()
    for first in range(0, reports, batch):
        centre.intake.take(messages[first : first + batch])
    taken_s, cpu_s = time.perf_counter() - start, time.process_time() - cpu_start
    centre.database.close()
    return reports / taken_s, 1000 * cpu_s / reports


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--reports", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="on the disk to measure (default: the temporary folder)")
    arguments = parser.parse_args()
    print("| reports in a commit | reports/s, median | most | CPU ms a report, least |\n|---|---|---|---|")
    for batch in BATCHES:
        rates: list[float] = []
        cpu_ms: list[float] = []
        for _ in range(arguments.rounds):
            with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
                rate, cost_ms = measure(Path(folder), arguments.reports, batch)
                rates.append(rate)
                cpu_ms.append(cost_ms)
        print(f"| {batch} | {sorted(rates)[len(rates) // 2]:.0f} | {max(rates):.0f} | {min(cpu_ms):.2f} |")


if __name__ == "__main__":
    main()
