"""A centre's folder and its `central.yaml`: read once into one frozen object; an unknown key is an error."""

import os
import random
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from sqlalchemy import URL

from central.database.address import check_database, resolve_database
from central.errors import SettingsError
from contract.errors import ContractError
from contract.signing import SigningKey

EMBEDDED_PORTS = range(20000, 30000)  # below the range from which Linux takes ports for outgoing connections
LOOPBACK = "127.0.0.1"


class TextServer(BaseModel):
    """An OpenAI-compatible server whose model writes summaries. url: up to and without `/v1`. key_file: with its token,
    mode 0600. producer: this deployment's code in the label of generated text. takes_grammars: it is llama.cpp's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(pattern=r"^https?://[^\s/@]+(/\S*)?$")
    model: str = Field(min_length=1, max_length=200)
    key_file: Path | None = None
    producer: str = Field(min_length=1, max_length=200)
    answer_s_max: float = Field(default=30.0, ge=1.0, le=300.0)
    takes_grammars: bool = False


class Settings(BaseModel):
    """broker: `embedded`, or mqtt://HOST:PORT of a broker that runs by itself. Relative paths are to DIR."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    broker: str = "embedded"
    embedded_port: int = Field(default=20883, ge=1, le=65535)
    database: str = "sqlite:///central.sqlite3"
    database_password_file: Path | None = None  # mode 0600
    box_broker: str | None = None  # what boxes are told, where it differs from `broker`
    upload_bytes_max: int = Field(default=512 * 1024 * 1024, ge=1_048_576)
    media_bytes_free_min: int = Field(default=256 * 1024 * 1024, ge=0)  # below it uploads wait: reports still come in
    text_server: TextServer | None = None  # without one the template's sentences stand alone

    @field_validator("broker", "box_broker")
    @classmethod
    def _broker_is_an_address(cls, value: str | None) -> str | None:
        if value not in (None, "embedded"):
            broker_address(str(value))
        return value

    @model_validator(mode="after")
    def _database_is_an_address(self) -> Self:
        check_database(self.database, password_file=self.database_password_file is not None)
        return self

    @property
    def broker_url(self) -> str:
        return f"mqtt://{LOOPBACK}:{self.embedded_port}" if self.broker == "embedded" else self.broker


@dataclass(frozen=True, slots=True)
class CentralFolder:
    """Where a centre keeps everything: settings, key, database, media."""

    path: Path

    @property
    def settings_file(self) -> Path:
        return self.path / "central.yaml"

    @property
    def key_file(self) -> Path:
        return self.path / "keys" / "centre.key"

    @property
    def public_key_file(self) -> Path:
        return self.path / "centre.pub"

    @property
    def media(self) -> Path:
        return self.path / "media"

    def database_url(self, settings: Settings) -> URL:
        """With the password, which nothing prints. Raises StorageError."""
        return resolve_database(settings.database, self.path, settings.database_password_file)

    def create(
        self, broker: str | None, database: str | None = None, database_password_file: Path | None = None
    ) -> Settings:
        """Makes key and settings. Raises SettingsError when there is a centre already, or for a bad address."""
        if self.settings_file.exists():
            raise SettingsError(f"{self.path} is a centre already: serve it, or name another folder")
        try:
            settings = Settings(
                broker=broker or "embedded",
                embedded_port=_free_port(),
                database=database or Settings.model_fields["database"].default,
                database_password_file=database_password_file.absolute() if database_password_file else None,
            )
        except ValidationError as error:
            raise SettingsError(_first(error)) from error
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.key_file.parent.mkdir(mode=0o700, exist_ok=True)
            if not self.key_file.exists():
                SigningKey.generate().save(self.key_file)
            self.public_key_file.write_bytes(self.load_key().public.pem())
            kept: dict[str, int | str] = {"version": settings.version, "broker": settings.broker}
            if settings.broker == "embedded":
                kept["embedded_port"] = settings.embedded_port
            if database:
                kept["database"] = settings.database
            if settings.database_password_file:
                kept["database_password_file"] = str(settings.database_password_file)
            _write_durably(self.settings_file, yaml.safe_dump(kept, sort_keys=False).encode())
        except OSError as error:
            raise SettingsError(f"{self.path} cannot be written: {error.strerror}") from error
        return settings

    def load(self) -> Settings:
        """Raises SettingsError."""
        try:
            read = yaml.safe_load(self.settings_file.read_bytes())
        except OSError as error:
            raise SettingsError(
                f"{self.path} is not a centre ({error.strerror}): make one with `xunjian central init {self.path}`"
            ) from error
        except yaml.YAMLError as error:
            raise SettingsError(f"{self.settings_file}: not YAML: {' '.join(str(error).split())}") from error
        try:
            return Settings.model_validate(read)
        except ValidationError as error:
            raise SettingsError(f"{self.settings_file}: {_first(error)}") from error

    def text_server_key(self, server: TextServer) -> str | None:
        """Raises SettingsError."""
        if server.key_file is None:
            return None
        path = self.path / server.key_file
        try:
            if path.stat().st_mode & 0o077:
                raise SettingsError(f"{path}: others can read it; chmod 600 {path}")
            return path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"text_server.key_file: {path} cannot be read: {error}") from error

    def load_key(self) -> SigningKey:
        """Raises SettingsError."""
        try:
            return SigningKey.load(self.key_file)
        except ContractError as error:
            raise SettingsError(str(error)) from error


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """HOST:PORT or [V6]:PORT. Raises SettingsError."""
        host, _, port = text.rpartition(":")
        if not host or not port.isdigit() or int(port) > 65535:
            raise SettingsError(f"{text!r} is not HOST:PORT")
        return cls(host.strip("[]"), int(port))


def broker_address(url: str) -> Address:
    """Of mqtt://HOST[:PORT]. Raises ValueError; the message never repeats a password."""
    try:
        parts = urlsplit(url)
        port = parts.port or 1883
    except ValueError as error:
        raise ValueError("a broker is mqtt://HOST:PORT") from error
    if parts.scheme != "mqtt" or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise ValueError("a broker is mqtt://HOST:PORT")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a broker's address holds no user or password: bind the listener to a trusted network")
    return Address(parts.hostname, port)


def _free_port() -> int:
    """A port that is free now and, being below the ephemeral range, is likely to stay so."""
    for port in random.sample(EMBEDDED_PORTS, 50):
        with socket.socket() as trial:
            try:
                trial.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise SettingsError(f"no free port on {LOOPBACK} for the embedded broker: name one with --broker")


def _write_durably(path: Path, data: bytes) -> None:
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(step) for step in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"unknown key {where!r}; known: {', '.join(Settings.model_fields)}"
    return f"{where or 'settings'}: {first['msg'].removeprefix('Value error, ')}"
