"""`xunjian edge cameras --discover`: which cameras answer, what they send, and how to add them to box.yaml."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from edge.camera_address import private_line
from edge.capture.camera import CameraError
from edge.capture.masking import masked
from edge.capture.onvif import Stream, Streams, ask_streams, clock_note
from edge.capture.ws_discovery import discover
from edge.settings import SettingsError, with_secrets

LISTEN_S = 4.0
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Login:
    """entry: as box.yaml may hold it, without the secret. Empty: none was given."""

    user: str = ""
    password: str = ""
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A camera that answered. place: HOST[:PORT]."""

    place: str
    path: str
    streams: Streams | None
    problem: str | None

    def lines(self, login: Login) -> list[str]:
        if self.streams is None:
            return [f"{self.place:22}  failed  {self.problem}"]
        kinds = (("main", self.streams.main), ("sub", self.streams.sub))
        lines = [f"{self.place:22}  {self.streams.model}"]
        lines += [f"  {kind:5} {_stream_line(stream)}" for kind, stream in kinds if stream is not None]
        note = clock_note(self.streams.skew_s)
        lines += [f"  note  {note}"] if note else []
        entry = f"{login.entry}@{self.place}" if login.entry else self.place
        return [*lines, f"  add   CAMERA: {{onvif: {json.dumps(entry + self.path)}}}"]

    def to_json(self) -> str:
        facts: dict[str, Any] = {"address": self.place, "problem": self.problem}
        if self.streams is not None:
            streams = {"main": self.streams.main, "sub": self.streams.sub}
            facts |= {"model": self.streams.model, "skew_s": round(self.streams.skew_s, 1)}
            facts |= {kind: stream and _stream_facts(stream) for kind, stream in streams.items()}
        return json.dumps(facts, ensure_ascii=False)


def read_login(text: str | None, folder: Path) -> Login:
    """text: `USER:${NAME}`, `USER:${keys/FILE}` of the box's folder, `USER:@FILE`, or `-` for `USER:PASSWORD` on
    standard input. A password that is written out is refused: everybody on this machine can read a command line.

    Raises SettingsError.
    """
    if text is None:
        return Login()
    given = sys.stdin.readline(1024).rstrip("\n") if text == "-" else text
    user, separator, secret = given.partition(":")
    if not separator or not user or not secret:
        raise SettingsError("the login is USER:PASSWORD on standard input, or USER:${NAME}, or USER:@FILE")
    if text == "-":
        return Login(user, secret, f"{quote(user)}:${{CAMERA_PASSWORD}}")
    if secret.startswith("@"):
        return Login(user, private_line(Path(secret[1:])), f"{quote(user)}:${{CAMERA_PASSWORD}}")
    if not (secret.startswith("${") and secret.endswith("}")):
        raise SettingsError(
            "--login: a password does not belong on a command line, which everybody on this machine can read; give "
            "USER:${NAME}, USER:@FILE, or - and USER:PASSWORD on standard input"
        )
    return Login(user, with_secrets(secret, folder), f"{quote(user)}:{secret}")


def look_around(login: Login, from_address: str | None, *, as_json: bool) -> int:
    """Prints who answers, as soon as all were asked; 1 when nobody did, or one could not be read."""
    addresses = sorted(discover(LISTEN_S, from_address))
    if not addresses:
        print(
            "no ONVIF camera answered; is this machine on the cameras' network, and ONVIF switched on at the cameras?",
            file=sys.stderr,
        )
        return 1
    failed = False
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for found in pool.map(lambda address: _ask(address, login), addresses):
            failed |= found.problem is not None
            print(found.to_json() if as_json else "\n".join(found.lines(login)), flush=True)
    return 1 if failed else 0


def _ask(address: str, login: Login) -> Found:
    parts = urlsplit(address)
    place = parts.netloc.rpartition("@")[2]
    path = "" if parts.path == "/onvif/device_service" else parts.path
    secret = f"{quote(login.user, safe='')}:{quote(login.password, safe='')}@" if login.user else ""
    try:
        return Found(place, path, ask_streams(f"onvif://{secret}{place}{path}"), None)
    except CameraError as error:
        return Found(place, path, None, str(error))


def _stream_line(stream: Stream) -> str:
    profile = stream.profile
    return f"{profile.codec} {profile.width}x{profile.height}  {masked(stream.uri)}  ({profile.name})"


def _stream_facts(stream: Stream) -> dict[str, Any]:
    profile = stream.profile
    size = {"width": profile.width, "height": profile.height}
    return {"profile": profile.name, "codec": profile.codec, **size, "uri": masked(stream.uri)}
