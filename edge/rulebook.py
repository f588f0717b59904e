"""The rules in force on a box: changed as a whole by the centre's command, or not at all."""

import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import yaml

from edge.delivery.errors import CommandRefusedError
from edge.evidence.stills import Glance
from edge.incidents.trial import Trial, needs_pictures
from edge.rules.errors import RulesError
from edge.rules.rule_set import RuleSet
from edge.rules.rules_file import BYTES_MAX, parse_rules
from edge.rules.zone import Point
from models.durable_file import write_durably

PREVIOUS = ".previous"
BODY_KEYS = frozenset({"text", "rules", "base"})
NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]+)?")
TRIAL_SAMPLES_MAX = 40_000  # of all cameras together: some ten seconds of one core, less than a stall
STATE_BYTES_MAX = 64 * 1024  # a larger file is named by its version only: the message has a bound


class Watcher(Protocol):
    """What looks at a camera, as `edge.pipeline` does."""

    def take_rules(self, rules: RuleSet, /) -> None: ...

    def glance(self) -> Glance | None: ...

    def try_rules(self, rules: RuleSet, samples_max: int, /) -> Trial: ...


@dataclass(frozen=True, slots=True)
class RuledCamera:
    """classes, package, scores: of the detector that looks at this camera; see `load_rules`. sensitive: its stills are
    shown to nobody. accept_view: called when its zones were drawn anew, which is on what it shows now.
    """

    camera_id: str
    pipeline: Watcher
    rules: RuleSet
    classes: Sequence[str]
    package: str
    scores: Mapping[str, float]
    sensitive: bool = False
    accept_view: Callable[[], None] = lambda: None


class Rulebook:
    """Checks a new rules file against model and cameras of this box, keeps it, and hands it to the cameras.

    path: the rules file; what it held before stays beside it as `rules.previous.yaml`.
    """

    def __init__(self, path: Path, cameras: Sequence[RuledCamera]) -> None:
        self._path = path
        self._cameras = tuple(cameras)
        self._lock = threading.Lock()
        self._rules = self._cameras[0].rules
        self._text = path.read_text(encoding="utf-8")

    def change(self, body: dict[str, Any]) -> dict[str, Any]:
        """The `rules` command: `{text}` (a rules file) or `{rules}` (the same as an object), and `base`, the version
        that it was made from. Raises CommandRefusedError; then everything is as it was.
        """
        text = _text_of(body)
        with self._lock:
            base = body.get("base")
            if base is not None and base != self._rules.version:
                raise CommandRefusedError(
                    f"the rules have changed meanwhile, now {self._rules.version}: load them again"
                )
            changed = [self._checked(camera, text, written="text" in body) for camera in self._cameras]
            self._keep(text)
            for camera, rules in zip(self._cameras, changed, strict=True):
                camera.pipeline.take_rules(rules)
                if _places(rules, camera.camera_id) != _places(self._rules, camera.camera_id):
                    camera.accept_view()
            self._rules, self._text = changed[0], text
            return {"version": self._rules.version}

    def try_out(self, body: dict[str, Any]) -> dict[str, Any]:
        """The `test_rules` command: body as of `rules`. How many leads they would have made of the last hour's tracks,
        by rule and camera; nothing changes. Raises CommandRefusedError as `change` does.
        """
        text = _text_of(body)
        with self._lock:
            checked = [self._checked(camera, text, written="text" in body) for camera in self._cameras]
        samples_max = TRIAL_SAMPLES_MAX // len(checked)
        leads: Counter[str] = Counter()
        cameras = {}
        for camera, rules in zip(self._cameras, checked, strict=True):
            trial = camera.pipeline.try_rules(rules, samples_max)
            leads.update(trial.leads)
            cameras[camera.camera_id] = {
                "leads": sum(trial.leads.values()),
                "tracks": trial.tracks,
                "seconds": round(trial.seconds, 1),
            }
        return {
            "version": checked[0].version,
            "leads": dict(sorted(leads.items())),
            "untried": sorted(rule.rule_id for rule in checked[0].rules if rule.enabled and needs_pictures(rule)),
            "cameras": cameras,
        }

    def rule_ids(self) -> frozenset[str]:
        with self._lock:
            return frozenset(rule.rule_id for rule in self._rules.rules)

    def state(self) -> dict[str, Any]:
        """What `state/rules` says. document: the rules file as an object, numbers and texts as they are written."""
        with self._lock:
            whole = len(self._text.encode()) <= STATE_BYTES_MAX
            return {
                "version": self._rules.version,
                "rules": {rule.rule_id: rule.version for rule in self._rules.rules},
                "document": _plain(yaml.load(self._text, Loader=yaml.BaseLoader)) if whole else None,  # noqa: S506
                "classes": sorted({name for camera in self._cameras for name in camera.classes}),
                "cameras": [camera.camera_id for camera in self._cameras],
                "notes": list(self._rules.notes),
            }

    def stills(self) -> dict[str, Callable[[], Glance | None]]:
        return {camera.camera_id: camera.pipeline.glance for camera in self._cameras if not camera.sensitive}

    def _checked(self, camera: RuledCamera, text: str, *, written: bool) -> RuleSet:
        cameras = [one.camera_id for one in self._cameras]
        try:
            return parse_rules("rules", text, camera.classes, camera.package, cameras, scores=camera.scores)
        except RulesError as error:  # lines mean something to whoever wrote the text, not to whoever drew a zone
            raise CommandRefusedError(str(error) if written else error.message) from error

    def _keep(self, text: str) -> None:
        try:
            previous = self._path.with_name(f"{self._path.stem}{PREVIOUS}{self._path.suffix}")
            write_durably(previous, self._text.encode())
            write_durably(self._path, text.encode())
        except OSError as error:
            raise CommandRefusedError(f"{self._path.name} cannot be written: {error.strerror}") from error


def _places(rules: RuleSet, camera_id: str) -> set[tuple[str, tuple[Point, ...]]]:
    return {(rule.place_id, rule.polygon) for rule in rules.for_camera(camera_id)}


def _text_of(body: dict[str, Any]) -> str:
    unknown = sorted(body.keys() - BODY_KEYS)
    text, document = body.get("text"), body.get("rules")
    if unknown or (text is None) == (document is None):
        raise CommandRefusedError("the body of `rules` is `text` or `rules`, and `base`, nothing else")
    if isinstance(document, dict):
        text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120)
    if not isinstance(text, str):
        raise CommandRefusedError("`text` is a rules file, `rules` the same as an object")
    if len(text.encode()) > BYTES_MAX:
        raise CommandRefusedError(f"more than {BYTES_MAX} bytes: that is not a rules file")
    return text


def _plain(value: object) -> object:
    """A YAML value without YAML's guesses: only what looks like a JSON number, true or false becomes one."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    text = str(value)
    if text in ("true", "false"):
        return text == "true"
    if not NUMBER.fullmatch(text):
        return text
    return float(text) if "." in text else int(text)
