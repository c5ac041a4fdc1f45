"""Plans: what is planned anew, and what of a plan is answered again."""

from __future__ import annotations

from models.rules.roles import Role
from resolvers.actors import Actor
from tests.resolvers.reading.hospital import Hospital


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
    plans = hospital.engine._payloads._plans._plans
    made = []
    for rate in (70, 80, 90):
        answered = await hospital.ask(text, nurse, {"id": hospital.patient("Ada"), "rate": rate})
        assert answered.data == {"recordVitals": {"vitals": {"heartRate": rate}}}
        made.append(len(plans))
    assert made[0] == made[1] == made[2]
