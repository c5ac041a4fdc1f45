"""The administration record: which dose was meant, what is too soon, and what waits."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import models
from models.rules import schedules
from models.rules.roles import Role
from models.rules.schedules import Schedule
from resolvers import administrations, ids, medication_moves
from resolvers.errors import BadInput, Conflict
from tests.resolvers.bedside import (
    DAY,
    DOSES,
    DUE,
    GIVEN,
    HOUR,
    NOT_GIVEN,
    TICK,
    ask,
    at,
    ordered,
    refusal,
)
from tests.resolvers.conftest import House


async def test_the_nearest_dose_that_waits_is_meant(house: House) -> None:
    at(house, 7)
    order = await ordered(house, frequency="BID")  # 08:00 and 20:00
    eight, twenty = at(house, 8), at(house, 20)
    at(house, 7)
    assert await order.due_of(await order.record()) == eight
    at(house, 19)
    assert await order.due_of(await order.record(NOT_GIVEN)) == twenty
    # Neither given nor to be given: the next is that of the morning.
    at(house, 21)
    assert await order.refused() == eight + DAY - HOUR


async def test_a_dose_is_given_an_hour_early_and_not_before(house: House) -> None:
    at(house, 1)
    order = await ordered(house, frequency="QD")
    eight = at(house, 8)
    at(house, 7 - 1e-6)
    assert await order.refused() == eight - HOUR
    assert await order.refused(due_at=eight) == eight - HOUR
    # That it will not be given may be said before.
    assert await order.due_of(await order.record(NOT_GIVEN, due_at=eight)) == eight
    at(house, 7)
    assert await order.refused(due_at=eight) == eight + DAY - HOUR
    later = await ordered(house, order.patient, frequency="QD")
    assert await later.due_of(await later.record(due_at=eight)) == eight


async def test_giving_twice_within_the_interval_is_refused(house: House) -> None:
    at(house, 7)
    order = await ordered(house, frequency="Q6H")  # 00, 06, 12, 18
    late = at(house, 16)
    await order.record(due_at=at(house, 12), given_at=at(house, 16))
    # Six hours, less the hour that the one may be late and the other early.
    at(house, 17)
    assert await order.refused() == late + 4 * HOUR
    at(house, 20 - 1e-6)
    assert await order.refused() == late + 4 * HOUR
    at(house, 20)
    assert await order.due_of(await order.record()) == at(house, 18)


async def test_as_needed_is_refused_above_its_maximum(house: House) -> None:
    begin = at(house, 7)
    order = await ordered(house, as_needed=True, as_needed_reason="pain", max_per_day=2)
    await order.record()
    assert await order.due_of(await order.record()) is None
    house.later(hours=1)
    assert await order.refused(match="the maximum of 2 in 24 hours") == begin + DAY
    await order.record(NOT_GIVEN)  # is none of them
    house.now = begin + DAY - TICK
    assert await order.refused() == begin + DAY
    house.now = begin + DAY
    taken = await order.record()
    house.later(minutes=1)
    await order.record()
    assert await order.refused() == begin + 2 * DAY
    await order.take_back(taken)
    await order.record()


async def test_as_needed_ends_when_its_order_does(house: House) -> None:
    begin = at(house, 7)
    order = await ordered(
        house,
        as_needed=True,
        as_needed_reason="pain",
        max_per_day=1,
        starts_at=begin,
        ends_at=begin + DAY + HOUR,
    )
    await order.record()
    house.later(hours=1)
    assert await order.refused(match="the maximum of 1 in 24 hours") == begin + DAY
    house.now = begin + DAY
    await order.record()
    house.now = begin + DAY + HOUR - TICK
    # There is no time left at which there might be one.
    assert await order.refused(match="the maximum of 1 in 24 hours") is None
    house.now = begin + DAY + HOUR
    assert await order.refused(match="the end of the order has passed") is None
    await order.record(NOT_GIVEN)


async def test_of_a_long_record_what_bears_on_a_dose_is_read(house: House) -> None:
    """Two months of doses, held for one of them: what is recorded now, and what late, is settled
    by the same rules, and what lies before does not cross the wire."""
    begin = at(house, 8)
    order = await ordered(house, frequency="QOD")
    await order.record()
    house.now = begin + 2 * DAY
    await order.move(medication_moves.hold_medication, reason="nil by mouth")
    house.now = begin + 30 * DAY
    assert await order.refused() is None
    await order.record(NOT_GIVEN, due_at=begin + 4 * DAY)
    await order.move(medication_moves.resume_medication)
    assert await order.refused(NOT_GIVEN, due_at=begin + 4 * DAY) == house.now
    with pytest.raises(BadInput, match="no dose is due then"):
        await order.record(due_at=begin + 6 * DAY)
    house.now = begin + 60 * DAY
    await order.record()
    async with house.begin() as tx:
        row = await house.row(
            models.MedicationOrder, ids.decode(models.MedicationOrder, order.order)
        )
        found = await administrations._Round.of(tx, row, GIVEN, house.now, None)
    assert (len(found.recorded), len(found.steps)) == (1, 1)


async def test_as_needed_every_six_hours_waits_for_them(house: House) -> None:
    begin = at(house, 7)
    order = await ordered(
        house, as_needed=True, as_needed_reason="pain", max_per_day=4, frequency="Q6H"
    )
    await order.record()
    house.now = begin + 6 * HOUR - TICK
    assert await order.refused() == begin + 6 * HOUR
    house.now = begin + 6 * HOUR
    await order.record()


async def test_a_dose_that_is_no_dose_is_refused(house: House) -> None:
    at(house, 7)
    order = await ordered(house, frequency="BID")
    free = await ordered(house, order.patient)
    for which, due in ((order, at(house, 9)), (free, at(house, 8)), (order, at(house, 8, -1))):
        at(house, 8)
        with pytest.raises(BadInput) as refused:
            await which.record(due_at=due)
        assert refused.value.extensions["field"] == "dueAt"
        assert refused.value.extensions["limit"]
    await free.record()
    await free.record()


@pytest.mark.parametrize("year", [2200, 9999])
async def test_a_time_that_nobody_lives_to_see_is_refused(house: House, year: int) -> None:
    never = datetime(year, 12, 30, 23, tzinfo=UTC)
    at(house, 8)
    order = await ordered(house, frequency="BID")
    with pytest.raises(BadInput, match="no dose is due then"):
        await order.record(due_at=never)
    for named, field_ in (("starts_at", "startsAt"), ("ends_at", "endsAt")):
        with pytest.raises(BadInput) as refused:
            await ordered(house, order.patient, frequency="BID", **{named: never})
        assert refused.value.extensions["field"] == field_
        assert refused.value.extensions["limit"] == "<= 100 years from now"
    later = house.now.replace(year=house.now.year + 99)
    await ordered(house, order.patient, frequency="BID", starts_at=later)


async def test_what_was_entered_in_error_frees_the_dose_and_stays(house: House) -> None:
    at(house, 8)
    order = await ordered(house, frequency="BID")
    first = await order.record()
    assert await order.refused(due_at=house.now) == at(house, 19)
    at(house, 8.5)
    await order.take_back(first)
    row = await house.row(models.MedicationAdministration, first)
    assert (row["status"], row["recorded_as"]) == ("ENTERED_IN_ERROR", "GIVEN")
    assert row["entered_in_error_by"] == house.users[Role.NURSE]
    assert row["entered_in_error_at"] == house.now
    with pytest.raises(Conflict):
        await order.take_back(first)
    assert await order.due_of(await order.record()) == at(house, 8)


async def test_of_ten_nurses_with_one_dose_one_gives_it(house: House) -> None:
    at(house, 8)
    order = await ordered(house, frequency="BID")
    found = await asyncio.gather(*(order.record() for _ in range(10)), return_exceptions=True)
    refused = [one for one in found if isinstance(one, Conflict)]
    assert (len(refused), len(found)) == (9, 10)
    assert {one.extensions["nextAllowedAt"] for one in refused} == {at(house, 19).isoformat()}
    count = await house.pool.fetchval(
        "SELECT count(*) FROM medication_administrations WHERE medication_order_id = $1",
        ids.decode(models.MedicationOrder, order.order),
    )
    assert count == 1


@pytest.mark.parametrize("begins", ["2026-03-27T12:00:00+00:00", "2026-10-23T12:00:00+00:00"])
@pytest.mark.parametrize("frequency", ["TID", "QOD"])
async def test_the_database_finds_the_doses_that_the_rule_finds(
    house: House, begins: str, frequency: str
) -> None:
    """Over both jumps of the clock, at times that come twice or not at all."""
    await house.pool.execute(
        "UPDATE hospitals SET time_zone = 'Europe/Berlin' WHERE id = $1", house.id
    )
    house.now = datetime.fromisoformat(begins)
    of_day = ["02:30", "03:30", "23:59"] if frequency == "TID" else ["02:30"]
    order = await ordered(house, frequency=frequency, times=of_day)
    zone = ZoneInfo("Europe/Berlin")
    schedule = Schedule(tuple(of_day), house.now, None, zone, frequency == "QOD")
    since, until = house.now - DAY, house.now + 6 * DAY
    data = await ask(house, DOSES, id=order.order, **{"from": since, "to": until})
    told = [datetime.fromisoformat(one["dueAt"]) for one in data["node"]["doses"]]
    assert told == list(schedules.due(schedule, since, until))
    assert told


async def test_the_ward_is_told_what_waits(house: House) -> None:
    """At the time of now, which is what a ward asks about."""
    now = datetime.now(UTC)
    house.now = now - 2 * DAY
    minute = now.hour * 60 + now.minute
    # Three hours ago, in half an hour, in five hours.
    times = [f"{m // 60:02}:{m % 60:02}" for m in ((minute + d) % 1440 for d in (-180, 30, 300))]
    order = await ordered(house, frequency="TID", times=times)
    there = await house.inpatient("icu")
    elsewhere = await ordered(house, there, Role.PHARMACIST, frequency="TID", times=times)
    held = await ordered(house, order.patient, frequency="TID", times=times)
    await held.move(medication_moves.hold_medication, reason="nil by mouth")
    stopped = await ordered(house, order.patient, frequency="TID", times=times)
    await stopped.move(medication_moves.discontinue_medication, reason="rash")

    async def told(role: Role = Role.NURSE, **more: Any) -> list[tuple[str, int]]:
        found = (await ask(house, DUE, role, ward="MED", **more))["medicationsDue"]
        assert {one["medication"]["id"] for one in found} <= {order.order}
        assert all(one["patient"]["id"] == order.patient for one in found)
        minutes = [
            round((datetime.fromisoformat(one["dueAt"]) - now) / timedelta(minutes=1), 0)
            for one in found
        ]
        return [(one["state"], int(m)) for one, m in zip(found, minutes, strict=True)]

    assert sorted(m for _, m in await told()) == pytest.approx([-1410, -1140, -180, 30], abs=1)
    assert [s for s, _ in await told()] == ["LATE"] * 3 + ["DUE"]
    assert len(await told(until=now + 6 * HOUR)) == 5
    assert len(await told(until=now + DAY)) == 6
    too_far = await refusal(house, DUE, ward="MED", until=now + DAY + HOUR)
    assert too_far == {
        "code": "BAD_USER_INPUT",
        "field": "until",
        "limit": "within 24 hours of now",
    }
    house.now = now
    [due] = [
        datetime.fromisoformat(one["dueAt"])
        for one in (await ask(house, DUE, ward="MED"))["medicationsDue"]
        if one["state"] == "DUE"
    ]
    await order.record(due_at=due)
    assert [s for s, _ in await told()] == ["LATE"] * 3
    assert (await ask(house, DUE, ward="ICU"))["medicationsDue"] == []
    everywhere = (await ask(house, DUE, Role.PHARMACIST, ward="ICU"))["medicationsDue"]
    assert {one["medication"]["id"] for one in everywhere} == {elsewhere.order}
