"""ARCHITECTURE.md and the README's tree are the disk; pure files import nothing that touches the world."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.project.documents import annotated_tree
from tests.project.sources import PRODUCTS, ROOT, imported, python_files, text, tracked, tree

ARCHITECTURE = Path("ARCHITECTURE.md")
WORLD = {
    "asyncio", "time", "logging", "os", "sqlite3", "socket", "threading", "cv2", "av", "onnxruntime", "paho",
    "sqlalchemy", "fastapi",
}  # fmt: skip
PURE_FILES = (
    "contract/acknowledgement.py", "contract/codec.py", "contract/command.py", "contract/document.py",
    "contract/evidence_manifest.py", "contract/heartbeat.py", "contract/ids.py", "contract/incident_report.py",
    "contract/still.py", "contract/topics.py",
    "models/detector/candidates.py", "models/detector/decode.py", "models/detector/dense.py",
    "models/detector/detections.py", "models/detector/overlap.py", "models/detector/parity.py",
    "models/engine/choice.py", "models/engine/engine.py", "models/engine/feeds.py",
    "models/detector/distribution.py", "models/detector/end_to_end.py",
    "models/detector/nanodet_plus.py", "models/detector/picodet.py", "models/detector/suppression.py",
    "models/detector/raster.py", "models/detector/yolox.py",
    "models/vlm/ai_label.py", "models/vlm/claims.py", "models/vlm/reading.py", "models/vlm/secrecy.py",
    "models/vlm/folding.py", "models/vlm/permitted_uses.py",
    "models/vlm/sentence_grammar.py", "models/vlm/summary.py", "models/vlm/summary_writer.py",
    "models/synthetic/actor.py", "models/synthetic/acts.py", "models/synthetic/figures.py", "models/synthetic/path.py",
    "models/synthetic/people.py", "models/synthetic/rule_words.py", "models/synthetic/scenario.py",
    "models/synthetic/scene.py", "models/synthetic/script.py", "models/synthetic/silhouette.py",
    "models/synthetic/things.py", "models/synthetic/truth.py", "models/synthetic/variant.py",
    "models/synthetic/vehicles.py", "models/synthetic/view.py",
    "central/cases/generated.py", "models/picture_header.py", "models/vlm/claims_question.py", "models/printable.py",
    "models/vlm/closed_claims.py", "models/vlm/stated_claim.py",
    "models/vlm/description.py", "models/vlm/record_text.py", "central/cases/priority.py",
    "models/vlm/answer.py", "models/vlm/crop.py", "models/vlm/prompt.py", "models/vlm/sampling.py",
    "edge/capture/camera.py", "edge/capture/onvif_messages.py",
    "edge/capture/frame.py", "edge/capture/timeline.py", "edge/detection/detector.py",
    "edge/detection/pace.py", "edge/detection/script.py", "edge/evidence/manifest.py", "edge/evidence/store.py",
    "edge/evidence/track_history.py", "edge/verification/inquiry.py", "edge/verification/verdict.py",
    "edge/verification/verifier.py", "edge/verification/waiting.py", "edge/backoff.py", "edge/delivery/dossier.py",
    "edge/delivery/report.py", "edge/delivery/revision.py", "edge/health/camera_view.py", "edge/health/view_shift.py",
    "central/alerts/alert.py", "central/audit/access.py", "central/cases/arrival.py", "central/cases/case.py",
    "central/devices/box.py", "central/evidence/evidence.py", "central/ingest/examination.py",
    "central/ingest/message.py", "central/web/rule_trace.py", "central/web/story.py",
)  # fmt: skip
PURE_FOLDERS = ("edge/tracking", "edge/rules", "edge/incidents")  # every file in them
PURE = (*PURE_FILES, *sorted(str(path) for path in python_files("edge") if str(path.parent) in PURE_FOLDERS))


@pytest.mark.parametrize("path", PURE)
def test_a_pure_file_imports_nothing_that_touches_the_world(path: str) -> None:
    assert (ROOT / path).exists(), "the table of pure files names one that is gone"
    tops = {name.split(".")[0] for name in imported(Path(path))}
    assert not tops & WORLD


def test_the_flow_table_names_files_that_exist_in_the_order_of_the_layers() -> None:
    rows = re.findall(r"^\| \d+ \| [^|]+ \| `([^`]+)` \|", text(ARCHITECTURE), re.MULTILINE)
    assert len(rows) >= 12
    assert not [row for row in rows if not (ROOT / row).is_file()]
    contracts = tomllib.loads(text(Path("pyproject.toml")))["tool"]["importlinter"]["contracts"]
    (box,) = (contract["layers"] for contract in contracts if "flow" in contract["name"])
    bottom_up = [re.sub(r"\W", "", layer) for layer in reversed(box)]
    steps = [bottom_up.index(row.split("/")[1]) for row in rows if row.startswith("edge/")]
    assert steps == sorted(steps)
    products = [row.split("/")[0] for row in rows if not row.startswith("models/")]
    assert products == sorted(products, key=("edge", "central").index)


def test_the_architecture_names_every_import_contract() -> None:
    names = re.findall(r'^name = "([^"]+)"', text(Path("pyproject.toml")).split("[tool.importlinter]")[1], re.MULTILINE)
    assert not [name for name in names if name not in text(ARCHITECTURE)]


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_annotated_tree_is_the_disk(readme: str) -> None:
    shown = annotated_tree(Path(readme))
    assert not [str(path) for path in shown if not (ROOT / path).exists()]
    tops = {path.parts[0] for path in tracked() if not path.parts[0].startswith(".")}
    parts = {Path(*path.parts[:2]) for path in python_files(*PRODUCTS) if len(path.parts) > 2}
    assert not {Path(top) for top in tops} - set(shown)
    assert not parts - set(shown)


def test_the_import_contracts_are_kept() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_runtime_is_imported_before_an_engine_is_made() -> None:
    """A box without a GPU, or without any runtime, still starts and can say what is missing."""
    at_once = {
        f"{path}: {name}"
        for path in python_files("models")
        if path.parent == Path("models/engine")
        for node in tree(path).body
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        if name.split(".")[0] in {"onnxruntime", "tensorrt", "cuda"}
    }
    assert not at_once


def test_importing_all_engines_imports_nothing_of_a_gpu() -> None:
    """Nor in a function that runs at import, a `try` or a condition, which the test above does not see."""
    modules = [".".join(path.with_suffix("").parts) for path in python_files("models") if path.parts[1] == "engine"]
    gpu = {"onnxruntime", "tensorrt", "tensorrt_bindings", "cuda", "pycuda", "cupy", "torch"}
    script = f"import importlib, sys\nfor name in {modules}: importlib.import_module(name)\n"
    script += f"print(*({gpu} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
    assert "models.engine.tensorrt" in modules


def test_adapters_are_named_only_by_composition_roots() -> None:
    """A file named after a technology is imported where things are put together, and by tests."""
    roots = {
        Path(name)
        for name in (
            "edge/analysis.py",
            "edge/cameras.py",
            "edge/camera_discovery.py",
            "edge/link.py",
            "edge/replay.py",
            "edge/clip_commands.py",
            "edge/box_summary.py",
            "edge/capture/child.py",
            "edge/verification/child.py",
            "models/trial_child.py",
            "models/engine/opening.py",
            "central/app.py",
            "models/__main__.py",
            "models/training/detector/detect.py",
            "models/training/vlm/second_look/evaluate.py",
            "models/training/vlm/second_look/written.py",
        )
    }
    adapters = {
        "models.engine.onnx_runtime", "models.engine.tensorrt", "models.vlm.chat_server", "edge.verification.chat",
        "edge.verification.vlm", "edge.verification.scripted", "edge.verification.isolated",
        "edge.detection.scripted", "edge.detection.network", "edge.capture.video_file",
        "edge.capture.rtsp", "edge.capture.onvif", "edge.capture.ws_discovery",
        "edge.capture.http_mjpeg", "edge.capture.v4l2", "edge.capture.isolated", "edge.capture.gstreamer",
        "edge.delivery.mqtt", "edge.evidence.disk",
        "central.ingest.subscriber",
        "central.ingest.embedded_broker",
    }  # fmt: skip
    for name in adapters:
        assert (ROOT / f"{name.replace('.', '/')}.py").exists(), "the table of adapters names one that is gone"
    found = {
        f"{path} imports {name}"
        for path in python_files(*PRODUCTS)
        if path not in roots
        for name in imported(path) & adapters
    }
    assert not found
