"""What an installation pulls in, by the lock file alone: no trainer on a box, a wheel for every box's processor."""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.project.sources import ROOT

Package = dict[str, Any]
LOCKED: list[Package] = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
TRAINERS = {"torch", "torchvision", "ultralytics", "transformers", "onnx", "trackers", "supervision"}
INSTALLATIONS = [("edge", "cpu"), ("edge", "gpu"), ("edge", "jetson"), ("central",), ("edge", "cpu", "central")]


def closure(extras: tuple[str, ...]) -> list[Package]:
    """Every locked package that `xunjian[extras]` can pull on any machine: markers are not looked at."""
    wanted: list[tuple[str, str | None]] = [("xunjian", None), *(("xunjian", extra) for extra in extras)]
    seen: set[tuple[str, str | None]] = set()
    found: list[Package] = []
    while wanted:
        name, extra = wanted.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        for package in LOCKED:
            if package["name"] == name:
                found += [package] if extra is None else []
                wanted += requirements(package, extra)
    return found


def requirements(package: Package, extra: str | None) -> Iterator[tuple[str, str | None]]:
    listed = package.get("dependencies", []) if extra is None else package.get("optional-dependencies", {})[extra]
    for requirement in listed:
        yield requirement["name"], None
        for further in requirement.get("extra", []):
            yield requirement["name"], further


def runs_on(wheel: str, processor: str) -> bool:
    """wheel: file name. musl and other systems do not count: the box's system is glibc Linux."""
    platform = wheel.removesuffix(".whl").rsplit("-", 1)[1]
    return platform == "any" or any(
        tag.startswith(("manylinux", "linux")) and tag.endswith(processor) for tag in platform.split(".")
    )


@pytest.mark.parametrize("extras", INSTALLATIONS, ids="+".join)
def test_no_installation_of_a_product_pulls_a_trainer(extras: tuple[str, ...]) -> None:
    assert not TRAINERS & {package["name"] for package in closure(extras)}


def test_the_walk_sees_what_is_there() -> None:
    assert {"torch", "ultralytics"} <= {package["name"] for package in closure(("train",))}
    assert {"pydantic-core", "cffi", "onnxruntime", "av"} <= {package["name"] for package in closure(("edge", "cpu"))}


@pytest.mark.parametrize("processor", ["x86_64", "aarch64"])
def test_every_package_of_a_box_comes_as_a_wheel_for_its_processor(processor: str) -> None:
    without = [
        f"{package['name']} {package['version']}"
        for package in closure(("edge", "cpu"))
        if package["name"] != "xunjian"
        and not any(runs_on(wheel["url"].rsplit("/", 1)[1], processor) for wheel in package.get("wheels", []))
    ]
    assert not without


def test_the_embedded_broker_of_a_one_machine_trial_comes_as_a_wheel_for_both_processors() -> None:
    (broker,) = (package for package in LOCKED if package["name"] == "iotcore")
    wheels = [wheel["url"].rsplit("/", 1)[1] for wheel in broker["wheels"]]
    assert all(any(runs_on(wheel, processor) for wheel in wheels) for processor in ("x86_64", "aarch64"))


@pytest.mark.parametrize(
    ("wheel", "runs"),
    [
        ("rich-15.0-py3-none-any.whl", True),
        ("av-18.1.0-cp311-abi3-manylinux_2_28_aarch64.whl", True),
        ("numpy-2.4.6-cp311-cp311-manylinux_2_27_aarch64.manylinux_2_28_aarch64.whl", True),
        ("numpy-2.4.6-cp311-cp311-musllinux_1_2_aarch64.whl", False),
        ("numpy-2.4.6-cp311-cp311-macosx_11_0_arm64.whl", False),
        ("numpy-2.4.6-cp311-cp311-manylinux_2_28_x86_64.whl", False),
    ],
)
def test_a_wheel_is_known_by_its_name(wheel: str, runs: bool) -> None:
    assert runs_on(wheel, "aarch64") is runs
