"""The process of one camera: decodes, holds the packets, answers the box's questions one by one.

It imports PyAV and numpy and nothing else that is heavy. It ends when the box says so, or is gone.
"""

import contextlib
import logging
import os
import resource
import signal
from dataclasses import astuple
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import Any

from edge.capture import gstreamer, http_mjpeg, rtsp
from edge.capture.camera import CameraError
from edge.capture.decoder import MakeDecoder
from edge.capture.decoding import VideoSource
from edge.capture.engine_first import EngineFirst
from edge.capture.ffmpeg_decoder import FFmpegDecoder
from edge.capture.http_mjpeg import HttpCamera
from edge.capture.live import LiveCamera, Patience
from edge.capture.packet_ring import PacketRing
from edge.capture.picture_slot import PictureSlot
from edge.capture.recorder import Recorder
from edge.capture.rtsp import RtspCamera
from edge.capture.source import DecoderKind, Source, kind_of
from edge.capture.stream import StreamCamera
from edge.capture.v4l2 import V4l2Camera
from edge.capture.video_file import FolderCamera, VideoFileCamera
from edge.capture.wire import Counts, Look, look_fields, receive, send, send_packets
from edge.clock import Clock, SystemClock

JETSON = Path("/etc/nv_tegra_release")
COMMAND_CHARACTERS_MAX = 15  # more is cut off by the kernel


class Descriptor:
    """A file descriptor as an argument of a process that is being started; there it arrives as a number of its own."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __reduce__(self) -> tuple[Any, ...]:
        return _detached, (DupFd(self._descriptor),)


def _detached(duplicate: Any) -> int:
    return int(duplicate.detach())


def serve(source: Source, connection: Connection, slot_memory: Any) -> None:
    """The entry function. slot_memory: what a `Descriptor` of the picture slot became."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # both reach the whole group; the box asks each camera to stop, in order
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold pictures and the password
    Path("/proc/self/comm").write_text(f"cam-{source.camera_id}"[:COMMAND_CHARACTERS_MAX])  # what `ps` and `top` show
    logging.basicConfig(format="xunjian edge: %(message)s", level=logging.WARNING)
    slot = PictureSlot(slot_memory)
    os.close(slot_memory)
    with contextlib.suppress(EOFError, OSError):  # the box is gone
        _answer(source, connection, slot)
    os._exit(0)  # a capture thread that hangs in a decoder must not keep the process


def open_source(source: Source, clock: Clock) -> LiveCamera:
    """The camera for this kind of source. Raises CameraError when its address is of another kind."""
    common: dict[str, Any] = {
        "ring_bytes_max": source.ring_bytes_max,
        "start_s": source.start_s,
        "make_decoder": make_decoder(source.decoder),
    }
    if source.kind in ("file", "folder"):
        files = VideoFileCamera if source.kind == "file" else FolderCamera
        return files(source.camera_id, Path(source.address), clock, loop=source.loop, **common)
    cameras: dict[str, Any] = {
        "rtsp": RtspCamera,
        "http": HttpCamera,
        "onvif": partial(StreamCamera, connect=_connect_by_onvif),
        "v4l2": V4l2Camera,
    }
    common |= {"keep_packets": source.main is None}
    camera: LiveCamera = cameras[source.kind](source.camera_id, source.address, clock, source.patience, **common)
    return camera


def make_decoder(kind: DecoderKind) -> MakeDecoder:
    """auto: the video engine on a machine that says it is a Jetson, until it fails; then, and elsewhere, FFmpeg."""
    if kind == "auto" and JETSON.exists():
        return EngineFirst(gstreamer.decoder_by_engine)
    return gstreamer.decoder_of if kind == "gstreamer" else FFmpegDecoder


def _connect_by_onvif(address: str, ring: PacketRing | None, patience: Patience, /) -> VideoSource:
    """Asked before each connection: a camera that got another address or firmware is found again."""
    from edge.capture.onvif import stream_address  # an HTTP client, which no other camera's process needs

    return rtsp.connect(stream_address(address, patience.open_s_max), ring, patience)


def recording(source: Source, camera: LiveCamera) -> contextlib.AbstractContextManager[object]:
    """What keeps the packets of the main stream, where there is one. Raises CameraError as `open_source` does."""
    if source.main is None:
        return contextlib.nullcontext()
    kinds = {"rtsp": rtsp.connect, "http": http_mjpeg.connect, "onvif": _connect_by_onvif}
    main, connect = source.main, kinds[kind_of(source.main)]
    return Recorder(camera, lambda: connect(main, camera.ring, source.patience))


def _answer(source: Source, connection: Connection, slot: PictureSlot) -> None:
    try:
        with open_source(source, SystemClock()) as camera, recording(source, camera):
            send(connection, "opened", counts=_counts(camera))
            while (question := receive(connection))["kind"] != "stop":
                match question["kind"]:
                    case "take":
                        camera.pass_over(question["passed"])
                        _take(camera, connection, slot, question["within_s"])
                    case "clip":
                        clip = camera.ring.clip(question["from_s"], question["to_s"], question["cap_s"])
                        span = None if clip is None else (clip.first_s, clip.last_s)
                        send_packets(connection, () if clip is None else clip.packets, span=span)
                    case _:
                        send_packets(connection, camera.ring.packets())
    except CameraError as error:  # while it was opened
        send(connection, "failed", why=str(error))


def _take(camera: LiveCamera, connection: Connection, slot: PictureSlot, within_s: float) -> None:
    try:
        taken = camera.take(within_s)
    except CameraError as error:  # for good; the packets stay to be asked for
        send(connection, "failed", why=str(error))
        return
    if taken is None:
        send(connection, "ended" if camera.ended else "nothing", counts=_counts(camera))
        return
    try:
        layout = slot.write(taken.picture.pixels())
    except ValueError as error:
        send(connection, "failed", why=f"{camera.source}: {error}; set the camera to a smaller picture")
        return
    look = Look(taken.index, taken.picture.stream_s, layout, taken.moment)
    send(connection, "frame", counts=_counts(camera), **look_fields(look))


def _counts(camera: LiveCamera) -> tuple[Any, ...]:
    return astuple(
        Counts(
            camera.frames_in,
            camera.frames_dropped,
            camera.attempts,
            camera.waiting,
            camera.ring.bytes_held,
            camera.outage or camera.fault,
        )
    )
