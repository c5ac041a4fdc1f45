"""What administrators do in a shift: wards and beds come, change and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import models
from resolvers import ids, ward_changes
from resolvers.transaction import Transaction

if TYPE_CHECKING:
    from tests.schema.shift import Shift

IN_SERVICE = "retired_at IS NULL"


async def _code(shift: Shift, model: type[models.Base], where: str) -> str:
    public = await shift.any(model, where)
    row = await shift.house.row(model, public)
    code: str = row["code"]
    return code


async def ward_added(shift: Shift, tx: Transaction) -> None:
    """One that was retired, where there is one."""
    code = await _code(shift, models.Ward, "NOT " + IN_SERVICE)
    await ward_changes.add_ward(tx, shift.admin, code=code, name=shift.number())


async def ward_changed(shift: Shift, tx: Transaction) -> None:
    ward = await shift.any(models.Ward, IN_SERVICE)
    await ward_changes.change_ward(tx, shift.admin, ward_id=ward, name=shift.number())


async def ward_retired(shift: Shift, tx: Transaction) -> None:
    ward = await shift.any(models.Ward, IN_SERVICE)
    await ward_changes.retire_ward(tx, shift.admin, ward_id=ward)


async def bed_added(shift: Shift, tx: Transaction) -> None:
    """A new one, or one that was retired."""
    ward = await shift.any(models.Ward, IN_SERVICE)
    code = shift.number()
    if shift.draw.random() < 0.5:
        row_id = ids.decode(models.Ward, ward)
        code = await _code(shift, models.Bed, f"NOT {IN_SERVICE} AND ward_id = '{row_id}'")
    await ward_changes.add_bed(tx, shift.admin, ward_id=ward, code=code)


async def bed_changed(shift: Shift, tx: Transaction) -> None:
    bed = await shift.any(models.Bed, IN_SERVICE)
    await ward_changes.change_bed(tx, shift.admin, bed_id=bed, code=shift.number())


async def bed_retired(shift: Shift, tx: Transaction) -> None:
    bed = await shift.any(models.Bed, IN_SERVICE + " AND status <> 'OCCUPIED'")
    await ward_changes.retire_bed(tx, shift.admin, bed_id=bed, reason=shift.number())


OF_WARDS = (
    ward_added,
    ward_changed,
    ward_retired,
    bed_added,
    bed_changed,
    bed_retired,
)
