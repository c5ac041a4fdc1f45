"""What has just become of two orders: one is held, and one is warned of an allergy found since."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

from sqlalchemy import bindparam, literal_column, select
from sqlalchemy.types import Text

import models
from app.demo.staff import Staff
from models.rules.allergies import Criticality
from models.rules.medications import MedicationStatus
from resolvers import allergies, ids, medication_moves
from resolvers.transaction import Transaction

HELD = ("metoprolol", "pulse of 48, and dizzy: held until seen")
FOUND = ("ceftriaxone", "penicillin", "J01CE01", "swelling of the lips as a child, says the sister")
AGO = timedelta(minutes=35)

At = Callable[[datetime], AbstractAsyncContextManager[Transaction]]


async def go_on(at: At, staff: Staff, now: datetime) -> None:
    """Hold the one, and find the allergy that speaks against the other."""
    drug, reason = HELD
    async with at(now - AGO) as tx:
        order = await tx.first(_RUNNING, hospital=tx.hospital_id, drug=drug)
        if order is not None:
            await medication_moves.hold_medication(
                tx,
                staff.doctor,
                medication_id=ids.encode(models.MedicationOrder, order["id"]),
                reason=reason,
            )
    drug, substance, code, reaction = FOUND
    async with at(now - AGO / 2) as tx:
        order = await tx.first(_RUNNING, hospital=tx.hospital_id, drug=drug)
        if order is not None:
            await allergies.record_allergy(
                tx,
                staff.bedside(order["ward_id"]),
                patient_id=ids.encode(models.Patient, order["patient_id"]),
                substance=substance,
                code=code,
                reaction=reaction,
                criticality=Criticality.HIGH,
            )


_O, _S, _W = (model.__table__ for model in (models.MedicationOrder, models.BedStay, models.Ward))
_RUNNING = (
    select(_O.c.id, _O.c.patient_id, _S.c.ward_id)
    .select_from(_O.join(_S, _S.c.patient_id == _O.c.patient_id).join(_W, _W.c.id == _S.c.ward_id))
    .where(
        _O.c.hospital_id == bindparam("hospital"),
        _O.c.drug == bindparam("drug", type_=Text()),
        _O.c.status == MedicationStatus.ACTIVE.value,
        _S.c.ended_at.is_(None),
        _W.c.code.in_([literal_column("'MED1'"), literal_column("'SURG1'")]),
    )
    .order_by(_O.c.ordered_at, _O.c.id)
    .limit(1)
)
