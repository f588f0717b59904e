"""`xunjian models ask | questions`: closed questions about pictures, one line per answer."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.asked import LIKE, Asked, check_zone, read_batch, read_box, read_zone
from models.errors import ModelError
from models.picture import PictureError, read_picture
from models.printable import printable
from models.registry import find_package, read_registry
from models.trial import try_unpinned
from models.vlm.answer import Answer
from models.vlm.crop import Box, crop
from models.vlm.marking import marked_crop
from models.vlm.questions import find_question, read_questions

if TYPE_CHECKING:  # needs Pillow, tokenizers and llguidance, which a centre has not got
    from models.vlm.vlm import LoadEngine, VisionLanguageModel

LANGUAGES = ("en", "zh-CN")
WHOLE_PICTURE: Box = (0.0, 0.0, 1.0, 1.0)


def add_commands(commands: Any, load: Callable[[argparse.Namespace], "LoadEngine"]) -> None:
    """load: what makes engines, as the command line says."""
    asking = commands.add_parser("ask", help="a closed question about a picture: yes, no or cannot tell")
    asking.add_argument("image", nargs="?", type=Path, metavar="IMAGE")
    asking.add_argument("--question", metavar="ID", help="see `xunjian models questions`")
    asking.add_argument("--box", type=read_box, metavar="X1,Y1,X2,Y2", help="what it is about, frame coordinates 0..1")
    asking.add_argument(
        "--zone",
        type=read_zone,
        metavar="X,Y,X,Y,X,Y...",
        default=(),
        help="the marked zone's corners, frame coordinates",
    )
    asking.add_argument(
        "--batch", type=Path, metavar="FILE", help="JSON Lines of {image, question, box?, zone?} instead"
    )
    asking.add_argument("--model", metavar="NAME|DIR", help="default: the shipped package")
    asking.add_argument("--language", "--lang", choices=LANGUAGES, default="en")
    asking.add_argument("--control", action="store_true", help="the mirrored question instead")
    asking.add_argument("--json", action="store_true")
    asking.add_argument("--device", choices=("cpu", "cuda", "tensorrt"), default="cpu")
    asking.add_argument("--threads", type=int, default=2, help="of the CPU (2)")
    asking.set_defaults(run=lambda arguments: _ask(arguments, load(arguments)))

    listing = commands.add_parser("questions", help="the questions that `ask` knows")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(run=_questions)


def _ask(arguments: argparse.Namespace, load: "LoadEngine") -> int:
    if (arguments.batch is None) == (arguments.image is None):
        raise ModelError("give a picture, or --batch FILE" + (", not both" if arguments.image else ""))
    if arguments.batch:
        if arguments.question or arguments.box or arguments.zone:
            raise ModelError("--question, --box and --zone go with a picture; each line of a batch has its own")
        return _ask_batch(arguments, load)
    if not arguments.question:
        raise ModelError(f"--question ID is missing; known: {', '.join(read_questions())}")
    check_zone(arguments.question, arguments.zone)  # before a model is loaded
    asked = Asked(arguments.image, arguments.question, arguments.box, arguments.zone)
    try:
        answer = _answer(_model(arguments.model, load), asked, arguments)
    except PictureError as error:
        raise ModelError(_named(asked, error)) from error
    _show(asked, answer, arguments)
    return 0


def _ask_batch(arguments: argparse.Namespace, load: "LoadEngine") -> int:
    """A line that cannot be asked or answered is said, on standard error and as JSON, and the next one asked."""
    lines = read_batch(arguments.batch)
    first = next(lines, None)  # before a model is loaded
    if first is None:
        raise ModelError(f"{arguments.batch}: no line in it; give {LIKE}")
    model = _model(arguments.model, load)
    code = 0
    for number, asked in chain([first], lines):
        try:
            if isinstance(asked, ModelError):
                raise asked
            answer = _answer(model, asked, arguments)
        except ModelError as error:
            code = 1
            why = str(error) if isinstance(asked, ModelError) else _named(asked, error)
            print(printable(f"xunjian models: {arguments.batch}:{number}: {why}"), file=sys.stderr)
            if arguments.json:
                row = {"line": number} if isinstance(asked, ModelError) else _row(asked, number)
                print(json.dumps(row | {"error": why}), flush=True)
            continue
        _show(asked, answer, arguments, number)
    return code


def _model(name: str | None, load: "LoadEngine") -> "VisionLanguageModel":
    name = name or read_registry().default_vlm
    if name is None:
        raise ModelError("no vision-language model ships; name one: --model NAME|DIR")
    package = find_package(name)
    try_unpinned(package)
    try:
        from models.vlm.vlm import VisionLanguageModel
    except ImportError as error:
        raise ModelError(f"{error.name} is not installed; install xunjian[edge,cpu]") from error
    return VisionLanguageModel(package, load)


def _answer(model: "VisionLanguageModel", asked: Asked, arguments: argparse.Namespace) -> Answer:
    wording = find_question(asked.question).wording(arguments.language)
    image = read_picture(asked.image)
    box, margin = asked.box or WHOLE_PICTURE, model.answer_facts.margin if asked.box else 0.0
    image = marked_crop(image, box, margin, asked.zone) if asked.zone else crop(image, box, margin)
    calibrated = None if arguments.control else asked.question
    return model.ask(image, wording.control if arguments.control else wording.question, calibrated)


def _named(asked: Asked, error: ModelError) -> str:
    return str(error) if str(asked.image) in str(error) else f"{asked.image}: {error}"


def _row(asked: Asked, number: int) -> dict[str, Any]:
    """What tells a batch's answers apart; the contract has none of it for a single question."""
    row: dict[str, Any] = {"line": number, "image": str(asked.image), "question": asked.question}
    return row | ({"box": asked.box} if asked.box else {}) | ({"zone": asked.zone} if asked.zone else {})


def _show(asked: Asked, answer: Answer, arguments: argparse.Namespace, number: int = 0) -> None:
    if arguments.json:
        row = _row(asked, number) if arguments.batch else {}
        print(json.dumps(row | asdict(answer) | {"ms": round(answer.ms, 2)}), flush=True)
    else:
        certain = f"yes {answer.p_yes:.3f}, no {answer.p_no:.3f} of {answer.mass:.3f}"
        print(
            f"{printable(str(asked.image))}: {asked.question}: {answer.verdict.replace('_', ' ')} "
            f"({certain}, {answer.ms:.0f} ms)"
        )


def _questions(arguments: argparse.Namespace) -> int:
    for name, question in read_questions().items():
        if arguments.json:
            print(json.dumps({"id": name} | question.model_dump(mode="json", by_alias=True), ensure_ascii=False))
        else:
            print(f"{name:<14} {question.en.question}  {question.zh.question}")
    return 0
