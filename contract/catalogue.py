"""The catalogue of violation types: data in `violations/*.yaml`, one file a domain."""

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from contract.codec import sha256_hex

FOLDER = Path(__file__).parent / "violations"


class CityCode(BaseModel):
    """A city scheme's code for a type; localities differ, so each says whose it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scheme: str
    code: str
    name: str


class LegalBasis(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    law: str
    article: str
    what: str


class ViolationType(BaseModel):
    """severity: the default, a rule may set another. evidence: which files an incident of this type needs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z]+\.[a-z_]+$")
    names: dict[Literal["zh-CN", "en"], str]
    severity: Literal["safety", "alert", "lead"]
    enabled: bool = True
    evidence: tuple[str, ...] = ("key_frame", "clip")
    codes: tuple[CityCode, ...] = ()
    legal_basis: tuple[LegalBasis, ...] = ()


@cache
def catalogue() -> dict[str, ViolationType]:
    """Every type by id. Raises ValueError when two files claim one id."""
    types: dict[str, ViolationType] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
            violation = ViolationType.model_validate(entry)
            if violation.id in types:
                raise ValueError(f"{path.name}: {violation.id} is already in the catalogue")
            types[violation.id] = violation
    return types


@cache
def catalogue_version() -> str:
    """First 12 hex of sha256 over the files: what `versions.catalogue` of a report says."""
    return sha256_hex(b"".join(path.read_bytes() for path in sorted(FOLDER.glob("*.yaml"))))[:12]
