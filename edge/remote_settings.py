"""The settings of box.yaml that the centre may change: checked like box.yaml, kept beside the last good, or refused.

Where pictures come from, whom the box reports to and who it is are changed at the box only: whoever holds the centre's
key could else point a camera's password at another address.
"""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from contract.codec import canonical, sha256_hex
from edge.delivery.errors import CommandRefusedError
from edge.settings import BOX_YAML, Settings, SettingsError
from models.durable_file import write_durably

PREVIOUS_YAML = "box.previous.yaml"
CAMERA_KEYS = ("enabled", "sensitive", "importance", "analysed_fps_max", "detector", "lat", "lon", "crs", "address")
DETECTOR_KEYS = ("size_px", "score_min")
EVIDENCE_KEYS = ("ring_bytes_max",)
BODY_KEYS = ("base", "cameras", "detector", "evidence")


def changeable(settings: Settings) -> dict[str, Any]:
    """What `state/config` shows and the command changes, defaults filled in; null where nothing is set."""
    dumped = settings.model_dump(mode="json")
    return {
        "cameras": {
            name: {key: camera[key] for key in CAMERA_KEYS} for name, camera in sorted(dumped["cameras"].items())
        },
        "detector": {key: dumped["detector"][key] for key in DETECTOR_KEYS},
        "evidence": {key: dumped["evidence"][key] for key in EVIDENCE_KEYS},
    }


def version_of(settings: Settings) -> str:
    """First 12 hex of the sha256 of what may be changed."""
    return sha256_hex(canonical(changeable(settings)))[:12]


class RemoteSettings:
    """check: raises what a start with such settings would raise. restart: asks the box to begin again with them;
    None where it plays files to their end, which it would begin again: then they hold from its next start on.
    """

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        *,
        check: Callable[[Settings], None],
        refusals: tuple[type[Exception], ...],
        restart: Callable[[Settings], None] | None,
    ) -> None:
        self._folder = folder
        self._running = self._newest = settings
        self._check = check
        self._refusals = refusals
        self._restart = restart
        self._lock = threading.Lock()

    def change(self, body: dict[str, Any]) -> dict[str, Any]:
        """The `config` command: only what is to change; null takes a setting back to its default. base: the version
        that it was made from. Raises CommandRefusedError; then everything is as it was.
        """
        with self._lock:
            base = body.get("base")
            if base is not None and base != version_of(self._newest):
                raise CommandRefusedError(
                    f"the settings have changed meanwhile, now {version_of(self._newest)}: load them again"
                )
            settings = self._merged(body)
            if settings == self._newest:
                return {"version": version_of(settings), "effect": "none"}
            try:
                self._check(settings)
            except self._refusals as error:
                raise CommandRefusedError(str(error)) from error
            self._keep(settings)
            self._newest = settings
            if self._restart is None:
                return {"version": version_of(settings), "effect": "next_start"}
            self._restart(settings)
            return {"version": version_of(settings), "effect": "now"}

    def state(self) -> dict[str, Any]:
        """For `state/config`. next_start: the version that holds from then on, where it is another one."""
        running, newest = version_of(self._running), version_of(self._newest)
        waiting = {"next_start": newest} if newest != running else {}
        return {"version": running} | changeable(self._running) | waiting

    def _merged(self, body: dict[str, Any]) -> Settings:
        document = self._newest.model_dump(mode="json", exclude_none=True)
        _refuse_unknown(body, BODY_KEYS, "")
        for section, keys in (("detector", DETECTOR_KEYS), ("evidence", EVIDENCE_KEYS)):
            _merge(document.setdefault(section, {}), _section(body, section), keys, section)
        for name, changes in _section(body, "cameras").items():
            if name not in document["cameras"]:
                known = ", ".join(document["cameras"])
                raise CommandRefusedError(f"cameras.{name}: there is no such camera here, only {known}")
            where = f"cameras.{name}"
            _merge(document["cameras"][name], _section({where: changes}, where), CAMERA_KEYS, where)
        try:
            return Settings.check(document, BOX_YAML)
        except SettingsError as error:
            raise CommandRefusedError(str(error)) from error

    def _keep(self, settings: Settings) -> None:
        """Raises CommandRefusedError."""
        path = self._folder / BOX_YAML
        try:
            write_durably(self._folder / PREVIOUS_YAML, path.read_bytes(), 0o600)
            write_durably(path, settings.to_yaml().encode(), 0o600)
        except OSError as error:
            raise CommandRefusedError(f"{path.name} cannot be written: {error.strerror}") from error


def go_back(folder: Path) -> Settings:
    """box.yaml as it was before the last command, in force again. Raises SettingsError, OSError."""
    previous = (folder / PREVIOUS_YAML).read_bytes()
    settings = Settings.parse(previous.decode(), PREVIOUS_YAML)
    write_durably(folder / BOX_YAML, previous, 0o600)
    return settings


def _section(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    section = body.get(name, {})
    if not isinstance(section, dict):
        raise CommandRefusedError(f"{name}: is to be an object of settings")
    return section


def _merge(into: dict[str, Any], changes: dict[str, Any], keys: tuple[str, ...], where: str) -> None:
    _refuse_unknown(changes, keys, f"{where}.")
    for key, value in changes.items():
        if value is None:
            into.pop(key, None)
        elif isinstance(value, dict) and isinstance(into.get(key), dict):
            into[key] = {name: each for name, each in (into[key] | value).items() if each is not None}
        else:
            into[key] = value


def _refuse_unknown(given: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    unknown = sorted(given.keys() - set(known))
    if unknown:
        raise CommandRefusedError(f"{where}{unknown[0]}: cannot be changed from the centre; only {', '.join(known)}")
