"""A broken glass on the live channel: the officer hears it, and the stream opens and ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import models
from models.rules.roles import Role
from resolvers import emergency_access, ids
from resolvers.transaction import transaction
from subscriptions.limits import Limits

FEED = """subscription { emergencyAccesses { cursor live resync
  events { cursor kind emergencyAccess { reason openedBy patient { mrn } } } } }"""
REASON = "found unconscious in the corridor"


async def broken(hospital: Any, actor: Any, ward: str) -> UUID:
    """Break the glass of the patient who lies on the ward."""
    patient = ids.encode(models.Patient, hospital.patients[ward])
    async with transaction(hospital.pool, hospital.id, datetime.now(UTC)) as tx:
        produced = await emergency_access.break_glass(tx, actor, reason=REASON, patient_id=patient)
    access: UUID = produced["emergency_access"]
    return access


async def settled(served: Any) -> None:
    """Until the sessions have been looked at again."""
    await served.live.sockets.standing.at_most(0)


async def test_the_privacy_officer_hears_it_with_the_reason(serve: Any, hospital: Any) -> None:
    officer = await hospital.sign_in(Role.AUDITOR)
    nurse = await hospital.actor(await hospital.sign_in(Role.NURSE, wards=["MED1"]))
    async with serve() as served, served.station(officer) as station:
        await station.run(FEED)
        await station.feed()
        access = await broken(hospital, nurse, "SURG1")
        [event] = await station.events(1)
        assert event["kind"] == "OPENED"
        assert event["emergencyAccess"] == {
            "reason": REASON,
            "openedBy": "Somebody",
            "patient": {"mrn": "MRN-SURG1"},
        }
        async with transaction(hospital.pool, hospital.id, datetime.now(UTC)) as tx:
            await emergency_access.end_emergency_access(
                tx,
                nurse,
                emergency_access_id=ids.encode(models.EmergencyAccess, access),
            )
        [event] = await station.events(1)
        assert event["kind"] == "ENDED"


async def test_nobody_else_may_listen_to_it(serve: Any, hospital: Any) -> None:
    token = await hospital.sign_in(Role.DOCTOR, Role.CLERK, wards=["MED1"])
    async with serve() as served, served.station(token) as station:
        await station.run(FEED)
        message = await station.receive()
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_an_open_stream_gains_the_patient_and_loses_them_again(
    serve: Any, hospital: Any, quiet: Limits
) -> None:
    token = await hospital.sign_in(Role.NURSE, wards=["MED1"])
    async with serve(limits=quiet) as served, served.station(token) as station:
        await station.subscribe()
        await station.feed()
        await hospital.write("SURG1")
        await hospital.write("MED1")
        assert [event["mrn"] for event in await station.events(1)] == ["MRN-MED1"]
        access = await broken(hospital, await hospital.actor(token), "SURG1")
        await settled(served)
        await hospital.write("SURG1")
        assert [event["mrn"] for event in await station.events(1)] == ["MRN-SURG1"]
        # Its time comes; no clock runs here.
        await hospital.pool.execute(
            "UPDATE emergency_accesses SET opened_at = $2, expires_at = $3 WHERE id = $1",
            access,
            datetime.now(UTC) - timedelta(hours=4),
            datetime.now(UTC),
        )
        await settled(served)
        await hospital.write("SURG1")
        await hospital.write("MED1")
        assert [event["mrn"] for event in await station.events(1)] == ["MRN-MED1"]


async def test_a_doctor_hears_of_a_patient_whose_care_team_they_joined(
    serve: Any, hospital: Any, quiet: Limits
) -> None:
    token = await hospital.sign_in(Role.DOCTOR)
    doctor = await hospital.actor(token)
    async with serve(limits=quiet) as served, served.station(token) as station:
        await station.subscribe()
        await station.feed()
        async with transaction(hospital.pool, hospital.id, datetime.now(UTC)) as tx:
            await tx.insert(
                models.CareTeamMember,
                {
                    "id": models.new_id(),
                    "hospital_id": hospital.id,
                    "patient_id": hospital.patients["SURG1"],
                    "user_id": doctor.user_id,
                    "role": "CONSULTANT",
                    "started_at": tx.now,
                },
            )
        await settled(served)
        await hospital.write("MED1")
        await hospital.write("SURG1")
        assert [event["mrn"] for event in await station.events(1)] == ["MRN-SURG1"]


async def test_stations_of_one_ward_share_a_frame_whoever_sits_there(
    serve: Any, hospital: Any
) -> None:
    """That each may read the emergency accesses of their own is no reason to part them."""
    tokens = [await hospital.sign_in(Role.NURSE, wards=["MED1"]) for _ in range(2)]
    async with (
        serve() as served,
        served.station(tokens[0]) as one,
        served.station(tokens[1]) as another,
    ):
        for station in (one, another):
            await station.subscribe()
            await station.feed()
        await hospital.write("MED1")
        for station in (one, another):
            await station.events(1)
        assert len(served.engine.statements) == 1
