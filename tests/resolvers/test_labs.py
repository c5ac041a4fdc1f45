"""Laboratory results on the real database: stored, judged, raised, in batches and at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

import models
from models.rules.results import IngestOutcome, ResultStatus
from models.rules.roles import Role
from resolvers import admissions, labs
from resolvers.transaction import Transaction
from tests.owner import as_owner
from tests.resolvers.laboratory import alerts, potassium, rules, steps, take

if TYPE_CHECKING:
    from tests.resolvers.conftest import House

# What becomes of one result


async def test_a_result_is_stored_as_sent_and_judged_in_the_unit_of_the_rule(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    [outcome] = await take(
        house,
        potassium(
            house, patient, "4.10", unit="mEq/L", panel="CMP", sender_flag="N", external_id="1"
        ),
    )
    assert outcome.outcome is IngestOutcome.CREATED
    row = await house.row(models.LabResult, outcome.lab_result_id or "")
    assert (str(row["value"]), row["unit"]) == ("4.10", "mEq/L")
    assert (row["canonical_value"], row["canonical_unit"]) == (Decimal("4.1"), "mmol/L")
    assert (row["interpretation"], row["rule_id"]) == ("NORMAL", None)
    assert (row["version"], row["root_id"], row["superseded_at"]) == (1, row["id"], None)
    assert (row["issued_at"], row["created_at"]) == (house.now, house.now)
    assert row["created_by"] == house.users[Role.INTEGRATOR]
    assert await alerts(house, patient) == []


async def test_a_critical_result_is_raised_on_the_ward_of_the_bed(house: House) -> None:
    await rules(house)
    patient = await house.inpatient("icu")
    [outcome] = await take(house, potassium(house, patient, "6.9"))
    [alert] = await alerts(house, patient)
    assert outcome.critical_result_id == alert["id"]
    assert (alert["status"], alert["ward_id"]) == ("OPEN", house.wards["icu"])
    assert (alert["raised_at"], alert["escalation_level"]) == (house.now, 0)
    assert alert["next_escalation_at"] == house.now + timedelta(minutes=5)
    assert alert["rule"] == "potassium >= 6.5 mmol/L, adult (WakeMed), v1"
    assert alert["created_by"] == house.users[Role.INTEGRATOR]
    result = await house.row(models.LabResult, outcome.lab_result_id or "")
    assert (result["interpretation"], result["arrived_late"]) == ("CRITICAL_HIGH", False)
    assert result["rule_id"] == alert["rule_id"] is not None
    assert await steps(house, alert["id"]) == ["RAISED"]
    assert await house.events(alert["id"]) == ["CriticalResultRaised"]


async def test_a_patient_in_no_bed_has_an_alert_without_a_ward(house: House) -> None:
    await rules(house)
    patient = await house.patient()
    await take(house, potassium(house, patient, "1.9"))
    [alert] = await alerts(house, patient)
    assert (alert["ward_id"], alert["status"]) == (None, "OPEN")


async def test_the_age_is_that_of_the_day_of_the_sample(house: House) -> None:
    await rules(house)
    # 2.8 is critical for a child (< 3.0), not for an adult (<= 2.5).
    child = await house.patient(born=house.now.date() - timedelta(days=5 * 365))
    adult = await house.patient(born=date(1950, 1, 1))
    await take(house, potassium(house, child, "2.8"), potassium(house, adult, "2.8"))
    assert len(await alerts(house, child)) == 1
    assert await alerts(house, adult) == []


async def test_an_unknown_birth_date_is_judged_on_the_safe_side(house: House) -> None:
    await rules(house)
    patient = await house.patient(born=None)
    await take(house, potassium(house, patient, "2.8"))
    [alert] = await alerts(house, patient)
    assert alert["rule"].endswith("; age not known: every limit tried")


async def test_a_ward_with_a_rule_of_its_own(house: House) -> None:
    await rules(house)
    await house.pool.execute(
        "INSERT INTO critical_rules (id, hospital_id, key, version, test, codes, unit, high,"
        " low_inclusive, high_inclusive, ward_id, source, active_from) VALUES ($1, $2,"
        " 'potassium-icu', 1, 'potassium', '{2823-3}', 'mmol/L', 6.0, true, true, $3, 'ICU',"
        " now())",
        models.new_id(),
        house.id,
        house.wards["icu"],
    )
    there, here = await house.inpatient("icu"), await house.inpatient("med")
    await take(house, potassium(house, there, "6.1"), potassium(house, here, "6.1"))
    assert len(await alerts(house, there)) == 1
    assert await alerts(house, here) == []


@pytest.mark.parametrize(
    ("status", "raised"),
    [
        (ResultStatus.PRELIMINARY, 1),
        (ResultStatus.FINAL, 1),
        (ResultStatus.CORRECTED, 1),
        (ResultStatus.CANCELLED, 0),
        (ResultStatus.ENTERED_IN_ERROR, 0),
    ],
)
async def test_which_status_raises(house: House, status: ResultStatus, raised: int) -> None:
    await rules(house)
    patient = await house.inpatient()
    [outcome] = await take(house, potassium(house, patient, "6.9", status=status))
    assert len(await alerts(house, patient)) == raised
    row = await house.row(models.LabResult, outcome.lab_result_id or "")
    assert (row["interpretation"] == "CRITICAL_HIGH") == bool(raised)
    if not raised:
        assert row["not_judged_reason"] == status.lower().replace("_", " ")


async def test_a_unit_that_cannot_be_converted_is_said_and_the_senders_flag_still_counts(
    house: House,
) -> None:
    await rules(house)
    quiet, flagged = await house.inpatient(), await house.inpatient()
    outcomes = await take(
        house,
        potassium(house, quiet, "6.9", unit="furlong"),
        potassium(house, flagged, "6.9", unit="furlong", sender_flag="HH"),
    )
    row = await house.row(models.LabResult, outcomes[0].lab_result_id or "")
    assert (row["interpretation"], row["not_judged_reason"]) == ("NOT_JUDGED", "unit")
    assert await alerts(house, quiet) == []
    [alert] = await alerts(house, flagged)
    assert alert["rule"].startswith("critical high, flagged by the sender")
    assert alert["rule_id"] is None


async def test_an_old_result_is_judged_marked_and_silent(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    late, in_time = timedelta(hours=24, seconds=1), timedelta(hours=24)
    outcomes = await take(
        house,
        potassium(house, patient, "6.9", observed_at=house.now - late),
        potassium(house, patient, "7.1", observed_at=house.now - in_time),
    )
    rows = [await house.row(models.LabResult, one.lab_result_id or "") for one in outcomes]
    assert [row["interpretation"] for row in rows] == ["CRITICAL_HIGH", "CRITICAL_HIGH"]
    assert [row["arrived_late"] for row in rows] == [True, False]
    assert [one.critical_result_id is not None for one in outcomes] == [False, True]
    assert len(await alerts(house, patient)) == 1


# A whole batch


async def test_a_flawed_result_does_not_stop_a_batch(house: House) -> None:
    patient = await house.inpatient()
    good = potassium(house, patient, "4.4")
    outcomes = await take(
        house,
        replace(good, patient_id=models.new_id(), index=7),
        replace(good, value=Decimal("NaN"), index=8),
        replace(good, reference_high=Decimal("1e99"), index=9),
        replace(good, comparator="~", index=10),
        replace(good, index=11),
    )
    assert [(one.index, one.outcome, one.code) for one in outcomes] == [
        (7, IngestOutcome.REJECTED, "NOT_FOUND"),
        (8, IngestOutcome.REJECTED, "BAD_USER_INPUT"),
        (9, IngestOutcome.REJECTED, "BAD_USER_INPUT"),
        (10, IngestOutcome.REJECTED, "BAD_USER_INPUT"),
        (11, IngestOutcome.CREATED, None),
    ]


async def test_the_number_of_statements_does_not_grow_with_the_batch(house: House) -> None:
    await rules(house)
    patients = [await house.inpatient() for _ in range(3)]

    async def statements(numbers: Sequence[int], value: str) -> int:
        batch = [
            potassium(house, patients[n % 3], value, index=n, external_id=str(n)) for n in numbers
        ]
        asked: list[str] = []
        async with house.begin() as tx:
            with tx.connection.query_logger(lambda query: asked.append(query.query)):
                outcomes = await labs.ingest(tx, house.actor(Role.LAB), batch, sender="lab")
        assert len(outcomes) == len(batch)
        return len(asked)

    house.later(minutes=1)
    await statements(range(900, 903), "6.9")  # so that each patient has an alert to join
    few = await statements(range(2), "6.9"), await statements(range(2), "7.9")
    many = await statements(range(100, 160), "6.9"), await statements(range(100, 160), "7.9")
    assert few == many
    assert max(few) <= 12


async def test_two_senders_of_the_same_new_number_at_once_make_one_result(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    one = potassium(house, patient, "6.9", external_id="race")
    batches = [take(house, *[replace(one, index=n)]) for n in range(6)]
    outcomes = [outcome for batch in await asyncio.gather(*batches) for outcome in batch]
    assert (
        sorted(outcome.outcome for outcome in outcomes)
        == [IngestOutcome.CREATED] + [IngestOutcome.DUPLICATE] * 5
    )
    assert len({outcome.lab_result_id for outcome in outcomes}) == 1
    assert len(await alerts(house, patient)) == 1


async def settled(house: House, task: asyncio.Task[Any]) -> None:
    """Wait until the task is done, or its transaction waits for a lock."""
    deadline = asyncio.get_running_loop().time() + 10
    while not task.done():
        async with as_owner(house.pool) as owner:
            waiting = await owner.fetchval(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
        if waiting:
            return
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("first", ["result", "transfer"])
async def test_an_alert_raised_during_a_transfer_is_heard_where_the_patient_lies(
    house: House, first: str
) -> None:
    """Whoever moves a patient holds the row; the alert waits for the new bed, or goes along."""
    await rules(house)
    patient = await house.patient()
    admission, target = (
        await house.admitted(patient, await house.bed("med")),
        await house.bed("icu"),
    )
    house.later(minutes=1)
    critical = potassium(house, patient, "6.9")

    async def transfer(tx: Transaction) -> None:
        await admissions.transfer_patient(
            tx, house.actor(Role.CLERK), admission_id=admission, bed_id=target
        )

    async def tell(tx: Transaction) -> None:
        await labs.ingest(tx, house.actor(Role.LAB), [critical], sender="lab")

    async def whole(work: Callable[[Transaction], Awaitable[None]]) -> None:
        async with house.begin() as tx:
            await work(tx)

    one, other = (tell, transfer) if first == "result" else (transfer, tell)
    async with house.begin() as tx:
        await one(tx)
        behind = asyncio.create_task(whole(other))
        await settled(house, behind)
    await behind
    [alert] = await alerts(house, patient)
    assert alert["ward_id"] == house.wards["icu"]
