"""An ONVIF camera in a process of its own: SOAP over HTTP as ONVIF Core and Media have it, and WS-Discovery.

    python onvif_device.py PORT FACTS

FACTS, a JSON object: `login` (USER:PASSWORD, absent: none needed), `digest` (HTTP digest in the place of WS-Security),
`skew_s` (of its clock), `profiles` (TOKEN -> [encoding, width, height, uri]), `discovery` (answers probes on loopback),
`hostile` (entities, huge, redirect, drip, garbage: what its answers are). Prints `ready` when it listens.
"""

import base64
import hashlib
import json
import re
import secrets
import socket
import struct
import sys
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

GROUP, DISCOVERY_PORT = "239.255.255.250", 3702
TOLERATED_S = 5.0
NAMESPACES = (
    'xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" '
    'xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema" '
    'xmlns:ter="http://www.onvif.org/ver10/error"'
)
WITHOUT_LOGIN = {"GetSystemDateAndTime"}  # the access class PRE_AUTH of ONVIF Core


class RefusedError(Exception):
    pass


def envelope(body: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<SOAP-ENV:Envelope {NAMESPACES}>'
        f"<SOAP-ENV:Body>{body}</SOAP-ENV:Body></SOAP-ENV:Envelope>"
    ).encode()


def fault(subcode: str, reason: str) -> bytes:
    return envelope(
        "<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value><SOAP-ENV:Subcode>"
        f"<SOAP-ENV:Value>ter:{subcode}</SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Code>"
        f'<SOAP-ENV:Reason><SOAP-ENV:Text xml:lang="en">{reason}</SOAP-ENV:Text></SOAP-ENV:Reason></SOAP-ENV:Fault>'
    )


def local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


class Device:
    def __init__(self, port: int, facts: dict[str, Any]) -> None:
        self.port, self.facts = port, facts
        self.nonces: set[str] = set()
        self.realm_nonce = secrets.token_hex(8)

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.facts.get("skew_s", 0.0))

    def check(self, root: ET.Element) -> None:
        """The UsernameToken: password digest, a nonce never seen before, a stamp near the device's own time."""
        user, password = self.facts["login"].split(":")
        held = {local(one): one.text or "" for one in root.iter()}
        if held.get("Username") != user or held.get("Nonce", "") in self.nonces | {""}:
            raise RefusedError
        created = datetime.fromisoformat(held["Created"])
        nonce = base64.b64decode(held["Nonce"])
        wanted = base64.b64encode(hashlib.sha1(nonce + held["Created"].encode() + password.encode()).digest()).decode()
        if held.get("Password") != wanted or abs((created - self.now).total_seconds()) > TOLERATED_S:
            raise RefusedError
        self.nonces.add(held["Nonce"])

    def digest_holds(self, header: str, uri: str) -> bool:
        user, password = self.facts["login"].split(":")
        said = dict(re.findall(r'(\w+)="?([^",]+)"?', header.removeprefix("Digest ")))
        one = hashlib.md5(f"{user}:onvif:{password}".encode()).hexdigest()
        two = hashlib.md5(f"POST:{uri}".encode()).hexdigest()
        parts = (one, self.realm_nonce, said.get("nc", ""), said.get("cnonce", ""), said.get("qop", ""), two)
        return said.get("response") == hashlib.md5(":".join(parts).encode()).hexdigest()

    def answer(self, request: str, root: ET.Element) -> bytes:
        match request:
            case "GetSystemDateAndTime":
                now = self.now
                return envelope(
                    "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType>"
                    "<tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime><tt:Time>"
                    f"<tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second>"
                    f"</tt:Time><tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month>"
                    f"<tt:Day>{now.day}</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime>"
                    "</tds:GetSystemDateAndTimeResponse>"
                )
            case "GetDeviceInformation":
                return envelope(
                    "<tds:GetDeviceInformationResponse><tds:Manufacturer>Acme</tds:Manufacturer><tds:Model>IPC-1</tds:Model>"
                    "<tds:FirmwareVersion>1.0</tds:FirmwareVersion><tds:SerialNumber>7</tds:SerialNumber>"
                    "<tds:HardwareId>1</tds:HardwareId></tds:GetDeviceInformationResponse>"
                )
            case "GetCapabilities":
                # the address that it believes to have, as behind a router
                return envelope(
                    "<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Media>"
                    f"<tt:XAddr>http://10.0.0.7:{self.port}/onvif/media_service</tt:XAddr></tt:Media>"
                    "</tds:Capabilities></tds:GetCapabilitiesResponse>"
                )
            case "GetProfiles":
                return envelope(f"<trt:GetProfilesResponse>{self.profiles()}</trt:GetProfilesResponse>")
            case "GetStreamUri":
                token = next(one.text or "" for one in root.iter() if local(one) == "ProfileToken")
                uri = self.facts["profiles"][token][3]
                return envelope(
                    f"<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>{uri}</tt:Uri>"
                    "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:Timeout>PT60S</tt:Timeout>"
                    "</trt:MediaUri></trt:GetStreamUriResponse>"
                )
            case _:
                return fault("ActionNotSupported", "Optional Action Not Implemented")

    def profiles(self) -> str:
        return "".join(
            f'<trt:Profiles token="{token}" fixed="true"><tt:Name>{token} stream</tt:Name>'
            '<tt:VideoSourceConfiguration token="source"><tt:Name>source</tt:Name>'
            '<tt:Bounds x="0" y="0" width="1920" height="1080"/></tt:VideoSourceConfiguration>'
            f'<tt:VideoEncoderConfiguration token="{token}_encoder"><tt:Name>{token}_encoder</tt:Name>'
            f"<tt:Encoding>{encoding}</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width>"
            f"<tt:Height>{height}</tt:Height></tt:Resolution></tt:VideoEncoderConfiguration></trt:Profiles>"
            for token, (encoding, width, height, _) in self.facts["profiles"].items()
        )


class Handler(BaseHTTPRequestHandler):
    device: Device

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.hostile(self.device.facts.get("hostile")):
            return
        root = ET.fromstring(body)
        request = local(next(one for one in root.iter() if local(one) == "Body")[0])
        facts = self.device.facts
        if facts.get("login") and request not in WITHOUT_LOGIN:
            if facts.get("digest"):
                if not self.device.digest_holds(self.headers.get("Authorization", ""), self.path):
                    challenge = f'Digest realm="onvif", qop="auth", nonce="{self.device.realm_nonce}"'
                    self.reply(401, b"", {"WWW-Authenticate": challenge})
                    return
            else:
                try:
                    self.device.check(root)
                except (RefusedError, KeyError, ValueError):
                    self.reply(400, fault("NotAuthorized", "Sender not Authorized"))
                    return
        print(request, flush=True)
        self.reply(200, self.device.answer(request, root))

    def hostile(self, how: str | None) -> bool:
        if how == "redirect":
            self.reply(302, b"", {"Location": "http://127.0.0.2:9/elsewhere"})
        elif how == "entities":
            bomb = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
            self.reply(200, f'<!DOCTYPE x [<!ENTITY a0 "ha">{bomb}]><x>&a11;</x>'.encode())
        elif how == "huge":
            self.reply(200, envelope("<a>" + "b" * 10_000_000 + "</a>"))
        elif how == "deep":
            self.reply(200, envelope("<a>" * 20_000 + "</a>" * 20_000))
        elif how == "garbage":
            self.reply(200, bytes(range(256)) * 8)
        elif how == "drip":
            self.send_response(200)
            self.end_headers()
            for _ in range(120):
                self.wfile.write(b"<")
                time.sleep(0.5)
        return how is not None

    def reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/soap+xml", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


def answer_probes(port: int) -> None:
    """WS-Discovery, for probes that come over loopback."""
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    link.bind((GROUP, DISCOVERY_PORT))
    membership = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton("127.0.0.1"))
    link.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
    while True:
        data, sender = link.recvfrom(65_536)
        root = ET.fromstring(data)
        asked = next((one.text for one in root.iter() if local(one) == "MessageID"), "")
        if not any(local(one) == "Probe" for one in root.iter()):
            continue
        link.sendto(b"\xff\x00 no answer at all", sender)
        match = (
            '<?xml version="1.0"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" '
            'xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
            'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" '
            'xmlns:dn="http://www.onvif.org/ver10/network/wsdl">'
            f"<e:Header><w:RelatesTo>{asked}</w:RelatesTo></e:Header><e:Body><d:ProbeMatches><d:ProbeMatch>"
            f"<w:EndpointReference><w:Address>urn:uuid:{uuid.uuid4()}</w:Address></w:EndpointReference>"
            "<d:Types>dn:NetworkVideoTransmitter</d:Types>"
            "<d:Scopes>onvif://www.onvif.org/name/Acme onvif://www.onvif.org/hardware/IPC-1</d:Scopes>"
            f"<d:XAddrs>http://192.0.2.9/onvif/device_service http://127.0.0.1:{port}/onvif/device_service</d:XAddrs>"
            "<d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></e:Body></e:Envelope>"
        ).encode()
        for _ in range(2):  # as over UDP: an answer may come twice
            link.sendto(match, sender)


def main() -> None:
    port, facts = int(sys.argv[1]), json.loads(unquote(sys.argv[2]))
    Handler.device = Device(port, facts)
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    if facts.get("discovery"):
        threading.Thread(target=answer_probes, args=(port,), daemon=True).start()
        time.sleep(0.2)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
