"""What delivery costs: `.venv/bin/python -m tests.bench.bench_delivery [--seconds 30]`.

Outbox: sealed and committed revisions per second, by drafts per transaction, on the disk under the current folder.
Then a whole site (box with scripted detections, mosquitto, centre, all real processes): from the frame that opened an
incident to its commit on the box, and to its stored revision at the centre, by the wall clock of the one machine.
"""

import argparse
import contextlib
import json
import platform
import sqlite3
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from edge.clock import SystemClock
from edge.delivery.outbox import Outbox
from edge.delivery.revision import ChainPosition
from tests.edge.delivery.drafts import Draft
from tests.faults.site import site

GROUPS = (1, 8, 64)
ROWS = 640


def commit_rate(path: Path, group: int) -> float:
    """Revisions per second; signing of manifest and report included."""
    with Outbox(path, SystemClock()) as outbox:
        drafts = [Draft() for _ in range(ROWS)]
        started = time.perf_counter()
        for first in range(0, ROWS, group):
            outbox.commit(drafts[first : first + group])
        return ROWS / (time.perf_counter() - started)


def seal_rate() -> float:
    """Revisions per second that are only sealed: what the figures above can reach at most."""
    drafts = [Draft() for _ in range(ROWS)]
    started = time.perf_counter()
    for number, draft in enumerate(drafts, start=1):
        draft.seal(ChainPosition(number, None))
    return ROWS / (time.perf_counter() - started)


def latencies_ms(box_folder: Path, centre_folder: Path) -> tuple[list[float], list[float]]:
    """Of every first revision at the centre: frame to commit, and frame to stored."""
    with contextlib.closing(sqlite3.connect(box_folder / "outbox.sqlite3")) as box:
        committed = dict(box.execute("SELECT incident_id, wall_ms FROM revision WHERE revision = 0"))
    with contextlib.closing(sqlite3.connect(centre_folder / "central.sqlite3")) as centre:
        rows = centre.execute("SELECT incident_id, received_at, payload FROM revisions WHERE revision = 0").fetchall()
    to_commit, to_centre = [], []
    for incident_id, received_at, payload in rows:
        opened_ms = datetime.fromisoformat(json.loads(payload)["time"]["opened"]).timestamp() * 1000
        received_ms = datetime.fromisoformat(received_at).replace(tzinfo=UTC).timestamp() * 1000
        to_commit.append(committed[incident_id] - opened_ms)
        to_centre.append(received_ms - opened_ms)
    return to_commit, to_centre


def p50_p95(values: list[float]) -> str:
    return f"{statistics.median(values):.0f} / {statistics.quantiles(values, n=20)[-1]:.0f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    arguments = parser.parse_args()
    print(f"{platform.machine()}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}")
    with tempfile.TemporaryDirectory(dir=".") as name:
        folder = Path(name)
        print(f"sealed only: {seal_rate():.0f} revisions/s")
        for group in GROUPS:
            rates = sorted(commit_rate(folder / f"{group}-{turn}.sqlite3", group) for turn in range(3))
            print(f"committed, {group} in a transaction: {rates[1]:.0f} revisions/s (best {rates[-1]:.0f})")
    with tempfile.TemporaryDirectory() as name, site(Path(name)) as one:
        time.sleep(arguments.seconds)  # the site works meanwhile
        one.box.stop()
        to_commit, to_centre = latencies_ms(one.box_folder, one.centre_folder)
        print(f"{len(to_centre)} incidents; ms, p50 / p95: frame to commit {p50_p95(to_commit)},", end=" ")
        print(f"frame to stored at the centre {p50_p95(to_centre)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
