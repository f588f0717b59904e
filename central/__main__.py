"""`xunjian central init | serve | token | incidents`."""

import argparse
import asyncio
import json
import logging
import os
import re
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import uvicorn

from central.app import Centre, create_app, lock_folder
from central.cases.case import CaseFilter, CaseSummary
from central.cases.repository import list_cases
from central.clock import now
from central.database.engine import Database
from central.devices.enrolment import TokenScope, issue_token
from central.errors import AddressError, CentralError
from central.settings import LOOPBACK, Address, CentralFolder
from contract.ids import SLUG_PATTERN, rfc3339

SHUTDOWN_S = 3


def main(argv: list[str]) -> int:
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except CentralError as error:
        print(f"xunjian central: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # `... | head` is no failure of ours
        sys.stderr.close()
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="xunjian central", description="the centre: takes reports in, shows them")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    init = commands.add_parser("init", help="make a centre's folder: key, settings, database")
    init.add_argument("folder", type=Path, metavar="DIR")
    init.add_argument("--broker", metavar="mqtt://HOST:PORT", help="a broker that runs by itself (default: embedded)")
    init.set_defaults(run=_init)

    serve = commands.add_parser("serve", help="take reports in and serve the pages, on loopback only")
    serve.add_argument("folder", type=Path, metavar="DIR")
    serve.add_argument("--port", type=int, default=8080, metavar="N", help="of pages and API on 127.0.0.1 (8080)")
    serve.add_argument("--box-listen", metavar="HOST:PORT", help="a second address, for boxes alone: enrol and upload")
    serve.set_defaults(run=_serve)

    token = commands.add_parser("token", help="print a one-time token by which one box enrols within 15 minutes")
    token.add_argument("folder", type=Path, metavar="DIR")
    token.add_argument("--tenant", default="default", type=_slug, metavar="T")
    token.add_argument("--site", default="default", type=_slug, metavar="S")
    token.add_argument(
        "--box", type=_slug, metavar="ID", help="only this box may use it; needed for an id that is taken"
    )
    token.set_defaults(run=_token)

    incidents = commands.add_parser("incidents", help="every incident, oldest arrival first")
    incidents.add_argument("folder", type=Path, metavar="DIR")
    incidents.add_argument("--json", action="store_true", help="a JSON object a line")
    incidents.set_defaults(run=_incidents)
    return parser


def _slug(text: str) -> str:
    if not re.match(SLUG_PATTERN, text):
        raise argparse.ArgumentTypeError(f"{text!r}: small letters, digits, - and _, at most 63")
    return text


def _init(arguments: argparse.Namespace) -> int:
    folder = CentralFolder(arguments.folder)
    settings = folder.create(arguments.broker)
    Centre.open(folder).database.close()
    print(f"made a centre in {folder.path}: broker {settings.broker_url}, key {folder.load_key().public.fingerprint}")
    print(f"next: xunjian central serve {folder.path}")
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    folder = CentralFolder(arguments.folder)
    folder.load()
    lock = lock_folder(folder)
    sockets = [_listen(Address(LOOPBACK, arguments.port), "--port N")]
    box_port = None
    if arguments.box_listen:
        sockets.append(_listen(Address.parse(arguments.box_listen), "--box-listen HOST:PORT"))
        box_port = sockets[1].getsockname()[1]
    centre = Centre.open(folder)
    centre.start()
    app = create_app(centre, box_port=box_port)
    server = _Server(
        uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=SHUTDOWN_S
        ),
        f"centre ready: http://{LOOPBACK}:{sockets[0].getsockname()[1]}/  broker {centre.settings.broker_url}",
        centre.bell.close,
    )
    signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn raises it again when it is done: that is a good end
    try:
        asyncio.run(server.serve(sockets))
    except KeyboardInterrupt:
        pass
    finally:
        centre.stop()
        os.close(lock)
    return 0 if server.started else 1


class _Server(uvicorn.Server):
    """Says where it is as soon as it answers."""

    def __init__(self, config: uvicorn.Config, ready: str, closing: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self._closing = closing

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._closing()  # event streams never end by themselves
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(self._ready, flush=True)


def _listen(address: Address, option: str) -> socket.socket:
    """Raises AddressError."""
    try:
        family = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address.host, address.port))
        listener.listen()
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise AddressError(
            f"cannot listen on {address.host}:{address.port} ({why}): choose another with {option}"
        ) from error
    return listener


def _token(arguments: argparse.Namespace) -> int:
    folder = CentralFolder(arguments.folder)
    database = Database.open(folder.database_url(folder.load()))
    key = folder.load_key()
    with database.writing() as session:
        scope = TokenScope(arguments.tenant, arguments.site, arguments.box)
        token = issue_token(session, key.public, scope, now())
    print(token)
    return 0


def _incidents(arguments: argparse.Namespace) -> int:
    folder = CentralFolder(arguments.folder)
    database = Database.open(folder.database_url(folder.load()))
    database.migrate()
    cases: list[CaseSummary] = []
    cursor: str | None = None
    with database.reading() as session:
        while True:
            page = list_cases(session, CaseFilter(), limit=200, cursor=cursor)
            cases += page.cases
            cursor = page.next_cursor
            if cursor is None:
                break
    for case in reversed(cases):
        if arguments.json:
            print(json.dumps(_line(case)))
        else:
            print(
                f"{rfc3339(case.received_at)}  {case.type_id:24} {case.camera_id:16} {case.state:12} {case.incident_id}"
            )
    return 0


def _line(case: CaseSummary) -> dict[str, object]:
    return {
        "id": case.incident_id,
        "type": case.type_id,
        "received_at": rfc3339(case.received_at),
        "state": case.state,
        "phase": case.phase,
        "revision": case.revision,
        "box": case.box_id,
        "camera": case.camera_id,
        "evidence": case.evidence_state,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
