"""The Apache-2.0 packages whose weights lie in a mirror, on real pictures with boxes that people drew."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from models.__main__ import main
from models.detector.detector import Detector
from models.engine.onnx_runtime import OnnxRuntimeEngine
from models.errors import PackageError
from models.package import Package, open_package
from models.picture import read_picture
from models.pull import pull, read_from_folder, shipped_first
from models.registry import REGISTRY, read_registry
from tests.data import data
from tests.models.boxes import overlap

FALLBACKS = {name: entry for name, entry in read_registry().packages.items() if entry.card}
OURS = ("person", "car", "bus", "truck")


@pytest.fixture(scope="module", params=sorted(FALLBACKS))
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Package:
    entry = FALLBACKS[request.param]
    read = read_from_folder(data("weights", entry.mirror or request.param))
    shipped = shipped_first(REGISTRY.parent / str(entry.card), read)
    return pull(request.param, entry, shipped, tmp_path_factory.mktemp("pulled"))


@cache
def labelled() -> list[tuple[Path, str, np.ndarray]]:
    """Pictures, our class, relative box: what fills 1 % or more of ten street pictures."""
    folder = data("extra", "street_misc_coco")
    names = (folder / "classes.txt").read_text().splitlines()
    things = []
    for path in sorted((folder / "images").iterdir()):
        for line in (folder / "labels" / f"{path.stem}.txt").read_text().splitlines():
            index, x, y, width, height = map(float, line.split())
            if names[int(index)] in OURS and width * height >= 0.01:
                box = np.array([x - width / 2, y - height / 2, x + width / 2, y + height / 2], np.float32)
                things.append((path, names[int(index)], box))
    return things


def test_what_people_labelled_is_found_at_the_cards_own_thresholds(package: Package) -> None:
    """Two thirds of them by a box of the class with IoU > 0.5: 20 to 24 of 28. A frame in the wrong place or a wrong
    stride loses more than that.
    """
    network = Detector(package, OnnxRuntimeEngine(package.read_weights()))
    seen = {path: network.detect(read_picture(path)) for path in {path for path, _, _ in labelled()}}
    hits = 0
    for path, name, box in labelled():
        found = seen[path]
        hits += any(
            found.class_names[index] == name and overlap(box, other) > 0.5
            for index, other in zip(found.class_ids, found.boxes, strict=True)
        )
    assert len(labelled()) == 28
    assert hits >= 19
    assert sum(map(len, seen.values())) <= 4 * len(labelled()), "not by seeing something everywhere"


def test_each_takes_its_own_size_only(package: Package) -> None:
    with pytest.raises(PackageError, match="takes 416 px only, not 640"):
        Detector(package, OnnxRuntimeEngine(package.read_weights()), size_px=640)


@pytest.mark.parametrize("name", sorted(FALLBACKS))
def test_pull_takes_the_weights_out_of_a_mirror_as_they_lie_there(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mirror = data("weights")
    monkeypatch.setenv("XUNJIAN_MODELS", str(tmp_path))
    assert main(["pull", name, "--from", str(mirror)]) == 0
    assert "pinned by the registry" in capsys.readouterr().out
    assert main(["verify", name]) == 0
    assert main(["list"]) == 0
    assert f"  {name}  Apache-2.0  sha256" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / name).iterdir()} == set(open_package(tmp_path / name).card.files) | {
        "card.yaml"
    }


@pytest.mark.parametrize("name", sorted(FALLBACKS))
def test_a_fallback_that_was_not_pulled_is_listed_with_its_licence_and_how_to_get_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XUNJIAN_MODELS", str(tmp_path))
    assert main(["list"]) == 0
    assert f"{name}  Apache-2.0  not here" in (shown := capsys.readouterr().out)
    assert f"xunjian models pull {name} --from DIR" in shown


def test_a_mirror_with_other_weights_under_that_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XUNJIAN_MODELS", str(tmp_path / "mine"))
    (tmp_path / "mirror" / "yolox-nano").mkdir(parents=True)
    (tmp_path / "mirror" / "yolox-nano" / "yolox_nano.onnx").write_bytes(b"something else")
    for mirror in (tmp_path / "mirror", tmp_path):
        assert main(["pull", "yolox-nano", "--from", str(mirror)]) == 1
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert "yolox_nano.onnx" in error
    assert not list((tmp_path / "mine").iterdir())
