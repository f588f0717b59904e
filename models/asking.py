"""`xunjian models ask | questions`: closed questions about pictures, one line per answer."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

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

LINE_BYTES_MAX = 64 * 1024
LIKE = '{"image": "a.jpg", "question": "fire", "box": [0, 0, 1, 1]}'
CORNERS_MAX = 64
LANGUAGES = ("en", "zh-CN")
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Asked:
    """Frame coordinates. box: None for the whole picture. zone: corners of what a question calls the marked zone; empty
    where the picture shows it already.
    """

    image: Path
    question: str
    box: Box | None
    zone: tuple[Point, ...] = ()


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


def read_zone(text: str) -> tuple[Point, ...]:
    try:
        numbers = [float(side) for side in text.split(",")]
        return _corners([list(pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)])
    except (ValueError, ModelError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a zone like 0.1,0.5,0.9,0.5,0.5,0.9") from error


def _ask(arguments: argparse.Namespace, load: "LoadEngine") -> int:
    if (arguments.batch is None) == (arguments.image is None):
        raise ModelError("give a picture, or --batch FILE")
    if arguments.batch:
        if arguments.question or arguments.box or arguments.zone:
            raise ModelError("--question, --box and --zone go with a picture; each line of a batch has its own")
        return _ask_batch(arguments, load)
    if not arguments.question:
        raise ModelError(f"--question ID is missing; known: {', '.join(read_questions())}")
    _check_zone(arguments.question, arguments.zone)  # before a model is loaded
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
                row = {} if isinstance(asked, ModelError) else _row(asked)
                print(json.dumps(row | {"line": number, "error": why}), flush=True)
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
    box, margin = asked.box or WHOLE, model.answer_facts.margin if asked.box else 0.0
    image = marked_crop(image, box, margin, asked.zone) if asked.zone else crop(image, box, margin)
    calibrated = None if arguments.control else asked.question
    return model.ask(image, wording.control if arguments.control else wording.question, calibrated)


def _named(asked: Asked, error: ModelError) -> str:
    return str(error) if str(asked.image) in str(error) else f"{asked.image}: {error}"


def _row(asked: Asked) -> dict[str, Any]:
    return {"image": str(asked.image), "question": asked.question}


def _show(asked: Asked, answer: Answer, arguments: argparse.Namespace) -> None:
    if arguments.json:
        row = _row(asked) if arguments.batch else {}
        print(json.dumps(row | asdict(answer)), flush=True)
    else:
        certain = f"yes {answer.p_yes:.3f}, no {answer.p_no:.3f} of {answer.mass:.3f}"
        print(
            f"{printable(str(asked.image))}: {asked.question}: {answer.verdict.replace('_', ' ')} "
            f"({certain}, {answer.ms:.0f} ms)"
        )


def read_batch(path: Path) -> Iterator[tuple[int, Asked | ModelError]]:
    """Line by line: its number from 1, and what it asks or why it asks nothing; blank lines are none. Raises ModelError
    when the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(_lines(file), start=1):
                if line.strip():
                    yield number, _asked(line)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read ({error})") from error


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """A line that is too long is cut, and what is left of it skipped."""
    while line := file.readline(LINE_BYTES_MAX + 1):
        rest = line
        while len(rest) > LINE_BYTES_MAX and not rest.endswith(b"\n"):
            rest = file.readline(LINE_BYTES_MAX + 1)
        yield line


def _asked(line: bytes) -> Asked | ModelError:
    try:
        if len(line) > LINE_BYTES_MAX:
            raise ModelError(f"more than {LINE_BYTES_MAX} bytes; give one picture and question a line")
        return _read_line(line)
    except ModelError as error:
        return error


def _read_line(line: bytes) -> Asked:
    try:
        row = json.loads(line.decode("utf-8-sig"))
        image, question, box, zone = row["image"], row["question"], row.get("box"), row.get("zone")
        image.encode()  # half a character is no file's name
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(f"not like {LIKE}") from error
    if not (isinstance(question, str) and image and "\0" not in image):
        raise ModelError(f"not like {LIKE}")
    corners = () if zone is None else _corners(zone)
    _check_zone(question, corners)
    return Asked(Path(image), question, None if box is None else _sides(box), corners)


def _check_zone(question: str, zone: tuple[Point, ...]) -> None:
    """Raises ModelError for a question that is none, and for a zone that it is not about."""
    if not find_question(question).marked and zone:
        raise ModelError(f"{question} is not about a zone; leave the zone out")


def _corners(zone: Any) -> tuple[Point, ...]:
    numbers = [side for corner in zone for side in corner] if _pairs(zone) else []
    if not (
        3 <= len(numbers) / 2 <= CORNERS_MAX and all(type(one) in {int, float} and 0 <= one <= 1 for one in numbers)
    ):
        raise ModelError(
            f"a zone is 3 to {CORNERS_MAX} corners from 0 to 1, [[x, y], ...], not {json.dumps(zone)[:60]}"
        )
    return tuple((float(x), float(y)) for x, y in zone)


def _pairs(zone: Any) -> bool:
    return isinstance(zone, list) and all(isinstance(corner, list) and len(corner) == 2 for corner in zone)


def _sides(box: Any) -> Box:
    """What is a number and no side of a box is for `crop` to see."""
    if not isinstance(box, list) or len(box) != 4 or any(type(side) not in {int, float} for side in box):
        raise ModelError(f"a box is four numbers from 0 to 1, [x1, y1, x2, y2], not {json.dumps(box)[:60]}")
    try:
        x1, y1, x2, y2 = map(float, box)
    except OverflowError as error:
        raise ModelError(
            "a box is four numbers from 0 to 1, [x1, y1, x2, y2]; one of these has hundreds of digits"
        ) from error
    return x1, y1, x2, y2


def _questions(arguments: argparse.Namespace) -> int:
    for name, question in read_questions().items():
        if arguments.json:
            print(json.dumps({"id": name} | question.model_dump(mode="json", by_alias=True), ensure_ascii=False))
        else:
            print(f"{name:<14} {question.en.question}  {question.zh.question}")
    return 0
