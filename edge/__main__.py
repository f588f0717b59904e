"""`xunjian edge init | run | replay | track | cameras | snapshot | incidents | resend`: the box on the command line."""

import argparse
import json
import logging
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from contract.errors import ContractError
from contract.ids import SLUG_PATTERN
from edge import box, camera_commands
from edge.capture.camera import CameraError
from edge.capture.masking import masked
from edge.capture.video_file import ReplayCamera
from edge.delivery.errors import DeliveryError
from edge.delivery.revision import Revision
from edge.detection.detector import DetectorError
from edge.evidence.store import StoreError
from edge.explaining import explaining
from edge.health.status import make_display
from edge.introduction import Told, initialise
from edge.rules.errors import RulesError
from edge.settings import DetectorSettings, SettingsError
from edge.supervisor import SupervisorError
from edge.tracking.motchallenge import MotChallengeError, track_detections, track_lines
from edge.tracking.tracker import Tracker
from models.errors import ModelError

EPOCH = datetime.fromtimestamp(0, UTC)  # tracks know stream time only
ERRORS = (
    box.BoxError,
    CameraError,
    ContractError,
    DeliveryError,
    DetectorError,
    ModelError,
    MotChallengeError,
    RulesError,
    SettingsError,
    StoreError,
    SupervisorError,
)


def main(argv: Sequence[str]) -> int:
    logging.basicConfig(format="xunjian edge: %(message)s", level=logging.WARNING)
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except ERRORS as error:
        print(f"xunjian edge: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # `... | head` is no failure of ours
        sys.stderr.close()
        return 1
    except KeyboardInterrupt:
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="xunjian edge", description="the box: watches cameras, seals, reports")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    _add_init(commands)
    running = commands.add_parser("run", help="watch the cameras; ends when every file has ended and is delivered")
    running.add_argument("folder", type=Path, metavar="DIR")
    running.add_argument("--loop", action="store_true", help="files begin again at their end, as a camera never ends")
    running.add_argument("--status", choices=("auto", "jsonl"), default="auto", help="jsonl: a JSON line a second")
    running.set_defaults(run=_run)

    replaying = commands.add_parser("replay", help="what the box would find in a clip, as fast as it can")
    replaying.add_argument("clip", type=Path, metavar="CLIP")
    replaying.add_argument("--rules", type=Path, required=True, metavar="FILE")
    replaying.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder for evidence and chain")
    replaying.add_argument("--model", metavar="NAME|DIR", help="default: the shipped package")
    replaying.add_argument("--size", type=_side_px, metavar="PX", help="longer side of the network's input")
    replaying.add_argument("--camera", metavar="NAME", help="default: the only one that the rules name")
    replaying.add_argument("--start", type=_moment, metavar="TIME", help="of the first frame, as 2026-03-01T08:00:00Z")
    replaying.add_argument("--detections", type=Path, metavar="FILE", help="a script in the place of the detector")
    replaying.add_argument("--explain", metavar="RULE", help="each second, how this rule sees each track; on stderr")
    replaying.add_argument(
        "--explain-out", type=Path, metavar="FILE", help="with --explain: JSON Lines go here instead"
    )
    replaying.set_defaults(run=_replay)

    tracking = commands.add_parser("track", help="MOTChallenge lines from detections or from a clip")
    source = tracking.add_mutually_exclusive_group(required=True)
    source.add_argument("--detections", type=Path, metavar="FILE", help="det.txt, or det.txt.gz")
    source.add_argument("--clip", type=Path, metavar="CLIP")
    tracking.add_argument("--fps", type=float, metavar="N", help="default: from the seqinfo.ini beside or above")
    tracking.add_argument("--model", metavar="NAME|DIR", help="with --clip; default: the shipped package")
    tracking.add_argument("--out", type=Path, required=True, metavar="FILE")
    tracking.set_defaults(run=_track)

    _add_outbox_commands(commands)
    camera_commands.add_to(commands)
    return parser


def _add_init(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    making = commands.add_parser("init", help="make a box of a folder and introduce it to its centre")
    making.add_argument("folder", type=Path, metavar="DIR")
    making.add_argument("--central", required=True, metavar="URL")
    making.add_argument("--broker", metavar="mqtt://HOST:PORT", help="default: the one that the centre names")
    making.add_argument("--token", choices=("-",), help="- reads it from standard input; default: $XUNJIAN_TOKEN")
    making.add_argument("--camera", action="append", type=_named, required=True, metavar="NAME=SOURCE", dest="cameras")
    making.add_argument("--sub", action="append", type=_named, default=[], metavar="NAME=URL", dest="subs")
    making.add_argument("--rules", type=Path, required=True, metavar="FILE")
    making.add_argument("--detections", action="append", type=_named, default=[], metavar="NAME=FILE")
    making.add_argument("--box", metavar="ID", help="default: box- and 8 digits of its key")
    making.add_argument("--model", metavar="NAME|DIR", help="default: the shipped package")
    making.add_argument("--size", type=_side_px, metavar="PX", help="longer side of the network's input")
    making.set_defaults(run=_init)


def _add_outbox_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    listing = commands.add_parser("incidents", help="every incident ever committed on this box")
    listing.add_argument("folder", type=Path, metavar="DIR")
    listing.add_argument("--json", action="store_true", help="a line each: id, type, state")
    listing.set_defaults(run=_incidents)

    resending = commands.add_parser("resend", help="queue again what the centre refused")
    resending.add_argument("folder", type=Path, metavar="DIR")
    resending.set_defaults(run=_resend)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time like 2026-03-01T08:00:00Z") from error
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no zone; add Z, or an offset like +08:00")
    return moment


def _side_px(text: str) -> int:
    if not (text.isdecimal() and 32 <= int(text) <= 4096):
        raise argparse.ArgumentTypeError(f"{text!r} is not a side of 32 to 4096 px")
    return int(text)


def _named(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (equals and value and re.match(SLUG_PATTERN, name)):
        raise argparse.ArgumentTypeError(f"{masked(text)!r} is not NAME=SOURCE; names: a-z, 0-9, _ and -")
    return name, value


def _init(arguments: argparse.Namespace) -> int:
    token = sys.stdin.readline() if arguments.token == "-" else os.environ.get("XUNJIAN_TOKEN", "")  # noqa: S105
    if not token.strip():
        raise box.BoxError("no token: pipe one in with --token -, from `xunjian central token DIR` at the centre")
    told = Told(
        central_url=arguments.central,
        broker=arguments.broker,
        token=token.strip(),
        cameras=dict(arguments.cameras),
        subs=dict(arguments.subs),
        scripts={name: Path(file) for name, file in arguments.detections},
        rules=arguments.rules,
        box_id=arguments.box,
        model=arguments.model,
        size_px=arguments.size,
    )
    settings = initialise(arguments.folder, told)
    print(f"box {settings.box_id} knows {settings.central.url}; start it: xunjian edge run {arguments.folder}")
    return 0


def _run(arguments: argparse.Namespace) -> int:
    logging.getLogger("edge").setLevel(logging.INFO)
    return box.run(arguments.folder, make_display(arguments.status), loop=arguments.loop)


def _replay(arguments: argparse.Namespace) -> int:
    detector = box.open_detector(DetectorSettings(model=arguments.model, size_px=arguments.size), arguments.detections)
    replay = box.open_replay(
        arguments.clip,
        arguments.rules,
        arguments.out,
        detector=detector,
        camera_id=arguments.camera,
        start=arguments.start,
    )
    for note in replay.rules.notes:
        print(f"xunjian edge: {note}", file=sys.stderr)
    started_s, stream_s, closed = time.monotonic(), 0.0, 0
    asked = explaining(replay.pipeline, replay.rules, arguments.explain, arguments.explain_out)
    with replay.outbox, replay.camera as camera, asked as explain, _progress(camera.length_s) as shown:
        for frame in camera.frames():
            closed += _print_closed(replay.pipeline.step(frame).revisions)
            explain(frame.stream_s)
            shown(stream_s := frame.stream_s)
        closed += _print_closed(replay.pipeline.finish("ended"))
        frames, took_s = camera.frames_in, time.monotonic() - started_s
    faults = replay.faults.current()
    for fault in faults:
        print(f"xunjian edge: {fault}", file=sys.stderr)
    print(
        f"replay: {closed} incidents in {frames} frames, {stream_s:.1f} s of video in {took_s:.1f} s "
        f"({frames / took_s:.1f} frames/s); check it: xunjian verify {arguments.out}",
        file=sys.stderr,
    )
    return 1 if faults else 0


@contextmanager
def _progress(length_s: float | None) -> Iterator[Callable[[float], None]]:
    """A bar with an estimate, on a terminal only. The callback takes the stream seconds reached."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("replay", total=length_s)
        yield lambda stream_s: bar.update(task, completed=stream_s)


def _print_closed(revisions: Sequence[Revision]) -> int:
    """The closing reports, a line each; how many."""
    closing = [revision for revision in revisions if revision.phase == "close"]
    for revision in closing:
        print(revision.payload.decode(), flush=True)
    return len(closing)


def _track(arguments: argparse.Namespace) -> int:
    if arguments.detections is not None:
        lines = track_detections(arguments.detections, arguments.fps, arguments.out)
    else:
        lines = _track_clip(arguments.clip, DetectorSettings(model=arguments.model), arguments.out)
    nothing = "" if lines else "; nothing was sure enough to be followed"
    print(f"track: {lines} lines in {arguments.out}{nothing}", file=sys.stderr)
    return 0


def _track_clip(clip: Path, settings: DetectorSettings, out: Path) -> int:
    """Writes MOTChallenge lines in pixels; returns how many."""
    if not clip.is_file():
        raise box.BoxError(f"{clip}: no such file; give a video file")
    detector = box.open_detector(settings)
    tracker = Tracker("clip")
    count = 0
    try:
        with (
            out.open("w", encoding="ascii") as file,
            ReplayCamera("clip", clip, EPOCH) as camera,
        ):
            for frame in camera.frames():
                tracks = tracker.update(detector.detect(frame), frame.stream_s)
                file.writelines(track_lines(frame.index + 1, tracks, frame.width, frame.height))
                count += len(tracks.seen)
    except OSError as error:
        raise box.BoxError(f"{out}: cannot be written ({error.strerror})") from error
    return count


def _incidents(arguments: argparse.Namespace) -> int:
    with box.open_outbox(arguments.folder) as outbox:
        for incident in outbox.incidents():
            if arguments.json:
                facts = {"id": incident.incident_id, "type": incident.type_id, "state": incident.state}
                print(json.dumps(facts | {"camera": incident.camera_id}))
            else:
                print(f"{incident.incident_id}  {incident.state:12}  {incident.camera_id:16}  {incident.type_id}")
    return 0


def _resend(arguments: argparse.Namespace) -> int:
    with box.open_outbox(arguments.folder) as outbox:
        print(f"resend: {outbox.resend()} reports and files queued again")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
