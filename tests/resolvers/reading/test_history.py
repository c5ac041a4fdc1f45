"""Earlier versions of a result: seen by whoever sees the patient, or wrote that version."""

from __future__ import annotations

from typing import Any

import models
from models.rules.roles import Role
from tests.resolvers.reading.hospital import Hospital

HISTORY = """query($id: ID!) {
  node(id: $id) { ... on LabResult { history { value } } }
}"""

CORRECTED = "SELECT id, root_id FROM lab_results WHERE patient_id = $1 AND version = 2"


async def _history(hospital: Hospital, actor: Any, result: Any) -> Any:
    answered = await hospital.ask(
        HISTORY, actor, {"id": hospital.public(models.LabResult, result["id"])}
    )
    return answered.data["node"]


async def test_a_nurse_sees_the_earlier_version(hospital: Hospital) -> None:
    result = await hospital.pool.fetchrow(CORRECTED, hospital.charts["Ada"].patient)
    nurse = await hospital.user(Role.NURSE, wards=["MED1"])
    assert len((await _history(hospital, nurse, result))["history"]) == 1


async def test_who_wrote_the_correction_sees_no_other_writers_version(hospital: Hospital) -> None:
    chart = hospital.charts["Gus"]
    result = await hospital.pool.fetchrow(CORRECTED, chart.patient)
    assert len((await _history(hospital, chart.author, result))["history"]) == 1
    nurse = await hospital.user(Role.NURSE, wards=["SURG1"])
    async with hospital.pool.acquire() as connection:
        change = "UPDATE lab_results SET created_by = $2 WHERE id = $1"
        await connection.execute(change, result["root_id"], nurse.user_id)
        try:
            assert await _history(hospital, chart.author, result) == {"history": []}
        finally:
            await connection.execute(change, result["root_id"], chart.author.user_id)
