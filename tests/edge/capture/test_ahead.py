"""One item ahead of the reader, in the order of the source, errors and ends where they belong."""

import threading
from collections.abc import Iterator
from itertools import count

import pytest

from edge.capture.ahead import Ahead

WAIT_S = 20.0


def test_everything_comes_in_order_and_then_it_ends() -> None:
    assert list(Ahead(iter(range(50)), "test")) == list(range(50))


def test_the_next_item_is_made_while_the_last_one_is_worked_on_and_no_more_than_that() -> None:
    made: list[int] = []
    second, too_many = threading.Event(), threading.Event()

    def numbers() -> Iterator[int]:
        for number in count():
            made.append(number)
            if number == 2:
                second.set()
            if number == 3:
                too_many.set()
            yield number

    ahead = Ahead(numbers(), "test")
    try:
        assert next(ahead) == 0
        assert second.wait(WAIT_S), "nobody works while the reader does"
        assert not too_many.wait(0.1)
        assert made == [0, 1, 2], "one waits, one is made"
    finally:
        ahead.close()


def test_what_the_source_raises_is_raised_after_the_items_before_it() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise OSError("cut off")

    ahead = Ahead(broken(), "test")
    assert next(ahead) == 1
    with pytest.raises(OSError, match="cut off"):
        next(ahead)
    assert list(ahead) == []


def test_after_close_nothing_of_the_source_is_read() -> None:
    alive: list[bool] = []

    def numbers() -> Iterator[int]:
        for number in count():
            alive.append(True)
            yield number

    ahead = Ahead(numbers(), "test")
    next(ahead)
    ahead.close()
    read = len(alive)
    assert not [thread for thread in threading.enumerate() if thread.name == "test"]
    assert list(ahead) == []
    assert len(alive) == read
