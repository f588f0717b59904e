"""Random `kill -9` over box, broker and centre: nothing that was committed is lost, doubled or made up."""

import random
import time
from pathlib import Path

import pytest

from tests.faults.site import Site, site
from tests.processes import eventually

pytestmark = pytest.mark.slow
DRAIN_S = 60.0


def under_way(one: Site) -> None:
    eventually(lambda: len(one.committed()) > 5, 30, "the box commits")


def report(capsys: pytest.CaptureFixture[str], name: str, seed: int, one: Site) -> None:
    with capsys.disabled():
        took_s = time.monotonic() - one.started_s
        kills = " ".join(f"{part}={count}" for part, count in sorted(one.kills.items()))
        print(f"\n{name}: seed={seed} kills={one.kills.total()} ({kills}) {one.books()} wall={took_s:.0f}s", flush=True)


@pytest.mark.timeout(240)
def test_sixty_kills_lose_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seed = random.SystemRandom().randrange(10**6)
    with site(tmp_path) as one:
        under_way(one)
        chance = random.Random(seed)
        one.kill_at_random(29, chance)
        one.lose_the_brokers_queue()
        one.kill_at_random(29, chance)
        one.drain(DRAIN_S)
        report(capsys, "mosquitto without persistence", seed, one)
        books = one.books()
    assert books.committed > 50
    assert (books.lost, books.lost_files, books.doubled, books.phantom) == (0, 0, 0, 0), f"seed {seed}"


@pytest.mark.timeout(120)
def test_the_embedded_broker_loses_nothing_either(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seed = random.SystemRandom().randrange(10**6)
    with site(tmp_path, embedded=True) as one:
        under_way(one)
        one.kill_at_random(12, random.Random(seed))
        one.drain(DRAIN_S)
        report(capsys, "embedded broker", seed, one)
        books = one.books()
    assert (books.lost, books.lost_files, books.doubled, books.phantom) == (0, 0, 0, 0), f"seed {seed}"


@pytest.mark.timeout(120)
def test_a_box_that_trusts_the_puback_is_found_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seed = random.SystemRandom().randrange(10**6)
    with site(tmp_path, puback=True) as one:
        under_way(one)
        one.lose_the_brokers_queue()
        one.kill_at_random(4, random.Random(seed))
        one.drain(DRAIN_S)
        report(capsys, "deletes on PUBACK", seed, one)
        books = one.books()
    assert books.lost > 0, "this test could not see a loss"
    assert (books.doubled, books.phantom) == (0, 0)
