"""Models that others publish, as `sources.yaml` names them: where their files lie, what a package of them says."""

from functools import cache
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from models.card import FileName, Line, Name, Precision, Sha256
from models.errors import PackageError

SOURCES = Path(__file__).with_name("sources.yaml")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Wheels(_Part):
    """Of a package index. terms: the project whose wheel holds the terms. parts: those whose wheels hold the weights in
    pieces, in their order.
    """

    version: Line
    terms: Name
    parts: tuple[Name, ...] = Field(min_length=1, max_length=32)


class Source(_Part):
    """url: of a folder, at one revision. files: path below it -> name in the package. sha256: of what is known. terms:
    the file that a person has to accept first. image_tokens, writes: of a vision-language model, for its card.
    """

    url: str | None = Field(default=None, pattern=r"^https?://")
    files: dict[str, FileName] = Field(default_factory=dict, max_length=32)
    wheels: Wheels | None = None
    licence: Line
    terms: FileName | None = None
    task: Literal["vision_language", "language"]
    precision: Precision
    weights: FileName
    image_tokens: int | None = None
    writes: bool = False
    sha256: dict[FileName, Sha256] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.url is None) == (self.wheels is None) or bool(self.files) == bool(self.wheels):
            raise ValueError("url and files, or wheels")
        return self


@cache
def read_sources(path: Path = SOURCES) -> dict[str, Source]:
    """Raises PackageError."""
    try:
        content = yaml.safe_load(path.read_bytes())
        return {name: Source.model_validate(one) for name, one in content.items()}
    except (OSError, yaml.YAMLError, AttributeError) as error:
        raise PackageError(f"{path}: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise PackageError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
