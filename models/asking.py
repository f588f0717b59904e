"""`xunjian models ask | questions`: closed questions about pictures, one line per answer."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import ModelError
from models.picture import PictureError, read_picture
from models.registry import find_package, read_registry
from models.trial import try_unpinned
from models.vlm.answer import Answer
from models.vlm.crop import Box, crop
from models.vlm.questions import find_question, read_questions

if TYPE_CHECKING:  # needs Pillow, tokenizers and llguidance, which a centre has not got
    from models.vlm.vlm import LoadEngine, VisionLanguageModel

BATCH_BYTES_MAX = 64 * 1024**2
LANGUAGES = ("en", "zh-CN")


@dataclass(frozen=True, slots=True)
class Asked:
    """box: frame coordinates; None for the whole picture."""

    image: Path
    question: str
    box: Box | None


def add_commands(commands: Any, load: Callable[[argparse.Namespace], "LoadEngine"]) -> None:
    """load: what makes engines, as the command line says."""
    asking = commands.add_parser("ask", help="a closed question about a picture: yes, no or cannot tell")
    asking.add_argument("image", nargs="?", type=Path, metavar="IMAGE")
    asking.add_argument("--question", metavar="ID", help="see `xunjian models questions`")
    asking.add_argument("--box", type=read_box, metavar="X1,Y1,X2,Y2", help="what it is about, frame coordinates 0..1")
    asking.add_argument("--batch", type=Path, metavar="FILE", help="JSON Lines of {image, question, box?} instead")
    asking.add_argument("--model", metavar="NAME|DIR", help="default: the shipped package")
    asking.add_argument("--language", choices=LANGUAGES, default="en")
    asking.add_argument("--control", action="store_true", help="the mirrored question instead")
    asking.add_argument("--json", action="store_true")
    asking.add_argument("--device", choices=("cpu", "cuda", "tensorrt"), default="cpu")
    asking.add_argument("--threads", type=int, default=2, help="of the CPU (2)")
    asking.set_defaults(run=lambda arguments: _ask(arguments, load(arguments)))

    listing = commands.add_parser("questions", help="the questions that `ask` knows")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(run=_questions)


def read_box(text: str) -> Box:
    try:
        x1, y1, x2, y2 = (float(side) for side in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a box like 0.1,0.2,0.5,0.9") from error
    return x1, y1, x2, y2


def _ask(arguments: argparse.Namespace, load: "LoadEngine") -> int:
    if (arguments.batch is None) == (arguments.image is None):
        raise ModelError("give a picture, or --batch FILE")
    if arguments.image and not arguments.question:
        raise ModelError(f"--question ID is missing; known: {', '.join(read_questions())}")
    single = [Asked(arguments.image, arguments.question, arguments.box)] if arguments.image else []
    for asked in single:
        find_question(asked.question)  # before a model is loaded
    model = _model(arguments.model, load)
    code = 0
    for asked in single or read_batch(arguments.batch):
        try:
            answer = _answer(model, asked, arguments)
        except PictureError as error:
            code = 1
            print(f"xunjian models: {_named(asked, error)}", file=sys.stderr)
            if arguments.batch and arguments.json:
                print(json.dumps({"image": str(asked.image), "question": asked.question, "error": str(error)}))
            continue
        _show(asked, answer, arguments)
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
    if asked.box:
        image = crop(image, asked.box, model.answer_facts.margin)
    calibrated = None if arguments.control else asked.question
    return model.ask(image, wording.control if arguments.control else wording.question, calibrated)


def _named(asked: Asked, error: PictureError) -> str:
    return str(error) if str(asked.image) in str(error) else f"{asked.image}: {error}"


def _show(asked: Asked, answer: Answer, arguments: argparse.Namespace) -> None:
    if arguments.json:
        row = {"image": str(asked.image), "question": asked.question} if arguments.batch else {}
        print(json.dumps(row | asdict(answer)), flush=True)
    else:
        certain = f"yes {answer.p_yes:.3f}, no {answer.p_no:.3f} of {answer.mass:.3f}"
        print(f"{asked.image}: {asked.question}: {answer.verdict.replace('_', ' ')} ({certain}, {answer.ms:.0f} ms)")


def read_batch(path: Path) -> Iterator[Asked]:
    """Raises ModelError, which names the line."""
    try:
        if path.stat().st_size > BATCH_BYTES_MAX:
            raise ModelError(f"{path}: more than {BATCH_BYTES_MAX} bytes; ask in several batches")
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: cannot be read ({error})") from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _asked(line, f"{path}:{number}")


def _asked(line: str, where: str) -> Asked:
    try:
        row = json.loads(line)
        box = row.get("box")
        sides = tuple(float(side) for side in box) if box is not None else None
        image, question = Path(row["image"]), str(row["question"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(f'{where}: not like {{"image": "a.jpg", "question": "fire", "box": [0, 0, 1, 1]}}') from error
    if sides is not None and len(sides) != 4:
        raise ModelError(f"{where}: a box has four sides, not {len(sides)}")
    find_question(question)
    return Asked(image, question, sides)


def _questions(arguments: argparse.Namespace) -> int:
    for name, question in read_questions().items():
        if arguments.json:
            print(json.dumps({"id": name} | question.model_dump(mode="json", by_alias=True), ensure_ascii=False))
        else:
            print(f"{name:<14} {question.en.question}  {question.zh.question}")
    return 0
