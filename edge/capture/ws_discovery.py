"""Which cameras answer on this network: WS-Discovery's probe, over multicast UDP."""

import socket
import time
import uuid
from collections.abc import Iterator

from edge.capture import onvif_messages as messages
from edge.capture.camera import CameraError

GROUP, PORT = "239.255.255.250", 3702
DATAGRAM_BYTES_MAX = 65_536
ANSWERS_MAX = 1024  # datagrams looked at, whatever comes
HOPS = 1


def discover(listen_s: float, from_address: str | None = None) -> Iterator[str]:
    """The address of each camera's device service, once, as they answer. from_address: the box's own on the cameras'
    network, where it has several; default: the system's choice. Raises CameraError when nothing can be sent.
    """
    end_s, seen = time.monotonic() + listen_s, set[str]()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        try:
            link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, HOPS)
            if from_address is not None:
                link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(from_address))
                link.bind((from_address, 0))
            link.sendto(messages.probe(str(uuid.uuid4())), (GROUP, PORT))
        except OSError as error:
            where = f" from {from_address}" if from_address else ""
            raise CameraError(
                f"no question can be sent to the network{where} ({error.strerror}); name this machine's own address on "
                "the cameras' network with --from"
            ) from error
        for _ in range(ANSWERS_MAX):
            answer = _next(link, end_s)
            if answer is None:
                return
            address = _camera(*answer)
            if address is not None and address not in seen:
                seen.add(address)
                yield address


def _next(link: socket.socket, end_s: float) -> tuple[bytes, str] | None:
    """A datagram and who sent it; None when the time is over."""
    rest_s = end_s - time.monotonic()
    if rest_s <= 0:
        return None
    link.settimeout(rest_s)
    try:
        data, (sender, _) = link.recvfrom(DATAGRAM_BYTES_MAX)
    except TimeoutError:
        return None
    return data, sender


def _camera(data: bytes, sender: str) -> str | None:
    """None for what is no camera, or no answer at all: anybody may send anything."""
    try:
        return messages.probe_match(messages.parsed(data), sender)
    except ValueError:
        return None
