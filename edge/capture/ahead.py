"""The next item is made while the last one is worked on: decoding beside the network."""

from collections.abc import Iterator
from threading import Condition, Thread
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Ahead(Generic[Item]):
    """Takes from `source` in a thread of its own, one item ahead of whoever iterates. For one reader, once.

    What `source` raises is raised where the item would have been. `close` ends the thread after the item that is being
    made; before it returns nobody may close what `source` reads from.
    """

    def __init__(self, source: Iterator[Item], name: str) -> None:
        self._source = source
        self._changed = Condition()
        self._next: list[Item] = []  # none or one
        self._ended = self._closed = False
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        with self._changed:
            self._changed.wait_for(lambda: self._next or self._ended)
            if self._next:
                item = self._next.pop()
                self._changed.notify_all()
                return item
            error, self._error = self._error, None
        if error is not None:
            raise error
        raise StopIteration

    def close(self) -> None:
        with self._changed:
            self._closed = self._ended = True
            self._next.clear()
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        error: BaseException | None = None
        try:
            for item in self._source:
                if not self._put(item):
                    break
        except BaseException as failed:  # noqa: BLE001 - the edge of the thread: raised again at the reader
            error = failed
        with self._changed:
            self._error, self._ended = error, True
            self._changed.notify_all()

    def _put(self, item: Item) -> bool:
        """When its place is free; False when nobody wants any more."""
        with self._changed:
            self._changed.wait_for(lambda: not self._next or self._closed)
            if self._closed:
                return False
            self._next.append(item)
            self._changed.notify_all()
            return True
