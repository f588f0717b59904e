"""`xunjian models describe IMAGE --record INCIDENT.json`: what may be said of a lead, and what a model said besides."""

import argparse
import json
import shlex
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from contract.codec import decode, parse
from contract.errors import ContractError
from contract.incident_report import IncidentReport
from models.errors import ModelError
from models.picture import PictureError, read_picture
from models.printable import json_line, printable
from models.registry import find_package, read_registry
from models.trial import try_unpinned
from models.vlm.ai_label import AI_LABEL
from models.vlm.claims_writers import Chats, ClosedWriter, PackageWriter, ServerWriter
from models.vlm.crop import SIDE_PX_MIN
from models.vlm.description import SHOWN_MAX, ClaimsWriter, Described, Shown, describe_report
from models.vlm.marking import subject_crop
from models.vlm.questions import marked

if TYPE_CHECKING:
    from models.vlm.vlm import LoadEngine

RECORD_BYTES_MAX = 128 * 1024  # as a message on the wire
MARGIN = 0.25  # of a crop, where no package says
PRODUCER = "xunjian"
ALONE = {
    "no_model": "no model ships here and none was named",
    "no_subject": "no subject of it has a crop that could be shown to a model",
    "classified": "its text carries a classification mark, so no model was asked",
    "unsupported": "nothing that the model stated holds against the record",
    "nothing_said": "the model stated nothing",
}  # by reason; of `model_failed` the detail says more


class RecordError(ModelError):
    """A file that holds no incident report of this version."""


def add_command(
    commands: Any,
    load: Callable[[argparse.Namespace], "LoadEngine"],
    serve: Callable[[str, str, float], Chats],
) -> None:
    """load: what makes engines, as the command line says. serve: URL, model and seconds -> that chat server."""
    describing = commands.add_parser("describe", help="a lead in words: claims of a model that its record carries")
    describing.add_argument("image", type=Path, metavar="IMAGE", help="the key frame")
    describing.add_argument("--record", type=Path, required=True, metavar="FILE", help="its incident report, JSON")
    describing.add_argument(
        "--model", metavar="NAME|DIR", help="default: the shipped package; with --server, its model"
    )
    describing.add_argument("--server", metavar="URL", help="an OpenAI-compatible chat server instead, up to /v1")
    describing.add_argument("--template", action="store_true", help="ask no model: the record alone")
    describing.add_argument(
        "--lang", "--language", choices=tuple(AI_LABEL), default="en", help="of text and claims (en)"
    )
    describing.add_argument("--seconds", type=float, default=60.0, metavar="S", help="for a model's text (60)")
    describing.add_argument("--producer", default=PRODUCER, metavar="CODE", help="who runs this, for the AIGC label")
    describing.add_argument("--json", action="store_true")
    describing.add_argument("--device", choices=("cpu", "cuda", "tensorrt"), default="cpu")
    describing.add_argument("--threads", type=int, default=2, help="of the CPU (2)")
    describing.set_defaults(run=lambda arguments: _describe(arguments, load(arguments), serve))


def read_record(path: Path) -> IncidentReport:
    """Raises RecordError."""
    try:
        with path.open("rb") as file:
            content = file.read(RECORD_BYTES_MAX + 1)
        return decode(parse(content, RECORD_BYTES_MAX), IncidentReport)
    except OSError as error:
        raise RecordError(f"{path}: cannot be read ({error.strerror})") from error
    except ContractError as error:
        raise RecordError(f"{path}: not an incident report: {_what_else(path, content, error)}") from error


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _what_else(path: Path, content: bytes, error: ContractError) -> str:
    """What it seems to be, and what to give instead."""
    lines = [line for line in content.splitlines() if line.strip()]
    whole, first = _object(content), _object(lines[0]) if lines else None
    if whole is None and first is not None and "schema" in first:
        return f"it holds more than one line; give one, as `sed -n 1p {shlex.quote(str(path))}` takes it out"
    if whole is not None and "schema" not in whole and isinstance(whole.get("report"), dict):
        return "it looks like the centre's answer about a lead; give what stands there under `report`"
    return f"{' '.join(str(error).split())[:300]}; give one, as `edge replay` prints it"


def _describe(arguments: argparse.Namespace, load: "LoadEngine", serve: Callable[[str, str, float], Chats]) -> int:
    report = read_record(arguments.record)
    image = read_picture(arguments.image)
    if min(image.shape[:2]) < SIDE_PX_MIN:
        raise PictureError(f"{arguments.image}: {image.shape[1]} x {image.shape[0]} px; nothing is to be seen there")
    writer, margin = _writer(arguments, load, serve)
    start_s = time.perf_counter()
    described = describe_report(
        report,
        writer,
        lambda: shown_of(image, report, margin),
        producer=arguments.producer,
        produce_id=str(uuid.uuid4()),
    )
    if why := described.detail or ("" if arguments.template else ALONE.get(described.reason or "", "")):
        print(f"xunjian models: the record speaks alone: {printable(why)}", file=sys.stderr)
    row = _row(described, arguments.lang, writer, (time.perf_counter() - start_s) * 1000)
    print(json_line(row) if arguments.json else _lines(row))
    return 0


def _writer(
    arguments: argparse.Namespace, load: "LoadEngine", serve: Callable[[str, str, float], Chats]
) -> tuple[ClaimsWriter | None, float]:
    """And the crop's margin. Raises ModelError."""
    if not 0 < arguments.seconds <= 600:
        raise ModelError(f"--seconds {arguments.seconds:g}; give more than 0 and at most 600")
    if arguments.template:
        return None, MARGIN
    if arguments.server is not None:
        url = urlsplit(arguments.server)
        if url.scheme not in ("http", "https") or not url.hostname or url.username is not None:
            raise ModelError("--server is not an address like http://127.0.0.1:8080, without name and password")
        return ServerWriter(serve(arguments.server, arguments.model or "default", arguments.seconds)), MARGIN
    name = arguments.model or read_registry().default_vlm
    if name is None:
        return None, MARGIN
    package = find_package(name)
    try_unpinned(package)
    try:
        from models.vlm.vlm import VisionLanguageModel
    except ImportError as error:
        raise ModelError(f"{error.name} is not installed; install xunjian[edge,cpu], or take --template") from error
    model = VisionLanguageModel(package, load)
    margin = model.answer_facts.margin
    return (PackageWriter(model, arguments.seconds) if model.writes else ClosedWriter(model)), margin


def shown_of(image: NDArray[np.uint8], report: IncidentReport, margin: float) -> Sequence[Shown]:
    outlined = report.place.zone_id != "frame" and marked(report.type_id)
    polygon = report.place.polygon if outlined else ()
    crops = ((one, subject_crop(image, one.box, margin, polygon)) for one in report.subjects[:SHOWN_MAX])
    return [Shown(one.track_id, one.class_, crop) for one, crop in crops if crop is not None]


def _row(described: Described, language: str, writer: ClaimsWriter | None, ms: float) -> dict[str, Any]:
    ai = described.description.source == "model"
    return {
        "text": described.description.text[language],  # type: ignore[index]
        "claims": [
            {
                "text": one.zh if language == "zh-CN" else one.en,
                "kind": one.kind,
                "tracks": list(one.track_ids),
                "stated_by": "model" if by_model else "record",
            }
            for one, by_model in described.said
        ],
        "removed": [{"claim": claim, "reason": reason} for claim, reason in described.removed],
        "ai": ai,
        "label": AI_LABEL[language] if ai else None,  # type: ignore[index]
        "AIGC": described.description.aigc,
        "source": described.description.source,
        "reason": described.reason,
        "model": writer.name if writer is not None else None,
        "language": language,
        "ms": round(ms, 1),
    }


def _lines(row: dict[str, Any]) -> str:
    label = [f"[{row['label']}]"] if row["label"] else []
    claims = [f"  {one['kind']:<10} {one['text']}{'  (AI)' * (one['stated_by'] == 'model')}" for one in row["claims"]]
    removed = [f"  removed ({one['reason']}): {one['claim']}" for one in row["removed"]]
    return "\n".join(map(printable, [*label, row["text"], *claims, *removed]))
