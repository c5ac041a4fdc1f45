"""Ward changes: wards and beds that come, get another name, and go for good.

Nothing is deleted: what is retired keeps its history, and its code. To add a ward or a bed of such
a code again is to bring it back. Locks: the ward, then its beds by id.
"""

from __future__ import annotations

from typing import Any

import asyncpg
from sqlalchemy import Text, Uuid, bindparam, func, null, select, update
from sqlalchemy.types import TIMESTAMP

import models
from models.events import BedAdded, BedChanged, BedRetired, WardAdded, WardChanged, WardRetired
from models.rules import retirements
from models.rules.beds import BedChangeEventKind, BedStatus
from models.rules.critical_results import CriticalResultStatus
from models.rules.scopes import Scope
from resolvers import bed_transitions, inputs, reservations, rows, stays, visible
from resolvers.actors import Actor
from resolvers.errors import Conflict
from resolvers.transaction import Transaction

_CODES = {
    "uq_wards_hospital_id_code": "there is a ward of this code already",
    "uq_beds_ward_id_code": "there is a bed of this code on the ward already",
}


async def add_ward(tx: Transaction, actor: Actor, *, code: str, name: str) -> dict[str, Any]:
    """Add a ward, or bring back the one that was retired under this code, without its beds.
    CONFLICT where there is one."""
    coded, named = inputs.text(code, "code"), inputs.text(name, "name")
    known = await tx.first(_WARD_OF_CODE, hospital=tx.hospital_id, code=coded)
    if known is None:
        with rows.conflicting(_CODES):
            ward_id = await rows.add(tx, actor, models.Ward, code=coded, name=named)
    elif known["retired_at"] is None:
        raise Conflict(_CODES["uq_wards_hospital_id_code"], field="code")
    else:
        ward_id = known["id"]
        await tx.run(_BRING_WARD_BACK, row_id=ward_id, name=named, **_by(tx, actor))
    tx.record(WardAdded(subject_id=ward_id, ward_id=ward_id, patient_id=None))
    return {"ward": ward_id}


async def change_ward(tx: Transaction, actor: Actor, *, ward_id: str, name: str) -> dict[str, Any]:
    """Give a ward another name. Its code is what feeds, boards and interfaces know it by."""
    ward = await _ward(tx, actor, ward_id)
    named = inputs.text(name, "name")
    if named != ward["name"]:
        await tx.run(_NAME_WARD, row_id=ward["id"], name=named, **_by(tx, actor))
        tx.record(WardChanged(subject_id=ward["id"], ward_id=ward["id"], patient_id=None))
    return {"ward": ward["id"]}


async def retire_ward(
    tx: Transaction, actor: Actor, *, ward_id: str, reason: str | None = None
) -> dict[str, Any]:
    """Retire a ward with all of its beds. CONFLICT, and nothing is retired, where one of them may
    not be (then its code is named), or a critical result is open there."""
    ward = await _ward(tx, actor, ward_id)
    said = inputs.optional_text(reason, "reason", most=inputs.FREE_TEXT, lines=True)
    for bed in await tx.all(_LOCK_BEDS_OF, ward=ward["id"]):
        await _retire(tx, actor, bed, said)
    alerts = await tx.scalar(_OPEN, ward=ward["id"], status=CriticalResultStatus.OPEN.value)
    Conflict.unless_allowed(retirements.retire_ward(alerts=alerts))
    await tx.run(_RETIRE_WARD, row_id=ward["id"], **_by(tx, actor))
    tx.record(WardRetired(subject_id=ward["id"], ward_id=ward["id"], patient_id=None))
    return {"ward": ward["id"]}


async def add_bed(tx: Transaction, actor: Actor, *, ward_id: str, code: str) -> dict[str, Any]:
    """Add a bed, UNOCCUPIED, to a ward, or bring back the one of this code that was retired there.
    CONFLICT where there is one."""
    ward = await _ward(tx, actor, ward_id)
    coded = inputs.text(code, "code")
    bed = await tx.first(_BED_OF_CODE, ward=ward["id"], code=coded)
    if bed is None:
        with rows.conflicting(_CODES):
            bed_id = await rows.add(tx, actor, models.Bed, ward_id=ward["id"], code=coded)
        bed = await tx.first(_BED_OF_CODE, ward=ward["id"], code=coded)
    elif bed["retired_at"] is None:
        raise Conflict(_CODES["uq_beds_ward_id_code"], field="code")
    else:
        bed_id = bed["id"]
        await tx.run(_BRING_BED_BACK, row_id=bed_id)
    assert bed is not None
    await bed_transitions.change(tx, actor, bed, BedChangeEventKind.ADDED, BedStatus.UNOCCUPIED)
    tx.record(BedAdded(subject_id=bed_id, ward_id=ward["id"], patient_id=None))
    return {"bed": bed_id}


async def change_bed(tx: Transaction, actor: Actor, *, bed_id: str, code: str) -> dict[str, Any]:
    """Give a bed another code. CONFLICT where a bed of the ward has it, be it a retired one."""
    bed = await _bed(tx, actor, bed_id)
    coded = inputs.text(code, "code")
    if coded != bed["code"]:
        with rows.conflicting(_CODES):
            await tx.run(_CODE_BED, row_id=bed["id"], code=coded, **_by(tx, actor))
        tx.record(BedChanged(subject_id=bed["id"], ward_id=bed["ward_id"], patient_id=None))
    return {"bed": bed["id"]}


async def retire_bed(
    tx: Transaction, actor: Actor, *, bed_id: str, reason: str | None = None
) -> dict[str, Any]:
    """Take a bed out of service for good. CONFLICT while somebody lies in it or it is kept for
    somebody; what has to be done before is `allowed`."""
    bed = await _bed(tx, actor, bed_id)
    said = inputs.optional_text(reason, "reason", most=inputs.FREE_TEXT, lines=True)
    await _retire(tx, actor, bed, said)
    return {"bed": bed["id"]}


def in_service(place: asyncpg.Record) -> asyncpg.Record:
    """The bed or the ward, unless it is retired (CONFLICT)."""
    if place["retired_at"] is not None:
        raise Conflict("it is retired: add it again first")
    return place


async def _ward(tx: Transaction, actor: Actor, ward_id: str) -> asyncpg.Record:
    return in_service(
        await visible.row(
            tx, actor, Scope.WARD_WRITE, models.Ward, ward_id, field="wardId", lock=True
        )
    )


async def _bed(tx: Transaction, actor: Actor, bed_id: str) -> asyncpg.Record:
    return in_service(
        await visible.row(tx, actor, Scope.WARD_WRITE, models.Bed, bed_id, field="bedId", lock=True)
    )


async def _retire(tx: Transaction, actor: Actor, bed: asyncpg.Record, reason: str | None) -> None:
    refused = retirements.retire_bed(
        BedStatus(bed["status"]),
        occupied=await stays.lies_in(tx, bed["id"]) is not None,
        reserved=await reservations.holder(tx, bed["id"]) is not None,
    )
    Conflict.unless_allowed(refused, bed=bed["code"])
    await bed_transitions.change(
        tx, actor, bed, BedChangeEventKind.RETIRED, BedStatus.CLOSED, reason=reason
    )
    await tx.run(_RETIRE_BED, row_id=bed["id"], now=tx.now)
    tx.record(BedRetired(subject_id=bed["id"], ward_id=bed["ward_id"], patient_id=None))


def _by(tx: Transaction, actor: Actor) -> dict[str, Any]:
    return {"now": tx.now, "by": actor.user_id}


_TIME = TIMESTAMP(timezone=True)
_W, _B, _ALERT = (one.__table__ for one in (models.Ward, models.Bed, models.CriticalResult))
_ROW = bindparam("row_id", type_=Uuid())
_NOW = bindparam("now", type_=_TIME)
_EDITED = {"updated_at": _NOW, "updated_by": bindparam("by", type_=Uuid())}
_NAME = bindparam("name", type_=Text())
_WARD_OF_CODE = (
    select(_W)
    .where(_W.c.hospital_id == bindparam("hospital"), _W.c.code == bindparam("code", type_=Text()))
    .with_for_update(key_share=True)
)
_BED_OF_CODE = (
    select(_B)
    .where(_B.c.ward_id == bindparam("ward"), _B.c.code == bindparam("code", type_=Text()))
    .with_for_update(key_share=True)
)
_LOCK_BEDS_OF = (
    select(_B)
    .where(_B.c.ward_id == bindparam("ward"), _B.c.retired_at.is_(None))
    .order_by(_B.c.id)
    .with_for_update(key_share=True)
)
_OPEN = select(func.count()).where(
    _ALERT.c.ward_id == bindparam("ward"), _ALERT.c.status == bindparam("status", type_=Text())
)
_NAME_WARD = update(models.Ward).where(_W.c.id == _ROW).values(name=_NAME, **_EDITED)
_BRING_WARD_BACK = (
    update(models.Ward).where(_W.c.id == _ROW).values(name=_NAME, retired_at=null(), **_EDITED)
)
_RETIRE_WARD = update(models.Ward).where(_W.c.id == _ROW).values(retired_at=_NOW, **_EDITED)
_CODE_BED = (
    update(models.Bed)
    .where(_B.c.id == _ROW)
    .values(code=bindparam("code", type_=Text()), **_EDITED)
)
_BRING_BED_BACK = update(models.Bed).where(_B.c.id == _ROW).values(retired_at=null())
_RETIRE_BED = update(models.Bed).where(_B.c.id == _ROW).values(retired_at=_NOW)
