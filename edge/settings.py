"""box.yaml: everything a person sets on a box, as one frozen object."""

import contextlib
import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import unquote, urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from contract.enrolment import PUBLIC_KEY_PATTERN
from contract.ids import Slug
from models.card import Precision
from models.engine.choice import Device

BOX_YAML = "box.yaml"
BYTES_MAX = 262_144
Decoder = Literal["auto", "ffmpeg", "gstreamer"]
_PLACEHOLDER = re.compile(r"\$\{([^}]+)\}")


class SettingsError(Exception):
    """box.yaml, or a secret that it points to, is not what it should be; one line that says what would be right."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ViewSettings(_Section):
    """Of the detector, for one camera: what is absent is as under `detector`."""

    size_px: int | None = Field(default=None, ge=32, le=4096)
    score_min: float | None = Field(default=None, ge=0.01, le=0.9)
    motion_gate: bool | None = None


class CameraSettings(_Section):
    """source: a file, or an RTSP address in which `${NAME}` stands for an environment variable and `${keys/FILE}` for
    the content of a file of this box that only its owner can read. detect_source: a smaller stream of the same view
    for detection; `source` is then kept for evidence, undecoded. detections: a script in the place of the detector.
    analysed_fps_max: frames looked at per second, at least 5 while something is followed; absent: all. importance: when
    the box cannot look at every frame, those of a camera of low importance are shed first. sensitive: no still of it
    is sent and no language model sees it; its leads stay as they are.
    onvif: `[user:${PASSWORD}@]host[:port]`, in the place of `source`: the camera says where its streams are. fixed:
    false for a camera that turns by itself, which is never `moved`. decoder: in the place of the box's.
    """

    source: str = Field(min_length=1)
    detect_source: str | None = Field(default=None, pattern=r"^(rtsps?|https?)://\S+$")
    detections: Path | None = None
    detector: ViewSettings | None = None
    enabled: bool = True
    sensitive: bool = False
    fixed: bool = True
    decoder: Decoder | None = None
    importance: Literal["low", "normal", "high"] = "normal"
    analysed_fps_max: float | None = Field(default=None, ge=1, le=60)
    lat: float | None = Field(default=None, ge=-90, le=90)
    lon: float | None = Field(default=None, ge=-180, le=180)
    crs: str | None = None
    address: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _asked_by_onvif(cls, value: Any) -> Any:
        """`onvif: HOST` is `source: onvif://HOST`."""
        if not isinstance(value, dict) or "onvif" not in value:
            return value
        rest = {name: each for name, each in value.items() if name != "onvif"}
        if "source" in rest:
            raise ValueError("give `source` or `onvif`, not both")
        if not isinstance(value["onvif"], str) or not re.fullmatch(r"(?!\w+://)\S+", value["onvif"]):
            raise ValueError("`onvif` is a host, as in guard:${GATE_PASSWORD}@192.168.1.64:80")
        return rest | {"source": f"onvif://{value['onvif']}"}

    @property
    def location(self) -> dict[str, Any]:
        """As each report's `place` has it."""
        return self.model_dump(include={"lat", "lon", "crs", "address"}, exclude_none=True)

    @property
    def is_stream(self) -> bool:
        return "://" in self.source or self.source.startswith("/dev/video")


class CentralSettings(_Section):
    """url: for introduction and uploads. broker: mqtt://HOST:PORT. public_key: base64, pinned at the introduction."""

    url: str = Field(pattern=r"^https?://\S+$")
    broker: str = Field(pattern=r"^mqtts?://\S+$")
    public_key: str = Field(pattern=PUBLIC_KEY_PATTERN)


class DetectorSettings(_Section):
    """model: a package's name or folder; without one, the package that ships. size_px: the longer side of the network's
    input, default the package's. device, precision: the engine; one that does not see what the package's own weights
    see on the CPU is not used. score_min: what scores less is not even tracked. motion_gate: look while something
    moves, else once a second; false: at every frame.
    """

    model: str | None = None
    threads: int = Field(default=2, ge=1, le=64)
    device: Device = "cpu"
    precision: Precision | None = None
    size_px: int | None = Field(default=None, ge=32, le=4096)
    score_min: float = Field(default=0.1, ge=0.01, le=0.9)
    motion_gate: bool = True

    def seen_by(self, view: ViewSettings | None) -> Self:
        """As one camera has it."""
        return self.model_copy(update=view.model_dump(exclude_none=True)) if view else self


class EvidenceSettings(_Section):
    """ring_bytes_max: encoded packets held per camera; 64 MB is 30 s at 17 Mbit/s."""

    ring_bytes_max: int = Field(default=64 * 2**20, ge=2**20, le=2**31)


class ModelServerSettings(_Section):
    """An OpenAI-compatible server; for a second look one that takes pictures. url: up to and without `/v1`. key_file:
    with its token, mode 0600.
    """

    url: str = Field(pattern=r"^https?://[^\s/]+")
    model: str = Field(min_length=1, max_length=200)
    key_file: Path | None = None

    @field_validator("url")
    @classmethod
    def _without_password(cls, value: str) -> str:
        """Errors name the address, and go to logs and the centre."""
        if "@" in urlsplit(value).netloc:
            raise ValueError("no user or password in the address; put the server's token into a `key_file`")
        return value

    def refuse_an_open_key(self, folder: Path = Path()) -> None:
        """folder: what a relative key_file is in. A file that is not there is left to whoever reads it. Raises
        SettingsError when others can read it.
        """
        if self.key_file is not None:
            with contextlib.suppress(OSError):
                _refuse_readable(folder / self.key_file)


class TextServerSettings(ModelServerSettings):
    """takes_grammars: it is llama.cpp's, whose completions can be held to a grammar."""

    takes_grammars: bool = False


class VerificationSettings(_Section):
    """The second look. model: a vision-language package's name or folder, or `server` in its place; without either no
    second look is taken.
    permitted: the questions that this deployment may ask, ids of `xunjian models questions`; absent: all that there
    are. answer_s_max: for all the questions about one incident. waiting_max: incidents in the queue; beyond it the
    least severe are skipped. data_mb_max: memory of its process. describe: whether the model also states what it sees
    of a lead, after the verdict.
    """

    model: str | None = None
    device: Literal["cpu", "cuda", "tensorrt"] = "cpu"
    language: Literal["zh-CN", "en"] = "en"
    permitted: tuple[str, ...] | None = None
    threads: int = Field(default=1, ge=1, le=64)
    answer_s_max: float = Field(default=20.0, ge=0.1, le=60.0)
    waiting_max: int = Field(default=32, ge=1, le=1024)
    data_mb_max: int = Field(default=2048, ge=400, le=65_536)
    describe: bool = False
    server: ModelServerSettings | None = None

    @model_validator(mode="after")
    def _one_model(self) -> Self:
        if self.model is not None and self.server is not None:
            raise ValueError("model or server, not both")
        return self


class Settings(_Section):
    """decoder: what makes pictures of the cameras' packets; auto: a Jetson's video engine, elsewhere FFmpeg.
    text_server: who writes `xunjian edge summary`; without one the template alone.
    """

    version: Literal[1] = 1
    box_id: Slug
    tenant: Slug = "default"
    site: Slug = "default"
    central: CentralSettings
    cameras: dict[Slug, CameraSettings] = Field(min_length=1, max_length=64)
    rules: Path = Path("rules.yaml")
    decoder: Decoder = "auto"
    detector: DetectorSettings = DetectorSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    verification: VerificationSettings = VerificationSettings()
    text_server: TextServerSettings | None = None

    @field_validator("rules")
    @classmethod
    def _inside(cls, value: Path) -> Path:
        if value.is_absolute() or ".." in value.parts:
            raise ValueError("a file of the box's folder, as in rules.yaml")
        return value

    @classmethod
    def parse(cls, text: str, shown: str) -> Self:
        """Raises SettingsError, beginning with `shown`."""
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise SettingsError(f"{shown}: not YAML: {' '.join(str(error).split())}") from error
        return cls.check(value, shown)

    @classmethod
    def check(cls, value: object, shown: str) -> Self:
        """Raises SettingsError, beginning with `shown`."""
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            raise SettingsError(f"{shown}: {_first_problem(error, cls)}") from error

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Raises SettingsError."""
        path = folder / BOX_YAML
        try:
            with path.open("rb") as file:
                content = file.read(BYTES_MAX + 1)
            text = content.decode("utf-8")
        except FileNotFoundError as error:
            raise SettingsError(f"{folder} is not a box yet: make one with `xunjian edge init {folder} ...`") from error
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path}: cannot be read ({error})") from error
        if len(content) > BYTES_MAX:
            raise SettingsError(f"{path}: over {BYTES_MAX} bytes is no box.yaml")
        return cls.parse(text, str(path))

    def to_yaml(self) -> str:
        return yaml.safe_dump(self.model_dump(mode="json", exclude_none=True), sort_keys=False, allow_unicode=True)


def with_secrets(source: str, folder: Path, environment: Mapping[str, str] = os.environ) -> str:
    """The address to open. Raises SettingsError when a secret is absent, or its file readable by others."""
    return _PLACEHOLDER.sub(lambda match: _secret(match[1], folder, environment), source)


def _secret(name: str, folder: Path, environment: Mapping[str, str]) -> str:
    if "/" not in name:
        if name not in environment:
            raise SettingsError(f"{folder / BOX_YAML}: ${{{name}}} is not set: export {name} before the box starts")
        return environment[name]
    path = folder / unquote(name)
    if not path.resolve().is_relative_to(folder.resolve()):
        raise SettingsError(f"{folder / BOX_YAML}: ${{{name}}} is outside the box's folder; keep it under keys/")
    try:
        _refuse_readable(path)
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(
            f"{path}: the camera's password cannot be read ({error.strerror}); write it there"
        ) from error


def _refuse_readable(path: Path) -> None:
    if path.stat().st_mode & 0o077:
        raise SettingsError(f"{path} can be read by others: chmod 600 {path}")


def _first_problem(error: ValidationError, model: type[BaseModel]) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    path = [str(step) for step in first["loc"]]
    where = ".".join(path) or "the file"
    if first["type"] != "extra_forbidden":
        return f"{where}: {first['msg']}"
    known = _keys_at(model, path[:-1])
    close = difflib.get_close_matches(path[-1], known, 1)
    return f"{where}: unknown key; " + (f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}")


def _keys_at(model: type[BaseModel], path: list[str]) -> list[str]:
    for step in path:
        field = model.model_fields.get(step)
        if field is None:
            continue  # a name that a person chose, as a camera's
        annotation = field.annotation
        inner = [kind for kind in (annotation, *getattr(annotation, "__args__", ())) if isinstance(kind, type)]
        model = next((kind for kind in inner if issubclass(kind, BaseModel)), model)
    return list(model.model_fields)
