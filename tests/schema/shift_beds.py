"""What a shift does with beds and stays beside admitting, moving and sending home."""

from __future__ import annotations

from typing import TYPE_CHECKING

import models
from models.rules.beds import BedStatus
from models.rules.isolations import IsolationKind
from resolvers import beds, cancellations, isolations, leaves, swaps
from resolvers.transaction import Transaction

if TYPE_CHECKING:
    from tests.schema.shift import Shift

HERE = "status IN ('IN_PROGRESS', 'ON_LEAVE')"


async def bed_status_set(shift: Shift, tx: Transaction) -> None:
    await beds.set_bed_status(
        tx,
        shift.admin,
        bed_id=await shift.any(models.Bed, "status <> 'OCCUPIED'"),
        status=shift.draw.choice([BedStatus.UNOCCUPIED, BedStatus.HOUSEKEEPING, BedStatus.CLOSED]),
        reason=shift.number(),
    )


async def reservation_released(shift: Shift, tx: Transaction) -> None:
    bed = await shift.any(
        models.Bed, "id IN (SELECT bed_id FROM reservations WHERE ended_at IS NULL)"
    )
    await beds.release_reservation(tx, shift.admin, bed_id=bed)


async def bed_equipped(shift: Shift, tx: Transaction) -> None:
    kinds = shift.draw.sample(list(IsolationKind), 3)
    bed = await shift.any(models.Bed)
    await beds.equip_bed(tx, shift.admin, bed_id=bed, isolation_for=kinds)


async def beds_swapped(shift: Shift, tx: Transaction) -> None:
    one, other = [await shift.any(models.Admission, HERE) for _ in range(2)]
    await swaps.swap_beds(
        tx, shift.admin, admission_id=one, other_admission_id=other, override_reason="so it is"
    )


async def leave_started(shift: Shift, tx: Transaction) -> None:
    admission = await shift.any(models.Admission, "status = 'IN_PROGRESS'")
    await leaves.start_leave(tx, shift.admin, admission_id=admission)


async def leave_ended(shift: Shift, tx: Transaction) -> None:
    admission = await shift.any(models.Admission, "status = 'ON_LEAVE'")
    await leaves.end_leave(tx, shift.admin, admission_id=admission)


async def admission_cancelled(shift: Shift, tx: Transaction) -> None:
    admission = await shift.any(models.Admission, "status = 'IN_PROGRESS'")
    await cancellations.cancel_admission(
        tx, shift.admin, admission_id=admission, reason="never meant"
    )


async def transfer_cancelled(shift: Shift, tx: Transaction) -> None:
    admission = await shift.any(models.Admission, HERE)
    await cancellations.cancel_transfer(
        tx, shift.admin, admission_id=admission, reason="never meant"
    )


async def discharge_cancelled(shift: Shift, tx: Transaction) -> None:
    admission = await shift.any(models.Admission, "status = 'FINISHED'")
    await cancellations.cancel_discharge(
        tx, shift.admin, admission_id=admission, reason="never meant"
    )


async def isolation_set(shift: Shift, tx: Transaction) -> None:
    await isolations.set_isolation(
        tx,
        shift.admin,
        patient_id=shift.patient(),
        kind=shift.draw.choice(list(IsolationKind)),
        reason=shift.number(),
    )


async def isolation_ended(shift: Shift, tx: Transaction) -> None:
    isolation = await shift.any(models.Isolation, "ended_at IS NULL")
    await isolations.end_isolation(tx, shift.admin, isolation_id=isolation)


OF_BEDS = (
    bed_status_set,
    reservation_released,
    bed_equipped,
    beds_swapped,
    leave_started,
    leave_ended,
    admission_cancelled,
    transfer_cancelled,
    discharge_cancelled,
    isolation_set,
    isolation_ended,
)
