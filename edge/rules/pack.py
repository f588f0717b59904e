"""The rule packs that ship: rules for a kind of place, each with its scenarios beside it.

`packs/NAME.yaml` holds the rules, `packs/NAME.scenarios.yaml` what they find and what they do not.
"""

from pathlib import Path

from edge.rules.errors import RulesError

PACKS = Path(__file__).with_name("packs")
SCENARIOS_SUFFIX = ".scenarios.yaml"


def pack_names() -> tuple[str, ...]:
    return tuple(sorted(path.name.removesuffix(SCENARIOS_SUFFIX) for path in PACKS.glob(f"*{SCENARIOS_SUFFIX}")))


def rules_file(word: str) -> Path:
    """The file of that name, else that of the pack; what is neither stays a path, and fails where it is read."""
    path = Path(word)
    return PACKS / f"{word}.yaml" if word in pack_names() and not path.is_file() else path


def scenarios_beside(rules: Path) -> Path:
    """Raises RulesError when there are none."""
    path = rules.with_name(rules.stem + SCENARIOS_SUFFIX)
    if not path.is_file():
        raise RulesError(str(rules), 1, f"no scenarios beside it: write {path.name}, or name a file with --scenarios")
    return path
