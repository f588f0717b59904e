"""`xunjian models parity`: whether an engine sees what the reference sees. A box takes the verdict over."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from models.engine.choice import Choice
from models.engine.machine import read_machine
from models.engine.opening import Opener
from models.errors import ModelError
from models.package import Package
from models.picture import PictureError, read_picture
from models.proof import engines_folder
from models.proving import PICTURES_MAX, Image, Trial, keep_verdict, no_own, pictures_beside
from models.registry import find_package
from models.trial import try_unpinned

SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
FILES_MAX = 100_000


def add_commands(commands: Any) -> None:
    comparing = commands.add_parser("parity", help="whether an engine sees what the reference sees; 1 when it does not")
    comparing.add_argument("package", nargs="?", metavar="NAME|DIR", help="default: the shipped package")
    comparing.add_argument(
        "--engine",
        default="onnx",
        metavar="ENGINE",
        help="onnx (the reference), a precision (fp16, int8), a device (cuda, tensorrt, tensorrt-native, "
        "tensorrt-graph), or both as in cuda:fp16",
    )
    comparing.add_argument(
        "--images", type=Path, metavar="DIR", help=f"up to {PICTURES_MAX} of its pictures; default: rendered scenes"
    )
    comparing.add_argument("--size", type=int, metavar="PX", help="longer side of the network's input")
    comparing.add_argument("--threads", type=int, default=2, help="of the CPU (2)")
    comparing.add_argument("--json", action="store_true")
    comparing.set_defaults(run=_parity)


def opener_for(package: Package, size_px: int | None, threads: int) -> Opener:
    return Opener(threads, size_px or package.card.input.size_px, engines_folder(), read_machine())


def _parity(arguments: argparse.Namespace) -> int:
    choice = Choice.parse(arguments.engine)
    package = find_package(arguments.package)
    try_unpinned(package)
    trial = Trial(package, choice, opener_for(package, arguments.size, arguments.threads))
    skipped: list[str] = []
    of_theirs = arguments.images is not None
    pictures = _pictures(arguments.images, skipped.append) if of_theirs else pictures_beside(no_own())
    tested = trial.open()
    found = trial.compare(tested, pictures)
    if not trial.is_reference:
        keep_verdict(trial, found.refusal, found.pictures if of_theirs else 0)
    for why in skipped:
        print(f"xunjian models: {why}", file=sys.stderr)
    name, precision = package.card.name, trial.with_weights().card.precision
    if arguments.json:
        facts = {
            "package": name,
            "engine": tested.name,
            "precision": precision,
            "pictures": found.pictures,
            "seen": dict(found.seen),
            "found": dict(found.found),
            "missed": dict(found.missed),
            "added": dict(found.added),
            "agreeing": round(found.agreeing, 5),
            "refusal": found.refusal,
        }
        print(json.dumps(facts))
    else:
        seen, missed, added = (sum(one.values()) for one in (found.seen, found.missed, found.added))
        print(
            f"{name} {precision} on {tested.name}: of {seen} detections in {found.pictures} pictures {missed} missed, "
            f"{added} added; {found.refusal or 'agrees with the reference'}"
        )
    return 1 if found.refusal else 0


def _pictures(folder: Path, skip: Callable[[str], None]) -> Iterator[Image]:
    """At most PICTURES_MAX, evenly over the sorted files of the folder and those in it. Raises ModelError."""
    found = (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    paths = sorted(path for _, path in zip(range(FILES_MAX), found, strict=False))
    if not paths:
        raise ModelError(f"{folder}: no pictures there; give a folder with JPEG or PNG files")
    count = min(len(paths), PICTURES_MAX)
    for index in range(count):
        try:
            yield read_picture(paths[index * len(paths) // count])
        except PictureError as error:
            skip(str(error))
