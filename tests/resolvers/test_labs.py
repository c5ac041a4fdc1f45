"""Laboratory results on the real database: recorded, judged, told twice, corrected."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import models
from models.rules.results import IngestOutcome, ResultStatus
from models.rules.roles import Role
from resolvers import admissions, critical_rules, ids, labs
from resolvers.errors import BadInput, Forbidden
from resolvers.transaction import Transaction

if TYPE_CHECKING:
    from tests.resolvers.conftest import House

CREATED, DUPLICATE, CORRECTED, REJECTED = (
    IngestOutcome.CREATED,
    IngestOutcome.DUPLICATE,
    IngestOutcome.CORRECTED,
    IngestOutcome.REJECTED,
)


@dataclass
class Given:
    """A result as the mutation gets it."""

    observed_at: datetime
    patient_id: str | None = None
    mrn: str | None = None
    code: str = "2823-3"
    display: str | None = "Potassium"
    panel: str | None = None
    value: Decimal | None = Decimal("4.1")
    comparator: str | None = None
    text: str | None = None
    unit: str | None = "mmol/L"
    reference_low: Decimal | None = None
    reference_high: Decimal | None = None
    status: ResultStatus | None = ResultStatus.FINAL
    external_id: str | None = None


def potassium(house: House, patient: str, value: str | None, **more: Any) -> labs.NewLabResult:
    patient_id = ids.decode(models.Patient, patient)
    assert patient_id is not None
    fields: dict[str, Any] = {
        "index": 0,
        "patient_id": patient_id,
        "code": "2823-3",
        "display": "Potassium",
        "value": None if value is None else Decimal(value),
        "unit": "mmol/L",
        "observed_at": house.now - timedelta(minutes=10),
    }
    return labs.NewLabResult(**fields | more)


async def take(
    house: House, *results: labs.NewLabResult, sender: str = "lab-1"
) -> list[labs.Ingested]:
    async with house.begin() as tx:
        return await labs.ingest(tx, house.actor(Role.INTEGRATOR), results, sender=sender)


async def record(house: House, *results: Given, role: Role = Role.LAB) -> list[dict[str, Any]]:
    async with house.begin() as tx:
        produced = await labs.record_lab_results(tx, house.actor(role), results=results)
    outcomes: list[dict[str, Any]] = produced["outcomes"]
    return outcomes


async def rules(house: House) -> None:
    async with house.begin() as tx:
        await critical_rules.install_starter(tx)


async def alerts(house: House, patient: str) -> list[asyncpg.Record]:
    return await house.pool.fetch(
        "SELECT * FROM critical_results WHERE patient_id = $1 ORDER BY id",
        ids.decode(models.Patient, patient),
    )


async def steps(house: House, alert: UUID) -> list[str]:
    rows = await house.pool.fetch(
        "SELECT kind, number FROM critical_result_steps WHERE critical_result_id = $1"
        " ORDER BY number",
        alert,
    )
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    return [row["kind"] for row in rows]


async def versions(house: House, lab_result: UUID) -> list[asyncpg.Record]:
    return await house.pool.fetch(
        "SELECT * FROM lab_results WHERE root_id = (SELECT root_id FROM lab_results WHERE id = $1)"
        " ORDER BY version",
        lab_result,
    )


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
    assert outcome.outcome is CREATED
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


# The same number again


async def test_the_same_content_again_is_a_duplicate(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    [first] = await take(house, potassium(house, patient, "6.9", external_id="a"))
    house.later(minutes=1)
    observed = house.now - timedelta(minutes=11)
    again = potassium(house, patient, "6.90", external_id="a", observed_at=observed)
    [second] = await take(house, again)
    assert (second.outcome, second.lab_result_id) == (DUPLICATE, first.lab_result_id)
    assert len(await versions(house, first.lab_result_id or models.new_id())) == 1
    [alert] = await alerts(house, patient)
    assert await steps(house, alert["id"]) == ["RAISED"]


async def test_without_a_number_every_result_is_new(house: House) -> None:
    patient = await house.inpatient()
    one = potassium(house, patient, "4.4")
    outcomes = await take(house, one, one)
    assert [outcome.outcome for outcome in outcomes] == [CREATED, CREATED]
    assert outcomes[0].lab_result_id != outcomes[1].lab_result_id


async def test_each_sender_has_its_own_numbers(house: House) -> None:
    patient = await house.inpatient()
    one = potassium(house, patient, "4.4", external_id="a")
    [first] = await take(house, one, sender="lab-1")
    [second] = await take(house, replace(one, value=Decimal("4.9")), sender="lab-2")
    assert second.outcome is CREATED
    assert first.lab_result_id != second.lab_result_id


async def test_a_correction_is_a_version_and_the_one_before_stays_as_it_was(house: House) -> None:
    patient = await house.inpatient()
    [first] = await take(house, potassium(house, patient, "4.4", external_id="a"))
    sent_at = house.now
    house.later(hours=1)
    [second] = await take(house, potassium(house, patient, "4.9", external_id="a"))
    assert second.outcome is CORRECTED
    old, new = await versions(house, second.lab_result_id or models.new_id())
    assert (old["id"], new["id"]) == (first.lab_result_id, second.lab_result_id)
    assert (old["value"], old["superseded_at"], old["issued_at"]) == (
        Decimal("4.4"),
        house.now,
        sent_at,
    )
    assert (new["value"], new["superseded_at"]) == (Decimal("4.9"), None)
    assert (new["corrects_id"], new["root_id"], new["version"]) == (old["id"], old["id"], 2)


async def test_two_versions_in_one_call_are_taken_in_order(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    one = potassium(house, patient, "6.9", external_id="a")
    outcomes = await take(
        house,
        one,
        one,
        replace(one, value=Decimal("4.0"), status=ResultStatus.CORRECTED),
        replace(one, value=Decimal("7.3"), status=ResultStatus.CORRECTED),
    )
    assert [outcome.outcome for outcome in outcomes] == [CREATED, DUPLICATE, CORRECTED, CORRECTED]
    rows = await versions(house, outcomes[0].lab_result_id or models.new_id())
    assert [row["version"] for row in rows] == [1, 2, 3]
    assert [row["corrects_id"] for row in rows] == [None, rows[0]["id"], rows[1]["id"]]
    assert [row["superseded_at"] is None for row in rows] == [False, False, True]
    [alert] = await alerts(house, patient)
    assert (alert["status"], alert["lab_result_id"]) == ("OPEN", rows[2]["id"])
    assert await steps(house, alert["id"]) == ["RAISED", "WITHDRAWN", "REOPENED"]
    assert await house.events(alert["id"]) == [
        "CriticalResultRaised",
        "CriticalResultWithdrawn",
        "CriticalResultReopened",
    ]


async def test_a_number_of_another_patients_result_is_refused(house: House) -> None:
    one, other = await house.inpatient(), await house.inpatient()
    await take(house, potassium(house, one, "4.4", external_id="a"))
    [outcome] = await take(house, potassium(house, other, "4.4", external_id="a"))
    assert (outcome.outcome, outcome.code, outcome.lab_result_id) == (REJECTED, "CONFLICT", None)


async def test_an_old_message_does_not_undo_a_correction(house: House) -> None:
    """Where the sender says when it issued a version, a file may be read twice, in any order."""
    await rules(house)
    patient = await house.inpatient()
    issued = house.now - timedelta(minutes=9)
    first = potassium(house, patient, "6.9", external_id="a", issued_at=issued)
    second = replace(first, value=Decimal("4.0"), issued_at=issued + timedelta(minutes=1))
    never_seen = replace(first, value=Decimal("5.0"), issued_at=issued - timedelta(minutes=1))
    await take(house, first, second)
    outcomes = await take(house, first, second, never_seen)
    assert [outcome.outcome for outcome in outcomes] == [DUPLICATE, DUPLICATE, REJECTED]
    assert outcomes[2].code == "CONFLICT"
    [alert] = await alerts(house, patient)
    assert alert["status"] == "WITHDRAWN"


# What a correction does to the alert


async def test_a_correction_to_an_uncritical_value_withdraws(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    await take(house, potassium(house, patient, "6.9", external_id="a"))
    house.later(minutes=2)
    [outcome] = await take(house, potassium(house, patient, "4.6", external_id="a"))
    [alert] = await alerts(house, patient)
    assert (alert["status"], alert["withdrawn_at"]) == ("WITHDRAWN", house.now)
    assert (alert["next_escalation_at"], alert["lab_result_id"]) == (None, outcome.lab_result_id)
    assert await house.events(alert["id"]) == ["CriticalResultRaised", "CriticalResultWithdrawn"]


@pytest.mark.parametrize("status", [ResultStatus.CANCELLED, ResultStatus.ENTERED_IN_ERROR])
async def test_taking_a_result_back_withdraws(house: House, status: ResultStatus) -> None:
    await rules(house)
    patient = await house.inpatient()
    one = potassium(house, patient, "6.9", external_id="a")
    await take(house, one)
    [outcome] = await take(house, replace(one, status=status))
    assert outcome.outcome is CORRECTED
    [alert] = await alerts(house, patient)
    assert alert["status"] == "WITHDRAWN"


async def test_a_correction_from_uncritical_to_critical_raises(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    await take(house, potassium(house, patient, "4.6", external_id="a"))
    [outcome] = await take(house, potassium(house, patient, "6.9", external_id="a"))
    [alert] = await alerts(house, patient)
    assert outcome.critical_result_id == alert["id"]
    assert await steps(house, alert["id"]) == ["RAISED"]


async def test_a_final_version_of_the_same_finding_leaves_the_alert_standing(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    one = potassium(house, patient, "6.9", external_id="a", status=ResultStatus.PRELIMINARY)
    await take(house, one)
    [outcome] = await take(house, replace(one, status=ResultStatus.FINAL))
    [alert] = await alerts(house, patient)
    assert (alert["status"], alert["lab_result_id"]) == ("OPEN", outcome.lab_result_id)
    assert outcome.critical_result_id == alert["id"]
    assert await steps(house, alert["id"]) == ["RAISED"]


async def test_another_critical_value_reopens_without_putting_off_the_clock(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    await take(house, potassium(house, patient, "6.9", external_id="a"))
    [before] = await alerts(house, patient)
    house.later(minutes=2)
    await take(house, potassium(house, patient, "7.4", external_id="a"))
    [alert] = await alerts(house, patient)
    assert alert["status"] == "OPEN"
    assert alert["next_escalation_at"] == before["next_escalation_at"]
    assert await steps(house, alert["id"]) == ["RAISED", "REOPENED"]


async def test_a_withdrawn_alert_opens_again_with_a_fresh_clock(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    for value in ("6.9", "4.6", "6.9"):
        house.later(minutes=40)
        await take(house, potassium(house, patient, value, external_id="a"))
    [alert] = await alerts(house, patient)
    assert (alert["status"], alert["withdrawn_at"]) == ("OPEN", None)
    assert (alert["raised_at"], alert["escalation_level"]) == (house.now, 0)
    assert alert["next_escalation_at"] == house.now + timedelta(minutes=5)


async def test_a_late_correction_still_withdraws_and_reopens(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    observed = house.now
    for value, status in (("6.9", "OPEN"), ("4.6", "WITHDRAWN"), ("7.7", "OPEN")):
        await take(house, potassium(house, patient, value, external_id="a", observed_at=observed))
        [alert] = await alerts(house, patient)
        assert alert["status"] == status
        house.later(hours=30)


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
        (7, REJECTED, "NOT_FOUND"),
        (8, REJECTED, "BAD_USER_INPUT"),
        (9, REJECTED, "BAD_USER_INPUT"),
        (10, REJECTED, "BAD_USER_INPUT"),
        (11, CREATED, None),
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
    assert sorted(outcome.outcome for outcome in outcomes) == [CREATED] + [DUPLICATE] * 5
    assert len({outcome.lab_result_id for outcome in outcomes}) == 1
    assert len(await alerts(house, patient)) == 1


async def settled(house: House, task: asyncio.Task[Any]) -> None:
    """Wait until the task is done, or its transaction waits for a lock."""
    deadline = asyncio.get_running_loop().time() + 10
    while not task.done():
        waiting = await house.pool.fetchval(
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


VALUES = st.sampled_from(["2.0", "4.0", "4.4", "6.9", "7.4"])
HISTORY = st.lists(
    st.tuples(VALUES, st.sampled_from(ResultStatus)), min_size=1, max_size=4, unique=True
)


@given(data=st.data(), histories=st.lists(HISTORY, min_size=1, max_size=4))
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_any_batches_in_any_order_end_in_the_same_current_versions(
    house: House, data: st.DataObject, histories: list[list[tuple[str, ResultStatus]]]
) -> None:
    """Whatever the messages are mixed with, cut into or told again: the newest version that each
    result's sender issued is the current one, and its alert is open exactly if that is critical
    and an alert was ever due."""
    await rules(house)
    patient = await house.inpatient()
    start = house.now - timedelta(hours=1)
    run = str(models.new_id())
    messages = [
        potassium(
            house,
            patient,
            value,
            status=status,
            external_id=f"{run}/{number}",
            observed_at=start,
            issued_at=start + timedelta(seconds=place),
        )
        for number, history in enumerate(histories)
        for place, (value, status) in enumerate(history)
    ]
    told = data.draw(st.permutations(messages)) + data.draw(
        st.lists(st.sampled_from(messages), max_size=6)
    )
    while told:
        size = data.draw(st.integers(1, len(told)))
        batch, told = told[:size], told[size:]
        for outcome in await take(house, *batch):
            assert outcome.outcome is not REJECTED or outcome.code == "CONFLICT"
    for number, history in enumerate(histories):
        rows = await house.pool.fetch(
            "SELECT * FROM lab_results WHERE external_id = $1 ORDER BY version", f"{run}/{number}"
        )
        assert [row["version"] for row in rows] == list(range(1, len(rows) + 1))
        assert [row["superseded_at"] is None for row in rows] == [False] * (len(rows) - 1) + [True]
        value, status = history[-1]
        assert (rows[-1]["value"], rows[-1]["status"]) == (Decimal(value), status)
        critical = rows[-1]["interpretation"].startswith("CRITICAL")
        statuses = await house.pool.fetch(
            "SELECT status FROM critical_results WHERE lab_result_id = ANY($1)",
            [row["id"] for row in rows],
        )
        assert [row["status"] for row in statuses] in (
            [["OPEN"]] if critical else [[], ["WITHDRAWN"]]
        )


# The mutation


async def test_recording_by_id_and_by_record_number(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    mrn = (await house.row(models.Patient, patient))["mrn"]
    outcomes = await record(
        house,
        Given(house.now, patient_id=patient, value=Decimal("6.9")),
        Given(house.now, mrn=f" {mrn} ", display=None),
        Given(house.now, patient_id=patient, mrn=mrn, code="WINPATH-1", text="trace", value=None),
        role=Role.INTEGRATOR,
    )
    assert [one["outcome"] for one in outcomes] == ["CREATED"] * 3
    assert [one["index"] for one in outcomes] == [0, 1, 2]
    rows = [await house.row(models.LabResult, one["lab_result"]) for one in outcomes]
    assert {row["patient_id"] for row in rows} == {ids.decode(models.Patient, patient)}
    assert {row["sender"] for row in rows} == {f"user:{house.users[Role.INTEGRATOR]}"}
    assert [row["display"] for row in rows] == ["Potassium", "2823-3", "Potassium"]
    assert [row["unmapped"] for row in rows] == [False, False, True]
    assert len(await alerts(house, patient)) == 1


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"patient_id": None}, "BAD_USER_INPUT", "results[1].patientId"),
    ({"patient_id": "pat_nonsense"}, "NOT_FOUND", "results[1].patientId"),
    ({"patient_id": f"pat_{models.new_id()}"}, "NOT_FOUND", "results[1].patientId"),
    ({"patient_id": None, "mrn": "nobody"}, "NOT_FOUND", "results[1].mrn"),
    ({"patient_id": None, "mrn": "no\0body"}, "NOT_FOUND", "results[1].mrn"),
    ({"code": "  "}, "BAD_USER_INPUT", "results[1].code"),
    ({"code": "2" * 65}, "BAD_USER_INPUT", "results[1].code"),
    ({"display": "x" * 201}, "BAD_USER_INPUT", "results[1].display"),
    ({"panel": "a\x07b"}, "BAD_USER_INPUT", "results[1].panel"),
    ({"value": None}, "BAD_USER_INPUT", "results[1].value"),
    ({"value": Decimal("NaN")}, "BAD_USER_INPUT", "results[1].value"),
    ({"value": Decimal("-Infinity")}, "BAD_USER_INPUT", "results[1].value"),
    ({"value": Decimal("1e31")}, "BAD_USER_INPUT", "results[1].value"),
    ({"value": Decimal("0." + "1" * 31)}, "BAD_USER_INPUT", "results[1].value"),
    ({"comparator": "~"}, "BAD_USER_INPUT", "results[1].comparator"),
    ({"comparator": "<", "value": None, "text": "x"}, "BAD_USER_INPUT", "results[1].comparator"),
    ({"text": "x" * 2001}, "BAD_USER_INPUT", "results[1].text"),
    ({"unit": "m\0mol"}, "BAD_USER_INPUT", "results[1].unit"),
    (
        {"reference_low": Decimal(5), "reference_high": Decimal(3)},
        "BAD_USER_INPUT",
        "results[1].referenceLow",
    ),
    ({"external_id": "x" * 201}, "BAD_USER_INPUT", "results[1].externalId"),
]


@pytest.mark.parametrize(("wrong", "code", "field"), BAD)
async def test_a_bad_result_is_rejected_and_the_others_go_on(
    house: House, wrong: dict[str, Any], code: str, field: str
) -> None:
    patient = await house.inpatient()
    good = Given(house.now, patient_id=patient)
    outcomes = await record(house, good, replace(good, **wrong), good)
    assert [one["outcome"] for one in outcomes] == ["CREATED", "REJECTED", "CREATED"]
    assert (outcomes[1]["code"], outcomes[1]["lab_result"]) == (code, None)
    assert field in outcomes[1]["message"]


async def test_times_that_cannot_be_are_rejected(house: House) -> None:
    patient = await house.inpatient()
    good = Given(house.now + timedelta(minutes=4), patient_id=patient)
    outcomes = await record(
        house,
        good,
        replace(good, observed_at=house.now + timedelta(minutes=6)),
        replace(good, observed_at=house.now.replace(tzinfo=None)),
    )
    assert [one["outcome"] for one in outcomes] == ["CREATED", "REJECTED", "REJECTED"]
    assert "results[2].observedAt" in outcomes[2]["message"]


async def test_two_names_of_two_patients_are_rejected(house: House) -> None:
    one, other = await house.inpatient(), await house.inpatient()
    mrn = (await house.row(models.Patient, other))["mrn"]
    [outcome] = await record(house, Given(house.now, patient_id=one, mrn=mrn))
    assert (outcome["outcome"], outcome["code"]) == ("REJECTED", "BAD_USER_INPUT")


async def test_messages_do_not_carry_what_was_sent(house: House) -> None:
    [outcome] = await record(house, Given(house.now, mrn="MRN-SECRET"))
    assert "SECRET" not in outcome["message"]


async def test_another_hospitals_patient_is_not_found(house: House) -> None:
    hospital, patient = models.new_id(), models.new_id()
    await house.pool.execute(
        "INSERT INTO hospitals (id, code, name) VALUES ($1, $2, 'Elsewhere')",
        hospital,
        str(hospital),
    )
    await house.pool.execute(
        "INSERT INTO patients (id, hospital_id, mrn, given_name, family_name, sex)"
        " VALUES ($1, $2, 'ELSEWHERE', 'A', 'B', 'FEMALE')",
        patient,
        hospital,
    )
    outcomes = await record(
        house,
        Given(house.now, patient_id=ids.encode(models.Patient, patient)),
        Given(house.now, mrn="ELSEWHERE"),
    )
    assert [one["code"] for one in outcomes] == ["NOT_FOUND", "NOT_FOUND"]


async def test_a_nurse_may_not_record_results(house: House) -> None:
    with pytest.raises(Forbidden):
        await record(house, role=Role.NURSE)


async def test_one_call_carries_so_many_results_and_no_more(house: House) -> None:
    house.policy = replace(house.policy, max_results_per_call=2)
    patient = await house.inpatient()
    one = Given(house.now, patient_id=patient)
    assert len(await record(house, one, one)) == 2
    assert await record(house) == []
    with pytest.raises(BadInput) as refused:
        await record(house, one, one, one)
    assert refused.value.extensions == {
        "code": "BAD_USER_INPUT",
        "field": "results",
        "limit": "<= 2",
    }
    rows = await house.pool.fetchval(
        "SELECT count(*) FROM lab_results WHERE hospital_id = $1", house.id
    )
    assert rows == 2
