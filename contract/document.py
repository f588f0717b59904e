"""What every document on the wire shares: frozen, versioned, unknown fields kept, signed over canonical bytes."""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contract.ids import Timestamp


class Part(BaseModel):
    """A part of a document. Unknown fields of the same major version are kept."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False, populate_by_name=True)


class Signature(Part):
    algorithm: Literal["ed25519"] = "ed25519"
    key_id: str = Field(pattern=r"^[0-9a-f]{16}$")  # first 16 hex of sha256 of the raw public key: a hint only
    value: str = Field(pattern=r"^[A-Za-z0-9+/]{86}==$")  # base64 of the 64 bytes


class Document(Part):
    """`SCHEMA` is `name/major`; the field `schema` carries it."""

    SCHEMA: ClassVar[str]

    schema_: str = Field(default="", alias="schema")  # filled in by the class
    signature: Signature | None = None

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _carries_its_schema(cls, fields: Any) -> Any:
        return {"schema": cls.SCHEMA, **fields} if isinstance(fields, dict) else fields

    def to_object(self) -> dict[str, Any]:
        """The JSON object, absent optionals left out; what gets signed and canonicalised."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class ClockQuality(Part):
    """How far the wall time beside it can be trusted."""

    state: Literal["synced", "holdover", "unsynced"]
    offset_ms: float | None = None
    source: str = "system"


class Versions(Part):
    class Detector(Part):
        name: str
        sha256: str
        engine: str
        precision: str

    software: str
    detector: Detector | None = None
    vlm: str | None = None
    prompt_sha256: str | None = None
    rule_pack: str | None = None
    catalogue: str | None = None


class Device(Part):
    """Evidence capability, computed from the device register at capture time; never typed in."""

    evidence_capable: bool = False
    reasons: tuple[str, ...] = ("lead_only",)
    register_version: str = "none"


__all__ = ["ClockQuality", "Device", "Document", "Part", "Signature", "Timestamp", "Versions"]
