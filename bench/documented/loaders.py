"""The DataLoaders of one request: a statement for all keys of a batch, through the async ORM."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, bindparam, column, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import InstrumentedAttribute, aliased
from strawberry.dataloader import DataLoader

import models
from models import Admission, Base, Bed, BedStay, LabResult, MedicationOrder, Patient, VitalSigns

Sessions = async_sessionmaker[AsyncSession]
Asked = tuple[UUID, Hashable]
"""A patient, and the arguments of the field."""


class Loaders:
    """A loader for each relation that a document may follow."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self.beds = DataLoader(self._beds)
        self.admission = DataLoader(self._admission)
        self.patient = DataLoader(self._patient)
        self.latest_vitals = DataLoader(self._latest_vitals)
        self.admissions = DataLoader(self._paged(self._admissions))
        self.vitals = DataLoader(self._paged(self._vitals))
        self.lab_results = DataLoader(self._paged(self._lab_results))
        self.medications = DataLoader(self._paged(self._medications))

    async def _beds(self, wards: list[UUID]) -> list[list[Bed]]:
        async with self._sessions() as session:
            beds = await session.scalars(
                select(Bed).where(Bed.ward_id.in_(wards)).order_by(Bed.code, Bed.id)
            )
        found: dict[UUID, list[Bed]] = {ward: [] for ward in wards}
        for bed in beds:
            found[bed.ward_id].append(bed)
        return list(found.values())

    async def _admission(self, beds: list[UUID]) -> list[Admission | None]:
        lying = (
            select(BedStay.bed_id, Admission)
            .join(Admission, Admission.id == BedStay.admission_id)
            .where(BedStay.bed_id.in_(beds), BedStay.ended_at.is_(None))
        )
        async with self._sessions() as session:
            rows = await session.execute(lying)
            found = {row.bed_id: row.Admission for row in rows}
        return [found.get(bed) for bed in beds]

    async def _patient(self, patients: list[UUID]) -> list[Patient | None]:
        async with self._sessions() as session:
            rows = await session.scalars(select(Patient).where(Patient.id.in_(patients)))
        found = {row.id: row for row in rows}
        return [found.get(patient) for patient in patients]

    async def _latest_vitals(self, patients: list[UUID]) -> list[VitalSigns | None]:
        found = await self._newest(VitalSigns, VitalSigns.recorded_at, patients, 1)
        return [rows[0] if rows else None for rows in found]

    async def _admissions(self, patients: list[UUID], asked: Any) -> list[list[Any]]:
        return await self._newest(Admission, Admission.admitted_at, patients, asked)

    async def _vitals(self, patients: list[UUID], asked: Any) -> list[list[Any]]:
        return await self._newest(VitalSigns, VitalSigns.recorded_at, patients, asked)

    async def _lab_results(self, patients: list[UUID], asked: Any) -> list[list[Any]]:
        first, abnormal = asked
        conditions: list[ColumnElement[bool]] = [LabResult.superseded_at.is_(None)]
        if abnormal is not None:
            outside = LabResult.interpretation.not_in(("NORMAL", "NOT_JUDGED"))
            conditions.append(outside if abnormal else LabResult.interpretation == "NORMAL")
        return await self._newest(LabResult, LabResult.observed_at, patients, first, *conditions)

    async def _medications(self, patients: list[UUID], asked: Any) -> list[list[Any]]:
        first, status = asked
        conditions = () if status is None else (MedicationOrder.status.in_(status),)
        ordered_at = MedicationOrder.ordered_at
        return await self._newest(MedicationOrder, ordered_at, patients, first, *conditions)

    async def _newest(
        self,
        table: type[models.Base],
        moment: InstrumentedAttribute[Any],
        patients: list[UUID],
        first: int,
        *conditions: ColumnElement[bool],
    ) -> list[list[Any]]:
        """The first rows of each patient by time, newest first; LATERAL, so by the index."""
        given = bindparam("patients", patients, type_=ARRAY(Uuid))
        patient = (
            func.unnest(given).table_valued(column("id", Uuid), name="patient").render_derived()
        )
        columns: Any = table
        newest = (
            select(table)
            .where(columns.patient_id == patient.c.id, *conditions)
            .order_by(moment.desc(), columns.id.desc())
            .limit(first)
            .lateral("newest")
        )
        entity: Any = aliased(table, newest)
        found: dict[UUID, list[Any]] = {each: [] for each in patients}
        async with self._sessions() as session:
            for row in await session.scalars(
                select(entity).select_from(patient).join(newest, true())
            ):
                found[row.patient_id].append(row)
        return list(found.values())

    def _paged(
        self, load: Callable[[list[UUID], Any], Awaitable[list[list[Any]]]]
    ) -> Callable[[list[Asked]], Awaitable[Sequence[list[Base]]]]:
        """A statement for each set of arguments in the batch: nearly always one."""

        async def batched(keys: list[Asked]) -> list[list[Base]]:
            groups: dict[Hashable, list[UUID]] = {}
            for patient, asked in keys:
                groups.setdefault(asked, []).append(patient)
            found: dict[Asked, list[Base]] = {}
            for asked, patients in groups.items():
                lists = await load(patients, asked)
                found |= {(each, asked): rows for each, rows in zip(patients, lists, strict=True)}
            return [found[key] for key in keys]

        return batched
