"""The README's promise as a script: one camera, one box, one centre, and the review page.

Drives the command line only and imports no product; run by `make demo`. Environment: CLIP (a file, an RTSP URL, or
`rendered`), RULES (a rules file), DEMO_EXIT=1 (ends by itself; the last line says how it went), DEMO_DIR (instead of
`.demo`).
"""

import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo_children import ROOT, DemoError, Interruption, last_words, started, stop, xunjian
from demo_table import LiveTable

PLACE = Path(os.environ.get("DEMO_DIR") or ROOT / ".demo").resolve()
CACHE = ROOT / ".cache"
EXAMPLES = ROOT / "docs/examples"
ANY_CLIP_RULES = ROOT / "edge/rules/default_rules.yaml"
FIRST_PORT = 8080
PORTS_TRIED = 100
READY_S_MAX = 60
LIVE_EXIT_S = 60  # a stream never ends: with DEMO_EXIT it is watched this long
LOCAL = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Footage:
    """detections: a script of them instead of the detector. note: what a person should know about this footage."""

    camera: str
    source: str
    rules: Path
    detections: Path | None = None
    note: str = ""

    @property
    def live(self) -> bool:
        return "://" in self.source


def say(line: str) -> None:
    print(f"demo: {line}", flush=True)


def footage() -> Footage:
    """The person's own clip; else the cached CCTV; else, saying so, a rendered scene with scripted detections."""
    chosen, rules = os.environ.get("CLIP"), os.environ.get("RULES")
    if rules and not Path(rules).is_file():
        raise DemoError(f"RULES={rules}: no such file")
    if chosen == "rendered":
        return rendered(rules)
    if chosen:
        own = Path(rules or ANY_CLIP_RULES).resolve()
        if "://" not in chosen and not Path(chosen).is_file():
            raise DemoError(f"CLIP={chosen}: no such file; give a video file or an rtsp:// address")
        source = chosen if "://" in chosen else str(Path(chosen).resolve())
        return Footage(camera_name(chosen, own), source, own)
    clip = CACHE / "vtest.mp4"
    if not clip.exists():
        say("fetching real CCTV: vtest.avi out of Debian's opencv-doc (a download of 95 MB, once)")
        command = [sys.executable, str(ROOT / "demo_footage.py"), str(clip)]
        fetched = subprocess.run(command, capture_output=True, text=True, check=False)
        if fetched.returncode:
            reason = (fetched.stderr.strip().splitlines() or ["no reason given"])[-1]
            say(f"no real CCTV here: {reason}")
            return rendered(rules)
    own = Path(rules or EXAMPLES / "rules-vtest.yaml").resolve()
    return Footage(camera_name("campus", own), str(clip), own, note="real CCTV (vtest.avi) as if it were a camera")


def rendered(rules: str | None) -> Footage:
    xunjian("models", "render", "yard", "--out", str(PLACE / "scene"))
    note = "a rendered scene with scripted detections: the pictures are drawn and the detector does not run"
    own = Path(rules or EXAMPLES / "rules-yard.yaml").resolve()
    scene = PLACE / "scene"
    return Footage(camera_name("yard", own), str(scene / "yard.mp4"), own, scene / "yard.detections.jsonl", note)


def camera_name(source: str, rules: Path) -> str:
    """The only camera that the rules name, else the file's stem made to fit."""
    named: set[str] = set(re.findall(r"cameras:\s*\[\s*([a-z0-9][a-z0-9_-]*)\s*\]", rules.read_text(encoding="utf-8")))
    if len(named) == 1:
        return named.pop()
    stem = "camera" if "://" in source else re.sub(r"[^a-z0-9_-]+", "-", Path(source).stem.lower()).strip("-_")
    return str(stem[:63]) or "camera"


def free_port(first: int) -> int:
    for port in range(first, FIRST_PORT + PORTS_TRIED):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise DemoError(f"no free port from {FIRST_PORT} to {FIRST_PORT + PORTS_TRIED - 1}")


@contextmanager
def serving_centre() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The centre and its port: the first that it gets itself. A port that was free when it was tried may be another
    demo's by then, whose centre would answer in the place of ours.
    """
    port = free_port(FIRST_PORT)
    while True:
        with started(PLACE / "centre.log", ["central", "serve", str(PLACE / "centre"), "--port", str(port)]) as centre:
            if is_ready(centre, port):
                yield centre, port
                return
        port = free_port(port + 1)


def is_ready(centre: subprocess.Popen[str], port: int) -> bool:
    """Once it says so in its own log; False when somebody else was quicker at the port. Raises DemoError."""
    until = time.monotonic() + READY_S_MAX
    while time.monotonic() < until:
        ended = centre.poll() is not None
        if f"centre ready: http://127.0.0.1:{port}/" in (PLACE / "centre.log").read_text(errors="replace"):
            return True
        if ended and f"cannot listen on 127.0.0.1:{port} " in last_words(PLACE / "centre.log"):
            return False
        if ended:
            raise DemoError(f"the centre ended: {last_words(PLACE / 'centre.log')}")
        time.sleep(0.2)
    raise DemoError(f"the centre did not answer within {READY_S_MAX} s; see {PLACE / 'centre.log'}")


def answers(url: str, method: str = "GET") -> bool:
    try:
        with LOCAL.open(urllib.request.Request(url, method=method), timeout=10) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def watch(box: subprocess.Popen[str], table: LiveTable, until: float | None) -> None:
    """Shows the box's status lines until its clip is done and delivered, or `until` (monotonic seconds) has come."""
    assert box.stdout is not None
    for line in box.stdout:
        try:
            status = json.loads(line)
        except ValueError:
            continue
        table.show(status)
        if until is not None and time.monotonic() >= until:
            stop(box)


@dataclass(frozen=True, slots=True)
class Outcome:
    incidents: int
    acknowledged: int
    lost: int
    kinds: dict[str, int]


def outcome(url: str) -> Outcome:
    """What the box committed against what the centre holds: incidents by id, evidence files by their hash."""
    ours = [json.loads(line) for line in xunjian("edge", "incidents", str(PLACE / "box"), "--json").splitlines()]
    theirs = xunjian("central", "incidents", str(PLACE / "centre"), "--json").splitlines()
    held = {json.loads(line)["id"] for line in theirs}
    kinds: dict[str, int] = {}
    for incident in ours:
        kinds[incident["type"]] = kinds.get(incident["type"], 0) + 1
    files = set()
    for manifest in (PLACE / "box/incidents").glob("*/*.manifest.json"):
        files |= {item["sha256"] for item in json.loads(manifest.read_text(encoding="utf-8"))["items"]}
    lost = sum(incident["id"] not in held for incident in ours)
    lost += sum(not answers(f"{url}/api/media/{sha256}", "HEAD") for sha256 in files)
    unacknowledged = sum(incident["state"] != "acknowledged" for incident in ours)
    return Outcome(len(ours), len(ours) - unacknowledged, lost, kinds)


def run(shown: Footage) -> int:
    exits = os.environ.get("DEMO_EXIT") == "1"
    xunjian("central", "init", str(PLACE / "centre"))
    with serving_centre() as (centre, port):
        url = f"http://127.0.0.1:{port}"
        token = xunjian("central", "token", str(PLACE / "centre"))
        told = "-" if shown.live else shown.source  # an address may hold a password
        script = ["--detections", f"{shown.camera}={shown.detections}"] if shown.detections else []
        xunjian(
            *("edge", "init", str(PLACE / "box"), "--central", url, "--token", "-"),
            *("--camera", f"{shown.camera}={told}", "--rules", str(shown.rules), *script),
            given=f"{token.strip()}\n{shown.source}\n",
        )
        say(f"the review page is {url}")
        if connection := os.environ.get("SSH_CONNECTION"):
            say(f"from your own machine: ssh -L {port}:127.0.0.1:{port} {connection.split()[2]}")
        until = time.monotonic() + LIVE_EXIT_S if shown.live and exits else None
        with started(PLACE / "box.log", ["edge", "run", str(PLACE / "box"), "--status", "jsonl"], piped=True) as box:
            with LiveTable() as table:
                watch(box, table, until)
            if box.wait() and until is None:
                raise DemoError(f"the box ended: {last_words(PLACE / 'box.log')}")
        reached = outcome(url)
        for kind, count in sorted(reached.kinds.items()):
            say(f"{count} x {kind}")
        if not reached.incidents:
            say(f"no leads: the rules in {shown.rules.name} saw nothing in this clip; others: docs/write-a-rule.md")
        line = f"incidents={reached.incidents} acknowledged={reached.acknowledged} lost={reached.lost} page={url}"
        if exits:
            stop(centre)
            say(line)
            return 0 if reached.incidents and not reached.lost else 1
        say(line)
        say(f"the page stays at {url} until Ctrl-C")
        if centre.wait():
            raise DemoError(f"the centre ended: {last_words(PLACE / 'centre.log')}")
    return 0


@contextmanager
def emptied(folder: Path) -> Iterator[None]:
    """And this demo's alone. Raises DemoError while another runs in it, whose files would go."""
    folder.mkdir(exist_ok=True)
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        yield
    except BlockingIOError as error:
        raise DemoError(f"a demo runs in {folder} already: end it, or give another folder: DEMO_DIR=...") from error
    finally:
        os.close(held)


def main() -> int:
    # SIGINT, too: a script that puts it behind with & starts it with SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, Interruption.handle)
    try:
        with emptied(PLACE):
            shown = footage()
            name = "a live stream" if shown.live else Path(shown.source).name
            say(shown.note or f"{name}, camera {shown.camera}")
            return run(shown)
    except (DemoError, OSError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("stopped")
        return 0


if __name__ == "__main__":
    sys.exit(main())
