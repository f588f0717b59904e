"""The Markdown documents: their code blocks, trees, tables and links."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.project.sources import text, tracked

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def documents() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".md" and path.parts[0] in {"docs", path.name}]


def blocks(path: Path, language: str) -> Iterator[str]:
    for found, body in FENCE.findall(text(path)):
        if found == language:
            yield body


def shell_commands(path: Path) -> Iterator[str]:
    """Each command of its `sh` blocks: one per line, continued lines joined, pipes and `&&` taken apart."""
    for block in blocks(path, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            bare = re.sub(r"(^|\s)#.*$", "", line).strip()
            yield from (part.strip().rstrip("&").strip() for part in re.split(r"&&|\|\||[|;]", bare) if part.strip())


def annotated_tree(path: Path) -> list[Path]:
    """The paths of the first `text` block that looks like a file tree (two spaces deeper = inside)."""
    block = next(body for body in blocks(path, "text") if "pyproject.toml" in body)
    found: list[Path] = []
    above: dict[int, Path] = {}
    for line in block.splitlines():
        if not line.strip():
            continue
        depth = (len(line) - len(line.lstrip())) // 2
        here = above.get(depth - 1, Path()) / line.split()[0].rstrip("/")
        above[depth] = here
        found.append(here)
    return found


def links(path: Path) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)\s]+)\)", text(path)):
        if not re.match(r"[a-z]+:|#", target):
            yield target.split("#")[0]
