"""Takes commands of the centre: believed by its pinned key only, each once, each answered."""

import contextlib
import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Literal

from contract import codec, topics
from contract.command import Command, CommandResult
from contract.errors import ContractError
from edge.clock import Clock
from edge.delivery.broker import Broker, BrokerEvent, Connected, Message, Received
from edge.delivery.errors import CommandRefusedError, OutboxError
from edge.delivery.faults import Faults
from edge.delivery.identity import Identity
from edge.delivery.outbox import Outbox
from edge.delivery.queued import AnsweredCommand

WAITING_MAX = 64
UNSENT_MAX = 64
IDLE_S = 0.5
REASON_CHARACTERS_MAX = 300
LOG = logging.getLogger(__name__)

Handlers = Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]


class CommandDesk:
    """handlers: by the command's name; each takes the body and gives the result's data, or raises CommandRefusedError.

    A command that the centre's key did not sign, or that is for another box, is answered to nobody: it is a fault.
    """

    def __init__(
        self,
        identity: Identity,
        outbox: Outbox,
        broker: Broker,
        clock: Clock,
        *,
        faults: Faults,
        handlers: Handlers,
    ) -> None:
        self._identity = identity
        self._outbox = outbox
        self._broker = broker
        self._clock = clock
        self._faults = faults
        self._handlers = dict(handlers)
        self._prefix = topics.of_box(identity.box_id, "command").removesuffix("+")
        self._waiting: queue.Queue[Received | Connected] = queue.Queue(WAITING_MAX)
        self._unsent: deque[Message] = deque(maxlen=UNSENT_MAX)

    def handle(self, event: BrokerEvent) -> None:
        """From the broker's thread. More commands than anybody sends are dropped; the centre shows no answer then."""
        if isinstance(event, Connected) or (isinstance(event, Received) and event.topic.startswith(self._prefix)):
            with contextlib.suppress(queue.Full):
                self._waiting.put_nowait(event)

    def run(self, stopping: threading.Event, progress: Callable[[], None]) -> None:
        while not stopping.is_set():
            self.step(IDLE_S)
            progress()

    def step(self, timeout_s: float) -> None:
        """Takes what has come, waiting at most timeout_s for the first of it, then sends what is unanswered."""
        with contextlib.suppress(queue.Empty):
            event = self._waiting.get(timeout=timeout_s) if timeout_s else self._waiting.get_nowait()
            while True:
                self._take(event)
                event = self._waiting.get_nowait()
        while self._unsent and self._broker.publish(self._unsent[0]) is not None:
            self._unsent.popleft()

    def _take(self, event: Received | Connected) -> None:
        try:
            if isinstance(event, Connected):  # an answer may have been lost with the connection
                for known in self._outbox.answered():
                    self._say(known.command_id, known.answer)
            else:
                self._open(event)
        except OutboxError as error:
            self._faults.rise("command", str(error))

    def _open(self, message: Received) -> None:
        try:
            value = codec.parse(message.payload, topics.PAYLOAD_BYTES_MAX)
            self._identity.centre_key.verify(value)
            command = codec.decode(value, Command)
        except ContractError as error:
            self._faults.rise("command", f"not the centre's: {error}")
            return
        if (command.box_id, command.name) != (self._identity.box_id, message.topic.removeprefix(self._prefix)):
            self._faults.rise("command", f"{command.name} for {command.box_id} came as {message.topic}: not taken")
            return
        self._faults.clear("command")
        known = next((one for one in self._outbox.answered() if one.name == command.name), None)
        if known is not None and known.command_id == command.command_id:
            self._say(known.command_id, known.answer)
        elif (stale := self._stale(command, known)) is not None:
            self._say(command.command_id, self._answer(command, "refused", reason=stale))
        else:
            answer = self._carry_out(command)
            self._outbox.note_answer(AnsweredCommand(command.name, command.version, command.command_id, answer))
            self._say(command.command_id, answer)

    def _stale(self, command: Command, known: AnsweredCommand | None) -> str | None:
        if known is not None and command.version <= known.version:
            return f"version {command.version} of {command.name} is not newer than {known.version}, which was taken"
        moment = self._clock.now()
        if moment.quality.state != "unsynced" and moment.wall > command.expires:
            return f"it expired at {command.expires:%Y-%m-%d %H:%M:%S} UTC: send it again"
        return None

    def _carry_out(self, command: Command) -> bytes:
        handler = self._handlers.get(command.name)
        try:
            if handler is None:
                raise CommandRefusedError(f"this box cannot carry out {command.name} yet")
            data = handler(command.body)
        except CommandRefusedError as error:
            LOG.warning("command %s %d refused: %s", command.name, command.version, error)
            return self._answer(command, "refused", reason=str(error))
        LOG.info("command %s %d applied", command.name, command.version)
        return self._answer(command, "applied", data=data)

    def _answer(
        self,
        command: Command,
        result: Literal["applied", "refused"],
        *,
        reason: str | None = None,
        data: dict[str, Any] | None = None,
    ) -> bytes:
        document = CommandResult(
            box_id=self._identity.box_id,
            command_id=command.command_id,
            result=result,
            reason=reason[:REASON_CHARACTERS_MAX] if reason else None,
            data=data or {},
        )
        return self._identity.key.sign(document)

    def _say(self, command_id: str, answer: bytes) -> None:
        self._unsent.append(Message(str(topics.Topic(self._identity.box_id, "result", command_id)), answer))
