"""A camera is asked by ONVIF where its streams are."""

import os
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit
from xml.etree.ElementTree import Element

import httpx

from edge.capture import onvif_messages as messages
from edge.capture.camera import CameraError, CredentialsError
from edge.capture.masking import masked
from edge.capture.onvif_messages import Profile
from edge.clock import Clock, SystemClock

SERVICE = "/onvif/device_service"
SKEW_S_MAX = 5.0  # what cameras allow between their clock and the stamp of a request
ASK_S_MAX = 8.0
SOAP = {"Content-Type": 'application/soap+xml; charset="utf-8"'}


@dataclass(frozen=True, slots=True)
class Stream:
    """uri: with the login in it."""

    profile: Profile
    uri: str


@dataclass(frozen=True, slots=True)
class Streams:
    """skew_s: by how much the camera's clock is ahead of ours."""

    model: str
    main: Stream
    sub: Stream | None
    skew_s: float


def stream_address(address: str, within_s: float) -> str:
    """Where the stream is that the fragment of `onvif://[USER:PASSWORD@]HOST[:PORT][/PATH][#main|#sub]` names, with the
    login in it. Raises CameraError.
    """
    streams = ask_streams(address, within_s)
    stream = streams.sub if urlsplit(address).fragment == "sub" and streams.sub is not None else streams.main
    return stream.uri


def ask_streams(address: str, within_s: float = ASK_S_MAX, clock: Clock | None = None) -> Streams:
    """Raises CameraError, CredentialsError; the message never holds the password."""
    with httpx.Client(timeout=within_s, follow_redirects=False, trust_env=False) as client:
        device = _Device(address, client, clock or SystemClock(), within_s)
        return device.streams()


class _Device:
    def __init__(self, address: str, client: httpx.Client, clock: Clock, within_s: float) -> None:
        self._parts = _parts_of(address)
        self._shown = masked(address.partition("#")[0])
        self._client = client
        self._clock = clock
        self._end_s = clock.monotonic_s() + within_s
        self._user = unquote(self._parts.username or "")
        self._password = unquote(self._parts.password or "")
        self._skew_s = 0.0
        self._by_digest = False

    def streams(self) -> Streams:
        device = self._address(self._parts.path or SERVICE, self._parts.port)
        self._skew_s = self._ask_skew_s(device)
        model = messages.maker_and_model(self._ask(device, messages.information_request()))
        media = urlsplit(self._understood(messages.media_address, device, messages.capabilities_request()))
        try:
            address = self._address(media.path, media.port or 80)
        except ValueError as error:
            raise CameraError(f"{self._shown}: names a media service that is no address") from error
        found = self._understood(messages.profiles, address, messages.profiles_request())
        main, sub = messages.main_and_sub(found)
        return Streams(
            model, self._stream(address, main), None if sub is None else self._stream(address, sub), self._skew_s
        )

    def _stream(self, address: str, profile: Profile) -> Stream:
        uri = self._understood(messages.stream_uri, address, messages.stream_uri_request(profile.token))
        return Stream(profile, self._with_login(uri))

    def _with_login(self, uri: str) -> str:
        """What a camera says where its stream is may send the box, and the password with it, nowhere else."""
        try:
            parts = urlsplit(uri)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise CameraError(f"{self._shown}: answers with a stream address that is none") from error
        if parts.scheme not in ("rtsp", "rtsps"):
            kind = parts.scheme[:16] or "no"
            raise CameraError(f"{self._shown}: answers with {kind}:// for its stream; only rtsp:// is read")
        if host != self._parts.hostname:
            raise CameraError(
                f"{self._shown}: says that its stream is at another host, {host[:64]}; it is not followed. "
                "Give that address as `source` if it is right"
            )
        login = f"{quote(self._user, safe='')}:{quote(self._password, safe='')}@" if self._user else ""
        place = f"[{host}]" if ":" in host else host
        return parts._replace(netloc=f"{login}{place}" + (f":{port}" if port else "")).geturl()

    def _ask_skew_s(self, device: str) -> float:
        """By GetSystemDateAndTime, which needs no login. A camera that does not say counts as right."""
        body = messages.envelope(messages.system_time_request())
        root = self._send(device, body, None)
        try:
            theirs = messages.system_time(root)
        except (ValueError, OverflowError):
            return 0.0
        return (theirs - self._clock.now().wall).total_seconds()

    def _understood(self, read: Any, address: str, request: str) -> Any:
        root = self._ask(address, request)
        try:
            return read(root)
        except ValueError as error:
            raise CameraError(f"{self._shown}: answers what makes no sense: {error}") from error

    def _ask(self, address: str, request: str) -> Element:
        """With the login by WS-Security, by HTTP digest if the camera wants that. Raises CredentialsError."""
        root = None if not self._user or self._by_digest else self._ask_securely(address, request)
        if root is None:
            digest = httpx.DigestAuth(self._user, self._password) if self._user else None
            root = self._send(address, messages.envelope(request), digest)
        fault = messages.fault_of(root)
        if fault is None:
            return root
        if fault.refused:
            raise self._refusal()
        raise CameraError(f"{self._shown}: refuses: {fault.reason}")

    def _ask_securely(self, address: str, request: str) -> Element | None:
        """None: it wants HTTP digest, from now on."""
        now = self._clock.now().wall.astimezone(UTC) + timedelta(seconds=self._skew_s)
        header = messages.security(self._user, self._password, os.urandom(16), now)
        try:
            return self._send(address, messages.envelope(request, header), None)
        except _DigestWantedError:
            self._by_digest = True
            return None

    def _refusal(self) -> CredentialsError:
        if not self._user:
            return CredentialsError(f"{self._shown}: asks for a login; give user and password")
        hint = ""
        if abs(self._skew_s) > SKEW_S_MAX:
            hint = f", and set the camera's clock, which is {_off_by(self._skew_s)}"
        return CredentialsError(f"{self._shown}: the camera refuses the user name or password; check both{hint}")

    def _send(self, address: str, body: bytes, auth: httpx.Auth | None) -> Element:
        """One question and its answer, faults included. Raises CameraError, _DigestWantedError."""
        try:
            status, headers, data = self._exchange(address, body, auth)
        except httpx.HTTPError as error:
            raise CameraError(
                f"{self._shown}: does not answer ONVIF ({type(error).__name__}); check the address, and that ONVIF is "
                "switched on at the camera"
            ) from error
        if 300 <= status < 400:
            raise CameraError(f"{self._shown}: sends the box on to another address; it is not followed")
        if status == httpx.codes.UNAUTHORIZED:
            if auth is None and self._user and "digest" in headers.get("WWW-Authenticate", "").lower():
                raise _DigestWantedError
            raise self._refusal()
        if status == httpx.codes.NOT_FOUND:
            raise CameraError(f"{self._shown}: has no ONVIF service there; check the address and that ONVIF is on")
        try:
            return messages.parsed(data)
        except ValueError as error:
            raise CameraError(f"{self._shown}: refused {error}") from error

    def _exchange(self, address: str, body: bytes, auth: httpx.Auth | None) -> tuple[int, httpx.Headers, bytes]:
        """Bounded in size and, however slowly it drips, in time."""
        held = bytearray()
        with self._client.stream("POST", address, content=body, headers=SOAP, auth=auth) as response:
            for piece in response.iter_bytes():
                held += piece
                if len(held) > messages.ANSWER_BYTES_MAX:
                    break  # `parsed` says so
                if self._clock.monotonic_s() > self._end_s:
                    raise httpx.ReadTimeout("too slow")
            return response.status_code, response.headers, bytes(held)

    def _address(self, path: str, port: int | None) -> str:
        host = self._parts.hostname or ""
        return f"http://{f'[{host}]' if ':' in host else host}:{port or 80}{path or '/'}"


class _DigestWantedError(Exception):
    """The camera asks for HTTP digest in the place of WS-Security."""


def _parts_of(address: str) -> SplitResult:
    """Raises CameraError."""
    wrong = f"{masked(address)}: is not an ONVIF address; as in onvif://guard:PASSWORD@192.168.1.64:80"
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise CameraError(wrong) from error
    if parts.scheme != "onvif" or not parts.hostname or port == 0 or parts.fragment not in ("", "main", "sub"):
        raise CameraError(wrong)
    return parts


def _off_by(skew_s: float) -> str:
    off = abs(round(skew_s))
    words = f"{off // 86400} days" if off >= 172800 else f"{off // 3600} h {off % 3600 // 60} min {off % 60} s"
    return f"{words} {'ahead' if skew_s > 0 else 'behind'}"


def clock_note(skew_s: float) -> str | None:
    """What to say of a camera's clock; None while it is right."""
    if abs(skew_s) <= SKEW_S_MAX:
        return None
    return f"its clock is {_off_by(skew_s)}: set it, or let it ask a time server (NTP)"
