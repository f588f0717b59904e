"""What one camera's line does right now, as numbers: for the heartbeat and the status."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from contract.heartbeat import CameraState, CameraStatus
from edge.health.camera_view import ViewState

WINDOW_S = 5.0
SMOOTHING = 0.1
DEGRADED_S = 3.0  # without a picture
OFFLINE_S = 10.0


@dataclass(frozen=True, slots=True)
class Reading:
    camera_id: str
    state: CameraState
    stream_s: float
    last_frame_age_s: float | None
    fps_in: float
    fps_analysed: float
    detector_ms: float
    tracks: int
    shed: int

    def status(self) -> CameraStatus:
        return CameraStatus(
            camera_id=self.camera_id,
            state=self.state,
            last_frame_age_s=self.last_frame_age_s,
            fps_in=self.fps_in,
            fps_analysed=self.fps_analysed,
            shed=self.shed,
        )


class CameraGauge:
    """Written by the camera's thread, read by others. Rates are over the last WINDOW_S seconds.

    A camera that is online is `degraded` when no picture came for DEGRADED_S, `offline` when none came for OFFLINE_S,
    by the monotonic clock; else `blind`, `frozen` or `moved` while its view is, else `degraded` while it has a fault.
    paused: it is `disabled`, whatever comes.
    """

    def __init__(self, camera_id: str, paused: Callable[[], bool] = lambda: False) -> None:
        self._camera_id = camera_id
        self._paused = paused
        self._lock = threading.Lock()
        self._state: CameraState = "offline"
        self._last_s: float | None = None  # when the last picture came
        self._waiting_since_s: float | None = None
        self._samples: deque[tuple[float, int]] = deque(maxlen=1024)  # (monotonic_s, frames_in)
        self._stream_s = 0.0
        self._detector_s = 0.0
        self._tracks = 0
        self._shed = 0
        self._faulty = False
        self._view: ViewState = "seen"
        self._unseeing_since_s: float | None = None

    @property
    def paused(self) -> bool:
        return self._paused()

    def set_view(self, view: ViewState) -> None:
        with self._lock:
            self._view = view

    def unseeing_s(self, now_s: float, *, sees: bool) -> float:
        """For how long pictures have come that show nothing; 0 while they are worth looking at."""
        with self._lock:
            if sees:
                self._unseeing_since_s = None
                return 0.0
            if self._unseeing_since_s is None:
                self._unseeing_since_s = now_s
            return now_s - self._unseeing_since_s

    def set_faulty(self, *, faulty: bool) -> None:
        with self._lock:
            self._faulty = faulty

    def silent_s(self, now_s: float) -> float:
        """Since the last picture; without any, since this was asked first."""
        with self._lock:
            if self._waiting_since_s is None:
                self._waiting_since_s = now_s
            return now_s - (self._waiting_since_s if self._last_s is None else self._last_s)

    def set_state(self, state: CameraState) -> None:
        with self._lock:
            self._state = state
            if state != "online":
                self._tracks = 0

    def note(self, now_s: float, *, stream_s: float, frames_in: int, shed: int, detector_s: float, tracks: int) -> None:
        """One analysed frame. frames_in, shed: of the camera since it was opened."""
        with self._lock:
            self._state, self._last_s = "online", now_s
            self._detector_s += (detector_s - self._detector_s) * (SMOOTHING if self._detector_s else 1.0)
            self._stream_s, self._tracks, self._shed = stream_s, tracks, shed
            self._samples.append((now_s, frames_in))

    def read(self, now_s: float) -> Reading:
        paused = self._paused()
        with self._lock:
            age_s = None if self._last_s is None else max(0.0, now_s - self._last_s)
            while self._samples and self._samples[0][0] < now_s - WINDOW_S:
                self._samples.popleft()
            fps_in = fps_analysed = 0.0
            if len(self._samples) > 1:
                (first_s, first_in), (_, last_in) = self._samples[0], self._samples[-1]
                span_s = max(now_s - first_s, 1e-6)
                fps_in, fps_analysed = (last_in - first_in) / span_s, (len(self._samples) - 1) / span_s
            return Reading(
                camera_id=self._camera_id,
                state="disabled" if paused else self._state_after(age_s),
                stream_s=round(self._stream_s, 3),
                last_frame_age_s=None if age_s is None else round(age_s, 3),
                fps_in=round(fps_in, 2),
                fps_analysed=0.0 if paused else round(fps_analysed, 2),
                detector_ms=round(self._detector_s * 1000, 2),
                tracks=self._tracks,
                shed=self._shed,
            )

    def _state_after(self, age_s: float | None) -> CameraState:
        if self._state != "online" or age_s is None:
            return self._state
        if age_s >= OFFLINE_S:
            return "offline"
        if age_s >= DEGRADED_S:
            return "degraded"
        if self._view != "seen":
            return self._view
        return "degraded" if self._faulty else "online"
