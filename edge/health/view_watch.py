"""Looks at the frames of one camera as they pass, and keeps what it has learnt of the view over restarts."""

import io
import logging
import zipfile
from pathlib import Path

import cv2
import numpy as np

from edge.capture.frame import Frame
from edge.health.camera_view import HEIGHT, WIDTH, CameraView, View, ViewMemory
from models.durable_file import write_durably

KEEP_EVERY_S = 600.0
FILE_BYTES_MAX = 1 << 20
VIEWS = "views"
LOG = logging.getLogger(__name__)


def view_file(folder: Path, camera_id: str) -> Path:
    """Of a box's folder. Removing it while the box runs accepts what the camera shows now."""
    return folder / VIEWS / f"{camera_id}.npz"


class ViewWatch:
    """For one camera's thread. path: where the view is kept; a damaged file is learnt anew."""

    def __init__(self, path: Path, *, fixed: bool = True) -> None:
        self._path = path
        self._view = CameraView(_read(path), fixed=fixed)
        self._seen = View("seen")
        self._kept = self._view.memory is not None
        self._kept_s: float | None = None
        self._accept = False

    def accept(self) -> None:
        """From any thread: what the camera shows is right from now on."""
        self._accept = True

    def look(self, frame: Frame) -> View:
        if not self._view.is_due(frame.stream_s):
            return self._seen
        if self._accept or (self._kept and not self._path.exists()):
            self._accept = self._kept = False
            self._view.accept()
        luma = cv2.resize(frame.luma, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        self._seen = self._view.observe(np.asarray(luma, np.uint8), frame.stream_s)
        if self._seen.state == "seen":
            self._keep(frame.stream_s)
        return self._seen

    def _keep(self, stream_s: float) -> None:
        if self._kept_s is None:
            self._kept_s = stream_s
        memory = self._view.memory
        if memory is None or (self._kept and stream_s - self._kept_s < KEEP_EVERY_S):
            return
        self._kept_s = stream_s
        try:
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            write_durably(self._path, _packed(memory), 0o600)
            self._kept = True
        except OSError as error:  # the view is known until the box stops; the next try is in KEEP_EVERY_S
            self._kept = False
            LOG.warning("%s: cannot be written (%s); the view is learnt again at the next start", self._path, error)


def _packed(memory: ViewMemory) -> bytes:
    """A few kilobytes: eight bits for each part of an edge are more than its noise."""
    held = io.BytesIO()
    edges = np.stack((memory.edges.real, memory.edges.imag))
    numbers = np.array([memory.structure, memory.sharpness, memory.still_s])
    np.savez_compressed(held, edges=np.round(edges * 127).astype(np.int8), numbers=numbers)
    return held.getvalue()


def _read(path: Path) -> ViewMemory | None:
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
        with np.load(io.BytesIO(content), allow_pickle=False) as held:
            edges, numbers = held["edges"], held["numbers"]
        if edges.shape != (2, HEIGHT, WIDTH) or edges.dtype != np.int8 or numbers.shape != (3,):
            raise ValueError("another form")
        if not (np.isfinite(numbers).all() and numbers.min() >= 0):
            raise ValueError("numbers that make no sense")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        LOG.warning("%s: cannot be read (%s); the view is learnt anew", path, error)
        return None
    parts = edges.astype(np.float32) / 127
    return ViewMemory((parts[0] + 1j * parts[1]).astype(np.complex64), *(float(number) for number in numbers))
