"""From what box.yaml says of a camera to the camera: each in a process of its own."""

from pathlib import Path

from edge.backoff import Backoff
from edge.capture.camera import Camera
from edge.capture.isolated import RESTART, IsolatedCamera
from edge.capture.live import RECONNECT, Patience
from edge.capture.masking import masked
from edge.capture.source import Source
from edge.clock import Clock
from edge.settings import Settings, with_secrets


def open_camera(folder: Path, settings: Settings, name: str, clock: Clock, *, loop: bool) -> Camera:
    """A stream is connected again for ever, a file that loops begins again after a crash. Raises SettingsError."""
    source = source_of(folder, settings, name, retry=RECONNECT, loop=loop)
    return IsolatedCamera(source, clock, RESTART if loop or settings.cameras[name].is_stream else None)


def source_of(folder: Path, settings: Settings, name: str, *, retry: Backoff | None, loop: bool = False) -> Source:
    """Raises SettingsError when a secret is not there."""
    facts = settings.cameras[name]
    address = with_secrets(facts.source, folder)
    if not facts.is_stream:
        path = str(folder / address)
        return Source(name, "file", path, path, Patience(), ring_bytes_max=settings.evidence.ring_bytes_max, loop=loop)
    return Source(name, "rtsp", address, masked(address), Patience(retry=retry), settings.evidence.ring_bytes_max)
