"""What an operation may cost, known before anything is read."""

from __future__ import annotations

from typing import Any

import pytest

from models.rules.roles import Role
from resolvers.actors import Actor
from resolvers.reading import plan
from tests.resolvers.reading.hospital import Hospital

MAX_ROWS, MAX_RELATIONS = plan.MAX_ROWS, plan.MAX_RELATIONS


@pytest.fixture(autouse=True)
def limits(no_limit_on_rows: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they are served."""
    monkeypatch.setattr(plan, "MAX_ROWS", MAX_ROWS)
    monkeypatch.setattr(plan, "MAX_RELATIONS", MAX_RELATIONS)


def refusal(limit: int) -> dict[str, Any]:
    return {"code": "BAD_USER_INPUT", "field": "query", "limit": str(limit)}


async def test_lists_in_lists_are_counted(hospital: Hospital, admin: Actor) -> None:
    bomb = "{ wards { " + "beds { ward { " * 4 + "id" + " } }" * 4 + " } }"
    answered = await hospital.ask(bomb, admin)
    assert [error["extensions"] for error in answered.errors] == [refusal(MAX_ROWS)]
    board = "{ wards { beds { admission { patient { labResults(first: 3) { nodes { id } } } } } } }"
    assert (await hospital.ask(board, admin)).errors == []


@pytest.mark.parametrize(("size", "allowed"), [(100, True), (400, False)])
async def test_pages_are_counted_by_their_size_in_the_variables(
    hospital: Hospital, admin: Actor, size: int, allowed: bool
) -> None:
    text = """query($n: Int) {
      patients(first: $n) { nodes { vitals(first: $n) { nodes { id } } } }
    }"""
    answered = await hospital.ask(text, admin, {"n": size})
    assert [error["extensions"] for error in answered.errors] == (
        [] if allowed else [refusal(MAX_ROWS)]
    )


async def test_tables_are_counted(hospital: Hospital, admin: Actor) -> None:
    many = " ".join(f'p{n}: patient(mrn: "x") {{ id }}' for n in range(MAX_RELATIONS + 1))
    answered = await hospital.ask(f"{{ {many} }}", admin)
    assert [error["extensions"] for error in answered.errors] == [refusal(MAX_RELATIONS)]


async def test_the_schema_is_described_a_few_times_at_most(
    hospital: Hospital, admin: Actor
) -> None:
    thrice = " ".join(f"a{n}: __schema {{ queryType {{ name }} }}" for n in range(3))
    assert (await hospital.ask(f"{{ {thrice} }}", admin)).errors == []
    answered = await hospital.ask(f"{{ {thrice} b: __schema {{ queryType {{ name }} }} }}", admin)
    assert answered.codes == ["BAD_USER_INPUT"]


async def test_the_same_field_again_and_again_is_not_compared_forever(
    hospital: Hospital, admin: Actor
) -> None:
    answered = await hospital.ask("{ wards { " + "beds { ward { code } } " * 700 + "} }", admin)
    assert answered.codes[0] == "GRAPHQL_VALIDATION_FAILED"
    # A fragment used ten times over is nothing unusual.
    few = "{ wards { " + "beds { ward { code } } " * 10 + "} }"
    assert (await hospital.ask(few, admin)).errors == []


async def test_the_same_request_again_shows_the_row_only_while_it_is_seen(
    hospital: Hospital,
) -> None:
    """What a key did is answered again, as far as its caller still sees it."""
    charge = await hospital.user(Role.CHARGE_NURSE, wards=["MED1"])
    text = """mutation($id: ID!) {
      recordVitals(input: {
        patientId: $id, recordedAt: "2026-01-01T00:00:00Z", heartRate: 80, idempotencyKey: "k"
      }) { vitals { heartRate } }
    }"""
    ada = {"id": hospital.patient("Ada")}
    seen = {"recordVitals": {"vitals": {"heartRate": 80}}}
    assert (await hospital.ask(text, charge, ada)).data == seen
    assert (await hospital.ask(text, charge, ada)).data == seen
    stay = "bed_stays WHERE patient_id = $1 AND ended_at IS NULL"
    patient = hospital.charts["Ada"].patient
    there = await hospital.pool.fetchval(f"SELECT ward_id FROM {stay}", patient)
    move = "UPDATE bed_stays SET ward_id = $2 WHERE patient_id = $1 AND ended_at IS NULL"
    await hospital.pool.execute(move, patient, hospital.wards["ICU"])
    try:
        again = await hospital.ask(text, charge, ada)
        assert again.data == {"recordVitals": {"vitals": None}}
    finally:
        await hospital.pool.execute(move, patient, there)


async def test_a_number_that_is_no_size_of_a_page_makes_no_plan_of_its_own(
    hospital: Hospital, nurse: Actor
) -> None:
    text = """mutation($id: ID!, $rate: Int) {
      recordVitals(input: {
        patientId: $id, recordedAt: "2026-01-02T00:00:00Z", heartRate: $rate
      }) { vitals { heartRate } }
    }"""
    plans = hospital.engine._plans
    made = []
    for rate in (70, 80, 90):
        answered = await hospital.ask(text, nurse, {"id": hospital.patient("Ada"), "rate": rate})
        assert answered.data == {"recordVitals": {"vitals": {"heartRate": rate}}}
        made.append(len(plans))
    assert made[0] == made[1] == made[2]
