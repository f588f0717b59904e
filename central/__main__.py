"""`xunjian central init | serve | token | incidents`."""

import argparse
import json
import logging
import re
import sys
from pathlib import Path

from central.cases.case import CaseFilter, CaseSummary
from central.cases.repository import list_cases
from central.clock import now
from central.database.engine import Database
from central.devices.enrolment import TokenScope, issue_token
from central.errors import CentralError, StorageError
from central.settings import Address, CentralFolder
from contract.ids import SLUG_PATTERN, rfc3339


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
    init.add_argument(
        "--database",
        metavar="URL",
        help="postgresql://USER@HOST/NAME, its password as ${NAME} or by a file (default: SQLite in DIR)",
    )
    init.add_argument("--database-password-file", type=Path, metavar="FILE", help="holds the password; mode 0600")
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
    settings = folder.create(arguments.broker, arguments.database, arguments.database_password_file)
    try:
        Database.open(folder.database_url(settings)).migrate()
    except StorageError:
        folder.settings_file.unlink()  # not a centre yet: the same command again, once what is wrong is mended
        raise
    print(f"made a centre in {folder.path}: broker {settings.broker_url}, key {folder.load_key().public.fingerprint}")
    print(f"next: xunjian central serve {folder.path}")
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    from central.serving import serve  # web server, pages and broker: the other commands need not wait for them

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    box_address = Address.parse(arguments.box_listen) if arguments.box_listen else None
    return serve(CentralFolder(arguments.folder), arguments.port, box_address)


def _token(arguments: argparse.Namespace) -> int:
    folder = CentralFolder(arguments.folder)
    database = Database.open(folder.database_url(folder.load()))
    database.migrate()
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
            page = list_cases(session, CaseFilter(), limit=200, cursor=cursor, order="newest")
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
