"""A laboratory for the tests: what it sends, and what the hospital then holds."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg

import models
from models.rules.roles import Role
from resolvers import admissions, critical_results, critical_rules, ids, labs

if TYPE_CHECKING:
    from tests.resolvers.conftest import House


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


async def rules(house: House) -> None:
    async with house.begin() as tx:
        await critical_rules.install_starter(tx)


async def without_repeats(house: House) -> None:
    """Let every critical result of the house sound: windows of nothing."""
    await house.pool.execute(
        "UPDATE critical_rules SET repeat_window = 0 WHERE hospital_id = $1", house.id
    )


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


async def sent(house: House, patient: str, value: str | None, **more: Any) -> UUID | None:
    """Take a potassium in; its critical result."""
    [outcome] = await take(house, potassium(house, patient, value, **more))
    return outcome.critical_result_id


async def read_back(house: House, alert: UUID, value: str, ward: str = "med") -> None:
    async with house.begin() as tx:
        await critical_results.acknowledge_critical_result(
            tx,
            house.actor(Role.NURSE, wards=(ward,)),
            critical_result_id=ids.encode(models.CriticalResult, alert),
            read_back=Decimal(value),
        )


async def speaks_of(house: House, alert: asyncpg.Record) -> str:
    """The value that is to be read back."""
    value = (await house.row(models.LabResult, alert["lab_result_id"]))["value"]
    return str(value)


async def stands(house: House, patient: str) -> list[tuple[str, str, list[str]]]:
    """Every critical result of the patient: where it stands, of what it speaks, its steps."""
    return [
        (one["status"], await speaks_of(house, one), await steps(house, one["id"]))
        for one in await alerts(house, patient)
    ]


async def moved(house: House, patient: str, ward: str) -> None:
    """Transfer the patient to a new bed of the ward."""
    admission = await house.pool.fetchval(
        "SELECT id FROM admissions WHERE patient_id = $1", ids.decode(models.Patient, patient)
    )
    bed = await house.bed(ward)
    async with house.begin() as tx:
        await admissions.transfer_patient(
            tx,
            house.actor(Role.CLERK),
            admission_id=ids.encode(models.Admission, admission),
            bed_id=bed,
        )
