"""The event stream against a real database, without a server: it is an asynchronous iterator of texts."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from central.alerts.doorbell import Doorbell, FullHouseError
from central.alerts.service import events
from tests.central.boxes import Centre, SigningBox

PATIENCE_S = 10


async def take(stream: AsyncIterator[str], count: int) -> list[str]:
    async with asyncio.timeout(PATIENCE_S):
        return [await anext(stream) for _ in range(count)]


def ids(texts: list[str]) -> list[int]:
    return [int(text.partition("\n")[0].removeprefix("id: ")) for text in texts]


def test_what_is_stored_already_comes_first_and_a_resumed_stream_repeats_nothing(
    centre: Centre, box: SigningBox
) -> None:
    centre.take(box.report(report_seq=1), box.report(report_seq=2), box.report(report_seq=3))

    async def told(after: int) -> list[int]:
        stream = events(centre.database, Doorbell(), after, look_every_s=0.01)
        texts = await take(stream, 6 - after)
        assert texts[-2:] == [": still here\n\n"] * 2
        return ids(texts[1:-2])

    assert asyncio.run(told(0)) == [1, 2, 3]
    assert asyncio.run(told(2)) == [3]


def test_a_ring_from_another_thread_brings_the_new_lead_at_once(centre: Centre, box: SigningBox) -> None:
    async def told() -> list[int]:
        bell = Doorbell()
        stream = events(centre.database, bell, 0, look_every_s=3600)
        await take(stream, 1)
        waiting = asyncio.create_task(take(stream, 1))
        await asyncio.sleep(0)
        await asyncio.to_thread(centre.take, box.report())
        await asyncio.to_thread(bell.ring)
        return ids(await waiting)

    assert asyncio.run(told()) == [1]


def test_a_missed_ring_is_made_good_by_the_next_look(centre: Centre, box: SigningBox) -> None:
    async def told() -> list[str]:
        stream = events(centre.database, Doorbell(), 0, look_every_s=0.01)
        first = await take(stream, 2)
        centre.take(box.report())
        while not (text := (await take(stream, 1))[0]).startswith("id:"):
            assert text == ": still here\n\n"
        return [*first, text]

    retry, comment, lead = asyncio.run(told())
    assert (retry, comment) == ("retry: 2000\n\n", ": still here\n\n")
    assert lead.startswith("id: 1\nevent: lead\n")


def test_a_later_revision_is_an_update(centre: Centre, box: SigningBox) -> None:
    first = centre.take(box.report(report_seq=1))[0]
    centre.take(box.report(report_seq=2, revision=1, phase="close", incident_id=first.incident_id))

    async def told() -> list[str]:
        return (await take(events(centre.database, Doorbell(), 0), 3))[1:]

    assert [text.splitlines()[1] for text in asyncio.run(told())] == ["event: lead", "event: update"]


def test_listeners_are_bounded_and_one_that_goes_makes_room(centre: Centre) -> None:
    async def story() -> None:
        bell = Doorbell(listeners_max=1)
        with bell.listener(), pytest.raises(FullHouseError):
            await anext(events(centre.database, bell, 0))
        assert await anext(events(centre.database, bell, 0)) == "retry: 2000\n\n"

    asyncio.run(story())


def test_a_closing_centre_ends_every_stream(centre: Centre) -> None:
    async def story() -> list[str]:
        bell = Doorbell()
        stream = events(centre.database, bell, 0, look_every_s=3600)
        await take(stream, 1)
        rest = asyncio.create_task(collect(stream))
        await asyncio.sleep(0)
        bell.close()
        async with asyncio.timeout(PATIENCE_S):
            return await rest

    assert asyncio.run(story()) == []


async def collect(stream: AsyncIterator[str]) -> list[str]:
    return [text async for text in stream]
