"""What was made for somebody a moment ago is given to others only as they would be given it now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import models
from models.events import PatientDischarged
from models.rules.roles import Role
from resolvers import hospitals
from resolvers.transaction import transaction
from subscriptions.limits import Limits
from tests.patience import until

FEED = """subscription ($after: String) { vitalSigns(after: $after) { cursor events { cursor
  patient { admission { stays { bed { ward { code beds { admission { patient { mrn } } } } } } }
} } } }"""


async def lay_in_surgery_before(hospital: Any) -> None:
    """The patient of MED1 came from a bed of SURG1."""
    now, patient = datetime.now(UTC), hospital.patients["MED1"]
    async with hospital.pool.acquire() as connection, connection.transaction():
        bed = await hospitals.create_bed(connection, hospital.id, hospital.wards["SURG1"], "2")
    admission = await hospital.pool.fetchval(
        "UPDATE admissions SET admitted_at = $2 WHERE patient_id = $1 RETURNING id",
        *(patient, now - timedelta(hours=3)),
    )
    async with transaction(hospital.pool, hospital.id, now) as tx:
        await tx.insert(
            models.BedStay,
            {"id": models.new_id(), "hospital_id": hospital.id, "admission_id": admission}
            | {"patient_id": patient, "ward_id": hospital.wards["SURG1"], "bed_id": bed}
            | {"started_at": now - timedelta(hours=2), "ended_at": now - timedelta(hours=1)},
        )


async def leave_surgery(hospital: Any) -> None:
    now, patient = datetime.now(UTC), hospital.patients["SURG1"]
    async with transaction(hospital.pool, hospital.id, now) as tx:
        await tx.connection.execute(
            "UPDATE bed_stays SET ended_at = $2 WHERE patient_id = $1 AND ended_at IS NULL",
            *(patient, now),
        )
        bed, ward = hospital.beds["SURG1"], hospital.wards["SURG1"]
        tx.record(PatientDischarged(subject_id=bed, ward_id=ward, patient_id=patient))


def neighbours(event: Any) -> set[str]:
    """The patients who lie in a ward in which that of the event has lain."""
    return {
        bed["admission"]["patient"]["mrn"]
        for stay in event["patient"]["admission"]["stays"]
        for bed in stay["bed"]["ward"]["beds"] or ()
        if bed["admission"] is not None
    }


async def test_who_has_left_a_ward_is_not_shown_from_memory(
    serve: Any, hospital: Any, quiet: Limits
) -> None:
    """A frame about the patient of one ward shows one of another, who goes where the reader may not
    look: of them no frame tells any more, also none that was made before."""
    await lay_in_surgery_before(hospital)
    token = await hospital.sign_in(Role.NURSE, wards=["MED1", "SURG1"])

    async def returns(station: Any, after: str) -> Any:
        payload = {"query": FEED, "variables": {"after": after}}
        await station.send(type="subscribe", id="1", payload=payload)
        (event,) = (await station.feed())["events"]
        return event

    async with serve(limits=quiet) as served, served.station(token) as first:
        await first.run(FEED)
        cursor = (await first.feed())["cursor"]
        await hospital.write("MED1")
        assert neighbours((await first.feed())["events"][0]) == {"MRN-MED1", "MRN-SURG1"}
        async with served.station(token) as second:
            assert neighbours(await returns(second, cursor)) == {"MRN-MED1", "MRN-SURG1"}
        heard = served.live.counters.log_entries
        await leave_surgery(hospital)
        await until(lambda: served.live.counters.log_entries > heard)
        async with served.station(token) as third:
            assert neighbours(await returns(third, cursor)) == {"MRN-MED1"}
