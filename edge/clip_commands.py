"""`xunjian edge replay | track`: clips in the place of cameras."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from edge.analysis import open_detector
from edge.box_folder import BoxError
from edge.capture.video_file import ReplayCamera
from edge.delivery.revision import Revision
from edge.explaining import explaining
from edge.moment_argument import moment
from edge.replay import open_replay
from edge.rules.pack import rules_file
from edge.settings import DetectorSettings
from edge.tracking.motchallenge import track_detections, track_lines
from edge.tracking.tracker import Tracker

EPOCH = datetime.fromtimestamp(0, UTC)  # tracks know stream time only


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    replaying = commands.add_parser("replay", help="what the box would find in a clip, as fast as it can")
    replaying.add_argument("clip", type=Path, metavar="CLIP")
    replaying.add_argument("--rules", type=rules_file, required=True, metavar="FILE|PACK")
    replaying.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder for evidence and chain")
    replaying.add_argument("--model", metavar="NAME|DIR", help="default: the shipped package")
    replaying.add_argument("--size", type=side_px, metavar="PX", help="longer side of the network's input")
    replaying.add_argument("--camera", metavar="NAME", help="default: the only one that the rules name")
    replaying.add_argument("--start", type=moment, metavar="TIME", help="of the first frame, as 2026-03-01T08:00:00Z")
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


def side_px(text: str) -> int:
    if not (text.isdecimal() and 32 <= int(text) <= 4096):
        raise argparse.ArgumentTypeError(f"{text!r} is not a side of 32 to 4096 px")
    return int(text)


def _replay(arguments: argparse.Namespace) -> int:
    detector = open_detector(DetectorSettings(model=arguments.model, size_px=arguments.size), arguments.detections)
    replay = open_replay(
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
    with (
        replay.outbox,
        replay.camera as camera,
        closing(replay.steps()) as steps,
        asked as explain,
        _progress(camera.length_s) as shown,
    ):
        for step in steps:
            closed += _print_closed(step.revisions)
            explain(step.frame.stream_s)
            shown(stream_s := step.frame.stream_s)
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
        raise BoxError(f"{clip}: no such file; give a video file")
    detector = open_detector(settings)
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
        raise BoxError(f"{out}: cannot be written ({error.strerror})") from error
    return count
