"""What a clerk does with beds and stays."""

from __future__ import annotations

from tests.first_light.api import Person

SET_STATUS = "mutation ($input: SetBedStatusInput!) { setBedStatus(input: $input) { bed { id } } }"
RESERVE = "mutation ($input: ReserveBedInput!) { reserveBed(input: $input) { bed { id } } }"
ADMIT = """mutation ($input: AdmitPatientInput!) {
  admitPatient(input: $input) { admission { id status } }
}"""
TRANSFER = """mutation ($input: TransferPatientInput!) {
  transferPatient(input: $input) { admission { id bed { code } } }
}"""
DISCHARGE = """mutation ($input: DischargePatientInput!) {
  dischargePatient(input: $input) { admission { status } }
}"""


async def a_bed(clerk: Person, ward: str) -> str:
    """A bed that is empty, promised to nobody, and UNOCCUPIED from now on."""
    (bed, *_) = [
        one
        for one in await clerk.beds(ward)
        if one["admission"] is None and one["reservedFor"] is None and one["status"] != "CLOSED"
    ]
    bed_id: str = bed["id"]
    await clerk.run(SET_STATUS, input={"bedId": bed_id, "status": "UNOCCUPIED"})
    return bed_id
