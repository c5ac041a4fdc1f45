"""Who is to arrive, through the API: what is told of them, and what the audit has of it."""

from __future__ import annotations

from typing import Any

from models.rules.roles import Role
from tests.resolvers.reading.hospital import MRNS, Answered, Hospital

FIND = """
mutation Find($i: FindArrivingPatientInput!) {
  findArrivingPatient(input: $i) {
    patient {
      id mrn givenName familyName birthDate sex
      admission { bed { code } ward { code } patient { mrn } }
    }
  }
}
"""


async def born(hospital: Hospital, name: str) -> str:
    sql = "SELECT birth_date FROM patients WHERE id = $1"
    return str(await hospital.pool.fetchval(sql, hospital.charts[name].patient))


async def find(hospital: Hospital, name: str, **wrong: Any) -> Answered:
    charge = await hospital.user(Role.CHARGE_NURSE, wards=["MED1"])
    given = {"mrn": MRNS[name], "birthDate": await born(hospital, name)}
    return await hospital.ask(FIND, charge, {"i": given | wrong})


async def test_who_lies_nowhere_is_told_by_name_and_is_in_the_audit(hospital: Hospital) -> None:
    answered = await find(hospital, "Dora")
    told = answered.data["findArrivingPatient"]["patient"]
    row = hospital.charts["Dora"].patient
    assert told == {
        "id": hospital.patient("Dora"),
        "mrn": MRNS["Dora"],
        "givenName": "Dora",
        "familyName": told["familyName"],
        "birthDate": await born(hospital, "Dora"),
        "sex": told["sex"],
        "admission": None,
    }
    [entry] = answered.audit
    assert (entry["operation"], entry["outcome"]) == ("MUTATION", "DONE")
    assert entry["patient_ids"] == [row]
    assert entry["roots"] == ["Mutation.findArrivingPatient"]
    assert "ArrivingPatient.mrn" in entry["fields"]
    assert set(entry["scopes"]) == {"patient:admit", "patient:read", "admission:read", "ward:read"}


async def test_who_lies_on_the_own_ward_is_told_with_the_bed(hospital: Hospital) -> None:
    told = (await find(hospital, "Ada")).data["findArrivingPatient"]["patient"]
    assert told["admission"]["ward"] == {"code": "MED1"}
    assert told["admission"]["patient"] == {"mrn": MRNS["Ada"]}


async def test_a_miss_is_in_the_audit_and_names_nobody(hospital: Hospital) -> None:
    """Nor does the entry of whom there is differ from that of whom there is not."""
    left = []
    for name, wrong in (
        ("Dora", {"mrn": "nobody"}),
        ("Dora", {"birthDate": "1901-01-01"}),
        ("Ben", {}),
    ):
        answered = await find(hospital, name, **wrong)
        assert answered.codes == ["NOT_FOUND"]
        assert answered.partial is None
        [entry] = answered.audit
        assert entry["patient_ids"] == []
        assert entry["refused"] == ["Mutation.findArrivingPatient(mrn:)"]
        left.append((entry["selection_id"], entry["outcome"], answered.errors))
    assert left[0] == left[1] == left[2]
    sql = "SELECT count(*) FROM arrival_attempts WHERE hospital_id = $1"
    assert await hospital.pool.fetchval(sql, hospital.id) == 3
