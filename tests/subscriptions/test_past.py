"""A stretch of the past is made once for all who missed it, and forgotten when it is outdated."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

import models
from subscriptions.counters import Counters
from subscriptions.frame import Frame
from subscriptions.limits import DEFAULT_LIMITS, Limits
from subscriptions.log import LogEntry
from subscriptions.past import Past, Stretch

GROUP, OTHER = models.new_id(), models.new_id()
PATIENT, WARD = models.new_id(), models.new_id()


def entry(
    kind: str = "VitalsRecorded", *, patient: UUID | None = None, ward: UUID | None = None
) -> LogEntry:
    return LogEntry(1, ward, patient, kind, models.new_id(), datetime.now(UTC))


class Maker:
    """Makes stretches, and counts them."""

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self.counters = Counters()
        self.past = Past(limits, self.counters)
        self.made: list[tuple[int, int]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None
        self.whole = True

    async def ask(self, after: int = 0, target: int = 10, group: UUID = GROUP) -> Stretch:
        async def make() -> Stretch:
            self.made.append((after, target))
            await self.gate.wait()
            if self.error is not None:
                raise self.error
            told = (entry(patient=PATIENT, ward=WARD),)
            return Stretch(target, Frame(b"x" * 100), told, self.whole)

        return await self.past.stretch(group, after, target, make)

    async def remembers(self, after: int = 0, target: int = 10) -> bool:
        before = len(self.made)
        await self.ask(after, target)
        return len(self.made) == before


async def test_who_missed_the_same_is_given_the_same() -> None:
    maker = Maker()
    first = await maker.ask()
    assert await maker.ask() is first
    assert maker.made == [(0, 10)]
    assert (maker.counters.resumes_from_database, maker.counters.resumes_from_memory) == (1, 1)
    await maker.ask(group=OTHER)
    await maker.ask(after=1)
    assert len(maker.made) == 3


async def test_those_who_ask_at_once_wait_for_one_statement() -> None:
    maker = Maker()
    maker.gate.clear()
    asking = [asyncio.create_task(maker.ask()) for _ in range(5)]
    await asyncio.sleep(0)
    asking[0].cancel()  # whose question it was
    await asyncio.sleep(0)
    maker.gate.set()
    found = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert maker.made == [(0, 10)]
    assert len(set(map(id, found[1:]))) == 1


async def test_a_stretch_that_reaches_less_far_is_a_beginning() -> None:
    maker = Maker()
    await maker.ask(target=10)
    assert (await maker.ask(target=20)).until == 10


async def test_a_stretch_that_reaches_too_far_is_not_given() -> None:
    """What is behind the target comes as frames of the group: it would come twice."""
    maker = Maker()
    await maker.ask(target=20)
    assert (await maker.ask(target=10)).until == 10


@pytest.mark.parametrize(
    ("newer", "kept"),
    [
        (entry(patient=PATIENT), False),
        (entry("PatientCharted", patient=PATIENT), False),
        (entry("PatientTransferredOut", patient=models.new_id(), ward=WARD), False),
        (entry("BedStatusSet", ward=WARD), False),
        (entry(patient=models.new_id(), ward=WARD), True),
        (entry("BedStatusSet", ward=models.new_id()), True),
    ],
)
async def test_news_of_its_patients_or_its_beds_make_it_be_forgotten(
    newer: LogEntry, kept: bool
) -> None:
    maker = Maker()
    await maker.ask()
    maker.past.note([newer])
    assert await maker.remembers() is kept


async def test_what_is_being_made_when_the_log_goes_on_is_for_nobody_else() -> None:
    maker = Maker()
    maker.gate.clear()
    asking = asyncio.create_task(maker.ask())
    await asyncio.sleep(0)
    maker.past.note([entry(patient=models.new_id())])
    maker.gate.set()
    await asking
    assert not await maker.remembers()


async def test_what_failed_or_is_not_whole_is_not_kept() -> None:
    maker = Maker()
    maker.error = ConnectionResetError()
    with pytest.raises(ConnectionResetError):
        await maker.ask()
    maker.error, maker.whole = None, False
    assert not await maker.remembers()
    maker.whole = True
    assert not await maker.remembers()
    assert await maker.remembers()


async def test_it_is_kept_for_a_time_and_in_bounds() -> None:
    maker = Maker(replace(DEFAULT_LIMITS, past_seconds=0.0))
    await maker.ask()
    assert not await maker.remembers()
    for bounded in (
        replace(DEFAULT_LIMITS, past_frames=2),
        replace(DEFAULT_LIMITS, past_bytes=500),
    ):
        maker = Maker(bounded)
        for after in range(3):
            await maker.ask(after)
        assert not await maker.remembers(0)  # the oldest went
        assert await maker.remembers(2)
    maker.past.clear()
    assert not await maker.remembers(2)
