"""`xunjian models list | pull | verify | detect | parity | ...`: model packages on this machine. Composition root."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from models import asking, comparing, describing, llama_cpp_server, pulling
from models.card import Card
from models.detector.detections import Detections
from models.detector.detector import Detector
from models.engine.choice import DEVICES, PRECISIONS, Choice
from models.engine.onnx_runtime import OnnxRuntimeEngine
from models.errors import ModelError, ScenarioError
from models.package import Package
from models.picture import PictureError, read_picture
from models.printable import printable
from models.proving import Trial
from models.registry import find_package, is_pinned, pulled_names, read_registry
from models.source import read_sources
from models.trial import try_any, try_unpinned
from models.vlm.claims_writers import Chats


def main(argv: list[str]) -> int:
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except ModelError as error:
        return _say(error)
    except BrokenPipeError:  # `... | head` is no failure of ours
        sys.stderr.close()
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="xunjian models", description="model packages on this machine")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    listing = commands.add_parser("list", help="the packages that are known, and which are here")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(run=_list)

    pulling.add_command(commands, lambda package: print(_package_line(package)))
    llama_cpp_server.add_command(commands)

    verifying = commands.add_parser(
        "verify",
        help="check every file of a package against its card and the registry, then load its networks apart",
        description="Checks every file against its card and the registry. A package that is named, and any that the"
        " registry does not pin, is also loaded in a process with limits, where a detector looks at one grey picture;"
        " language models are not loaded. Says which was done.",
    )
    verifying.add_argument("package", nargs="?", metavar="NAME|DIR", help="default: every package that is here")
    verifying.set_defaults(run=_verify)

    detecting = commands.add_parser("detect", help="what a detector sees in pictures")
    detecting.add_argument("images", nargs="+", type=Path, metavar="IMAGE")
    detecting.add_argument(
        "--json", action="store_true", help="a line per picture, boxes [x1, y1, x2, y2] in its pixels"
    )
    detecting.add_argument("--model", metavar="NAME|DIR", help="default: the shipped package")
    detecting.add_argument(
        "--min-score", type=_score, metavar="S", help="default 0.001 with --json, else the package's"
    )
    detecting.add_argument("--size", type=int, metavar="PX", help="longer side of the network's input")
    detecting.add_argument("--device", choices=DEVICES, default="cpu")
    detecting.add_argument("--precision", choices=PRECISIONS, help="default: the package's weights")
    detecting.add_argument("--threads", type=int, default=2, help="of the CPU (2)")
    detecting.set_defaults(run=_detect)

    comparing.add_commands(commands)
    asking.add_commands(commands, _engines)
    describing.add_command(commands, _engines, _chat_server)

    rendering = commands.add_parser("render", help="a scene as a clip, its detections, rules and truth")
    rendering.add_argument("scenario", metavar="SCENE", nargs="?", help="a shipped name, or a YAML file")
    rendering.add_argument("--list", action="store_true", help="the shipped scenes, and what happens in each")
    rendering.add_argument("--out", type=Path, metavar="DIR")
    rendering.add_argument("--seed", type=_seed, default=0, metavar="N", help="another variant of the scene (0)")
    rendering.add_argument("--size", type=_size, default=(960, 540), metavar="WxH", help="in pixels (960x540)")
    rendering.add_argument("--fps", type=int, default=10, metavar="N", help="frames a second (10)")
    rendering.set_defaults(run=_render)
    return parser


def _engines(told: argparse.Namespace) -> Callable[[bytes], OnnxRuntimeEngine]:
    return lambda weights: OnnxRuntimeEngine(weights, (told.device,), told.threads)


def _chat_server(url: str, model: str, seconds: float) -> Chats:
    from models.vlm.chat_server import ChatServer, ServerAddress  # needs httpx

    return ChatServer(ServerAddress(url, model, timeout_s=seconds))


def _seed(text: str) -> int:
    if not (text.isdecimal() and len(text) <= 9):
        raise argparse.ArgumentTypeError(f"{text!r} is not a seed: a whole number from 0")
    return int(text)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size like 960x540")
    return int(width), int(height)


def _score(text: str) -> float:
    try:
        score = float(text)
    except ValueError:
        score = -1.0
    if not 0.0 <= score <= 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a score from 0 to 1")
    return score


def _list(arguments: argparse.Namespace) -> int:
    registry = read_registry()
    rows = []
    code = 0
    for name in sorted({*registry.packages, *read_sources(), *pulled_names()}):
        entry = registry.packages.get(name)
        default = name in {registry.default, registry.default_vlm}
        row: dict[str, object] = {"name": name, "default": default, "pinned": entry is not None}
        if entry:
            row |= {"licence": entry.licence, "decoder": entry.decoder, "classes": list(entry.classes)}
        if source := read_sources().get(name):
            row |= {"licence": source.licence, "task": source.task}
        try:
            package = find_package(name)
            card = package.described
            row |= {"here": str(package.folder), "sha256": package.sha256, "licence": card.licence, "task": card.task}
            if isinstance(card, Card):
                row |= {"decoder": card.decoder, "classes": list(card.classes)}
        except ModelError as error:
            row |= {"here": None, "error": str(error)}
            code = 1 if entry and entry.path else code
        rows.append(row)
    for row in rows:
        print(json.dumps(row) if arguments.json else _list_line(row))
    if not arguments.json:
        print("* what is taken without a name")
    return code


def _list_line(row: dict[str, object]) -> str:
    mark = "*" if row["default"] else " "
    if row["here"] is None:
        return f"{mark} {row['name']}  {row.get('licence', 'licence unknown')}  not here: {row['error']}"
    line = f"{mark} {row['name']}  {row['licence']}  sha256 {str(row['sha256'])[:12]}  "
    classes = row.get("classes")
    if isinstance(classes, list) and classes:
        return f"{line}classes: {' '.join(classes)}"
    return line + ("writes text" if row["task"] == "language" else "answers questions about pictures")


def _verify(arguments: argparse.Namespace) -> int:
    registry = read_registry()
    here = {registry.default, *([registry.default_vlm] if registry.default_vlm else []), *pulled_names()}
    names = [arguments.package] if arguments.package else sorted(here)
    code = 0
    for name in names:
        try:
            package = find_package(name)
            pinned = is_pinned(package, registry.packages.get(package.described.name))
            tried = (arguments.package or not pinned) and try_any(package)
        except ModelError as error:
            code = _say(error)
        else:
            print(f"{_package_line(package)}, {'its networks load here' if tried else 'not loaded'}")
    return code


def _package_line(package: Package) -> str:
    card = package.described
    pinned = is_pinned(package, read_registry().packages.get(card.name))
    trust = "pinned by the registry" if pinned else "not pinned: its own card alone speaks for it"
    if card.name in read_sources():
        trust = "fetched files held to lock.yaml of the first pull"
    return f"{card.name}: {len(card.files)} files match, sha256 {package.sha256}, {trust}, {package.folder}"


def _detect(arguments: argparse.Namespace) -> int:
    package = find_package(arguments.model)
    try_unpinned(package)
    trial = Trial(
        package,
        Choice(arguments.device, arguments.precision),
        comparing.opener_for(package, arguments.size, arguments.threads),
    )
    score_min = 0.001 if arguments.json and arguments.min_score is None else arguments.min_score
    detector = Detector(trial.with_weights(), trial.open(), size_px=arguments.size, score_min=score_min)
    code = 0
    for path in arguments.images:
        try:
            image = read_picture(path)
        except PictureError as error:
            code = _say(error)
            continue
        rows = _pixel_rows(detector.detect(image), image.shape[1], image.shape[0])
        if arguments.json:
            print(json.dumps({"image": str(path), "detections": rows}), flush=True)
        else:
            _show(path, rows)
    return code


def _pixel_rows(detections: Detections, width: int, height: int) -> list[dict[str, object]]:
    boxes = detections.boxes.astype(float) * [width, height, width, height]
    return [
        {
            "class": detections.class_names[class_id],
            "score": round(float(score), 6),
            "box": [round(float(side), 2) for side in box],
        }
        for box, score, class_id in zip(boxes, detections.scores, detections.class_ids, strict=True)
    ]


def _show(path: Path, rows: list[dict[str, object]]) -> None:
    name = str(path).encode("utf-8", "backslashreplace").decode("utf-8")  # a file name may be any bytes
    print(f"{name}: {len(rows)} found" if rows else f"{name}: nothing found")
    for row in rows:
        box = row["box"]
        assert isinstance(box, list)
        print(f"  {row['class']:<12} {row['score']:.2f}  [{', '.join(f'{side:.0f}' for side in box)}] px")


def _render(arguments: argparse.Namespace) -> int:
    from models.synthetic import rendering  # needs PyAV, which a centre has not got

    if arguments.list:
        print(*rendering.scene_lines(), sep="\n")
        return 0
    if arguments.scenario is None or arguments.out is None:
        raise ScenarioError("render: name a scene and --out DIR; `xunjian models render --list` shows the scenes")
    rendering.render(arguments.scenario, arguments.out, arguments.seed, arguments.size, arguments.fps)
    return 0


def _say(error: ModelError) -> int:
    print(f"xunjian models: {printable(str(error))}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
