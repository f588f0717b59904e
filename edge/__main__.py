"""`xunjian edge init | run | replay | test-rules | cameras | incidents | ...`: the box on the command line."""

import argparse
import json
import logging
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from contract.errors import ContractError
from contract.ids import SLUG_PATTERN
from contract.signing import SigningKey
from edge import box, box_summary, camera_commands, clip_commands, rule_testing
from edge.box_folder import BOX_KEY, BoxError, open_outbox
from edge.camera_address import told_address
from edge.capture.camera import CameraError
from edge.capture.masking import masked
from edge.clip_commands import side_px
from edge.clock import SystemClock
from edge.delivery.errors import DeliveryError
from edge.delivery.retention import remove_delivered
from edge.detection.detector import DetectorError
from edge.evidence.store import StoreError
from edge.feedback import FEEDBACK_JSON, FeedbackBook
from edge.health.status import make_display
from edge.introduction import Told, initialise
from edge.rules.errors import RulesError
from edge.rules.pack import rules_file
from edge.settings import SettingsError
from edge.supervisor import SupervisorError
from edge.tracking.motchallenge import MotChallengeError
from models.errors import ModelError

ERRORS = (
    BoxError,
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

    clip_commands.add_to(commands)
    _add_outbox_commands(commands)
    camera_commands.add_to(commands)
    rule_testing.add_to(commands)
    box_summary.add_to(commands)
    return parser


def _add_init(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    making = commands.add_parser("init", help="make a box of a folder and introduce it to its centre")
    making.add_argument("folder", type=Path, metavar="DIR")
    making.add_argument("--central", required=True, metavar="URL")
    making.add_argument("--broker", metavar="mqtt://HOST:PORT", help="default: the one that the centre names")
    making.add_argument("--token", choices=("-",), help="- reads it from standard input; default: $XUNJIAN_TOKEN")
    making.add_argument(
        "--camera",
        action="append",
        type=_named,
        required=True,
        metavar="NAME=SOURCE",
        dest="cameras",
        help="a file, a folder or an address; one with a password: @FILE (mode 0600) or - (standard input, behind the "
        "token) with the address in it, or ${NAME} of the environment in the password's place",
    )
    making.add_argument(
        "--sub",
        action="append",
        type=_named,
        default=[],
        metavar="NAME=URL",
        dest="subs",
        help="a smaller stream of that camera, for detection; told as --camera",
    )
    making.add_argument("--rules", type=rules_file, required=True, metavar="FILE|PACK")
    making.add_argument("--detections", action="append", type=_named, default=[], metavar="NAME=FILE")
    making.add_argument("--box", metavar="ID", help="default: box- and 8 digits of its key")
    making.add_argument("--model", metavar="NAME|DIR", help="default: the shipped package")
    making.add_argument("--size", type=side_px, metavar="PX", help="longer side of the network's input")
    making.set_defaults(run=_init)


def _add_outbox_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    listing = commands.add_parser("incidents", help="every incident ever committed on this box")
    listing.add_argument("folder", type=Path, metavar="DIR")
    listing.add_argument("--json", action="store_true", help="a line each: id, type, state")
    listing.add_argument("--by-rule", action="store_true", help="how many leads of each rule people rejected")
    listing.set_defaults(run=_incidents)

    resending = commands.add_parser("resend", help="queue again what the centre refused")
    resending.add_argument("folder", type=Path, metavar="DIR")
    resending.set_defaults(run=_resend)

    removing = commands.add_parser("evict", help="remove old media that the centre holds; manifests and chain stay")
    removing.add_argument("folder", type=Path, metavar="DIR")
    removing.add_argument("--older-than", type=_days, required=True, metavar="DAYS", help="since it was committed")
    removing.set_defaults(run=_evict)


def _days(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= 36_500):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days from 1 on")
    return int(text)


def _named(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (equals and value and re.match(SLUG_PATTERN, name)):
        raise argparse.ArgumentTypeError(f"{masked(text)!r} is not NAME=SOURCE; names: a-z, 0-9, _ and -")
    return name, value


def _init(arguments: argparse.Namespace) -> int:
    token = sys.stdin.readline() if arguments.token == "-" else os.environ.get("XUNJIAN_TOKEN", "")  # noqa: S105
    if not token.strip():
        raise BoxError("no token: pipe one in with --token -, from `xunjian central token DIR` at the centre")
    told = Told(
        central_url=arguments.central,
        broker=arguments.broker,
        token=token.strip(),
        cameras={name: told_address(told, f"--camera {name}") for name, told in arguments.cameras},
        subs={name: told_address(told, f"--sub {name}") for name, told in arguments.subs},
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


def _incidents(arguments: argparse.Namespace) -> int:
    with open_outbox(arguments.folder) as outbox:
        decided = FeedbackBook(arguments.folder / FEEDBACK_JSON, outbox.committed)
        if arguments.by_rule:
            return _decisions_by_rule(decided, as_json=arguments.json)
        for incident in outbox.incidents():
            decision = decided.decision_of(incident.incident_id)
            if arguments.json:
                facts = {"id": incident.incident_id, "type": incident.type_id, "state": incident.state}
                decision_made = {} if decision is None else {"decision": decision.decision}
                print(json.dumps(facts | {"camera": incident.camera_id} | decision_made))
            else:
                said = "" if decision is None else f"  {decision.decision}"
                print(f"{incident.incident_id}  {incident.state:12}  {incident.camera_id:16}  {incident.type_id}{said}")
    return 0


def _decisions_by_rule(decided: FeedbackBook, *, as_json: bool) -> int:
    for rule, counts in decided.by_rule().items():
        if as_json:
            print(json.dumps({"rule": rule} | counts))
        else:
            of = sum(counts.values())
            print(f"{rule:24}  {counts.get('rejected', 0)} of {of} decided leads rejected")
    return 0


def _evict(arguments: argparse.Namespace) -> int:
    """Beside a box that runs, too: what it touches is over and delivered."""
    key = SigningKey.load(arguments.folder / BOX_KEY)
    with open_outbox(arguments.folder) as outbox:
        now = SystemClock().now().wall
        gone = remove_delivered(outbox, arguments.folder / "incidents", key, now=now, days=arguments.older_than)
    print(f"evict: {gone.files} files of {gone.incidents} incidents, {gone.bytes} bytes")
    return 0


def _resend(arguments: argparse.Namespace) -> int:
    with open_outbox(arguments.folder) as outbox:
        print(f"resend: {outbox.resend()} reports and files queued again")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
