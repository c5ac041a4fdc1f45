"""What the database holds by itself, whoever writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import pytest

import models
from models import new_id
from models.rules.vital_limits import LIMITS
from models.rules.vitals import VitalParameter
from resolvers import hospitals
from resolvers.transaction import Transaction

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Rows:
    """Writes plain rows, past every resolver."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    async def add(self, model: type[models.Base], **values: Any) -> UUID:
        row_id = new_id()
        row = {"id": row_id, "hospital_id": self.tx.hospital_id, **values}
        async with self.tx.connection.transaction():
            await self.tx.insert(model, row)
        return row_id

    async def patient(self) -> UUID:
        return await self.add(
            models.Patient, mrn=str(new_id()), given_name="A", family_name="B", sex="UNKNOWN"
        )

    async def bed(self) -> UUID:
        ward = await self.add(models.Ward, code=str(new_id()), name="W")
        return await self.add(models.Bed, ward_id=ward, code="1", status="UNOCCUPIED")

    async def stay(self, bed: UUID, patient: UUID, start: datetime, end: datetime | None) -> UUID:
        admission = await self.add(
            models.Admission,
            patient_id=patient,
            status="FINISHED",
            admitted_at=start,
            discharged_at=start + 100 * HOUR,
        )
        ward = await self.tx.connection.fetchval("SELECT ward_id FROM beds WHERE id = $1", bed)
        return await self.add(
            models.BedStay,
            admission_id=admission,
            patient_id=patient,
            bed_id=bed,
            ward_id=ward,
            started_at=start,
            ended_at=end,
        )

    async def result(self, patient: UUID, **values: Any) -> UUID:
        row_id = new_id()
        row = {
            "id": row_id,
            "hospital_id": self.tx.hospital_id,
            "patient_id": patient,
            "code": "2823-3",
            "display": "Potassium",
            "value": Decimal("4.1"),
            "interpretation": "NORMAL",
            "status": "FINAL",
            "observed_at": NOON,
            "issued_at": NOON,
            "sender": "test",
            "root_id": row_id,
            "version": 1,
            "corrects_id": None,
            **values,
        }
        async with self.tx.connection.transaction():
            await self.tx.insert(models.LabResult, row)
        return row_id


@pytest.fixture
async def rows(pool: asyncpg.Pool[Any]) -> Any:
    async with pool.acquire() as connection:
        changes = connection.transaction()
        await changes.start()
        hospital_id = await hospitals.create_hospital(connection, str(new_id()), "Test", now=NOON)
        yield Rows(Transaction(connection, hospital_id, NOON))  # type: ignore[arg-type]
        await changes.rollback()


# Two current stays break both laws, uniqueness and overlap; PostgreSQL says the first it meets.
TAKEN = (asyncpg.UniqueViolationError, asyncpg.ExclusionViolationError)


async def test_one_current_stay_a_bed(rows: Rows) -> None:
    bed = await rows.bed()
    await rows.stay(bed, await rows.patient(), NOON, None)
    with pytest.raises(TAKEN):
        await rows.stay(bed, await rows.patient(), NOON + HOUR, None)


async def test_one_current_stay_a_patient(rows: Rows) -> None:
    patient = await rows.patient()
    await rows.stay(await rows.bed(), patient, NOON, None)
    with pytest.raises(TAKEN):
        await rows.stay(await rows.bed(), patient, NOON + HOUR, None)


@pytest.mark.parametrize(
    ("start", "end", "overlaps"),
    [
        (-2, 0, False),
        (-2, 1, True),
        (1, 2, True),
        (3, 5, True),
        (4, 5, False),
        (5, None, False),
        (3, None, True),
    ],
)
async def test_stays_of_a_bed_do_not_overlap(
    rows: Rows, start: int, end: int | None, overlaps: bool
) -> None:
    bed = await rows.bed()
    await rows.stay(bed, await rows.patient(), NOON, NOON + 4 * HOUR)
    until = None if end is None else NOON + end * HOUR
    if overlaps:
        with pytest.raises(asyncpg.ExclusionViolationError):
            await rows.stay(bed, await rows.patient(), NOON + start * HOUR, until)
    else:
        await rows.stay(bed, await rows.patient(), NOON + start * HOUR, until)


async def test_stays_of_a_patient_do_not_overlap(rows: Rows) -> None:
    patient = await rows.patient()
    await rows.stay(await rows.bed(), patient, NOON, NOON + 4 * HOUR)
    with pytest.raises(asyncpg.ExclusionViolationError):
        await rows.stay(await rows.bed(), patient, NOON + HOUR, NOON + 2 * HOUR)


async def test_a_corrected_result_points_at_what_it_corrects(rows: Rows) -> None:
    patient = await rows.patient()
    first = await rows.result(patient)
    with pytest.raises(asyncpg.CheckViolationError):
        await rows.result(patient, root_id=first, version=2)
    with pytest.raises(asyncpg.CheckViolationError):
        await rows.result(patient, corrects_id=first)
    await rows.result(patient, root_id=first, version=2, corrects_id=first)
    with pytest.raises(asyncpg.UniqueViolationError):
        await rows.result(patient, root_id=first, version=3, corrects_id=first)


async def test_a_result_that_was_not_judged_says_why(rows: Rows) -> None:
    patient = await rows.patient()
    with pytest.raises(asyncpg.CheckViolationError):
        await rows.result(patient, interpretation="NOT_JUDGED")
    with pytest.raises(asyncpg.CheckViolationError):
        await rows.result(patient, not_judged_reason="unit")
    with pytest.raises(asyncpg.CheckViolationError):
        await rows.result(patient, interpretation="FINE")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("heart_rate", 301),
        ("heart_rate", -1),
        ("temperature", Decimal("24.9")),
        ("temperature", Decimal("45.1")),
        ("oxygen_saturation", 101),
        ("respiratory_rate", 101),
        ("systolic", 301),
        ("pain_score", 11),
        ("consciousness", "DROWSY"),
    ],
)
async def test_implausible_vitals_are_refused(rows: Rows, column: str, value: Any) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await rows.add(
            models.VitalSigns,
            patient_id=await rows.patient(),
            recorded_at=NOON,
            news2_applies=True,
            **{column: value},
        )


@pytest.mark.parametrize("parameter", VitalParameter)
async def test_the_database_holds_the_limits_of_the_rule(
    rows: Rows, parameter: VitalParameter
) -> None:
    """Both ends of both ranges, and what lies a step beyond each."""
    column = parameter.lower()
    first, *rest = column.split("_")
    limit = LIMITS[first + "".join(word.title() for word in rest)]
    step = Decimal(1) if limit.integer else Decimal("0.01")
    patient = await rows.patient()

    async def add(value: Decimal, *, confirmed: bool) -> None:
        await rows.add(
            models.VitalSigns,
            patient_id=patient,
            recorded_at=NOON,
            news2_applies=True,
            confirmed=[parameter.value] if confirmed else [],
            **{column: int(value) if limit.integer else value},
        )

    for low, high, confirmed in (
        (limit.low, limit.high, False),
        (limit.lowest, limit.highest, True),
    ):
        for end, beyond in ((low, low - step), (high, high + step)):
            await add(end, confirmed=confirmed)
            with pytest.raises(asyncpg.CheckViolationError):
                await add(beyond, confirmed=confirmed)


async def test_a_set_with_a_score_has_no_reason_against_it(rows: Rows) -> None:
    patient = await rows.patient()
    for applies, reason in ((True, "AGE"), (False, "WEEKDAY")):
        with pytest.raises(asyncpg.CheckViolationError):
            await rows.add(
                models.VitalSigns,
                patient_id=patient,
                recorded_at=NOON,
                news2_applies=applies,
                news2_not_applicable=reason,
            )


async def test_one_decision_is_in_force_and_one_pregnancy_goes_on(rows: Rows) -> None:
    patient = await rows.patient()
    decision = {"patient_id": patient, "scale": "SCALE_2", "reason": "so", "decided_at": NOON}
    await rows.add(models.Spo2ScaleDecision, **decision)
    await rows.add(models.Spo2ScaleDecision, **decision, ended_at=NOON)
    with pytest.raises(asyncpg.UniqueViolationError):
        await rows.add(models.Spo2ScaleDecision, **decision)
    with pytest.raises(asyncpg.CheckViolationError):
        await rows.add(models.Spo2ScaleDecision, **decision, ended_at=NOON - HOUR)
    pregnancy = {"patient_id": patient, "onset": NOON.date()}
    await rows.add(models.Pregnancy, **pregnancy)
    await rows.add(models.Pregnancy, **pregnancy, abatement=NOON.date())
    await rows.add(models.Pregnancy, **pregnancy, entered_in_error_at=NOON)
    with pytest.raises(asyncpg.UniqueViolationError):
        await rows.add(models.Pregnancy, **pregnancy)


async def test_a_patient_has_one_current_admission(rows: Rows) -> None:
    patient = await rows.patient()
    current = {"patient_id": patient, "status": "IN_PROGRESS", "admitted_at": NOON}
    await rows.add(models.Admission, **current)
    with pytest.raises(asyncpg.UniqueViolationError):
        await rows.add(models.Admission, **current)
    await rows.add(
        models.Admission, **{**current, "status": "FINISHED", "discharged_at": NOON + HOUR}
    )
    with pytest.raises(asyncpg.CheckViolationError):
        await rows.add(models.Admission, **{**current, "status": "FINISHED"})


async def test_an_mrn_is_one_patient_of_the_hospital(rows: Rows) -> None:
    who = {"mrn": "M1", "given_name": "A", "family_name": "B", "sex": "FEMALE"}
    await rows.add(models.Patient, **who)
    with pytest.raises(asyncpg.UniqueViolationError):
        await rows.add(models.Patient, **who)
