"""What is said to an ONVIF camera and what it answers: SOAP 1.2 as bytes, without the network.

ONVIF Core, Media and WS-Discovery (schemas.xmlsoap.org/ws/2005/04/discovery). Answers come from whatever is plugged in:
no document type, no entity, no depth or size without a bound; what is not understood is ValueError.
"""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

ANSWER_BYTES_MAX = 256 * 1024
PROFILES_MAX = 64
TEXT_MAX = 200
SUB_WIDTH_MIN = 640  # a smaller picture is too small to detect in
DEVICE = "http://www.onvif.org/ver10/device/wsdl"
MEDIA = "http://www.onvif.org/ver10/media/wsdl"
SCHEMA = "http://www.onvif.org/ver10/schema"
_SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
_DIGEST = f"{_SECURITY}-username-token-profile-1.0#PasswordDigest"
Codec = Literal["h264", "hevc"]
CODECS: dict[str, Codec] = {"H264": "h264", "H265": "hevc"}


@dataclass(frozen=True, slots=True)
class Profile:
    """One way in which a camera encodes its picture; only those that are read here."""

    token: str
    name: str
    codec: Codec
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Fault:
    """refused: the login, not the request."""

    refused: bool
    reason: str


def envelope(body: str, header: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">'
        f"<s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def security(user: str, password: str, nonce: bytes, created: datetime) -> str:
    """The header of WS-Security's UsernameToken Profile 1.0. created: by the camera's clock, which it compares with."""
    stamp = created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = base64.b64encode(hashlib.sha1(nonce + stamp.encode() + password.encode()).digest())  # noqa: S324 - the profile's
    return (
        f'<w:Security xmlns:w="{_SECURITY}-wssecurity-secext-1.0.xsd" s:mustUnderstand="1"><w:UsernameToken>'
        f'<w:Username>{escape(user)}</w:Username><w:Password Type="{_DIGEST}">{digest.decode()}</w:Password>'
        f"<w:Nonce>{base64.b64encode(nonce).decode()}</w:Nonce>"
        f'<u:Created xmlns:u="{_SECURITY}-wssecurity-utility-1.0.xsd">{stamp}</u:Created>'
        "</w:UsernameToken></w:Security>"
    )


def system_time_request() -> str:
    return f'<GetSystemDateAndTime xmlns="{DEVICE}"/>'


def information_request() -> str:
    return f'<GetDeviceInformation xmlns="{DEVICE}"/>'


def capabilities_request() -> str:
    return f'<GetCapabilities xmlns="{DEVICE}"><Category>Media</Category></GetCapabilities>'


def profiles_request() -> str:
    return f'<GetProfiles xmlns="{MEDIA}"/>'


def stream_uri_request(token: str) -> str:
    return (
        f'<GetStreamUri xmlns="{MEDIA}"><StreamSetup><Stream xmlns="{SCHEMA}">RTP-Unicast</Stream>'
        f'<Transport xmlns="{SCHEMA}"><Protocol>RTSP</Protocol></Transport></StreamSetup>'
        f"<ProfileToken>{escape(token)}</ProfileToken></GetStreamUri>"
    )


def probe(message_id: str) -> bytes:
    """The question of WS-Discovery: who transmits video?"""
    addressing = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
    discovery = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
    header = (
        f'<a:MessageID xmlns:a="{addressing}">urn:uuid:{message_id}</a:MessageID>'
        f'<a:To xmlns:a="{addressing}">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>'
        f'<a:Action xmlns:a="{addressing}">{discovery}/Probe</a:Action>'
    )
    types = '<d:Types xmlns:n="http://www.onvif.org/ver10/network/wsdl">n:NetworkVideoTransmitter</d:Types>'
    return envelope(f'<d:Probe xmlns:d="{discovery}">{types}</d:Probe>', header)


def parsed(data: bytes) -> Element:
    """Raises ValueError."""
    if len(data) > ANSWER_BYTES_MAX:
        raise ValueError(f"an answer of more than {ANSWER_BYTES_MAX // 1024} kB")
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except DefusedXmlException as error:
        raise ValueError("an answer with a document type or entities of its own") from error
    except (ParseError, UnicodeError, ValueError, LookupError, RecursionError) as error:
        raise ValueError("an answer that is no XML") from error
    return root


def fault_of(root: Element) -> Fault | None:
    if not any(True for _ in _all(root, "Fault")):
        return None
    codes = " ".join(_text(value) for value in _all(root, "Value"))
    reason = next((_text(text) for text in _all(root, "Text")), "") or "no reason given"
    return Fault("NotAuthorized" in codes or "FailedAuthentication" in codes, reason)


def system_time(root: Element) -> datetime:
    """Raises ValueError."""
    utc = _first(root, "UTCDateTime")
    names = ("Year", "Month", "Day", "Hour", "Minute", "Second")
    return datetime(*(int(_text(_first(utc, name))) for name in names), tzinfo=UTC)  # type: ignore[misc, arg-type]


def maker_and_model(root: Element) -> str:
    parts = [_text(one) for name in ("Manufacturer", "Model") for one in _all(root, name)]
    return " ".join(part for part in parts if part) or "a camera"


def media_address(root: Element) -> str:
    """Of the media service. Raises ValueError."""
    return _text(_first(_first(root, "Media"), "XAddr"))


def profiles(root: Element) -> tuple[Profile, ...]:
    """Those in H.264 and H.265, largest first. Raises ValueError when there is none."""
    found = []
    for one in list(_all(root, "Profiles"))[:PROFILES_MAX]:
        encoder = next(_all(one, "VideoEncoderConfiguration"), None)
        if encoder is None:
            continue
        codec = CODECS.get(_text(_first(encoder, "Encoding")).upper())
        size = _first(encoder, "Resolution")
        width, height = (int(_text(_first(size, name))) for name in ("Width", "Height"))
        token = one.get("token", "")
        if codec is not None and token and width > 0 and height > 0:
            named = next((_text(name) for name in one if _local(name) == "Name"), token)
            found.append(Profile(token, named, codec, width, height))
    if not found:
        raise ValueError("no profile in H.264 or H.265; set one up on the camera's page")
    return tuple(sorted(found, key=lambda one: -one.width * one.height))


def main_and_sub(found: Sequence[Profile]) -> tuple[Profile, Profile | None]:
    """The largest for evidence; for detection the smallest that is large enough, where there is a smaller one."""
    main = found[0]
    smaller = [one for one in found if SUB_WIDTH_MIN <= one.width < main.width]
    return main, min(smaller, key=lambda one: one.width * one.height, default=None)


def stream_uri(root: Element) -> str:
    """Raises ValueError."""
    return _text(_first(root, "Uri"), 2048)


def probe_match(root: Element, sender: str) -> str | None:
    """The address of the device service of who answered, at the host that the answer came from. None: no camera."""
    if not any("NetworkVideoTransmitter" in _text(types) for types in _all(root, "Types")):
        return None
    for address in " ".join(_text(one, 2048) for one in _all(root, "XAddrs")).split():
        parts = urlsplit(address)
        if parts.scheme == "http" and parts.hostname == sender:
            return address
    return None


def _all(element: Element, name: str) -> Iterator[Element]:
    """By local name: cameras choose their prefixes, some even the namespace's version."""
    return (one for one in element.iter() if _local(one) == name)


def _first(element: Element, name: str) -> Element:
    found = next(_all(element, name), None)
    if found is None:
        raise ValueError(f"an answer without {name}")
    return found


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: Element, most: int = TEXT_MAX) -> str:
    """In one line, and printable: it ends up on a terminal."""
    text = " ".join((element.text or "").split())
    return "".join(letter for letter in text if letter.isprintable())[:most]
