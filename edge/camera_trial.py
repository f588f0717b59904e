"""One camera tried for a few seconds: what it sends, or why it does not."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from edge.cameras import open_once
from edge.capture.camera import CameraError
from edge.capture.frame import Frame
from edge.capture.masking import masked
from edge.capture.packet_ring import EncodedPacket
from edge.capture.source import Source, kind_of
from edge.clock import Clock


@dataclass(frozen=True, slots=True)
class Trial:
    """problem: None when pictures came. keyframe_s: None when fewer than two keyframes came in the time."""

    camera_id: str
    stream: str  # `source`, or `detect_source`
    shown: str
    codec: str | None = None
    width: int = 0
    height: int = 0
    fps: float = 0.0
    keyframe_s: float | None = None
    problem: str | None = None

    def to_line(self) -> str:
        if self.problem is not None:
            return f"{self.camera_id:16}  failed  {self.problem}"
        keyframes = "seldom" if self.keyframe_s is None else f"every {self.keyframe_s:.1f} s"
        facts = f"{self.codec} {self.width}x{self.height}, {self.fps:.1f} frames/s, keyframes {keyframes}"
        return f"{self.camera_id:16}  ok      {facts}; {self.stream} {self.shown}"


def streams_of(source: Source) -> tuple[tuple[str, Source], ...]:
    """Each stream of a camera by its name in box.yaml, as a source of its own. Raises CameraError."""
    if source.main is None:
        return (("source", source),)
    main = replace(source, kind=kind_of(source.main), address=source.main, shown=masked(source.main), main=None)
    return ("detect_source", replace(source, main=None)), ("source", main)


def try_camera(stream: str, source: Source, clock: Clock, watch_s: float) -> Trial:
    """In a process of its own; after the time that the source may take to open, `watch_s` long."""
    trial = Trial(source.camera_id, stream, source.shown)
    frame: Frame | None = None
    try:
        with open_once(source, clock) as camera:
            began_s = clock.monotonic_s()
            for frame in camera.frames():  # noqa: B007 - the last one is looked at below
                if clock.monotonic_s() - began_s >= watch_s:
                    break
                time.sleep(0.1)  # one picture is enough, the packets say the rest
            packets = camera.ring.packets()
    except CameraError as error:
        return replace(trial, problem=str(error))
    if frame is None:
        return replace(trial, problem=f"{source.shown}: no picture came; check that the camera shows one")
    return replace(
        trial,
        codec=packets[-1].format.codec if packets else None,
        width=frame.width,
        height=frame.height,
        fps=round(_rate(packets), 2),
        keyframe_s=_keyframe_s(packets),
    )


def snapshot(source: Source, clock: Clock) -> Frame:
    """The first picture that comes. Raises CameraError."""
    with open_once(source, clock) as camera:
        for frame in camera.frames():
            return frame
    raise CameraError(f"{source.shown}: no picture came; check that the camera shows one")


def _rate(packets: Sequence[EncodedPacket]) -> float:
    steps = [two - one for one, two in pairwise(sorted(packet.stream_s for packet in packets)) if two > one]
    return 1 / median(steps) if steps else 0.0


def _keyframe_s(packets: Sequence[EncodedPacket]) -> float | None:
    steps = [two - one for one, two in pairwise(packet.stream_s for packet in packets if packet.keyframe)]
    return round(median(steps), 2) if steps else None
