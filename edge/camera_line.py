"""A camera and what looks at it: the view first, then, where there is one, the analysis."""

from dataclasses import dataclass, field
from typing import Protocol

from contract.incident_report import CloseReason
from edge.capture.camera import Camera
from edge.capture.frame import Frame
from edge.detection.pace import Pace
from edge.health.camera_gauge import CameraGauge
from edge.health.camera_view import View


class Outcome(Protocol):
    """What one frame led to. detect_s: the detector alone."""

    @property
    def detect_s(self) -> float: ...

    @property
    def tracks(self) -> int: ...


class Analysis(Protocol):
    """What a camera's frames go through, as `edge.pipeline` has it."""

    def step(self, frame: Frame, /) -> Outcome: ...

    def finish(self, reason: CloseReason, /) -> object: ...

    def settle(self) -> int: ...

    @property
    def awaiting(self) -> int: ...

    def set_moved(self, *, moved: bool) -> None: ...


class Watch(Protocol):
    """What looks after a camera's view, as `edge.health.view_watch` does."""

    def look(self, frame: Frame, /) -> View: ...


@dataclass(frozen=True, slots=True)
class Line:
    """watch: None for a camera whose view nobody looks after."""

    camera: Camera
    pipeline: Analysis
    gauge: CameraGauge
    pace: Pace = field(default_factory=Pace)
    watch: Watch | None = None

    def due(self, frame: Frame) -> bool:
        """Whether it is to be looked at. The camera hears of each that is not: it need not decode them all."""
        due = self.pace.due(frame.stream_s)
        if not due:
            self.camera.pass_over()
        return due

    def look(self, frame: Frame, now_s: float, lost_s: float) -> str | None:
        """A frame that is due. Pictures that show nothing are not analysed; for longer than lost_s, they close what is
        open. What is wrong although frames come, in one line.
        """
        view = View("seen") if self.watch is None or self.gauge.paused else self.watch.look(frame)
        self.gauge.set_view(view.state)
        self.pipeline.set_moved(moved=view.state == "moved")
        sees = view.state in ("seen", "moved")
        step = self.pipeline.step(frame) if sees else None
        if self.gauge.unseeing_s(now_s, sees=sees) >= lost_s:
            self.pipeline.finish("camera_lost")
        tracks = 0 if step is None else step.tracks
        self.pace.looked(frame.stream_s, tracks)
        self.gauge.note(
            now_s,
            stream_s=frame.stream_s,
            frames_in=self.camera.frames_in,
            shed=self.camera.frames_dropped,
            detector_s=0.0 if step is None else step.detect_s,
            tracks=tracks,
        )
        return self.camera.fault or view.why
