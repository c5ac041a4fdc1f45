"""Writing the charts of the demo's patients, through the resolvers everybody else goes through.

One transaction of the database, so that the patients are there whole or not at all. Within it each
step has the time at which it would have happened, as if it had been written at the bedside.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import asyncpg
from sqlalchemy import bindparam, select

import models
from app.demo import prescribing, staff, wards
from app.demo.formulary import IN_SPITE
from app.demo.histories import ORDERED_AFTER, Draw, History, Order, histories
from app.demo.labs import Drawn
from app.demo.staff import Staff
from app.demo.story import ALARMS, CARE_TEAMS, EMERGENCY, FIT_FOR, ISOLATIONS, PROMISES, Alarm
from models.rules.administrations import AdministrationStatus
from models.rules.allergies import Criticality
from models.rules.beds import BedStatus
from models.rules.results import ResultStatus
from resolvers import (
    administrations,
    admissions,
    allergies,
    beds,
    care_teams,
    critical_results,
    emergency_access,
    ids,
    isolations,
    labs,
    medications,
    patients,
    vitals,
)
from resolvers.database import Connection, Statement
from resolvers.errors import ReadBackDiffers
from resolvers.transaction import Transaction

SENDER = "demo"


@dataclass(slots=True)
class Written:
    """How many rows of each kind were made."""

    patients: int = 0
    vitals: int = 0
    results: int = 0
    orders: int = 0
    doses: int = 0


@dataclass(frozen=True, slots=True)
class Patient:
    """A history and the ids it was written under."""

    history: History
    patient_id: UUID
    ward_id: UUID

    @property
    def public_id(self) -> str:
        return ids.encode(models.Patient, self.patient_id)


class Charts:
    """The demo's patients on their way into the database, on one connection in a transaction."""

    def __init__(
        self,
        connection: Connection,
        now: datetime,
        actors: Staff,
        places: dict[tuple[str, str], asyncpg.Record],
    ) -> None:
        self._connection = cast("asyncpg.Connection[Any]", connection)
        self._hospital_id = actors.system.hospital_id
        self._now = now
        self._staff = actors
        self._places = places
        self._written = Written()

    @classmethod
    async def open(cls, connection: Connection, hospital_id: UUID, now: datetime) -> Charts:
        """Ready to write to the hospital, whose beds and users are there."""
        rows = await connection.fetch(_BEDS.sql, *_BEDS.bind({"hospital": hospital_id}))
        places = {(row["ward"], row["bed"]): row for row in rows}
        return cls(connection, now, await staff.on_duty(connection, hospital_id), places)

    async def write(self) -> Written:
        """Everybody and everything that has happened to them."""
        everybody = [await self._admit(one) for one in histories(self._now)]
        for one in everybody:
            for order in one.history.orders:
                await self._order(one, order)
        await self._vitals(everybody)
        await self._blood(everybody)
        await self._alarms(everybody)
        await self._isolations(everybody)
        await self._care_teams(everybody)
        await self._emergency(everybody)
        await prescribing.go_on(self._at, self._staff, self._now)
        await self._beds(everybody)
        return self._written

    @asynccontextmanager
    async def _at(self, moment: datetime) -> AsyncIterator[Transaction]:
        tx = Transaction(self._connection, self._hospital_id, moment)
        yield tx
        await tx.flush()

    async def _admit(self, history: History) -> Patient:
        person, place = history.person, self._places[history.ward, history.bed]
        async with self._at(history.admitted_at) as tx:
            registered = await patients.register_patient(
                tx,
                self._staff.system,
                mrn=person.mrn,
                given_name=person.given_name,
                family_name=person.family_name,
                birth_date=person.birth_date,
                sex=person.sex,
                phone=person.phone,
                email=person.email,
                address=person.address,
                national_id=person.national_id,
            )
            found = Patient(history, registered["patient"], place["ward_id"])
            await admissions.admit_patient(
                tx,
                self._staff.system,
                patient_id=found.public_id,
                bed_id=ids.encode(models.Bed, place["bed_id"]),
                reason=history.condition.reason,
                admitted_at=history.admitted_at,
            )
            for substance, code, reaction, criticality in history.allergies:
                await allergies.record_allergy(
                    tx,
                    self._staff.system,
                    patient_id=found.public_id,
                    substance=substance,
                    code=code,
                    reaction=reaction,
                    criticality=Criticality(criticality),
                )
        self._written.patients += 1
        return found

    async def _order(self, patient: Patient, order: Order) -> None:
        drug = order.drug
        async with self._at(patient.history.admitted_at + ORDERED_AFTER) as tx:
            ordered = await medications.order_medication(
                tx,
                self._staff.system,
                patient_id=patient.public_id,
                drug=drug.name,
                code=drug.code,
                dose=order.dose,
                dose_unit=drug.unit,
                route=drug.route,
                frequency=drug.frequency,
                as_needed=drug.as_needed is not None,
                as_needed_reason=drug.as_needed,
                max_per_day=drug.max_per_day,
                override_reason=IN_SPITE,
            )
        self._written.orders += 1
        nurse = self._staff.bedside(patient.ward_id)
        for dose in order.doses:
            given = dose.not_given is None
            async with self._at(dose.at) as tx:
                await administrations.record_administration(
                    tx,
                    nurse,
                    medication_id=ids.encode(models.MedicationOrder, ordered["medication"]),
                    status=AdministrationStatus.GIVEN if given else AdministrationStatus.NOT_GIVEN,
                    given_at=dose.at,
                    dose=order.dose if given else None,
                    dose_unit=drug.unit if given else None,
                    reason=dose.not_given,
                )
            self._written.doses += 1

    async def _vitals(self, everybody: list[Patient]) -> None:
        sets = [
            vitals.NewVitals(
                patient_id=one.patient_id,
                recorded_at=at,
                measured=vitals.Measurements(**asdict(measured)),
            )
            for one in everybody
            for at, measured in one.history.vitals
        ]
        async with self._at(self._now) as tx:
            # Long heard by those who were there: no station is told again.
            taken = await vitals.ingest(tx, self._staff.system, sets, sender=SENDER, events=False)
        for each in taken:
            if each.refusal is not None:
                raise each.refusal
        self._written.vitals += len(taken)

    async def _blood(self, everybody: list[Patient]) -> None:
        """Hour by hour, so that a result is issued within the hour of its blood."""
        hours: dict[int, list[tuple[Patient, Draw]]] = defaultdict(list)
        for one in everybody:
            for draw in one.history.blood:
                hours[int((self._now - draw.at) / timedelta(hours=1))].append((one, draw))
        for ago in sorted(hours, reverse=True):
            async with self._at(self._now - timedelta(hours=ago)) as tx:
                await self._ingest(
                    tx,
                    [(one, drawn, draw.at) for one, draw in hours[ago] for drawn in draw.results],
                )

    async def _ingest(
        self, tx: Transaction, drawn: list[tuple[Patient, Drawn, datetime]]
    ) -> list[UUID]:
        results = [
            new_result(index, one.patient_id, result, at)
            for index, (one, result, at) in enumerate(drawn)
        ]
        taken = await labs.ingest(tx, self._staff.system, results, sender=SENDER)
        made = [each.lab_result_id for each in taken if each.lab_result_id is not None]
        if len(made) < len(taken):
            raise RuntimeError("the laboratory of the demo sent a result that was rejected")
        self._written.results += len(made)
        return made

    async def _alarms(self, everybody: list[Patient]) -> None:
        taken: set[UUID] = set()
        for alarm in ALARMS:
            patient = next(
                one
                for one in everybody
                if one.history.ward == alarm.ward
                and one.patient_id not in taken
                and one.history.admitted_at < self._now - alarm.ago - timedelta(hours=1)
            )
            taken.add(patient.patient_id)
            drawn = alarm.drawn(patient.history.person, self._now)
            async with self._at(self._now - alarm.ago) as tx:
                drawn_at = tx.now - timedelta(minutes=38)
                (result_id,) = await self._ingest(tx, [(patient, drawn, drawn_at)])
            await self._answer(alarm, patient, result_id, drawn)
            if alarm.again is not None:
                drawn = replace(drawn, value=alarm.again.value)
                async with self._at(self._now - alarm.again.ago) as tx:
                    await self._ingest(tx, [(patient, drawn, tx.now - timedelta(minutes=31))])

    async def _answer(self, alarm: Alarm, patient: Patient, result_id: UUID, drawn: Drawn) -> None:
        for reply in alarm.replies:
            async with self._at(self._now - reply.ago) as tx:
                critical_id = await tx.scalar(_CRITICAL, result=result_id)
                try:
                    await critical_results.acknowledge_critical_result(
                        tx,
                        self._staff.bedside(patient.ward_id),
                        critical_result_id=ids.encode(models.CriticalResult, critical_id),
                        read_back=drawn.value + reply.misheard_by,
                        note=reply.note,
                    )
                except ReadBackDiffers:
                    # Misheard: the refused attempt is a step of the loop, and is kept.
                    if not reply.misheard_by:
                        raise

    async def _isolations(self, everybody: list[Patient]) -> None:
        async with self._at(self._now) as tx:
            for plan in wards.PLANS:
                for _, bed in plan.bed_codes() if plan.beds_a_room == 1 else ():
                    await beds.equip_bed(
                        tx,
                        self._staff.admin,
                        bed_id=self._bed(plan.code, bed),
                        isolation_for=[*FIT_FOR],
                    )
        for isolated in ISOLATIONS:
            patient = next(one for one in everybody if one.history.ward == isolated.ward)
            async with self._at(patient.history.admitted_at + isolated.after) as tx:
                await isolations.set_isolation(
                    tx,
                    self._staff.bedside(patient.ward_id),
                    patient_id=patient.public_id,
                    kind=isolated.kind,
                    reason=isolated.reason,
                )

    async def _care_teams(self, everybody: list[Patient]) -> None:
        for responsible in CARE_TEAMS:
            patient = next(one for one in everybody if one.history.ward == responsible.ward)
            async with self._at(patient.history.admitted_at + timedelta(minutes=5)) as tx:
                await care_teams.assign_care_team_member(
                    tx,
                    self._staff.admin,
                    patient_id=patient.public_id,
                    role=responsible.role,
                    username=self._staff.doctor.username,
                )

    async def _emergency(self, everybody: list[Patient]) -> None:
        patient = min(
            (one for one in everybody if one.history.ward == EMERGENCY.ward),
            key=lambda one: one.history.admitted_at,
        )
        opened_at = self._now - EMERGENCY.ago
        async with self._at(opened_at) as tx:
            opened = await emergency_access.break_glass(
                tx, self._staff.nurse, patient_id=patient.public_id, reason=EMERGENCY.reason
            )
        async with self._at(opened_at + EMERGENCY.lasted) as tx:
            await emergency_access.end_emergency_access(
                tx,
                self._staff.nurse,
                emergency_access_id=ids.encode(models.EmergencyAccess, opened["emergency_access"]),
            )

    async def _beds(self, everybody: list[Patient]) -> None:
        """What is in the beds without a patient: dirt, a closed door, a promise."""
        async with self._at(self._now) as tx:
            for plan in wards.PLANS:
                lying = {one.history.bed for one in everybody if one.history.ward == plan.code}
                free = [bed for _, bed in plan.bed_codes() if bed not in lying]
                for code, status in zip(free, plan.unready, strict=False):
                    await self._set_status(tx, plan.code, code, status)
                for promise in PROMISES:
                    if promise.ward == plan.code:
                        await self._reserve(tx, everybody, promise.come_from, plan.code, free[-1])

    async def _set_status(self, tx: Transaction, ward: str, bed: str, status: BedStatus) -> None:
        reason = "the door does not close" if status is BedStatus.CLOSED else None
        await beds.set_bed_status(
            tx, self._staff.admin, bed_id=self._bed(ward, bed), status=status, reason=reason
        )

    async def _reserve(
        self, tx: Transaction, everybody: list[Patient], come_from: str, ward: str, bed: str
    ) -> None:
        patient = next(
            one
            for one in everybody
            if one.history.ward == come_from and one.history.person.years_old(self._now) >= 18
        )
        await beds.reserve_bed(
            tx,
            self._staff.clerk,
            bed_id=self._bed(ward, bed),
            patient_id=patient.public_id,
            until=self._now + timedelta(hours=2),
        )

    def _bed(self, ward: str, bed: str) -> str:
        return ids.encode(models.Bed, self._places[ward, bed]["bed_id"])


def new_result(index: int, patient_id: UUID, drawn: Drawn, at: datetime) -> labs.NewLabResult:
    """A FINAL result as the laboratory of the demo sends it."""
    return labs.NewLabResult(
        index=index,
        patient_id=patient_id,
        code=drawn.code,
        display=drawn.display,
        panel=drawn.panel,
        value=drawn.value,
        unit=drawn.unit,
        reference_low=drawn.reference_low,
        reference_high=drawn.reference_high,
        status=ResultStatus.FINAL,
        observed_at=at,
    )


_BEDS = Statement(
    select(
        models.Ward.code.label("ward"),
        models.Bed.code.label("bed"),
        models.Ward.id.label("ward_id"),
        models.Bed.id.label("bed_id"),
    )
    .join_from(models.Bed, models.Ward, models.Bed.ward_id == models.Ward.id)
    .where(models.Bed.hospital_id == bindparam("hospital"))
)
_CRITICAL = select(models.LabResult.critical_result_id).where(
    models.LabResult.id == bindparam("result")
)
