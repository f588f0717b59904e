"""One item ahead of the reader, in the order of the source, errors and ends where they belong."""

import threading
import time
from collections.abc import Iterator
from itertools import count

import pytest

from edge.capture.ahead import Ahead

WAIT_S = 20.0


def same(number: int) -> int:
    return number


def test_everything_comes_in_order_and_then_it_ends() -> None:
    assert list(Ahead(iter(range(50)), "test", same)) == list(range(50))


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

    ahead = Ahead(numbers(), "test", same)
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

    ahead = Ahead(broken(), "test", same)
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

    ahead = Ahead(numbers(), "test", same)
    next(ahead)
    ahead.close()
    read = len(alive)
    assert not [thread for thread in threading.enumerate() if thread.name == "test"]
    assert list(ahead) == []
    assert len(alive) == read


def test_two_are_made_at_once_and_come_in_order_however_long_each_takes() -> None:
    both, at_once, turn = threading.Barrier(2, timeout=WAIT_S), list[int](), threading.Lock()

    def made(number: int) -> int:
        with turn:
            at_once.append(number)
        if number < 6:  # each meets the other: one thread alone would wait for ever
            both.wait()
        if number % 2 == 0:
            time.sleep(0.01)
        return number * 10

    ahead = Ahead(iter(range(20)), "test", made, abreast=2)
    assert list(ahead) == list(range(0, 200, 10))
    assert sorted(at_once) == list(range(20)), "each once"


def test_no_more_are_taken_than_twice_as_many_as_are_made_at_once() -> None:
    taken, many, too_many = list[int](), threading.Event(), threading.Event()

    def numbers() -> Iterator[int]:
        for number in count():
            taken.append(number)
            if number == 4:
                many.set()
            if number == 5:
                too_many.set()
            yield number

    ahead = Ahead(numbers(), "test", same, abreast=2)
    try:
        assert next(ahead) == 0
        assert many.wait(WAIT_S)
        assert not too_many.wait(0.1)
    finally:
        ahead.close()


def test_what_fails_while_two_are_made_is_raised_in_its_place_and_nothing_comes_after() -> None:
    def made(number: int) -> int:
        if number == 5:
            raise OSError("the network is gone")
        time.sleep(0.005)
        return number

    ahead = Ahead(iter(range(100)), "test", made, abreast=2)
    assert [next(ahead) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(OSError, match="the network is gone"):
        next(ahead)
    assert list(ahead) == []
    ahead.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "test"]


def test_a_source_that_breaks_off_beside_one_that_is_made_does_not_lose_it() -> None:
    def broken() -> Iterator[int]:
        yield 0
        yield 1
        raise OSError("cut off")

    def made(number: int) -> int:
        time.sleep(0.05)
        return number

    ahead = Ahead(broken(), "test", made, abreast=2)
    assert [next(ahead), next(ahead)] == [0, 1]
    with pytest.raises(OSError, match="cut off"):
        next(ahead)
