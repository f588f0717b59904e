"""Sends files of acknowledged reports over tus 1.0 (https://tus.io/protocols/resumable-upload), resuming after cuts.

An HTTP status says only whether to go on. A file counts as stored when the centre's signed acknowledgement says so.
"""

import base64
import hashlib
import logging
import random
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator

import httpx

from edge.backoff import Backoff
from edge.clock import Clock
from edge.delivery.errors import UploadError
from edge.delivery.faults import Faults
from edge.delivery.outbox import Outbox
from edge.delivery.queued import QueuedFile

PIECE_BYTES = 1024 * 1024  # one PATCH; what a cut costs at most is one of these
READ_BYTES = 65_536
ROUND_FILES = 16
LOCATIONS_MAX = 256
FAILING_MAX = 256
FAILURES_QUIET = 3  # a short break is no fault
ANSWER = Backoff(first_s=4.0, most_s=60.0)  # how long the acknowledgement of a complete file gets
RETRY = Backoff(first_s=0.5, most_s=30.0)  # after a cut, an error, `not_yet`
HOPELESS_S = 300.0  # between attempts at what only a person can mend
IDLE_S = 0.5
TUS = {"Tus-Resumable": "1.0.0"}
LOG = logging.getLogger(__name__)


class BrokenFileError(UploadError):
    """The file here is not what its hash says, or the centre says so: a person has to look."""


class Uploader:
    """One file at a time; reports go over MQTT beside it and never wait for a clip."""

    def __init__(
        self, centre_url: str, box_id: str, outbox: Outbox, clock: Clock, *, faults: Faults, client: httpx.Client
    ) -> None:
        self._media = f"{centre_url.rstrip('/')}/api/media"
        self._box_id = box_id
        self._outbox = outbox
        self._clock = clock
        self._faults = faults
        self._client = client
        self._locations: OrderedDict[str, str] = OrderedDict()  # where an upload that was begun goes on
        self._away_tries = 0
        self._away_until_s = float("-inf")
        self._broken: dict[str, str] = {}  # by file: what a person has to look at, and what time may mend
        self._waiting: dict[str, str] = {}
        self._changed = threading.Event()
        outbox.on_change(self._changed.set)

    def run(self, stopping: threading.Event, progress: Callable[[], None]) -> None:
        while not stopping.is_set():
            progress()
            if not self.step(stopping, progress):
                self._changed.wait(IDLE_S)
                self._changed.clear()

    def step(self, stopping: threading.Event, progress: Callable[[], None]) -> int:
        """One round over the files that are due; how many were tried. A centre that is away is asked less and less."""
        if self._clock.monotonic_s() < self._away_until_s:
            return 0
        count = 0
        for file in self._outbox.due_files(self._clock.monotonic_s(), ROUND_FILES):
            if stopping.is_set():
                break
            count += 1
            try:
                self._try(file, progress)
            except httpx.TransportError as error:
                self._note_away(str(error) or type(error).__name__)
                break
            self._note_present()
        return count

    def _note_away(self, said: str) -> None:
        """A file that was cut waits its turn, so that one which no line carries does not hold up the others."""
        self._away_tries += 1
        delay_s = RETRY.delay_s(self._away_tries - 1, random.random())  # noqa: S311 - jitter, no secret
        self._away_until_s = self._clock.monotonic_s() + delay_s
        LOG.debug("%s: %s", self._media, said)
        if self._away_tries >= FAILURES_QUIET:
            self._faults.rise("centre", f"{self._media} cannot be reached: {said}")

    def _note_present(self) -> None:
        self._away_tries = 0
        self._faults.clear("centre")

    def _try(self, file: QueuedFile, progress: Callable[[], None]) -> None:
        """Raises httpx.TransportError when the centre cannot be reached or the line was cut."""
        chance = random.random()  # noqa: S311 - jitter, no secret
        name = file.path.name if file.path else f"manifest {file.sha256[:12]}"
        try:
            self._send(file, progress)
        except BrokenFileError as error:
            self._note_failure(self._broken, file, f"{name}: {error}")
            delay_s = HOPELESS_S
        except UploadError as error:
            LOG.debug("%s: %s", name, error)
            if file.tries >= FAILURES_QUIET:
                self._note_failure(self._waiting, file, f"a file waits: {error}; it is tried again")
            delay_s = RETRY.delay_s(file.tries, chance)
        except httpx.TransportError as error:
            if not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
                self._outbox.sent_file(file.sha256, self._clock.monotonic_s() + RETRY.delay_s(file.tries, chance))
            raise
        else:
            self._note_success(file)
            delay_s = ANSWER.delay_s(file.tries, chance)
        self._outbox.sent_file(file.sha256, self._clock.monotonic_s() + delay_s)

    def _note_failure(self, failing: dict[str, str], file: QueuedFile, text: str) -> None:
        if len(failing) < FAILING_MAX or file.sha256 in failing:
            failing[file.sha256] = text
        self._show_failure()

    def _note_success(self, file: QueuedFile) -> None:
        if (self._broken.pop(file.sha256, None), self._waiting.pop(file.sha256, None)) != (None, None):
            self._show_failure()

    def _show_failure(self) -> None:
        """The oldest one; only what a person has to look at is named, so a full centre is one line of the log."""
        texts = (*self._broken.values(), *self._waiting.values())
        if texts:
            self._faults.rise("upload", texts[0])
        else:
            self._faults.clear("upload")

    def _send(self, file: QueuedFile, progress: Callable[[], None]) -> None:
        if file.tries == 0:
            held = self._client.head(f"{self._media}/{file.sha256}")
            if held.status_code == httpx.codes.OK:
                return  # its acknowledgement is on the way; if it was lost, the next attempt asks for it by a POST
        location = self._locations.get(file.sha256) or self._begin(file)
        if location is None:
            return
        offset = self._offset(file, location)
        while True:  # at least once: a centre that died on the last byte finishes the file on an empty PATCH
            progress()
            offset = self._patch(file, location, offset)
            if offset == file.size_bytes:
                break
        self._locations.pop(file.sha256, None)

    def _begin(self, file: QueuedFile) -> str | None:
        """Where to send it; None when the centre holds it already."""
        metadata = {"sha256": file.sha256, "box_id": self._box_id}
        said = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in metadata.items())
        headers = TUS | {"Upload-Length": str(file.size_bytes), "Upload-Metadata": said}
        answer = self._client.post(self._media, headers=headers)
        if answer.status_code in (httpx.codes.OK, httpx.codes.NO_CONTENT):
            return None
        location = answer.headers.get("Location")
        if answer.status_code != httpx.codes.CREATED or not location:
            raise self._refusal(file, answer)
        self._locations[file.sha256] = url = str(answer.url.join(location))
        while len(self._locations) > LOCATIONS_MAX:
            self._locations.popitem(last=False)
        return url

    def _offset(self, file: QueuedFile, location: str) -> int:
        answer = self._client.head(location, headers=TUS)
        if answer.status_code not in (httpx.codes.OK, httpx.codes.NO_CONTENT):
            self._locations.pop(file.sha256, None)  # expired there, or a new centre: begin again next time
            raise UploadError(f"the upload that was begun is gone ({answer.status_code})")
        return self._read_offset(file, answer)

    def _patch(self, file: QueuedFile, location: str, offset: int) -> int:
        count = min(PIECE_BYTES, file.size_bytes - offset)
        headers = TUS | {
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(count),
        }
        answer = self._client.patch(location, headers=headers, content=_piece(file, offset, count))
        if answer.status_code not in (httpx.codes.OK, httpx.codes.NO_CONTENT):
            self._locations.pop(file.sha256, None)
            raise self._refusal(file, answer)
        reached = self._read_offset(file, answer)
        if reached < offset + bool(count):
            raise UploadError(f"the centre stays at byte {reached}")
        return reached

    def _read_offset(self, file: QueuedFile, answer: httpx.Response) -> int:
        text = answer.headers.get("Upload-Offset", "")
        if not text.isdecimal() or int(text) > file.size_bytes:
            self._locations.pop(file.sha256, None)
            raise UploadError(f"the centre gave no offset that fits: {text[:20]!r}")
        return int(text)

    def _refusal(self, file: QueuedFile, answer: httpx.Response) -> UploadError:
        try:
            said = answer.json()
            reason, message = str(said["reason"]), str(said["message"])[:150]
        except (ValueError, KeyError, TypeError):
            reason, message = "", ""
        match answer.status_code:
            case 409:
                return UploadError(f"not yet: {message or reason or 'its report or manifest is not there'}")
            case 413:
                return BrokenFileError(f"the centre expects another length than {file.size_bytes} bytes")
            case 460:
                _check(file)
                return UploadError("it arrived changed (460), it is sent again")
            case status if status >= 500 or status in (404, 408, 410, 423, 425, 429):
                return UploadError(f"the centre cannot take it now ({status}{': ' if message else ''}{message})")
            case status:
                return BrokenFileError(f"the centre refuses it ({status}): {message or reason}")


def _piece(file: QueuedFile, offset: int, count: int) -> Iterator[bytes]:
    if file.content is not None:
        yield file.content[offset : offset + count]
        return
    assert file.path is not None
    try:
        with file.path.open("rb") as source:
            source.seek(offset)
            while count:
                data = source.read(min(READ_BYTES, count))
                if not data:
                    raise BrokenFileError("it is shorter than when it was sealed")
                count -= len(data)
                yield data
    except OSError as error:
        raise BrokenFileError(f"it cannot be read: {error.strerror}") from error


def _check(file: QueuedFile) -> None:
    """Raises BrokenFileError when the fault is on this side."""
    digest = hashlib.sha256()
    for data in _piece(file, 0, file.size_bytes):
        digest.update(data)
    if digest.hexdigest() != file.sha256:
        raise BrokenFileError("it has changed since it was sealed")


def make_client() -> httpx.Client:
    """No redirects, no proxies from the environment, every wait bounded; its line per request is no news."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return httpx.Client(timeout=httpx.Timeout(30.0, connect=5.0), follow_redirects=False, trust_env=False)
