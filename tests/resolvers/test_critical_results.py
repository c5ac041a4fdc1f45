"""Reading back and escalating critical results on the real database."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
import pytest

import models
from models.rules.results import ResultStatus
from models.rules.roles import Role
from resolvers import critical_results, critical_rules, ids, labs
from resolvers.errors import BadInput, Conflict, Forbidden, NotFound, ReadBackDiffers

if TYPE_CHECKING:
    from tests.resolvers.conftest import House


async def take(house: House, patient: str, value: str | None, **more: Any) -> labs.Ingested:
    patient_id = ids.decode(models.Patient, patient)
    assert patient_id is not None
    fields: dict[str, Any] = {
        "index": 0,
        "patient_id": patient_id,
        "code": "2823-3",
        "display": "Potassium",
        "value": None if value is None else Decimal(value),
        "unit": "mmol/L",
        "observed_at": house.now,
    }
    result = labs.NewLabResult(**fields | more)
    async with house.begin() as tx:
        await critical_rules.install_starter(tx)
        [outcome] = await labs.ingest(tx, house.actor(Role.LAB), [result], sender="lab")
    return outcome


async def raised(house: House, value: str | None = "6.9", **more: Any) -> UUID:
    """A critical result of a new patient on MED."""
    outcome = await take(house, await house.inpatient("med"), value, **more)
    assert outcome.critical_result_id is not None
    return outcome.critical_result_id


async def acknowledge(
    house: House,
    alert: UUID | str,
    read_back: str,
    *,
    note: str | None = None,
    role: Role = Role.NURSE,
    ward: str = "med",
) -> dict[str, Any]:
    public_id = alert if isinstance(alert, str) else ids.encode(models.CriticalResult, alert)
    async with house.begin() as tx:
        return await critical_results.acknowledge_critical_result(
            tx,
            house.actor(role, wards=(ward,)),
            critical_result_id=public_id,
            read_back=Decimal(read_back),
            note=note,
        )


async def tick(house: House) -> int:
    async with house.begin() as tx:
        return await critical_results.escalate_due(tx)


async def row(house: House, alert: UUID) -> asyncpg.Record:
    return await house.row(models.CriticalResult, alert)


async def steps(house: House, alert: UUID) -> list[asyncpg.Record]:
    found = await house.pool.fetch(
        "SELECT * FROM critical_result_steps WHERE critical_result_id = $1 ORDER BY number", alert
    )
    assert [step["number"] for step in found] == list(range(1, len(found) + 1))
    return found


async def kinds(house: House, alert: UUID) -> list[str]:
    return [step["kind"] for step in await steps(house, alert)]


# Reading back


@pytest.mark.parametrize("read_back", ["6.9", "6.90", "69e-1"])
async def test_the_value_read_back_closes_it(house: House, read_back: str) -> None:
    alert = await raised(house)
    house.later(minutes=3)
    assert await acknowledge(house, alert, read_back, note="  told Dr. A ") == {
        "critical_result": alert
    }
    found = await row(house, alert)
    assert (found["status"], found["acknowledged_at"]) == ("ACKNOWLEDGED", house.now)
    assert found["acknowledged_by"] == house.users[Role.NURSE]
    assert (found["read_back"], found["next_escalation_at"]) == (Decimal("6.9"), None)
    step = (await steps(house, alert))[-1]
    assert (step["kind"], step["user_id"]) == ("ACKNOWLEDGED", house.users[Role.NURSE])
    assert (step["read_back"], step["note"]) == (Decimal("6.9"), "told Dr. A")
    assert (step["occurred_at"], step["lab_result_id"]) == (house.now, found["lab_result_id"])
    assert await house.events(alert) == ["CriticalResultRaised", "CriticalResultAcknowledged"]


async def test_the_value_may_be_read_back_in_the_unit_of_the_rule(house: House) -> None:
    # 30 mmol/L of glucose is 540.48 mg/dL.
    more: dict[str, Any] = {"code": "2345-7", "display": "Glucose"}
    alert = await raised(house, "30", **more)
    await acknowledge(house, alert, "540.48")
    assert (await row(house, alert))["read_back"] == Decimal("540.48")
    await acknowledge(house, await raised(house, "30", **more), "30")


async def test_a_comparator_is_not_part_of_the_number(house: House) -> None:
    await acknowledge(house, await raised(house, "9.0", comparator=">"), "9")


@pytest.mark.parametrize("read_back", ["6.8", "69", "-6.9", "6.9000000001", "0"])
async def test_another_value_is_refused_and_the_attempt_kept(house: House, read_back: str) -> None:
    alert = await raised(house)
    before = await row(house, alert)
    with pytest.raises(ReadBackDiffers) as refused:
        await acknowledge(house, alert, read_back, note="on the phone")
    assert refused.value.extensions == {"code": "READ_BACK_DIFFERS", "field": "readBack"}
    assert "6.9" not in refused.value.message
    assert read_back not in refused.value.message
    # Committed, although the mutation answers with an error.
    assert dict(await row(house, alert)) == dict(before)
    step = (await steps(house, alert))[-1]
    assert (step["kind"], step["read_back"]) == ("READ_BACK_REFUSED", Decimal(read_back))
    assert (step["user_id"], step["note"]) == (house.users[Role.NURSE], "on the phone")
    assert await house.events(alert) == ["CriticalResultRaised", "CriticalResultReadBackRefused"]
    await acknowledge(house, alert, "6.9")
    assert await kinds(house, alert) == ["RAISED", "READ_BACK_REFUSED", "ACKNOWLEDGED"]


async def test_the_second_hears_who_was_first_and_when(house: House) -> None:
    alert = await raised(house)
    await acknowledge(house, alert, "6.9")
    first, username = house.now, (await house.row(models.User, house.users[Role.NURSE]))["username"]
    house.later(minutes=1)
    for read_back in ("6.9", "1"):
        with pytest.raises(Conflict) as refused:
            await acknowledge(house, alert, read_back, role=Role.DOCTOR)
        assert username in refused.value.message
        assert refused.value.extensions["acknowledgedBy"] == username
        assert refused.value.extensions["acknowledgedAt"] == first.isoformat(timespec="seconds")
    assert await kinds(house, alert) == ["RAISED", "ACKNOWLEDGED"]


async def test_of_many_at_once_one_is_first(house: House) -> None:
    alert = await raised(house)
    answers = await asyncio.gather(
        *(acknowledge(house, alert, "6.9", role=role) for role in [Role.NURSE, Role.DOCTOR] * 4),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, dict) for answer in answers) == 1
    assert sum(isinstance(answer, Conflict) for answer in answers) == 7
    assert await kinds(house, alert) == ["RAISED", "ACKNOWLEDGED"]


async def test_a_withdrawn_one_is_not_acknowledged(house: House) -> None:
    patient = await house.inpatient()
    alert = (await take(house, patient, "6.9", external_id="a")).critical_result_id
    assert alert is not None
    await take(house, patient, "4.0", external_id="a", status=ResultStatus.CORRECTED)
    with pytest.raises(Conflict, match="withdrawn"):
        await acknowledge(house, alert, "6.9")


async def test_a_corrected_value_opens_an_acknowledged_one_again(house: House) -> None:
    patient = await house.inpatient()
    alert = (await take(house, patient, "6.9", external_id="a")).critical_result_id
    assert alert is not None
    await acknowledge(house, alert, "6.9")
    house.later(hours=2)
    await take(house, patient, "7.9", external_id="a", status=ResultStatus.CORRECTED)
    found = await row(house, alert)
    assert (found["status"], found["acknowledged_by"], found["read_back"]) == ("OPEN", None, None)
    assert (found["raised_at"], found["escalation_level"]) == (house.now, 0)
    with pytest.raises(ReadBackDiffers):
        await acknowledge(house, alert, "6.9")
    await acknowledge(house, alert, "7.9")
    assert await kinds(house, alert) == [
        "RAISED",
        "ACKNOWLEDGED",
        "REOPENED",
        "READ_BACK_REFUSED",
        "ACKNOWLEDGED",
    ]


async def test_the_same_finding_told_as_final_stays_acknowledged(house: House) -> None:
    patient = await house.inpatient()
    preliminary: dict[str, Any] = {"external_id": "a", "status": ResultStatus.PRELIMINARY}
    alert = (await take(house, patient, "6.9", **preliminary)).critical_result_id
    assert alert is not None
    await acknowledge(house, alert, "6.9")
    await take(house, patient, "6.9", external_id="a")
    assert (await row(house, alert))["status"] == "ACKNOWLEDGED"


async def test_a_correction_withdraws_an_acknowledged_one(house: House) -> None:
    patient = await house.inpatient()
    alert = (await take(house, patient, "6.9", external_id="a")).critical_result_id
    assert alert is not None
    await acknowledge(house, alert, "6.9")
    await take(house, patient, "4.4", external_id="a")
    found = await row(house, alert)
    assert (found["status"], found["acknowledged_at"]) == ("WITHDRAWN", None)
    # Who had read it back stays on record.
    assert [step["user_id"] for step in await steps(house, alert)][1] == house.users[Role.NURSE]


# A result without a number


TEXT: dict[str, Any] = {
    "text": "Gram-positive cocci  in clusters",
    "unit": None,
    "sender_flag": "AA",
}


async def test_a_text_is_read_back_in_the_note(house: House) -> None:
    alert = await raised(house, None, **TEXT)
    with pytest.raises(BadInput) as refused:
        await acknowledge(house, alert, "0")
    assert refused.value.extensions["field"] == "note"
    with pytest.raises(ReadBackDiffers) as differs:
        await acknowledge(house, alert, "0", note="gram-negative rods")
    assert differs.value.extensions["field"] == "note"
    await acknowledge(house, alert, "0", note="gram-positive COCCI in clusters")
    assert await kinds(house, alert) == ["RAISED", "READ_BACK_REFUSED", "ACKNOWLEDGED"]


# Who may, and what is no read-back


@pytest.mark.parametrize("read_back", ["NaN", "sNaN", "Infinity", "1e41", "0." + "1" * 41])
async def test_what_is_no_number_is_bad_input(house: House, read_back: str) -> None:
    alert = await raised(house)
    with pytest.raises(BadInput) as refused:
        await acknowledge(house, alert, read_back)
    assert refused.value.extensions["field"] == "readBack"
    assert await kinds(house, alert) == ["RAISED"]


async def test_another_wards_nurse_does_not_see_it(house: House) -> None:
    alert = await raised(house)
    with pytest.raises(NotFound) as refused:
        await acknowledge(house, alert, "6.9", ward="icu")
    assert refused.value.extensions["field"] == "criticalResultId"
    with pytest.raises(NotFound):
        await acknowledge(house, "crt_nonsense", "6.9")
    assert await kinds(house, alert) == ["RAISED"]


@pytest.mark.parametrize("role", [Role.LAB, Role.CLERK, Role.INTEGRATOR, Role.PHARMACIST])
async def test_roles_that_may_not_acknowledge(house: House, role: Role) -> None:
    alert = await raised(house)
    with pytest.raises(Forbidden):
        await acknowledge(house, alert, "6.9", role=role)
    assert (await row(house, alert))["status"] == "OPEN"


# Escalation


async def test_each_step_of_the_chain_is_made_when_it_is_due(house: House) -> None:
    alert = await raised(house)
    start, seen = house.now, []
    for minute in range(61):
        house.now = start + timedelta(minutes=minute)
        if await tick(house):
            found = await row(house, alert)
            seen.append((minute, found["escalation_level"], (await kinds(house, alert))[-1]))
    assert seen == [
        (5, 1, "ESCALATED"),
        (15, 2, "ESCALATED"),
        (30, 3, "ESCALATED"),
        (60, 4, "BREACHED"),
    ]
    found = await row(house, alert)
    assert (found["status"], found["next_escalation_at"]) == ("OPEN", None)
    assert await house.events(alert) == [
        "CriticalResultRaised",
        "CriticalResultEscalated",
        "CriticalResultEscalated",
        "CriticalResultEscalated",
        "CriticalResultBreached",
    ]
    # A breach does not end the loop.
    await acknowledge(house, alert, "6.9")


async def test_not_a_moment_too_early(house: House) -> None:
    await raised(house)
    house.later(minutes=4, seconds=59, milliseconds=999)
    assert await tick(house) == 0
    house.later(milliseconds=1)
    assert await tick(house) == 1
    assert await tick(house) == 0


async def test_after_a_stop_every_missed_step_is_made_in_order(house: House) -> None:
    alert = await raised(house)
    house.later(minutes=31)
    assert await tick(house) == 3
    found = await steps(house, alert)
    assert [step["level"] for step in found] == [0, 1, 2, 3]
    assert {step["occurred_at"] for step in found[1:]} == {house.now}
    assert {step["user_id"] for step in found[1:]} == {None}
    assert (await row(house, alert))["next_escalation_at"] == house.now + timedelta(minutes=29)


async def test_only_the_open_ones_escalate(house: House) -> None:
    acknowledged = await raised(house)
    await acknowledge(house, acknowledged, "6.9")
    patient = await house.inpatient()
    await take(house, patient, "6.9", external_id="a")
    await take(house, patient, "4.0", external_id="a")
    house.later(hours=2)
    assert await tick(house) == 0


async def test_a_refused_read_back_does_not_stop_the_clock(house: House) -> None:
    alert = await raised(house)
    with pytest.raises(ReadBackDiffers):
        await acknowledge(house, alert, "1")
    house.later(minutes=5)
    assert await tick(house) == 1
    assert (await row(house, alert))["escalation_level"] == 1


async def test_processes_that_tick_at_once_make_each_step_once(house: House) -> None:
    alerts = [await raised(house) for _ in range(6)]
    house.later(minutes=16)
    made = await asyncio.gather(*(tick(house) for _ in range(5)))
    assert sum(made) == 12
    for alert in alerts:
        assert await kinds(house, alert) == ["RAISED", "ESCALATED", "ESCALATED"]


async def test_what_another_holds_is_left_to_it(house: House) -> None:
    held, free = await raised(house), await raised(house)
    house.later(minutes=5)
    async with house.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT 1 FROM critical_results WHERE id = $1 FOR UPDATE", held)
        assert await tick(house) == 1
    assert (await row(house, free))["escalation_level"] == 1
    assert (await row(house, held))["escalation_level"] == 0
    assert await tick(house) == 1


async def test_a_tick_leaves_the_other_hospitals_alone(house: House) -> None:
    await raised(house)
    elsewhere = models.new_id()
    await house.pool.execute(
        "INSERT INTO hospitals (id, code, name) VALUES ($1, $2, 'Elsewhere')",
        elsewhere,
        str(elsewhere),
    )
    house.later(minutes=5)
    mine, house.id = house.id, elsewhere
    assert await tick(house) == 0
    house.id = mine
    assert await tick(house) == 1


async def test_the_log_tells_a_wards_station_where_it_happened(house: House) -> None:
    patient = await house.inpatient("icu")
    alert = (await take(house, patient, "6.9")).critical_result_id
    house.later(minutes=5)
    await tick(house)
    found = await house.pool.fetch(
        "SELECT kind, ward_id, patient_id FROM events WHERE subject_id = $1 ORDER BY position",
        alert,
    )
    where = (house.wards["icu"], ids.decode(models.Patient, patient))
    assert [tuple(event) for event in found] == [
        ("CriticalResultRaised", *where),
        ("CriticalResultEscalated", *where),
    ]
