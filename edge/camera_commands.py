"""`xunjian edge cameras | snapshot`: what the cameras send, and a picture to type zones from."""

import argparse
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import cv2

from edge.camera_address import told_address
from edge.camera_discovery import look_around, read_login
from edge.camera_trial import Trial, snapshot, streams_of, try_camera
from edge.cameras import source_of
from edge.capture.camera import CameraError
from edge.capture.live import Patience
from edge.capture.masking import masked
from edge.capture.source import Source, kind_of
from edge.clock import SystemClock
from edge.evidence.grid import with_grid
from edge.health.view_watch import view_file
from edge.settings import BOX_YAML, Settings, SettingsError, with_secrets
from models.durable_file import write_durably

AT_ONCE = 8
WATCH_S = 5.0  # two keyframes, from most cameras
PICTURES = {".png", ".jpg", ".jpeg"}


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    listing = commands.add_parser("cameras", help="list a box's cameras and try each for a few seconds")
    listing.add_argument("folder", type=Path, nargs="?", metavar="DIR")
    listing.add_argument("--discover", action="store_true", help="who answers ONVIF on this network")
    listing.add_argument(
        "--login",
        metavar="LOGIN",
        help="for --discover: USER:${NAME}, USER:@FILE, or - (USER:PASSWORD on standard input)",
    )
    listing.add_argument(
        "--from", dest="from_address", metavar="ADDRESS", help="this machine's own address on the cameras' network"
    )
    listing.add_argument("--json", action="store_true", help="a line each")
    listing.add_argument("--accept-view", metavar="CAMERA", help="what it shows now is right, although it was moved")
    listing.set_defaults(run=_cameras)

    looking = commands.add_parser("snapshot", help="one picture, to type zones from")
    looking.add_argument(
        "camera",
        metavar="CAMERA|SOURCE",
        help="of a box with --box, else a file, an address, or where the address is: @FILE, or - for standard input",
    )
    looking.add_argument("--box", type=Path, metavar="DIR")
    looking.add_argument("--grid", action="store_true", help="with relative coordinates, 0 to 1")
    looking.add_argument("--out", type=Path, metavar="FILE", help="PNG or JPEG; default: CAMERA.png")
    looking.set_defaults(run=_snapshot)


def _cameras(arguments: argparse.Namespace) -> int:
    """1 when one of them does not work."""
    if arguments.discover:
        login = read_login(arguments.login, arguments.folder or Path())
        return look_around(login, arguments.from_address, as_json=arguments.json)
    if arguments.folder is None:
        raise SettingsError("give the box's folder, or --discover")
    settings = Settings.load(arguments.folder)
    if arguments.accept_view is not None:
        return _accept_view(arguments.folder, settings, arguments.accept_view)
    with ThreadPoolExecutor(AT_ONCE) as pool:  # a camera that is away must not hold up the others
        streams = [stream for name in settings.cameras for stream in _streams(arguments.folder, settings, name)]
        failed = False
        for trial in pool.map(_try, streams):
            failed |= trial.problem is not None
            print(json.dumps(asdict(trial)) if arguments.json else trial.to_line(), flush=True)
    return 1 if failed else 0


def _accept_view(folder: Path, settings: Settings, name: str) -> int:
    """Raises SettingsError, CameraError."""
    if name not in settings.cameras:
        raise SettingsError(f"{folder / BOX_YAML}: there is no camera {name}, only {', '.join(settings.cameras)}")
    try:
        view_file(folder, name).unlink(missing_ok=True)
    except OSError as error:
        raise CameraError(f"{view_file(folder, name)}: cannot be removed ({error.strerror})") from error
    print(f"{name}: what it shows is learnt anew, within half a minute where the box runs; check its zones")
    return 0


def _streams(folder: Path, settings: Settings, name: str) -> Sequence[tuple[str, Source] | Trial]:
    try:
        return streams_of(source_of(folder, settings, name, Patience()))
    except (SettingsError, CameraError) as error:
        return [Trial(name, "source", masked(settings.cameras[name].source), problem=str(error))]


def _try(stream: tuple[str, Source] | Trial) -> Trial:
    return stream if isinstance(stream, Trial) else try_camera(*stream, SystemClock(), WATCH_S)


def _snapshot(arguments: argparse.Namespace) -> int:
    source = _source(arguments)
    out = arguments.out or Path(f"{source.camera_id}.png")
    if out.suffix.lower() not in PICTURES:
        raise CameraError(f"{out}: is to be a picture; give a name that ends in .png or .jpg")
    frame = snapshot(source, SystemClock())
    image = with_grid(frame.image) if arguments.grid else frame.image
    try:
        write_durably(out, cv2.imencode(out.suffix, image)[1].tobytes(), 0o600)  # it shows people
    except OSError as error:
        raise CameraError(f"{out}: cannot be written ({error.strerror}); choose another --out") from error
    print(f"{out}: {frame.width}x{frame.height} of {source.shown}")
    return 0


def _source(arguments: argparse.Namespace) -> Source:
    """Raises SettingsError, CameraError."""
    if arguments.box is None:
        address = with_secrets(told_address(arguments.camera, "snapshot"), Path())
        return Source("snapshot", kind_of(address), address, masked(address), Patience())
    settings = Settings.load(arguments.box)
    if arguments.camera not in settings.cameras:
        known = ", ".join(settings.cameras)
        raise SettingsError(f"{arguments.box / BOX_YAML}: there is no camera {arguments.camera}, only {known}")
    _, source = streams_of(source_of(arguments.box, settings, arguments.camera, Patience()))[-1]
    return source
