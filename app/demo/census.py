"""Who lies where now, and which beds are free: what the simulator looks at before it acts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import and_, bindparam, select

import models
from app.demo.conditions import BY_REASON, Condition
from models.rules.beds import BedStatus
from models.rules.critical_results import CriticalResultStatus
from models.rules.patients import Sex
from resolvers import ids
from resolvers.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Inpatient:
    """A patient in a bed. `alarmed`: a critical result is open. `isolated`: not every bed does."""

    patient_id: UUID
    birth_date: date | None
    sex: Sex
    admission_id: UUID
    reason: str | None
    ward_id: UUID
    ward: str
    bed_id: UUID
    lies_since: datetime
    alarmed: bool
    isolated: bool

    @property
    def public_id(self) -> str:
        return ids.encode(models.Patient, self.patient_id)

    @property
    def condition(self) -> Condition | None:
        """Of the demo's; None for what a person wrote as the reason."""
        return BY_REASON.get(self.reason or "")

    def hours_old(self, at: datetime) -> float:
        """The youngest age that the date of birth allows; an adult's where none is known."""
        if self.birth_date is None:
            return 40 * 8766
        last = datetime.combine(self.birth_date, time(), UTC) + timedelta(days=1)
        return max((at - last) / timedelta(hours=1), 0.0)


@dataclass(frozen=True, slots=True)
class Place:
    """A bed. `free`: UNOCCUPIED and promised to nobody."""

    bed_id: UUID
    ward_id: UUID
    ward: str
    status: BedStatus
    since: datetime
    promised_to: UUID | None

    @property
    def public_id(self) -> str:
        return ids.encode(models.Bed, self.bed_id)

    @property
    def free(self) -> bool:
        return self.status is BedStatus.UNOCCUPIED and self.promised_to is None


async def inpatients(tx: Transaction) -> list[Inpatient]:
    """Everybody in a bed of the hospital."""
    return [
        Inpatient(**{**row, "sex": Sex(row["sex"])})
        for row in await tx.all(_INPATIENTS, hospital=tx.hospital_id)
    ]


async def places(tx: Transaction) -> list[Place]:
    """Every bed of the hospital."""
    return [
        Place(**{**row, "status": BedStatus(row["status"])})
        for row in await tx.all(_PLACES, hospital=tx.hospital_id)
    ]


def fullness(beds: Sequence[Place], ward: str) -> float:
    """The share of a ward's beds that is occupied; closed beds do not count."""
    usable = [bed for bed in beds if bed.ward == ward and bed.status is not BedStatus.CLOSED]
    taken = [bed for bed in usable if bed.status is BedStatus.OCCUPIED]
    return len(taken) / len(usable) if usable else 1.0


_S, _P, _A, _W, _B, _R, _C, _I = (
    model.__table__
    for model in (
        models.BedStay,
        models.Patient,
        models.Admission,
        models.Ward,
        models.Bed,
        models.Reservation,
        models.CriticalResult,
        models.Isolation,
    )
)
_INPATIENTS = (
    select(
        _S.c.patient_id,
        _P.c.birth_date,
        _P.c.sex,
        _S.c.admission_id,
        _A.c.reason,
        _S.c.ward_id,
        _W.c.code.label("ward"),
        _S.c.bed_id,
        _S.c.started_at.label("lies_since"),
        select(_C.c.id)
        .where(_C.c.patient_id == _S.c.patient_id, _C.c.status == CriticalResultStatus.OPEN.value)
        .exists()
        .label("alarmed"),
        select(_I.c.id)
        .where(_I.c.patient_id == _S.c.patient_id, _I.c.ended_at.is_(None))
        .exists()
        .label("isolated"),
    )
    .select_from(
        _S.join(_P, _P.c.id == _S.c.patient_id)
        .join(_A, _A.c.id == _S.c.admission_id)
        .join(_W, _W.c.id == _S.c.ward_id)
    )
    .where(_S.c.hospital_id == bindparam("hospital"), _S.c.ended_at.is_(None))
    .order_by(_S.c.id)
)
_PLACES = (
    select(
        _B.c.id.label("bed_id"),
        _B.c.ward_id,
        _W.c.code.label("ward"),
        _B.c.status,
        _B.c.updated_at.label("since"),
        _R.c.patient_id.label("promised_to"),
    )
    .select_from(
        _B.join(_W, _W.c.id == _B.c.ward_id).outerjoin(
            _R, and_(_R.c.bed_id == _B.c.id, _R.c.ended_at.is_(None))
        )
    )
    .where(_B.c.hospital_id == bindparam("hospital"))
    .order_by(_B.c.id)
)
