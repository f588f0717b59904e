"""What a box says of itself while it runs, on no terminal."""

import logging

import pytest

from edge.health.status import PLAIN_EVERY, BoxStatus, PlainLines


def status(acknowledged: int) -> BoxStatus:
    return BoxStatus((), acknowledged, 0, acknowledged, 0, True)


def told(caplog: pytest.LogCaptureFixture, shown: int) -> list[str]:
    with caplog.at_level(logging.INFO), PlainLines() as display:
        for number in range(shown):
            display.show(status(number))
    return [record.message.partition(" incidents")[0].lstrip("; ") for record in caplog.records]


def test_the_last_is_told_whenever_the_box_ends(caplog: pytest.LogCaptureFixture) -> None:
    """A box over a file of a minute said that there were no incidents, and ended after four."""
    assert told(caplog, 5) == ["0", "4"]


def test_nothing_is_told_twice(caplog: pytest.LogCaptureFixture) -> None:
    assert told(caplog, PLAIN_EVERY + 1) == ["0", str(PLAIN_EVERY)]
