"""All benches whose figures are compared with a target, one after the other: `.venv/bin/python -m tests.bench`.

Their tables go to the screen and into `.cache/bench/table.md`, with the machine, the commit and the load before each.
"""

import argparse
import platform
import subprocess
import sys
import time
from pathlib import Path

from tests.bench.footage import CACHE, ROOT

BENCHES = ("detector", "pipeline", "against", "gate", "tracker", "cameras", "capacity", "second_look")


def machine() -> str:
    facts = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    processor = next((line.split(": ", 1)[1] for line in facts if line.startswith("model name")), platform.machine())
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return f"{processor}, {platform.platform()}, commit {commit.stdout.strip() or 'unknown'}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("benches", nargs="*", metavar="BENCH", help=f"of {', '.join(BENCHES)}; default: all")
    parser.add_argument("--ultralytics", help="the python of an environment that has it (docs/benchmarks.md)")
    options = parser.parse_args()
    unknown = set(options.benches) - set(BENCHES)
    if unknown:
        parser.error(f"no bench {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    wanted = options.benches or list(BENCHES)
    CACHE.mkdir(parents=True, exist_ok=True)
    failed = []
    with (CACHE / "table.md").open("w", encoding="utf-8") as table:
        table.write(f"{machine()}\n")
        for number, bench in enumerate(wanted, start=1):
            load = Path("/proc/loadavg").read_text(encoding="ascii").split()[0]
            print(f"\n[{number}/{len(wanted)}] {bench}, load {load}", file=sys.stderr, flush=True)
            table.write(f"\n## {bench}, load {load}\n")
            words = [sys.executable, "-m", f"tests.bench.bench_{bench}"]
            if bench == "against" and options.ultralytics:
                words += ["--ultralytics", options.ultralytics]
            begun_s = time.monotonic()
            with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
                assert running.stdout is not None
                for line in running.stdout:
                    print(line, end="", flush=True)
                    table.write(line)
            table.flush()
            print(f"took {time.monotonic() - begun_s:.0f} s", file=sys.stderr)
            if running.returncode:
                failed.append(bench)
    print(f"\nwritten: {CACHE / 'table.md'}", file=sys.stderr)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
