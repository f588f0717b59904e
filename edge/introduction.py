"""`edge init`: a folder becomes a box that a centre knows."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from contract.signing import SigningKey
from edge.analysis import open_detector, software_version
from edge.box_folder import BOX_KEY, OUTBOX, PUBLIC_KEY, BoxError, open_outbox
from edge.camera_address import split_password
from edge.capture.camera import CameraError
from edge.capture.source import kind_of
from edge.delivery.enrolment import enrol
from edge.rules.rules_file import load_rules
from edge.settings import BOX_YAML, DetectorSettings, Settings
from models.detector.detector import check_size
from models.durable_file import write_durably
from models.registry import find_package

KEYS = "keys"


@dataclass(frozen=True, slots=True)
class Told:
    """What the command line says. cameras: name -> file or address. subs: name -> address of a smaller stream for
    detection. scripts: name -> detections in a file.
    """

    central_url: str
    broker: str | None
    token: str
    cameras: Mapping[str, str]
    scripts: Mapping[str, Path]
    rules: Path
    subs: Mapping[str, str]
    box_id: str | None
    model: str | None
    size_px: int | None = None


def initialise(folder: Path, told: Told) -> Settings:
    """Checks everything that can be checked here, then asks the centre, then writes; box.yaml last.

    Again on the same folder is a new introduction with the same key; what the centre had refused is queued again.
    Raises BoxError, SettingsError, RulesError, DetectorError, ModelError, EnrolmentError, SignatureError.
    """
    sources, passwords = _sources(told.cameras)
    scripts = {name: path.resolve() for name, path in told.scripts.items()}
    for option, names in (("--detections", scripts), ("--sub", told.subs)):
        if unknown := sorted(set(names) - set(sources)):
            only = ", ".join(sources)
            raise BoxError(f"{option} {unknown[0]}=...: there is no camera {unknown[0]}, only {only}")
    subs = _subs(told.subs, sources, passwords)
    _check_rules(told, list(sources), scripts)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # leads and pictures are nobody else's on this machine
        (folder / KEYS).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise BoxError(f"{folder}: cannot be made ({error.strerror}); choose a folder you may write") from error
    key = _own_key(folder)
    box_id = told.box_id or _former_id(folder) or f"box-{key.public.key_id[:8]}"
    welcome = enrol(told.central_url, told.token, box_id, key, software_version())
    cameras = {
        name: {
            "source": source,
            "detect_source": subs.get(name),
            "detections": str(scripts[name]) if name in scripts else None,
        }
        for name, source in sources.items()
    }
    facts = {
        "box_id": box_id,
        "tenant": welcome.tenant,
        "site": welcome.site,
        "central": {
            "url": told.central_url,
            "broker": told.broker or welcome.broker,
            "public_key": welcome.public_key,
        },
        "cameras": cameras,
        "detector": {"model": told.model, "size_px": told.size_px},
    }
    settings = Settings.parse(yaml.safe_dump(facts), "edge init")
    _write(folder, settings, key, passwords, told.rules.read_bytes())
    if (folder / OUTBOX).is_file():
        with open_outbox(folder) as outbox:
            outbox.resend()
    return settings


def _write(folder: Path, settings: Settings, key: SigningKey, passwords: Mapping[str, str], rules: bytes) -> None:
    try:
        for name, password in passwords.items():
            write_durably(folder / KEYS / f"{name}.password", password.encode(), 0o600)
        write_durably(folder / settings.rules, rules)
        write_durably(folder / PUBLIC_KEY, key.public.pem())
        write_durably(folder / BOX_YAML, settings.to_yaml().encode())
    except OSError as error:
        raise BoxError(f"{folder}: cannot be written ({error.strerror}); make room, then run init again") from error


def _sources(cameras: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What box.yaml says of each camera, and the passwords that were in the addresses."""
    sources: dict[str, str] = {}
    passwords: dict[str, str] = {}
    for name, told in cameras.items():
        try:
            kind = kind_of(told)
        except CameraError as error:
            raise BoxError(f"--camera {name}: {error}") from error
        if kind in ("rtsp", "http", "onvif"):
            sources[name], password = split_password(told, f"{KEYS}/{name}.password")
            if password is not None:
                passwords[name] = password
        elif not Path(told).exists():
            raise BoxError(f"--camera {name}={told}: no such file; give a video file, rtsp://HOST/PATH or onvif://HOST")
        else:
            sources[name] = str(Path(told).resolve())
    return sources, passwords


def _subs(told: Mapping[str, str], sources: Mapping[str, str], passwords: dict[str, str]) -> dict[str, str]:
    """What box.yaml says of each second stream; its password joins the others under a name of its own."""
    subs: dict[str, str] = {}
    for name, address in told.items():
        if not ("://" in address and "://" in sources[name]):
            raise BoxError(f"--sub {name}: goes with a network camera; give rtsp://HOST/PATH for it and --camera")
        subs[name], password = split_password(address, f"{KEYS}/{name}-sub.password")
        if password is not None:
            passwords[f"{name}-sub"] = password
    return subs


def _check_rules(told: Told, cameras: list[str], scripts: Mapping[str, Path]) -> None:
    """The file against what each camera's detector can see, before anything is written; says which rules are off."""
    read = []
    if set(cameras) - set(scripts):
        card = find_package(told.model).card
        read.append(load_rules(told.rules, card.classes, card.name, cameras))
        if told.size_px is not None:
            check_size(card, told.size_px)
    for script in scripts.values():
        scripted = open_detector(DetectorSettings(), script)
        read.append(load_rules(told.rules, scripted.class_names, scripted.name, cameras))
    for note in dict.fromkeys(note for rules in read for note in rules.notes):
        print(f"xunjian edge: {note}", file=sys.stderr)


def _own_key(folder: Path) -> SigningKey:
    path = folder / BOX_KEY
    if path.exists():
        return SigningKey.load(path)
    key = SigningKey.generate()
    key.save(path)
    return key


def _former_id(folder: Path) -> str | None:
    return Settings.load(folder).box_id if (folder / BOX_YAML).exists() else None
