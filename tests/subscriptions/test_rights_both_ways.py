"""What is won and what is lost while a feed is open: neither needs another subscription."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import models
from models.events import VitalsRecorded
from models.rules.care_teams import CareTeamRole
from models.rules.roles import Role
from resolvers import admissions, care_teams, hospitals, ids
from resolvers.transaction import transaction
from subscriptions.limits import Limits
from tests.patience import until

SignIn = Callable[[], Awaitable[str]]
IDENTIFIED = "subscription { vitalSigns { cursor live events { cursor patient { nationalId } } } }"


async def settled(served: Any) -> None:
    """Until the sessions have been looked at again."""
    await served.live.sockets.standing.at_most(0)


async def change(hospital: Any, statement: str, *values: Any) -> None:
    await hospital.pool.execute(statement, *values)


async def test_a_role_won_shows_a_field_and_a_role_lost_hides_it(
    serve: Any, hospital: Any, quiet: Limits
) -> None:
    token = await hospital.sign_in(Role.NURSE, wards=["MED1"])
    user = (await hospital.actor(token)).user_id
    await change(
        hospital,
        "UPDATE patients SET national_id = '9434765919' WHERE id = $1",
        hospital.patients["MED1"],
    )

    async def told() -> tuple[Any, list[str]]:
        await hospital.write()
        payload = (await station.receive())["payload"]
        (event,) = payload["data"]["vitalSigns"]["events"]
        codes = [error["extensions"]["code"] for error in payload.get("errors", ())]
        return event["patient"]["nationalId"], codes

    async with serve(limits=quiet) as served, served.station(token) as station:
        await station.run(IDENTIFIED)
        assert (await station.receive())["payload"]["data"]["vitalSigns"]["live"]
        assert await told() == (None, ["FORBIDDEN"])
        for _ in range(2):
            await change(hospital, "INSERT INTO role_memberships VALUES ($1, 'CLERK')", user)
            await settled(served)
            assert await told() == ("9434765919", [])
            await change(hospital, "DELETE FROM role_memberships WHERE role = 'CLERK'")
            await settled(served)
            assert await told() == (None, ["FORBIDDEN"])


async def test_a_feed_that_was_refused_is_over_and_can_be_had_later_on_the_same_socket(
    serve: Any, hospital: Any, quiet: Limits
) -> None:
    token = await hospital.sign_in(Role.CLERK, wards=["MED1"])
    user = (await hospital.actor(token)).user_id
    async with serve(limits=quiet) as served, served.station(token) as station:
        await station.subscribe()
        message = await station.receive()
        assert message["payload"][0]["extensions"]["code"] == "FORBIDDEN"
        await change(hospital, "INSERT INTO role_memberships VALUES ($1, 'NURSE')", user)
        await settled(served)
        await hospital.write()
        await station.send(type="ping")
        assert await station.receive() == {"type": "pong"}  # it has not come back by itself
        await station.subscribe()
        assert (await station.feed())["live"]
        await hospital.write()
        assert len(await station.events(1)) == 1


async def test_a_ward_won_beside_another_and_lost_again(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    token = await nurse()
    user = (await hospital.actor(token)).user_id
    surgery = hospital.wards["SURG1"]

    async def told(count: int) -> list[str]:
        await hospital.write("SURG1")
        await hospital.write("MED1")
        return [event["mrn"] for event in await station.events(count)]

    async with serve(limits=quiet) as served, served.station(token) as station:
        await station.subscribe()
        await station.feed()
        assert await told(1) == ["MRN-MED1"]
        await change(hospital, "INSERT INTO ward_memberships VALUES ($1, $2)", user, surgery)
        await settled(served)
        assert await told(2) == ["MRN-SURG1", "MRN-MED1"]
        await change(
            hospital,
            "DELETE FROM ward_memberships WHERE user_id = $1 AND ward_id = $2",
            *(user, surgery),
        )
        await settled(served)
        assert await told(1) == ["MRN-MED1"]


async def test_a_patient_who_is_transferred_goes_from_one_wards_screens_to_the_others(
    serve: Any, hospital: Any, quiet: Limits
) -> None:
    medical = await hospital.sign_in(Role.NURSE, wards=["MED1"])
    surgical = await hospital.sign_in(Role.NURSE, wards=["SURG1"])
    admin = await hospital.actor(await hospital.sign_in(Role.ADMIN))
    patient = hospital.patients["MED1"]
    async with hospital.pool.acquire() as connection, connection.transaction():
        beds = {
            ward: await hospitals.create_bed(connection, hospital.id, hospital.wards[ward], "9")
            for ward in ("MED1", "SURG1")
        }
        admission = await connection.fetchval(
            "SELECT id FROM admissions WHERE patient_id = $1", patient
        )

    async def transfer(ward: str) -> None:
        async with transaction(hospital.pool, hospital.id, datetime.now(UTC)) as tx:
            await admissions.transfer_patient(
                tx,
                admin,
                admission_id=ids.encode(models.Admission, admission),
                bed_id=ids.encode(models.Bed, beds[ward]),
            )

    async def record(ward: str) -> None:
        """The patient's vital signs, at the bed where they lie; then somebody else's."""
        async with transaction(hospital.pool, hospital.id, datetime.now(UTC)) as tx:
            tx.record(
                VitalsRecorded(
                    subject_id=models.new_id(), ward_id=hospital.wards[ward], patient_id=patient
                )
            )
        async with transaction(hospital.pool, hospital.id, datetime.now(UTC)) as tx:
            for other in ("MED1", "SURG1"):
                tx.record(
                    VitalsRecorded(
                        subject_id=models.new_id(),
                        ward_id=hospital.wards[other],
                        patient_id=hospital.patients["SURG1"],
                    )
                )

    async with (
        serve(limits=quiet) as served,
        served.station(medical) as there,
        served.station(surgical) as here,
    ):
        for station in (there, here):
            await station.subscribe()
            await station.feed()
        await record("MED1")
        assert [event["mrn"] for event in await there.events(2)] == ["MRN-MED1", None]
        assert [event["mrn"] for event in await here.events(1)] == ["MRN-SURG1"]
        for ward, sees, loses in (("SURG1", here, there), ("MED1", there, here)):
            await transfer(ward)
            await record(ward)
            mrns = [event["mrn"] for event in await sees.events(2)]
            assert mrns[0] == "MRN-MED1"
            mrns = [event["mrn"] for event in await loses.events(1)]
            assert "MRN-MED1" not in mrns


async def test_a_care_team_left_is_heard_no_more(serve: Any, hospital: Any, quiet: Limits) -> None:
    token = await hospital.sign_in(Role.DOCTOR)
    doctor = await hospital.actor(token)
    admin = await hospital.actor(await hospital.sign_in(Role.ADMIN))
    async with serve(limits=quiet) as served, served.station(token) as station:
        await station.subscribe()
        await station.feed()
        for _ in range(2):
            async with transaction(hospital.pool, hospital.id, datetime.now(UTC)) as tx:
                joined = await care_teams.assign_care_team_member(
                    tx,
                    admin,
                    patient_id=ids.encode(models.Patient, hospital.patients["SURG1"]),
                    role=CareTeamRole.CONSULTANT,
                    username=doctor.username,
                )
            await settled(served)
            await hospital.write("MED1")
            await hospital.write("SURG1")
            assert [event["mrn"] for event in await station.events(1)] == ["MRN-SURG1"]
            async with transaction(hospital.pool, hospital.id, datetime.now(UTC)) as tx:
                await care_teams.end_care_team_membership(
                    tx,
                    admin,
                    care_team_member_id=ids.encode(
                        models.CareTeamMember, joined["care_team_member"]
                    ),
                )
            await settled(served)
            await hospital.write("SURG1")
            await served.live.hub.drain()  # and so it has been told to whom it is for


async def test_nobody_has_to_look_for_it_to_be_noticed(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    """With the clock that runs by itself: within two of its looks, in both directions."""
    token = await nurse()
    user = (await hospital.actor(token)).user_id
    async with serve(limits=quiet) as served, served.station(token) as station:
        await station.subscribe()
        await station.feed()
        counters = served.live.counters
        for ward in ("SURG1", "MED1"):
            looks = counters.standing_statements
            await change(
                hospital,
                "UPDATE ward_memberships SET ward_id = $1 WHERE user_id = $2",
                *(hospital.wards[ward], user),
            )
            (actor,) = {one.actor for one in served.live.hub.subscribers()}
            await until(lambda actor=actor: next(served.live.hub.subscribers()).actor != actor)
            # One may have begun before the change; the one that finds it reads who it is as well.
            assert counters.standing_statements - looks <= 4
            await hospital.write(ward)
            assert [event["mrn"] for event in await station.events(1)] == [f"MRN-{ward}"]
