"""What a model package says about itself: `card.yaml`, read strictly."""

import re
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from models.errors import PackageError

CARD_BYTES_MAX = 64 * 1024
FILE_BYTES_MAX = 2 * 1024**3 - 1  # an ONNX file that holds its own weights is not larger (protobuf)

NAME_PATTERN = r"[a-z0-9][a-z0-9._-]{0,62}"
Name = Annotated[str, StringConstraints(pattern=f"^{NAME_PATTERN}$")]
ClassName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Line = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e][\x20-\x7e]{0,99}$")]
Precision = Literal["fp32", "fp16", "int8", "int4"]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def _plain(name: str) -> str:
    if PurePosixPath(name).name != name or name.startswith(".") or not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", name):
        raise ValueError("a file lies beside the card: a plain name, no folder, no leading dot")
    return name


FileName = Annotated[str, AfterValidator(_plain)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class FileFacts(_Part):
    sha256: Sha256
    bytes: int = Field(ge=1, le=FILE_BYTES_MAX)


Triple = tuple[float, float, float]


class Pixels(_Part):
    """How a picture becomes the network's numbers: `(value - mean) / std` of values 0..255, channels in order of
    `colours`. fit: `centre` and `corner` keep its proportions and pad with `padding` (around it; right and below),
    `stretch` does not. The defaults are Ultralytics'.
    """

    colours: Literal["rgb", "bgr"] = "rgb"
    fit: Literal["centre", "corner", "stretch"] = "centre"
    padding: int = Field(default=114, ge=0, le=255)
    mean: Triple = (0.0, 0.0, 0.0)
    std: Triple = (255.0, 255.0, 255.0)

    @model_validator(mode="after")
    def _positive_std(self) -> "Pixels":
        if not all(0 < one < float("inf") for one in self.std):
            raise ValueError("std must be positive numbers")
        return self


class InputFacts(_Part):
    """size_px: the longer side of the network's input, at most, unless the caller asks otherwise. trained_px: the side
    it learned at. stride_px: both sides are multiples of it. side_px_min: neither side is shorter (an end-to-end
    head picks its 300 best out of one candidate per 8 x 8 px and more). dynamic: any such height and width is accepted;
    else the input is always a square of size_px.
    """

    size_px: int = Field(ge=32, le=4096)
    trained_px: int = Field(ge=32, le=4096)
    stride_px: int = Field(ge=1, le=128)
    side_px_min: int = Field(ge=1, le=4096)
    dynamic: bool
    pixels: Pixels = Pixels()

    @model_validator(mode="after")
    def _whole_strides(self) -> "InputFacts":
        if any(side % self.stride_px for side in (self.size_px, self.trained_px, self.side_px_min)):
            raise ValueError(f"size_px, trained_px and side_px_min must be multiples of stride_px {self.stride_px}")
        if self.size_px < self.side_px_min:
            raise ValueError(f"size_px {self.size_px} is below side_px_min {self.side_px_min}")
        if self.dynamic and self.pixels.fit == "stretch":
            raise ValueError("pixels.fit stretch is for inputs of one size: dynamic must be false")
        return self


class _AnyCard(_Part):
    """What every package says. weights: the file whose sha256 stands in incident reports."""

    schema_id: Literal["xunjian.model/1"] = Field(alias="schema")
    name: Name
    version: int = Field(ge=1)
    precision: Precision
    licence: Line
    weights: FileName
    files: dict[FileName, FileFacts] = Field(min_length=1, max_length=32)

    @model_validator(mode="after")
    def _weights_are_a_file(self) -> Self:
        if self.weights not in self.files:
            raise ValueError(f"weights file {self.weights} is not among files")
        return self


class Card(_AnyCard):
    """Of a detector.

    overlap_max: intersection over union of two boxes of a class from which on they are one object; 1: the network
    settles that itself. network_classes: what the network calls its classes, in its order; without, `classes`.
    renamed: such a name -> ours; a name that is neither renamed nor in `classes` is dropped. min_score: from which
    score on a class is believed: what `models detect` shows, and what a rule takes that has no `min_score`. variants:
    files with the same network in other numbers; the weights are what these are held to.
    """

    task: Literal["detection"]
    decoder: Line
    overlap_max: float = Field(gt=0, le=1)
    input: InputFacts
    classes: tuple[ClassName, ...] = Field(min_length=1, max_length=1000)
    network_classes: tuple[Line, ...] | None = Field(default=None, max_length=10_000)
    renamed: dict[Line, ClassName] = Field(default_factory=dict)
    min_score: dict[ClassName, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)
    variants: dict[Precision, FileName] = Field(default_factory=dict)

    @property
    def network_class_count(self) -> int:
        return len(self.network_classes or self.classes)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if len(set(self.classes)) != len(self.classes):
            raise ValueError("a class is named twice")
        if unknown := [name for name in self.min_score if name not in self.classes]:
            raise ValueError(f"min_score: {unknown[0]} is not among classes")
        theirs = self.network_classes or self.classes
        if unknown := [name for name in self.renamed if name not in theirs]:
            raise ValueError(f"renamed: {unknown[0]} is not among network_classes")
        reached = {self.renamed.get(name, name) for name in theirs}
        if unknown := [name for name in self.classes if name not in reached]:
            raise ValueError(f"class {unknown[0]} comes from none of network_classes")
        return self

    @model_validator(mode="after")
    def _variants_are_files(self) -> Self:
        if missing := [name for name in self.variants.values() if name not in self.files]:
            raise ValueError(f"variants: {missing[0]} is not among files")
        if self.precision in self.variants or self.weights in self.variants.values():
            raise ValueError("variants: the weights are named again; name other precisions and files")
        return self


class VlmFiles(_Part):
    """Which file is which: three networks (as Transformers.js lays Idefics3 and SmolVLM out), the tokenizer of the
    `tokenizers` library, how pictures are prepared and the model's own configuration (as transformers writes them).
    """

    vision_encoder: FileName = "vision_encoder.onnx"
    embed_tokens: FileName = "embed_tokens.onnx"
    decoder: FileName = "decoder_model_merged.onnx"
    tokenizer: FileName = "tokenizer.json"
    preprocessor: FileName = "preprocessor_config.json"
    config: FileName = "config.json"


class Calibration(_Part):
    """Platt's scaling of one question: log-odds of yes against no become `slope * log_odds + intercept`."""

    slope: float = Field(gt=0, le=100)
    intercept: float = Field(ge=-100, le=100)


class AnswerFacts(_Part):
    """How a closed question is put and its answer read. instruction: follows the question's text. mass_min: less
    probability than that on yes, no and cannot-tell together is no answer. share_min: what an answer needs of that
    mass. margin: how much of a box's width and height belongs to the crop on each side. calibration: by question id.
    """

    instruction: str = Field(default=" Answer yes, no or cannot tell.", max_length=500)
    mass_min: float = Field(default=0.5, ge=0, le=1)
    share_min: float = Field(default=0.5, ge=0.34, lt=1)
    margin: float = Field(default=0.25, ge=0, le=2)
    calibration: dict[Name, Calibration] = Field(default_factory=dict, max_length=200)


class VlmCard(_AnyCard):
    """Of a vision-language model. image_tokens: what one tile becomes in the prompt. weights: the decoder. writes: it
    has learned to state what it sees in a JSON form; else it is asked closed questions only.
    """

    task: Literal["vision_language"]
    image_tokens: int = Field(ge=1, le=4096)
    writes: bool = False
    parts: VlmFiles = VlmFiles()
    answers: AnswerFacts = AnswerFacts()

    @model_validator(mode="after")
    def _has_its_parts(self) -> Self:
        if missing := [name for name in self.parts.model_dump().values() if name not in self.files]:
            raise ValueError(f"parts: {missing[0]} is not among files")
        if self.weights != self.parts.decoder:
            raise ValueError(f"weights is {self.weights}, but the decoder is {self.parts.decoder}")
        return self


class LanguageCard(_AnyCard):
    """Of a language model that llama.cpp runs. weights: a GGUF file."""

    task: Literal["language"]


AnyCard = Card | VlmCard | LanguageCard
_CARDS: dict[str, type[VlmCard] | type[LanguageCard]] = {"vision_language": VlmCard, "language": LanguageCard}


def parse_card(content: bytes, source: str) -> AnyCard:
    """Raises PackageError, one line with the first thing that is wrong; `source` is named in it."""
    if len(content) > CARD_BYTES_MAX:
        raise PackageError(f"{source}: larger than {CARD_BYTES_MAX} bytes; this is no model card")
    try:
        written = yaml.safe_load(content)
        task = written.get("task") if isinstance(written, dict) else None
        return _CARDS.get(str(task), Card).model_validate(written)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "card"
        raise PackageError(f"{source}: {where}: {first['msg']}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a date that is none, a thousand brackets
        raise PackageError(f"{source}: not YAML: {' '.join(str(error).split())[:300]}") from error
