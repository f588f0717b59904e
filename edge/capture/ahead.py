"""The next items are made while the last one is worked on: decoding beside the network, looks beside the tracker."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Condition, Lock, Thread
from typing import Generic, TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class _Failed:
    error: BaseException


class Ahead(Generic[Item, Made]):
    """Takes from `source` and makes something of each item, in `abreast` threads of its own, while whoever iterates
    is busy; as many items wait, in the order of the source. For one reader, once.

    What `source` or `make` raises is raised where the item would have been, and is the end. `close` ends the threads
    after the items that are being made; before it returns nobody may close what `source` reads from.
    """

    def __init__(self, source: Iterator[Item], name: str, make: Callable[[Item], Made], *, abreast: int = 1) -> None:
        self._source = source
        self._make = make
        self._abreast = abreast
        self._turn = Lock()  # at the source
        self._changed = Condition()
        self._made: dict[int, Made | _Failed] = {}  # by number, at most twice `abreast`
        self._taken = self._given = 0  # of the source, to the reader
        self._ended = self._closed = False
        self._threads = [Thread(target=self._run, name=name, daemon=True) for _ in range(abreast)]
        for thread in self._threads:
            thread.start()

    def __iter__(self) -> Iterator[Made]:
        return self

    def __next__(self) -> Made:
        with self._changed:
            self._changed.wait_for(lambda: self._given in self._made or self._over)
            if self._given not in self._made:
                raise StopIteration
            made = self._made.pop(self._given)
            self._given += 1
            if isinstance(made, _Failed):
                self._closed = True
                self._made.clear()
            self._changed.notify_all()
        if isinstance(made, _Failed):
            raise made.error
        return made

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._made.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    @property
    def _over(self) -> bool:
        return self._closed or (self._ended and self._given == self._taken)

    def _run(self) -> None:
        while (number := self._work()) is not None:
            with self._changed:
                while not self._closed and number >= self._given + self._abreast:
                    self._changed.wait()

    def _work(self) -> int | None:
        """The number of what it made; None at the end."""
        made: Made | _Failed
        with self._turn:
            with self._changed:
                if self._ended or self._closed:
                    return None
            try:
                item = next(self._source)
            except StopIteration:
                self._end()
                return None
            except BaseException as error:  # noqa: BLE001 - the edge of the thread: raised again at the reader
                return self._put(self._number(), _Failed(error))
            number = self._number()
        try:
            made = self._make(item)
        except BaseException as error:  # noqa: BLE001 - likewise
            made = _Failed(error)
        return self._put(number, made)

    def _number(self) -> int:
        with self._changed:
            self._taken += 1
            return self._taken - 1

    def _end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _put(self, number: int, made: Made | _Failed) -> int:
        with self._changed:
            if isinstance(made, _Failed):
                self._ended = True
            if not self._closed:
                self._made[number] = made
            self._changed.notify_all()
            return number
