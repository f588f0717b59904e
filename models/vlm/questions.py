"""The closed questions, by id: data in `questions.yaml`, in both languages."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from models.errors import ModelError

QUESTIONS = Path(__file__).with_name("questions.yaml")
Language = Literal["zh-CN", "en"]


class Wording(BaseModel):
    """question: its yes is what should be. control: mirrored, its yes is the question's no; never a negation, which
    small models do not hear.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str = Field(min_length=3, max_length=300)
    control: str = Field(min_length=3, max_length=300)


class Question(BaseModel):
    """types: of violations that it helps to decide. violation_when: the answer that supports the violation. marked: it
    is about the zone that the crop shows outlined.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    types: tuple[str, ...] = Field(min_length=1)
    violation_when: Literal["yes", "no"]
    marked: bool = False
    zh: Wording = Field(alias="zh-CN")
    en: Wording

    def wording(self, language: Language) -> Wording:
        return self.en if language == "en" else self.zh


@cache
def read_questions() -> dict[str, Question]:
    content = yaml.safe_load(QUESTIONS.read_text(encoding="utf-8"))
    return {name: Question.model_validate(one) for name, one in content.items()}


def zone_questions() -> tuple[str, ...]:
    """Those about the marked zone."""
    return tuple(name for name, question in read_questions().items() if question.marked)


def marked(type_id: str) -> bool:
    """Whether crops of such a lead show the zone outlined: not where all that is asked is about something else."""
    asked = [one for one in read_questions().values() if type_id in one.types]
    return not asked or any(one.marked for one in asked)


@cache
def questions_sha256() -> str:
    """Of the file: which wording a verdict was given on."""
    return hashlib.sha256(QUESTIONS.read_bytes()).hexdigest()


def find_question(name: str) -> Question:
    """Raises ModelError."""
    questions = read_questions()
    if name not in questions:
        raise ModelError(f"no question {name!r}; known: {', '.join(questions)}")
    return questions[name]
