"""Who is told of a critical result and who is called; nobody there: the next is called at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

import models
from models.rules.roles import Role
from resolvers import critical_result_listeners, ids
from resolvers.critical_result_listeners import Listener
from resolvers.errors import ReadBackDiffers
from tests.resolvers.test_critical_results import (
    acknowledge,
    kinds,
    raised,
    row,
    steps,
    take,
    tick,
)

if TYPE_CHECKING:
    from tests.resolvers.conftest import House


async def tell(house: House, *listeners: tuple[str | None, UUID], known: bool = True) -> int:
    """What the clock does once a second; each listener is a ward and a user."""
    heard = [Listener(None if ward is None else house.wards[ward], one) for ward, one in listeners]
    async with house.begin() as tx:
        return await critical_result_listeners.tell(tx, heard if known else None)


async def member(house: House, role: Role, *wards: str) -> UUID:
    found = (await house.signed_in(role, *wards)).user_id
    assert found is not None
    return found


async def told(house: House, alert: UUID) -> list[tuple[Any, ...]]:
    """Kind, level, how many were called and the note of each step after the first."""
    found = (await steps(house, alert))[1:]
    return [(one["kind"], one["level"], len(one["called"]), one["note"]) for one in found]


async def test_those_who_listen_are_kept_once_and_heard_of_by_nobody(house: House) -> None:
    nurse, alert = await member(house, Role.NURSE, "med"), await raised(house)
    assert (await row(house, alert))["told_at"] is None
    house.later(seconds=1)
    assert await tell(house, ("med", nurse)) == 1
    found = await row(house, alert)
    assert (found["told_at"], found["escalation_level"]) == (house.now, 0)
    step = (await steps(house, alert))[-1]
    assert (step["kind"], step["called"], step["note"]) == ("TOLD", [nurse], None)
    assert (step["audience"], step["user_id"]) == (None, None)
    assert await house.events(alert) == ["CriticalResultRaised"]
    # Whoever holds an answer about the patient learns that it is another now.
    patient = found["patient_id"]
    assert (await house.events(patient))[-1] == "PatientCharted"
    assert await tell(house) == 0


async def test_where_nobody_listens_the_next_is_called_at_once(house: House) -> None:
    alert = await raised(house)
    start = house.now
    house.later(seconds=1)
    assert await tell(house) == 2
    note = critical_result_listeners.NOBODY
    assert await told(house, alert) == [("TOLD", 0, 0, note), ("ESCALATED", 1, 0, note)]
    assert (await steps(house, alert))[-1]["audience"] == "CHARGE_NURSE"
    assert await house.events(alert) == ["CriticalResultRaised", "CriticalResultEscalated"]
    # The steps after it come at their time, and that one is not made again.
    found = await row(house, alert)
    assert found["next_escalation_at"] == start + timedelta(minutes=15)
    made = []
    for minute in range(1, 62):
        house.now = start + timedelta(minutes=minute)
        made += [minute] * await tick(house)
    assert made == [15, 30, 60]


async def test_what_is_not_known_is_no_listener_and_said_apart(house: House) -> None:
    nurse, alert = await member(house, Role.NURSE, "med"), await raised(house)
    assert await tell(house, ("med", nurse), known=False) == 2
    note = critical_result_listeners.NOT_KNOWN
    assert await told(house, alert) == [("TOLD", 0, 0, note), ("ESCALATED", 1, 0, note)]


@pytest.mark.parametrize(
    ("role", "wards", "listens", "counts"),
    [
        (Role.NURSE, ["med"], "med", True),
        (Role.CHARGE_NURSE, ["med"], "med", True),
        (Role.DOCTOR, ["med"], "med", True),
        (Role.NURSE, ["med"], None, True),
        (Role.ADMIN, [], "med", True),
        # Who hears all wards from somewhere is no station of this one.
        (Role.ADMIN, [], None, False),
        (Role.ADMIN, ["med"], None, True),
        # Who hears it and can do nothing.
        (Role.LAB, [], None, False),
        (Role.LAB, ["med"], "med", False),
        # Who listens elsewhere, or works elsewhere.
        (Role.NURSE, ["med", "icu"], "icu", False),
        (Role.NURSE, ["icu"], "med", False),
        (Role.DOCTOR, ["icu"], "med", False),
    ],
)
async def test_who_counts_as_listening(
    house: House, role: Role, wards: list[str], listens: str | None, *, counts: bool
) -> None:
    user, alert = await member(house, role, *wards), await raised(house)
    await tell(house, (listens, user))
    assert (await kinds(house, alert))[1:] == (["TOLD"] if counts else ["TOLD", "ESCALATED"])
    assert (await steps(house, alert))[1]["called"] == ([user] if counts else [])


async def test_who_hears_everything_by_one_role_may_not_answer_by_another(house: House) -> None:
    """A nurse of ICU who is a laboratory technician too hears of MED, and cannot answer there."""
    user = await member(house, Role.NURSE, "icu")
    await house.pool.execute(
        "INSERT INTO role_memberships (user_id, role) VALUES ($1, 'LAB')", user
    )
    alert = await raised(house)
    await tell(house, (None, user))
    assert await kinds(house, alert) == ["RAISED", "TOLD", "ESCALATED"]


async def test_a_user_who_is_gone_or_of_another_hospital_is_no_listener(house: House) -> None:
    gone, alert = await member(house, Role.NURSE, "med"), await raised(house)
    await house.pool.execute("UPDATE users SET disabled_at = now() WHERE id = $1", gone)
    await tell(house, ("med", gone), ("med", models.new_id()))
    assert await kinds(house, alert) == ["RAISED", "TOLD", "ESCALATED"]


async def test_somebody_in_no_bed_is_heard_of_by_those_of_all_wards(house: House) -> None:
    admin, nurse = await member(house, Role.ADMIN), await member(house, Role.NURSE, "med")
    first = (await take(house, await house.patient(), "6.9")).critical_result_id
    assert first is not None
    await tell(house, (None, admin), ("med", nurse))
    assert (await steps(house, first))[-1]["called"] == [admin]
    second = (await take(house, await house.patient(), "6.9")).critical_result_id
    assert second is not None
    await tell(house, ("med", nurse))
    note = critical_result_listeners.NOBODY_ANYWHERE
    assert await told(house, second) == [("TOLD", 0, 0, note), ("ESCALATED", 1, 0, note)]


async def test_each_ward_has_listeners_of_its_own(house: House) -> None:
    nurse, med = await member(house, Role.NURSE, "med"), await raised(house)
    icu = (await take(house, await house.inpatient("icu"), "6.9")).critical_result_id
    assert icu is not None
    assert await tell(house, ("med", nurse)) == 3
    assert await kinds(house, med) == ["RAISED", "TOLD"]
    assert await kinds(house, icu) == ["RAISED", "TOLD", "ESCALATED"]


async def test_what_was_answered_before_anybody_looked_is_told_of_no_more(house: House) -> None:
    alert = await raised(house)
    await acknowledge(house, alert, "6.9")
    assert await tell(house) == 0
    assert await kinds(house, alert) == ["RAISED", "ACKNOWLEDGED"]


async def test_one_that_is_reopened_is_told_of_again(house: House) -> None:
    nurse, patient = await member(house, Role.NURSE, "med"), await house.inpatient()
    alert = (await take(house, patient, "6.9", external_id="a")).critical_result_id
    assert alert is not None
    await tell(house, ("med", nurse))
    await take(house, patient, "7.4", external_id="a")
    assert await tell(house) == 2
    assert await kinds(house, alert) == ["RAISED", "TOLD", "REOPENED", "TOLD", "ESCALATED"]
    # Somebody else was called already: once more changes nothing.
    await take(house, patient, "7.9", external_id="a")
    assert await tell(house) == 1
    assert (await row(house, alert))["escalation_level"] == 1


async def test_clocks_that_look_at_once_tell_once(house: House) -> None:
    alerts = [await raised(house) for _ in range(5)]
    made = await asyncio.gather(*(tell(house) for _ in range(5)))
    assert sum(made) == 10
    for alert in alerts:
        assert await kinds(house, alert) == ["RAISED", "TOLD", "ESCALATED"]


async def test_what_another_holds_is_left_to_it(house: House) -> None:
    held, free = await raised(house), await raised(house)
    async with house.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT 1 FROM critical_results WHERE id = $1 FOR UPDATE", held)
        assert await tell(house) == 2
    assert await kinds(house, free) == ["RAISED", "TOLD", "ESCALATED"]
    assert await kinds(house, held) == ["RAISED"]
    assert await tell(house) == 2


async def test_after_a_stop_each_step_is_made_once_and_in_order(house: House) -> None:
    """Nobody looked for twenty minutes: told, the first call skipped, then the one that is due."""
    alert = await raised(house)
    house.later(minutes=20)
    async with house.begin() as tx:
        assert await critical_result_listeners.tell(tx, ()) == 2
        await tx.flush()
    assert await tick(house) == 1
    found = await steps(house, alert)
    assert [(one["kind"], one["level"], one["audience"]) for one in found[1:]] == [
        ("TOLD", 0, None),
        ("ESCALATED", 1, "CHARGE_NURSE"),
        ("ESCALATED", 2, "ON_CALL_DOCTOR"),
    ]


# Who is called


async def test_each_step_calls_those_of_its_audience(house: House) -> None:
    nurses = [await member(house, Role.NURSE, "med") for _ in range(2)]
    charge = await member(house, Role.CHARGE_NURSE, "med", "icu")
    doctors = [await member(house, Role.DOCTOR, "med") for _ in range(2)]
    attending, over = await member(house, Role.DOCTOR), await member(house, Role.DOCTOR)
    for role in (Role.NURSE, Role.CHARGE_NURSE, Role.DOCTOR):
        await member(house, role, "icu")
    gone = await member(house, Role.NURSE, "med")
    await house.pool.execute("UPDATE users SET disabled_at = now() WHERE id = $1", gone)
    patient = await house.inpatient()
    patient_id = ids.decode(models.Patient, patient)
    for user, role, ended in (
        (attending, "ATTENDER", None),
        (over, "ATTENDER", house.now),
        (nurses[0], "CONSULTANT", None),
    ):
        async with house.begin() as tx:
            await tx.insert(
                models.CareTeamMember,
                {"id": models.new_id(), "hospital_id": house.id, "user_id": user}
                | {"patient_id": patient_id, "role": role, "started_at": house.now}
                | {"ended_at": ended},
            )
    alert = (await take(house, patient, "6.9")).critical_result_id
    assert alert is not None
    house.later(hours=1)
    await tick(house)
    called = [(one["audience"], set(one["called"])) for one in await steps(house, alert)]
    assert called == [
        ("WARD_NURSE_AND_ORDERING_CLINICIAN", {*nurses, attending}),
        ("CHARGE_NURSE", {charge}),
        ("ON_CALL_DOCTOR", {*doctors}),
        ("ATTENDING", {attending}),
        ("REPORT", set()),
    ]


async def test_whoever_ordered_the_test_is_called_before_the_attender(house: House) -> None:
    nurse, ordered = await member(house, Role.NURSE, "med"), await member(house, Role.DOCTOR)
    attending, patient = await member(house, Role.DOCTOR), await house.inpatient()
    async with house.begin() as tx:
        await tx.insert(
            models.CareTeamMember,
            {"id": models.new_id(), "hospital_id": house.id, "user_id": attending}
            | {"patient_id": ids.decode(models.Patient, patient), "role": "ATTENDER"}
            | {"started_at": house.now},
        )
    alert = (await take(house, patient, "6.9", ordered_by=ordered)).critical_result_id
    assert alert is not None
    assert set((await steps(house, alert))[0]["called"]) == {nurse, ordered}


# Vital signs


@pytest.mark.parametrize(("total", "highest", "score"), [(7, 3, "7"), (None, 3, "3")])
async def test_of_vital_signs_the_score_is_read_back(
    house: House, total: int | None, highest: int, score: str
) -> None:
    patient, vitals, alert = await house.inpatient(), models.new_id(), models.new_id()
    patient_id = ids.decode(models.Patient, patient)
    async with house.begin() as tx:
        await tx.insert(
            models.VitalSigns,
            {"id": vitals, "hospital_id": house.id, "patient_id": patient_id}
            | {"recorded_at": house.now, "heart_rate": 135, "news2_applies": True}
            | {"news2_total": total, "news2_highest_single": highest}
            | {"news2_risk": None if total is None else "HIGH"}
            | {"news2_missing": ["temperature"] if total is None else []},
        )
        await tx.insert(
            models.CriticalResult,
            {"id": alert, "hospital_id": house.id, "patient_id": patient_id, "status": "OPEN"}
            | {"ward_id": house.wards["med"], "kind": "DETERIORATION", "vital_signs_id": vitals}
            | {"urgency": "EMERGENCY", "raised_at": house.now, "rule": "NEWS2"},
        )
    with pytest.raises(ReadBackDiffers):
        await acknowledge(house, alert, "5")
    assert (await row(house, alert))["status"] == "OPEN"
    await acknowledge(house, alert, score, note="told Dr. A")
    assert (await row(house, alert))["read_back"] == Decimal(score)
