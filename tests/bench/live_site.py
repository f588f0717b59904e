"""A box with the real network on real footage, a broker and a centre, all processes of their own, for a while."""

import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.bench_delivery import latencies_ms
from tests.bench.footage import rules_file
from tests.processes import XUNJIAN, Running, centre, enrol_box, mosquitto

SETTLED_S = 12.0  # until buffers and pools have their size


@dataclass(frozen=True, slots=True)
class Lived:
    """pss_bytes: of the box's process and all it started, settled. latencies_ms: of each incident, frame to stored."""

    pss_bytes: int
    latencies_ms: tuple[float, ...]


def live(folder: Path, clip: Path, cameras: int, seconds: float, size_px: int) -> Lived:
    folder.mkdir()
    box = folder / "box"
    with mosquitto(folder / "broker") as (_, port), centre(folder / "centre", f"mqtt://127.0.0.1:{port}") as (_, url):
        named = [f"--camera=cam_{number}={clip}" for number in range(cameras)]
        rules = rules_file(folder)
        enrol_box(box, folder / "centre", url, *named, "--rules", str(rules), "--size", str(size_px))
        command = [*XUNJIAN, "edge", "run", str(box), "--loop", "--status", "jsonl"]
        with Running(command, folder / "box.log") as running:
            time.sleep(SETTLED_S)
            pss_bytes = sum(map(_pss_bytes, _family(running.process.pid)))
            time.sleep(max(0.0, seconds - SETTLED_S))
        return Lived(pss_bytes, tuple(latencies_ms(box, folder / "centre")[1]))


def _family(pid: int) -> list[int]:
    """The process and its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(one for child in children for one in _family(int(child)))]


def _pss_bytes(pid: int) -> int:
    """Proportional set size: what is shared with other processes counts by its share."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
