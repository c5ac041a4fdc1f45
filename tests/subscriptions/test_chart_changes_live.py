"""Chart changes, as stations hear them: on the ward where the patient lies, and all at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

import models
from models.events import PatientCharted
from models.rules.roles import Role
from resolvers import ids
from resolvers.transaction import transaction
from subscriptions.limits import Limits

SignIn = Callable[[], Awaitable[str]]
FEED = "chartChanges"


async def chart(hospital: Any, *wards: str) -> None:
    """Write into the charts of those who lie there; one transaction."""
    async with transaction(hospital.pool, hospital.id, datetime.now(UTC)) as tx:
        tx.chart(*(hospital.patients[ward] for ward in wards))


async def allergic(hospital: Any, ward: str) -> None:
    """Record an allergy of who lies there, as a resolver does."""
    async with transaction(hospital.pool, hospital.id, datetime.now(UTC)) as tx:
        await tx.insert(
            models.Allergy,
            {"id": models.new_id(), "hospital_id": hospital.id, "substance": "Latex"}
            | {"patient_id": hospital.patients[ward], "criticality": "HIGH"}
            | {"recorded_at": tx.now},
        )


async def test_a_row_written_into_a_chart_is_heard_on_the_ward(
    serve: Any, hospital: Any, nurse: SignIn
) -> None:
    async with serve() as served, served.station(await nurse()) as station:
        await station.subscribe(field=FEED, ward="MED1")
        await station.feed()
        await hospital.write()  # vital signs have a feed of their own
        await allergic(hospital, "SURG1")
        await allergic(hospital, "MED1")
        (heard,) = await station.events(1)
        assert (heard["kind"], heard["mrn"], heard["position"]) == ("CHARTED", "MRN-MED1", 3)


async def test_the_ward_of_now_hears_it_and_that_of_before_no_more(
    serve: Any, hospital: Any
) -> None:
    """On one that is left the chart is not read, and nothing is said of it."""
    patient = hospital.patients["MED1"]
    bed = await hospital.pool.fetchval(
        "INSERT INTO beds (id, hospital_id, ward_id, code, status)"
        " VALUES ($1, $2, $3, '2', 'OCCUPIED') RETURNING id",
        *(models.new_id(), hospital.id, hospital.wards["SURG1"]),
    )
    nurses = [await hospital.sign_in(Role.NURSE, wards=[ward]) for ward in ("MED1", "SURG1")]
    async with (
        serve() as served,
        served.station(nurses[0]) as left,
        served.station(nurses[1]) as now,
    ):
        for station in (left, now):
            await station.subscribe(field=FEED)
            await station.feed()
        await chart(hospital, "MED1")
        assert len(await left.events(1)) == 1
        await hospital.pool.execute(
            "UPDATE bed_stays SET ward_id = $2, bed_id = $3 WHERE patient_id = $1",
            *(patient, hospital.wards["SURG1"], bed),
        )
        await chart(hospital, "MED1")
        (heard,) = await now.events(1)
        assert (heard["mrn"], heard["position"]) == ("MRN-MED1", 2)
        # Who hears nothing of it hears what comes next.
        await hospital.pool.execute(
            "UPDATE bed_stays SET ward_id = $2, bed_id = $3 WHERE patient_id = $1",
            *(patient, hospital.wards["MED1"], hospital.beds["MED1"]),
        )
        await chart(hospital, "MED1")
        assert [event["position"] for event in await left.events(1)] == [3]


@pytest.mark.parametrize("role", [Role.PHARMACIST, Role.LAB, Role.CLERK, Role.AUDITOR, Role.ADMIN])
async def test_whoever_knows_all_patients_hears_also_of_who_lies_in_no_bed(
    serve: Any, hospital: Any, role: Role
) -> None:
    token = await hospital.sign_in(role)
    asked = ids.encode(models.Patient, hospital.patients["MED1"])
    await hospital.pool.execute(
        "UPDATE bed_stays SET ended_at = now() WHERE patient_id = $1", hospital.patients["MED1"]
    )
    async with serve() as served, served.station(token) as station:
        await station.subscribe("all", field=FEED)
        await station.feed("all")
        await station.subscribe("one", field=FEED, patientId=asked)
        await station.feed("one")
        await station.subscribe("ward", field=FEED, ward="MED1")
        await station.feed("ward")
        await chart(hospital, "SURG1", "MED1")
        heard = {}
        for _ in range(2):
            message = await station.receive()
            heard[message["id"]] = [one["mrn"] for one in station.opened(message)["events"]]
        assert heard == {"all": ["MRN-SURG1", "MRN-MED1"], "one": ["MRN-MED1"]}


async def test_an_import_of_thousands_of_charts_is_a_few_frames(
    serve: Any, hospital: Any, quiet: Limits
) -> None:
    tokens = [await hospital.sign_in(Role.NURSE, wards=["MED1"]) for _ in range(3)]
    patient, many = hospital.patients["MED1"], 3 * quiet.page
    async with serve(limits=quiet) as served:
        async with asyncio.TaskGroup() as group:
            heard = [group.create_task(_hear(served, token, many)) for token in tokens]
            while len([*served.live.hub.subscribers()]) < len(tokens) or not all(
                one.live for one in served.live.hub.subscribers()
            ):
                await asyncio.sleep(0.005)
            async with transaction(hospital.pool, hospital.id, datetime.now(UTC)) as tx:
                for _ in range(many):
                    tx.record(PatientCharted(subject_id=patient, ward_id=None, patient_id=patient))
            served.live.bell.ring(hospital.id)
        assert {task.result() for task in heard} == {3}
        assert [len(told) for told in served.engine.statements] == [quiet.page] * 3


async def _hear(served: Any, token: str, many: int) -> int:
    """In how many messages so many events came."""
    async with served.station(token) as station:
        await station.subscribe(field=FEED, ward="MED1")
        await station.feed()
        messages = heard = 0
        while heard < many:
            heard += len((await station.feed())["events"])
            messages += 1
        return messages
