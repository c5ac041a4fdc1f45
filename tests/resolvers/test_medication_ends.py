"""An order whose end has passed is over: at once where no dose waits, else once none does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import asyncpg

import models
from models.rules.roles import Role
from resolvers import ids, medication_ends, medication_moves, medications
from tests.resolvers.bedside import DAY, DUE, HOUR, NOT_GIVEN, TICK, Bedside, ask, at, ordered

if TYPE_CHECKING:
    from tests.resolvers.conftest import House

AS_NEEDED = {"as_needed": True, "as_needed_reason": "pain", "max_per_day": 2}


async def tick(house: House) -> int:
    """What the clock does once a second."""
    async with house.begin() as tx:
        return await medication_ends.complete_ended(tx)


async def row(house: House, order: Bedside) -> asyncpg.Record:
    return await house.row(models.MedicationOrder, ids.decode(models.MedicationOrder, order.order))


async def test_what_is_given_as_needed_ends_with_its_order(house: House) -> None:
    begin = at(house, 7)
    order = await ordered(house, **AS_NEEDED, starts_at=begin, ends_at=begin + DAY)
    house.now = begin + DAY - TICK
    assert await tick(house) == 0
    await order.record()
    house.now = begin + DAY
    assert await tick(house) == 1
    found = await row(house, order)
    assert (found["status"], found["stopped_at"], found["updated_by"]) == ("COMPLETED", None, None)
    last = await house.pool.fetchrow(
        "SELECT * FROM medication_order_steps WHERE medication_order_id = $1 ORDER BY id DESC",
        found["id"],
    )
    assert last is not None
    assert (last["kind"], last["status"], last["user_id"]) == ("COMPLETED", "COMPLETED", None)
    assert last["occurred_at"] == house.now
    assert (await house.events(found["patient_id"]))[-1] == "PatientCharted"
    assert await tick(house) == 0


async def test_the_last_dose_can_still_be_recorded(house: House) -> None:
    """What fell due right before the end, and nobody has recorded, is one to give for a day."""
    end = at(house, 20) + TICK
    begin = at(house, 7)
    order = await ordered(house, frequency="BID", starts_at=begin, ends_at=end)
    house.now = end + DAY - TICK
    assert await tick(house) == 0
    assert await order.due_of(await order.record()) == end - TICK
    house.now = end + DAY
    assert await tick(house) == 1
    assert await order.refused(NOT_GIVEN, match="an order that is COMPLETED") is None
    assert (await ask(house, DUE, ward="MED"))["medicationsDue"] == []


async def test_what_is_held_waits_for_somebody_and_what_is_open_goes_on(house: House) -> None:
    begin = at(house, 7)
    patient = await house.inpatient()
    ends: dict[str, Any] = {"starts_at": begin, "ends_at": begin + DAY}
    held = await ordered(house, patient, **AS_NEEDED, **ends)
    await held.move(medication_moves.hold_medication, reason="drowsy")
    open_ = await ordered(house, patient, **AS_NEEDED)
    house.now = begin + 9 * DAY
    assert await tick(house) == 0
    assert [(await row(house, one))["status"] for one in (held, open_)] == ["ON_HOLD", "ACTIVE"]
    await held.move(medication_moves.resume_medication)
    assert await tick(house) == 1


async def test_of_what_was_imported_the_sender_says_what_it_is(house: House) -> None:
    begin = at(house, 7)
    order = await ordered(house, **AS_NEEDED, starts_at=begin, ends_at=begin + DAY)
    await house.pool.execute(
        "UPDATE medication_orders SET sender = 'fhir', external_id = '1' WHERE id = $1",
        ids.decode(models.MedicationOrder, order.order),
    )
    house.now = begin + 9 * DAY
    assert await tick(house) == 0


async def test_what_it_warned_of_ends_with_it(house: House) -> None:
    begin, patient = at(house, 7), await house.inpatient()
    async with house.begin() as tx:
        for drug, ends in (("Warfarin 5 mg", None), ("Ibuprofen 400 mg", begin + DAY)):
            await medications.order_medication(
                tx,
                house.actor(Role.DOCTOR),
                patient_id=patient,
                drug=drug,
                override_reason="needed",
                ends_at=ends,
            )
    house.now = begin + DAY + HOUR
    standing = (
        "SELECT count(*) FROM medication_warnings WHERE patient_id = $1 AND resolved_at IS NULL"
    )
    who = ids.decode(models.Patient, patient)
    assert await house.pool.fetchval(standing, who) == 1
    assert await tick(house) == 1
    assert await house.pool.fetchval(standing, who) == 0


async def test_several_clocks_complete_it_once(house: House) -> None:
    begin = at(house, 7)
    orders = [
        await ordered(house, **AS_NEEDED, starts_at=begin, ends_at=begin + DAY) for _ in range(3)
    ]
    house.now = begin + DAY
    async with asyncio.timeout(30):
        assert sum(await asyncio.gather(*(tick(house) for _ in range(4)))) == 3
    steps = await house.pool.fetchval(
        "SELECT count(*) FROM medication_order_steps WHERE hospital_id = $1 AND kind = 'COMPLETED'",
        house.id,
    )
    assert steps == len(orders)
