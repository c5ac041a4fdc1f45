"""Chart changes: whatever changes in a chart that somebody may read, they hear of by some feed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest_asyncio

import models
from models.events import Feed
from models.rules.allergies import Criticality
from models.rules.roles import Role
from models.rules.scopes import Reach, Scope
from resolvers import admissions, allergies, beds, critical_results, ids
from resolvers.actors import Actor
from resolvers.labs import record_lab_results
from resolvers.policy import DEFAULT_POLICY
from resolvers.reading.documents import GraphQLRequest
from resolvers.vitals import record_vitals
from schema.execution import Engine
from schema.labs import LabResultInput
from subscriptions import log
from subscriptions.audience import Audience, Place, audience
from tests.resolvers.conftest import House, founded
from tests.resolvers.laboratory import alerts, rules
from tests.resolvers.reading.hospital import ROOMY
from tests.schema.shift import Shift
from tests.schema.test_tags import CHART

FEEDS = {
    Feed.CRITICAL_RESULTS: Scope.CRITICAL_RESULT_READ,
    Feed.BED_CHANGES: Scope.WARD_READ,
    Feed.VITAL_SIGNS: Scope.VITALS_READ,
    Feed.CHART_CHANGES: Scope.PATIENT_READ,
}
"""The feeds of a ward or of a patient, and what each asks for."""
PAGES = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Patient {{ {CHART} }} }} }}"


@pytest_asyncio.fixture
async def house(pool: asyncpg.Pool[Any]) -> House:
    found = await founded(pool)
    await rules(found)
    return found


@dataclass(frozen=True)
class Listening:
    """A subscription, as far as its audience goes."""

    feed: Feed
    scope: Scope
    arguments: dict[str, Any] = field(default_factory=dict)
    key: str = ""
    reaches: frozenset[Reach] = frozenset()
    audited: Any = None

    async def frame(self, *_: Any, **__: Any) -> bytes:
        raise AssertionError("nobody asks for a frame here")


async def logged(house: House, after: int = 0) -> list[log.LogEntry]:
    async with house.pool.acquire() as connection:
        return list((await log.read(connection, house.id, after, 10_000)).entries)


@dataclass
class Reader:
    """Somebody with a page for each patient, who listens to all that they may."""

    actor: Actor
    ward: UUID | None
    pages: dict[str, Any] = field(default_factory=dict)
    changes: int = 0

    def hears(self) -> list[Audience]:
        place = Place(ward_id=self.ward)
        return [audience(Listening(*one), self.actor, place) for one in FEEDS.items()]

    async def look(self, engine: Engine, patients: list[str]) -> dict[str, Any]:
        request = GraphQLRequest(PAGES, None, {"ids": patients})
        answer = orjson.loads(await engine.execute(request, self.actor))
        return dict(zip(patients, answer["data"]["nodes"], strict=True))

    async def check(
        self, engine: Engine, shift: Shift, told: list[log.LogEntry], what: str
    ) -> None:
        """Each page is as it was, or something was heard of its patient."""
        pages = await self.look(engine, shift.patients)
        feeds = self.hears()
        heard = {one.patient_id for one in told if any(feed.hears(one) for feed in feeds)}
        for patient, page in pages.items():
            if page != self.pages.get(patient):
                self.changes += 1
                known = ids.decode(models.Patient, patient) in heard
                assert known, f"{sorted(self.actor.roles)} did not hear of {what}"
        self.pages = pages


async def test_whoever_reads_a_chart_hears_of_every_change_to_it(
    house: House, pool: asyncpg.Pool[Any]
) -> None:
    """By roles of which some hear of no alert, or of no bed, or of no vital signs."""
    shift = Shift(house, random.Random(11))
    for ward in ("med", "med", "icu"):
        shift.patients.append(await house.inpatient(ward))
        await house.bed(ward)
    own = ids.decode(models.Patient, shift.patients[0])
    engine = Engine(pool, pool, DEFAULT_POLICY, lambda _: None, limits=ROOMY)
    readers = [
        Reader(house.actor(Role.NURSE), house.wards["med"]),
        Reader(house.actor(Role.ADMIN), None),
        Reader(house.actor(Role.PHARMACIST), None),
        Reader(replace(house.actor(Role.PATIENT), patient_id=own), None),
    ]
    for reader in readers:
        reader.pages = await reader.look(engine, shift.patients)
    position = (await logged(house))[-1].position
    for _ in range(120):
        what = await shift.step()
        told = await logged(house, position)
        position = max([position, *(one.position for one in told)])
        for reader in readers:
            await reader.check(engine, shift, told, what)
    assert min(reader.changes for reader in readers) > 5


# What is told, and where


async def kinds(house: House, after: int, patient: str) -> list[tuple[str, UUID | None]]:
    """What was told of the patient, and to which wards."""
    known = ids.decode(models.Patient, patient)
    told = await logged(house, after)
    return [(one.kind, one.ward_id) for one in told if one.patient_id == known]


async def end(house: House) -> int:
    return (await logged(house))[-1].position


def potassium(house: House, patient: str, value: str) -> LabResultInput:
    return LabResultInput(
        patient_id=patient,
        code="2823-3",
        value=Decimal(value),
        unit="mmol/L",
        observed_at=house.now - timedelta(minutes=5),
    )


async def test_results_are_told_once_to_the_ward_critical_or_not(house: House) -> None:
    """The alert is heard by whoever reads alerts, and the result by whoever reads results."""
    patient, other = await house.inpatient(), await house.inpatient("icu")
    before = await end(house)
    async with house.begin() as tx:
        given = [potassium(house, patient, value) for value in ("6.9", "4.1", "4.2")]
        results = [*given, potassium(house, other, "4.0")]
        await record_lab_results(tx, house.actor(Role.LAB), results=results)
    med, icu = house.wards["med"], house.wards["icu"]
    assert await kinds(house, before, patient) == [
        ("CriticalResultRaised", med),
        ("PatientCharted", med),
    ]
    assert await kinds(house, before, other) == [("PatientCharted", icu)]


async def test_what_its_own_feed_tells_to_all_who_read_it_is_told_once(house: House) -> None:
    patient, med = await house.inpatient(), house.wards["med"]
    async with house.begin() as tx:
        await record_lab_results(
            tx, house.actor(Role.LAB), results=[potassium(house, patient, "6.9")]
        )
    (alert,) = await alerts(house, patient)
    nurse, clerk = house.actor(Role.NURSE), house.actor(Role.CLERK)
    before = await end(house)
    async with house.begin() as tx:
        await record_vitals(tx, nurse, patient_id=patient, recorded_at=tx.now, heart_rate=70)
    async with house.begin() as tx:
        await critical_results.acknowledge_critical_result(
            tx,
            nurse,
            critical_result_id=ids.encode(models.CriticalResult, alert["id"]),
            read_back=Decimal("6.9"),
        )
    bed = await house.bed("icu")
    async with house.begin() as tx:
        await beds.reserve_bed(tx, clerk, bed_id=bed, patient_id=patient)
    assert await kinds(house, before, patient) == [
        ("VitalsRecorded", med),
        ("CriticalResultAcknowledged", med),
        ("BedReserved", house.wards["icu"]),
    ]


async def test_a_chart_is_told_where_its_patient_lies(house: House) -> None:
    patient, med, icu = await house.patient(), house.wards["med"], house.wards["icu"]
    clerk = house.actor(Role.CLERK)
    before = await end(house) - 1
    admission = await house.admitted(patient, await house.bed())
    bed = await house.bed("icu")
    async with house.begin() as tx:
        await admissions.transfer_patient(tx, clerk, admission_id=admission, bed_id=bed)
    async with house.begin() as tx:
        await allergies.record_allergy(
            tx,
            house.actor(Role.ADMIN),
            patient_id=patient,
            substance="Latex",
            criticality=Criticality.HIGH,
        )
    async with house.begin() as tx:
        await admissions.discharge_patient(tx, clerk, admission_id=admission)
    assert await kinds(house, before, patient) == [
        ("PatientCharted", None),
        ("PatientAdmitted", med),
        ("PatientCharted", med),
        ("PatientTransferredOut", med),
        ("PatientTransferredIn", icu),
        ("PatientCharted", icu),
        ("PatientCharted", icu),
        ("PatientDischarged", icu),
        ("PatientCharted", None),
    ]


async def test_who_is_moved_while_a_chart_is_written_is_told_of_where_they_lie_then(
    house: House,
) -> None:
    """A station of the new ward has heard them come, and read the chart, before it was written."""
    patient = await house.patient()
    admission = await house.admitted(patient, await house.bed())
    bed, known = await house.bed("icu"), ids.decode(models.Patient, patient)
    assert known is not None
    before = await end(house)
    async with house.begin() as late:
        late.chart(known)
        await late.flush()
        async with house.begin() as tx:
            await admissions.transfer_patient(
                tx, house.actor(Role.CLERK), admission_id=admission, bed_id=bed
            )
    icu = house.wards["icu"]
    assert (await kinds(house, before, patient))[1:] == [
        ("PatientTransferredIn", icu),
        ("PatientCharted", icu),
        ("PatientCharted", icu),
    ]
