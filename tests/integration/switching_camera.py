"""An RTSP camera that goes over to another codec within a connection, as no server of a library does.

Over TCP, one NAL unit a packet (RFC 6184, RFC 7798); what it announces to a new client is what it sends then.
"""

import contextlib
import socket
import time
from collections.abc import Callable
from pathlib import Path

import av

from edge.capture.parameter_sets import nal_units
from tests.listening import Listening
from tests.rendered_clip import render_clip

NAMES = {"h264": "H264", "hevc": "H265"}
ENCODERS = {"h264": "libx264", "hevc": "libx265"}
PAYLOAD_TYPE, SSRC, TICKS = 96, 0x58554E4A, 90_000


class SwitchingCamera(Listening):
    """codec: what it sends from the next keyframe on; may be set while it runs."""

    def __init__(self, folder: Path, fps: int = 20) -> None:
        super().__init__()
        self.codec = "h264"
        self.connections = 0
        self._fps = fps
        self._pictures = {codec: _pictures(folder / f"{codec}.ts", codec, fps) for codec in NAMES}
        self.url = f"rtsp://127.0.0.1:{self.port}/camera"

    def _serve(self, client: socket.socket) -> None:
        self.connections += 1
        with contextlib.suppress(OSError), client, client.makefile("rb") as asked:
            while line := asked.readline():
                method, headers = line.split()[0].decode(), {}
                while (header := asked.readline().strip()) != b"":
                    name, _, value = header.decode().partition(": ")
                    headers[name.lower()] = value
                client.sendall(self._answer(method, headers["cseq"]))
                if method == "PLAY":
                    self._play(client.sendall)

    def _answer(self, method: str, number: str) -> bytes:
        lines, body = [f"RTSP/1.0 200 OK\r\nCSeq: {number}\r\nSession: 1"], ""
        match method:
            case "OPTIONS":
                lines.append("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN")
            case "DESCRIBE":
                body = (
                    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
                    f"a=rtpmap:96 {NAMES[self.codec]}/90000\r\na=control:{self.url}/video\r\n"
                )
                lines.append(f"Content-Type: application/sdp\r\nContent-Length: {len(body)}")
            case "SETUP":
                lines.append("Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()

    def _play(self, send: Callable[[bytes], None]) -> None:
        number = sequence = 0
        while True:
            pictures = self._pictures[self.codec]  # each loop begins with a keyframe
            for units in pictures:
                for at, unit in enumerate(units):
                    marker = (at == len(units) - 1) << 7
                    packet = bytes([0x80, marker | PAYLOAD_TYPE]) + (sequence & 0xFFFF).to_bytes(2, "big")
                    packet += (number * TICKS // self._fps).to_bytes(4, "big") + SSRC.to_bytes(4, "big") + unit
                    send(b"$\0" + len(packet).to_bytes(2, "big") + packet)
                    sequence += 1
                number += 1
                time.sleep(1 / self._fps)


def _pictures(clip: Path, codec: str, fps: int) -> list[list[bytes]]:
    render_clip(clip, frames=10, fps=fps, codec=ENCODERS[codec])
    with av.open(str(clip)) as container:
        return [list(nal_units(bytes(packet))) for packet in container.demux(video=0) if packet.size]
