"""Where a patient lies now."""

from __future__ import annotations

from uuid import UUID

import asyncpg
from sqlalchemy import bindparam, select

import models
from resolvers.transaction import Transaction

_STAY = models.BedStay.__table__
_CURRENT = select(_STAY).where(
    _STAY.c.patient_id == bindparam("patient"), _STAY.c.ended_at.is_(None)
)
_WARD = select(_STAY.c.ward_id).where(
    _STAY.c.patient_id == bindparam("patient"), _STAY.c.ended_at.is_(None)
)


async def current(tx: Transaction, patient_id: UUID) -> asyncpg.Record | None:
    """The patient's stay of now."""
    return await tx.first(_CURRENT, patient=patient_id)


async def current_ward(tx: Transaction, patient_id: UUID) -> UUID | None:
    """The ward in which the patient lies now; None: in no bed."""
    ward: UUID | None = await tx.scalar(_WARD, patient=patient_id)
    return ward
