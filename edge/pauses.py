"""The pauses in force on a box: begun and ended by the centre's command, ended by themselves, kept over a restart."""

import json
import logging
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from contract.ids import Slug, Timestamp, rfc3339
from edge.clock import Clock, Moment
from edge.delivery.errors import CommandRefusedError
from edge.rules.pause import Pause, Paused, PausedThing, paused_for
from models.durable_file import write_durably

PAUSES_JSON = "pauses.json"
PAUSE_S_MAX = 7 * 86_400  # also of a pause "until it is ended": nobody forgets a blind camera for longer
PAUSES_MAX = 256
SAVE_EVERY_S = 60.0  # what a power cut may add to a pause where the clock is not set afterwards
LOG = logging.getLogger(__name__)


class PauseBody(BaseModel):
    """Of the command: a camera, a rule, or neither for the whole box. for_s, until: at most one; without, until it is
    ended, seven days at most. resume: ends it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    camera: Slug | None = None
    rule: Slug | None = None
    for_s: float | None = Field(default=None, gt=0, le=PAUSE_S_MAX)
    until: Timestamp | None = None
    resume: bool = False

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if self.camera is not None and self.rule is not None:
            raise ValueError("a camera or a rule, not both")
        if (self.for_s is not None) + (self.until is not None) + self.resume > 1:
            raise ValueError("one of for_s, until and resume")
        return self


@dataclass(frozen=True, slots=True)
class _Entry:
    """since, ends: as the box's clock said at the beginning; for people. The end itself is `pause.ends_s`."""

    pause: Pause
    since: datetime
    ends: datetime


class PauseBook:
    """Timers run on the monotonic clock: a wall clock that jumps neither ends a pause nor keeps one up.

    path: what a restart reads. After another boot the time between counts where the clock was trusted then and is
    now; else a pause goes on with what was left of it, at most a minute more. rules: the ids of those in force.
    """

    def __init__(
        self, path: Path, clock: Clock, *, cameras: Sequence[str], rules: Callable[[], Collection[str]]
    ) -> None:
        self._path = path
        self._clock = clock
        self._cameras = tuple(cameras)
        self._rules = rules
        self._lock = threading.Lock()
        self._saved_s = clock.monotonic_s()
        self._entries: dict[tuple[PausedThing, str], _Entry] = {}
        self._load()

    def change(self, body: dict[str, Any]) -> dict[str, Any]:
        """The `pause` command. Raises CommandRefusedError; then everything is as it was."""
        asked = _parsed(body)
        what, name = self._thing(asked)
        with self._lock:
            before = dict(self._entries)
            now, now_s = self._clock.now(), self._clock.monotonic_s()
            if asked.resume:
                if self._entries.pop((what, name), None) is None:
                    raise CommandRefusedError(f"{what} {name}".strip() + " is not paused")
                data: dict[str, Any] = {"resumed": True}
            else:
                seconds = _seconds(asked, now)
                ends = now.wall + timedelta(seconds=seconds)
                self._entries[what, name] = _Entry(Pause(what, name, now_s + seconds), now.wall, ends)
                data = {"ends": rfc3339(ends)}
            try:
                if len(self._entries) > PAUSES_MAX:
                    raise CommandRefusedError(f"{PAUSES_MAX} pauses are the most: end some first")
                self._save(now, now_s)
            except (OSError, CommandRefusedError) as error:
                self._entries = before
                raise CommandRefusedError(f"the pause cannot be kept: {error}") from error
            return data

    def of(self, camera_id: str) -> Paused:
        """From any thread, at every frame."""
        with self._lock:
            if self._entries:
                self._age()
            return paused_for(camera_id, (entry.pause for entry in self._entries.values()))

    def state(self) -> list[dict[str, Any]]:
        """For `state/config`: `{what, name?, since, ends}` of each."""
        with self._lock:
            self._age()
            return [
                {"what": what, "since": rfc3339(entry.since), "ends": rfc3339(entry.ends)}
                | ({"name": name} if name else {})
                for (what, name), entry in sorted(self._entries.items())
            ]

    def _thing(self, asked: PauseBody) -> tuple[PausedThing, str]:
        if asked.camera is not None:
            if asked.camera not in self._cameras:
                raise CommandRefusedError(f"there is no camera {asked.camera} here, only {', '.join(self._cameras)}")
            return "camera", asked.camera
        if asked.rule is not None:
            known = sorted(self._rules())
            if asked.rule not in known and not asked.resume:
                raise CommandRefusedError(f"there is no rule {asked.rule} here, only {', '.join(known)}")
            return "rule", asked.rule
        return "box", ""

    def _age(self) -> None:
        """Ends what is over. Holding the lock."""
        now_s = self._clock.monotonic_s()
        over = [key for key, entry in self._entries.items() if now_s >= entry.pause.ends_s]
        for what, name in over:
            del self._entries[what, name]
            LOG.info("the pause of %s is over", f"{what} {name}".strip())
        if over or (self._entries and now_s - self._saved_s >= SAVE_EVERY_S):
            self._saved_s = now_s  # a disk that refuses is not asked at every frame
            with suppress(OSError):
                self._save(self._clock.now(), now_s)

    def _save(self, now: Moment, now_s: float) -> None:
        """Raises OSError."""
        document = {
            "boot_id": now.boot_id,
            "monotonic_ms": now.monotonic_ms,
            "wall": rfc3339(now.wall),
            "trusted": now.quality.state != "unsynced",
            "pauses": [
                {"what": what, "name": name, "left_s": entry.pause.ends_s - now_s, "since": rfc3339(entry.since)}
                for (what, name), entry in self._entries.items()
            ],
        }
        write_durably(self._path, json.dumps(document, indent=1).encode())
        self._saved_s = now_s

    def _load(self) -> None:
        """A file that is no list of pauses is left alone and nothing is paused: a box that looks is the safe side."""
        try:
            document = json.loads(self._path.read_bytes())
            now, now_s = self._clock.now(), self._clock.monotonic_s()
            gone_s = _gone_s(document, now)
            for row in document["pauses"][:PAUSES_MAX]:
                left_s = min(float(row["left_s"]) - gone_s, PAUSE_S_MAX)
                what, name = row["what"], str(row["name"])
                if left_s > 0 and what in ("box", "camera", "rule"):
                    since, ends = datetime.fromisoformat(row["since"]), now.wall + timedelta(seconds=left_s)
                    self._entries[what, name] = _Entry(Pause(what, name, now_s + left_s), since, ends)
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            self._entries = {}
            LOG.warning(
                "%s: not a list of pauses (%s): nothing is paused; pause again what should be", self._path, error
            )


def _parsed(body: dict[str, Any]) -> PauseBody:
    try:
        return PauseBody.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "pause"
        raise CommandRefusedError(f"{where}: {first['msg'].removeprefix('Value error, ')}") from error


def _seconds(asked: PauseBody, now: Moment) -> float:
    if asked.until is None:
        return asked.for_s or PAUSE_S_MAX
    if now.quality.state == "unsynced":
        raise CommandRefusedError("until: this box's clock is not set, so a time says nothing; give for_s")
    seconds = (asked.until - now.wall).total_seconds()
    if not 0 < seconds <= PAUSE_S_MAX:
        raise CommandRefusedError(f"until: {rfc3339(asked.until)} is not within the next {PAUSE_S_MAX // 86_400} days")
    return seconds


def _gone_s(document: dict[str, Any], now: Moment) -> float:
    """Since the file was written, as far as anybody knows. Raises KeyError, ValueError, TypeError."""
    if document["boot_id"] == now.boot_id:
        return max(0.0, (now.monotonic_ms - int(document["monotonic_ms"])) / 1000)
    if document["trusted"] and now.quality.state != "unsynced":
        return max(0.0, (now.wall - datetime.fromisoformat(document["wall"])).total_seconds())
    return 0.0
