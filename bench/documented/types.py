"""The object types, with the names of Wardline's schema. Enumerations but one are plain strings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, Self, TypeVar
from uuid import UUID

import strawberry

import models
from bench.documented.loaders import Loaders
from models.rules.medications import MedicationStatus as MedicationStatusRule

Info = strawberry.Info[dict[str, Any], None]
Row = TypeVar("Row")
MedicationStatus = strawberry.enum(MedicationStatusRule, name="MedicationStatus")


def loaders(info: Info) -> Loaders:
    """Those of the request."""
    found: Loaders = info.context["loaders"]
    return found


@strawberry.type
class PageInfo:
    """Relay."""

    has_next_page: bool
    end_cursor: str | None = None


@strawberry.type
class Connection(Generic[Row]):
    """A page."""

    nodes: list[Row]
    page_info: PageInfo


def page(rows: Sequence[Any], first: int, made: Any) -> Connection[Any]:
    """The first of the rows, of which one more was asked for."""
    nodes = [made(row) for row in rows[:first]]
    return Connection(nodes=nodes, page_info=PageInfo(has_next_page=len(rows) > first))


@strawberry.type
class News2:
    """A score."""

    total: int | None
    risk: str | None
    missing: list[str]


@strawberry.type
class VitalSigns:
    """A set of vital signs."""

    id: strawberry.ID
    recorded_at: datetime
    heart_rate: int | None
    systolic: int | None
    diastolic: int | None
    respiratory_rate: int | None
    temperature: Decimal | None
    oxygen_saturation: int | None
    on_oxygen: bool | None
    consciousness: str | None
    news2: News2 | None

    @classmethod
    def of(cls, row: models.VitalSigns) -> Self:
        """The type of the row."""
        news2 = News2(total=row.news2_total, risk=row.news2_risk, missing=row.news2_missing)
        return cls(
            id=strawberry.ID(f"vit_{row.id}"),
            recorded_at=row.recorded_at,
            heart_rate=row.heart_rate,
            systolic=row.systolic,
            diastolic=row.diastolic,
            respiratory_rate=row.respiratory_rate,
            temperature=row.temperature,
            oxygen_saturation=row.oxygen_saturation,
            on_oxygen=row.on_oxygen,
            consciousness=row.consciousness,
            news2=news2 if row.news2_applies else None,
        )


@strawberry.type
class LabResult:
    """A result."""

    id: strawberry.ID
    code: str
    display: str
    value: Decimal | None
    unit: str | None
    reference_low: Decimal | None
    reference_high: Decimal | None
    interpretation: str
    status: str
    observed_at: datetime
    patient_id: strawberry.Private[UUID]

    @strawberry.field
    async def patient(self, info: Info) -> Patient | None:
        """Whose it is."""
        row = await loaders(info).patient.load(self.patient_id)
        return None if row is None else Patient.of(row)

    @classmethod
    def of(cls, row: models.LabResult) -> Self:
        """The type of the row."""
        return cls(
            id=strawberry.ID(f"lab_{row.id}"),
            code=row.code,
            display=row.display,
            value=row.value,
            unit=row.unit,
            reference_low=row.reference_low,
            reference_high=row.reference_high,
            interpretation=row.interpretation,
            status=row.status,
            observed_at=row.observed_at,
            patient_id=row.patient_id,
        )


@strawberry.type
class Medication:
    """An order."""

    id: strawberry.ID
    drug: str
    dose: Decimal | None
    dose_unit: str | None
    route: str | None
    frequency: str | None
    status: str
    ordered_at: datetime
    stopped_at: datetime | None

    @classmethod
    def of(cls, row: models.MedicationOrder) -> Self:
        """The type of the row."""
        return cls(
            id=strawberry.ID(f"med_{row.id}"),
            drug=row.drug,
            dose=row.dose,
            dose_unit=row.dose_unit,
            route=row.route,
            frequency=row.frequency,
            status=row.status,
            ordered_at=row.ordered_at,
            stopped_at=row.stopped_at,
        )


@strawberry.type
class Patient:
    """A patient."""

    id: strawberry.ID
    key: strawberry.Private[UUID]
    mrn: str
    given_name: str
    family_name: str
    birth_date: date | None
    sex: str
    phone: str | None
    email: str | None

    @strawberry.field
    async def latest_vitals(self, info: Info) -> VitalSigns | None:
        """The newest set."""
        row = await loaders(info).latest_vitals.load(self.key)
        return None if row is None else VitalSigns.of(row)

    @strawberry.field
    async def admissions(self, info: Info, first: int = 50) -> Connection[Admission]:
        """Newest first."""
        rows = await loaders(info).admissions.load((self.key, first + 1))
        return page(rows, first, Admission.of)

    @strawberry.field
    async def vitals(self, info: Info, first: int = 50) -> Connection[VitalSigns]:
        """Newest first."""
        rows = await loaders(info).vitals.load((self.key, first + 1))
        return page(rows, first, VitalSigns.of)

    @strawberry.field
    async def lab_results(
        self, info: Info, first: int = 50, abnormal: bool | None = None
    ) -> Connection[LabResult]:
        """Newest first."""
        rows = await loaders(info).lab_results.load((self.key, (first + 1, abnormal)))
        return page(rows, first, LabResult.of)

    @strawberry.field
    async def medications(
        self,
        info: Info,
        first: int = 50,
        status: list[Annotated[MedicationStatusRule, MedicationStatus]] | None = None,
    ) -> Connection[Medication]:
        """Newest first."""
        asked = (first + 1, None if status is None else tuple(status))
        rows = await loaders(info).medications.load((self.key, asked))
        return page(rows, first, Medication.of)

    @classmethod
    def of(cls, row: models.Patient) -> Self:
        """The type of the row."""
        return cls(
            id=strawberry.ID(f"pat_{row.id}"),
            key=row.id,
            mrn=row.mrn,
            given_name=row.given_name,
            family_name=row.family_name,
            birth_date=row.birth_date,
            sex=row.sex,
            phone=row.phone,
            email=row.email,
        )


@strawberry.type
class Admission:
    """An inpatient stay."""

    id: strawberry.ID
    patient_id: strawberry.Private[UUID]
    status: str
    reason: str | None
    admitted_at: datetime
    discharged_at: datetime | None

    @strawberry.field
    async def patient(self, info: Info) -> Patient | None:
        """Who is admitted."""
        row = await loaders(info).patient.load(self.patient_id)
        return None if row is None else Patient.of(row)

    @classmethod
    def of(cls, row: models.Admission) -> Self:
        """The type of the row."""
        return cls(
            id=strawberry.ID(f"adm_{row.id}"),
            patient_id=row.patient_id,
            status=row.status,
            reason=row.reason,
            admitted_at=row.admitted_at,
            discharged_at=row.discharged_at,
        )


@strawberry.type
class Bed:
    """A bed."""

    id: strawberry.ID
    key: strawberry.Private[UUID]
    code: str
    status: str

    @strawberry.field
    async def admission(self, info: Info) -> Admission | None:
        """Who lies there now."""
        row = await loaders(info).admission.load(self.key)
        return None if row is None else Admission.of(row)


@strawberry.type
class Ward:
    """A ward."""

    id: strawberry.ID
    key: strawberry.Private[UUID]
    code: str
    name: str

    @strawberry.field
    async def beds(self, info: Info) -> list[Bed]:
        """By their codes."""
        rows = await loaders(info).beds.load(self.key)
        return [
            Bed(id=strawberry.ID(f"bed_{row.id}"), key=row.id, code=row.code, status=row.status)
            for row in rows
        ]
