"""Size, names and leftovers: what a reviewer should not have to look for."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project.sources import PRODUCTS, ROOT, python_files, text, tracked, tree

FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 50
FILE_BYTES_MAX = 13_000_000
BANNED_NAMES = {"util", "utils", "helper", "helpers", "common", "core", "manager", "misc", "base", "stuff"}
LEFTOVER = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|HA" + r"CK|X" + r"XX)\b")
MACHINE_PATH = re.compile(r"(?<![\w.])/(work|home/\w+|root|Users)/|(?<![\w.])/tmp/\w")
TEXT_SUFFIXES = {".py", ".md", ".yaml", ".yml", ".toml", ".json", ".html", ".css", ".js", ".sh", ".svg", ".txt", ""}
WALL_CLOCK_FILES = {Path("edge/clock.py"), Path("central/clock.py")}
WALL_CLOCK_CALLS = {
    f"{module}.{call}" for module in ("datetime", "datetime.datetime") for call in ("now", "utcnow", "today")
}
WALL_CLOCK_CALLS |= {"time.time", "time.time_ns"}
TEXTS = [path for path in tracked() if path.suffix in TEXT_SUFFIXES and path.name not in {"uv.lock", "LICENSE"}]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def only_raises_not_implemented(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    body = [node for node in function.body if not is_docstring(node)]
    return len(body) == 1 and isinstance(body[0], ast.Raise) and "NotImplementedError" in ast.dump(body[0])


def test_no_python_file_is_longer_than_three_hundred_lines() -> None:
    long = {str(path): count for path in python_files() if (count := len(text(path).splitlines())) > FILE_LINES_MAX}
    assert not long


def test_no_function_is_longer_than_fifty_lines() -> None:
    long = {
        f"{path}:{function.lineno} {function.name}": length
        for path in python_files()
        for function in functions(path)
        if (length := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LINES_MAX
    }
    assert not long


def test_files_and_folders_are_named_by_nouns_of_the_field() -> None:
    bad = [str(path) for path in python_files() if BANNED_NAMES & {part.removesuffix(".py") for part in path.parts}]
    assert not bad


def test_nothing_is_left_for_later_in_the_text() -> None:
    found = [
        f"{path}:{number}"
        for path in TEXTS
        if "vendor" not in path.parts
        for number, line in enumerate(text(path).splitlines(), start=1)
        if LEFTOVER.search(line)
    ]
    assert not found


def test_no_function_is_a_promise() -> None:
    stubs = [
        f"{path}:{function.lineno} {function.name}"
        for path in python_files()
        for function in functions(path)
        if only_raises_not_implemented(function)
    ]
    assert not stubs


def test_wall_time_is_read_in_one_place() -> None:
    """Timers use the monotonic clock: a wall clock that NTP sets back would fire twice or never."""
    found = [
        f"{path}:{node.lineno} {ast.unparse(node.func)}()"
        for path in python_files(*PRODUCTS)
        if path not in WALL_CLOCK_FILES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in WALL_CLOCK_CALLS
    ]
    assert not found


def test_no_path_of_one_machine_is_committed() -> None:
    found = [
        f"{path}:{number}: {line.strip()[:80]}"
        for path in TEXTS
        if path != Path(__file__).relative_to(ROOT)
        for number, line in enumerate(text(path).splitlines(), start=1)
        if MACHINE_PATH.search(line)
    ]
    assert not found


def test_no_committed_file_is_bigger_than_thirteen_megabytes() -> None:
    big = {str(path): size for path in tracked() if (size := (ROOT / path).stat().st_size) > FILE_BYTES_MAX}
    assert not big


def test_the_lock_file_names_only_public_hosts() -> None:
    hosts = set(re.findall(r"https?://([^/\"]+)", text(Path("uv.lock"))))
    assert hosts <= {"pypi.org", "files.pythonhosted.org"}
    assert not re.search(r'(?:path|find-links|editable) = "/', text(Path("uv.lock")))


def test_installing_box_and_centre_pulls_no_torch() -> None:
    """The trainer's libraries hang on the extra `train` alone."""
    extras = tomllib.loads(text(Path("pyproject.toml")))["project"]["optional-dependencies"]
    for extra in ("edge", "cpu", "gpu", "jetson", "central"):
        assert not [name for name in extras[extra] if re.match(r"torch|ultralytics|transformers", name)]


@pytest.mark.parametrize("bad", ["    # TO" + "DO later", "open('/ho" + "me/ann/x')"])
def test_the_patterns_find_what_they_are_for(bad: str) -> None:
    assert LEFTOVER.search(bad) or MACHINE_PATH.search(bad)
