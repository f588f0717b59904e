"""What people read for the classes of objects that reports name: data in `object_classes.yaml`."""

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

_FILE = Path(__file__).with_name("object_classes.yaml")


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    zh: str = Field(alias="zh-CN")
    en: tuple[str, str]


def class_name_zh(class_id: str) -> str:
    words = _words().get(class_id)
    return words.zh if words else class_id


def class_name_en(class_id: str, count: int = 1) -> str:
    words = _words().get(class_id)
    return words.en[count != 1] if words else class_id


def class_ids() -> tuple[str, ...]:
    return tuple(_words())


@cache
def _words() -> dict[str, _Words]:
    return TypeAdapter(dict[str, _Words]).validate_python(yaml.safe_load(_FILE.read_text(encoding="utf-8")))
