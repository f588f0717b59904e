"""From what box.yaml says of a camera to the camera: each in a process of its own."""

from pathlib import Path

from edge.capture.camera import Camera
from edge.capture.isolated import RESTART, IsolatedCamera
from edge.capture.live import RECONNECT, Patience
from edge.capture.masking import masked
from edge.capture.source import Source, kind_of
from edge.clock import Clock
from edge.settings import Settings, with_secrets


def open_camera(folder: Path, settings: Settings, name: str, clock: Clock, *, loop: bool) -> Camera:
    """A stream is connected again for ever, a file that loops begins again after a crash.

    Raises SettingsError, CameraError.
    """
    retry = settings.cameras[name].is_stream
    source = source_of(folder, settings, name, Patience(retry=RECONNECT if retry else None), loop=loop)
    return IsolatedCamera(source, clock, RESTART if loop or retry else None)


def source_of(folder: Path, settings: Settings, name: str, patience: Patience, *, loop: bool = False) -> Source:
    """Raises SettingsError when a secret is not there, CameraError when an address is of a kind that is not read."""
    facts = settings.cameras[name]
    main = with_secrets(facts.source, folder)
    if "://" not in main:
        main = str(folder / main)
    small = None if facts.detect_source is None else with_secrets(facts.detect_source, folder)
    if small is None and main.startswith("onvif://") and "#" not in main:
        main, small = f"{main}#main", f"{main}#sub"
    address = main if small is None else small
    return Source(
        camera_id=name,
        kind=kind_of(address),
        address=address,
        shown=masked(address),
        patience=patience,
        ring_bytes_max=settings.evidence.ring_bytes_max,
        main=None if small is None else main,
        loop=loop,
        decoder=facts.decoder or settings.decoder,
    )


def open_once(source: Source, clock: Clock) -> Camera:
    """A camera to be looked at, not watched: what goes wrong is CameraError at once."""
    return IsolatedCamera(source, clock)
