"""A pixelated picture of what a camera sees now, small enough for MQTT."""

from typing import ClassVar

from pydantic import Field

from contract.document import Document
from contract.ids import Slug, Timestamp

STILL_BYTES_MAX = 20_480


class Still(Document):
    SCHEMA: ClassVar[str] = "xunjian.still/1"

    box_id: Slug
    camera_id: Slug
    captured: Timestamp
    jpeg: str = Field(max_length=STILL_BYTES_MAX * 4 // 3 + 4)  # base64
