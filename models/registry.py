"""Which packages there are, by name, and where: `registry.yaml` pins the known ones, other folders hold pulled ones."""

import os
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.card import ClassName, FileName, Line, Name, Sha256
from models.errors import PackageError
from models.package import CARD, Package, open_package
from models.source import read_sources

REGISTRY = Path(__file__).with_name("registry.yaml")


class Entry(BaseModel):
    """path: relative to the registry, for a package that ships. card: likewise, for one of which everything but the
    weights ships. url: where `pull` finds the folder otherwise. mirror: its name in a mirror, default the package's.

    sha256: of the weights; card_sha256: of the card, which in turn pins every file. decoder, classes: of a detector.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str | None = None
    card: str | None = None
    mirror: FileName | None = None
    url: str | None = Field(default=None, pattern=r"^https?://")
    card_sha256: Sha256
    sha256: Sha256
    decoder: Line | None = None
    licence: Line
    classes: tuple[ClassName, ...] = ()


class Registry(BaseModel):
    """default: the detector that is taken without a name. default_vlm: likewise, the vision-language model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    default: Name
    default_vlm: Name | None = None
    packages: dict[Name, Entry]


@cache
def read_registry(path: Path = REGISTRY) -> Registry:
    """Raises PackageError."""
    try:
        return Registry.model_validate(yaml.safe_load(path.read_bytes()))
    except OSError as error:
        raise PackageError(f"{path}: cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PackageError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise PackageError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def pulled_folder() -> Path:
    """Where `pull` puts packages: $XUNJIAN_MODELS, else the user's data directory (XDG)."""
    if chosen := os.environ.get("XUNJIAN_MODELS"):
        return Path(chosen)
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "xunjian" / "models"


def find_package(name: str | None = None, registry_path: Path = REGISTRY) -> Package:
    """The package of that name, else of the folder of that name; a name with a slash is a folder's. Without a name, the
    default.

    Every file is checked. Raises PackageError when there is none, or when it is not the pinned one.
    """
    registry = read_registry(registry_path)
    name = name or registry.default
    if "/" in name:
        return open_package(Path(name))
    entry = registry.packages.get(name)
    folder = registry_path.parent / entry.path if entry and entry.path else pulled_folder() / name
    if not (folder / CARD).is_file():
        if not entry and (Path(name) / CARD).is_file():
            return open_package(Path(name))
        known = sorted({*registry.packages, *read_sources(), *pulled_names()})
        source = "" if name in read_sources() or (entry and (entry.url or entry.path)) else " --from DIR"
        pullable = entry or name in read_sources()
        advice = f"get it: xunjian models pull {name}{source}" if pullable else f"known: {', '.join(known)}"
        raise PackageError(f"no model package {name!r} at {folder}; {advice}")
    package = open_package(folder)
    if entry:
        check_pinned(package, name, entry)
    elif package.described.name != name:
        raise PackageError(
            f"{folder}: holds package {package.described.name!r}; rename the folder or ask for that name"
        )
    return package


def is_pinned(package: Package, entry: Entry | None) -> bool:
    return entry is not None and (package.card_sha256, package.sha256) == (entry.card_sha256, entry.sha256)


def check_pinned(package: Package, name: str, entry: Entry) -> None:
    """Raises PackageError when the package is not the one that the registry pins under this name."""
    if not is_pinned(package, entry):
        raise PackageError(
            f"{package.folder}: not the {name} that the registry pins (card sha256 {package.card_sha256[:12]}..., "
            f"expected {entry.card_sha256[:12]}...); get it again: xunjian models pull {name}"
        )


def pulled_names() -> list[str]:
    folder = pulled_folder()
    return sorted(path.parent.name for path in folder.glob(f"*/{CARD}")) if folder.is_dir() else []
