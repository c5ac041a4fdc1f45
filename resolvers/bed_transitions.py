"""Bed transitions: the one way in which a bed changes, and the row that each change leaves.

Whoever changes a bed holds its lock and has asked the rules.
"""

from __future__ import annotations

from uuid import UUID

import asyncpg
from sqlalchemy import (
    Insert,
    bindparam,
    case,
    func,
    insert,
    literal_column,
    null,
    select,
    update,
)
from sqlalchemy.types import TIMESTAMP, Boolean, Interval, Text, Uuid

import models
from models.rules.beds import READY, UNCLEAN, BedChangeEventKind, BedStatus
from resolvers import rows
from resolvers.actors import Actor
from resolvers.transaction import Transaction


async def change(
    tx: Transaction,
    actor: Actor,
    bed: asyncpg.Record,
    kind: BedChangeEventKind,
    status: BedStatus,
    *,
    admission_id: UUID | None = None,
    reason: str | None = None,
) -> None:
    """Write what the bed becomes by `kind`, be it the same, and that it has.

    Its time is now, or just after that of the change before: a clock that is behind does not put it
    before what it followed.
    """
    before = BedStatus(bed["status"])
    waited = bed["waiting_since"] if status in READY and before in UNCLEAN else None
    row = rows.fresh(
        tx,
        actor,
        models.BedTransition,
        bed_id=bed["id"],
        ward_id=bed["ward_id"],
        admission_id=admission_id,
        kind=kind.value,
        from_status=before.value,
        to_status=status.value,
        reason=reason,
        waited_since=waited,
    )
    await tx.run(
        _CHANGE,
        **row,
        unclean=status in UNCLEAN,
        closing=reason if status is BedStatus.CLOSED else None,
    )


_TIME = TIMESTAMP(timezone=True)
_BED, _T = models.Bed.__table__, models.BedTransition.__table__
_LATEST = _T.alias("latest")
_GIVEN = tuple(column.name for column in _T.c if column.name != "occurred_at")
_NOW = bindparam("created_at", type_=_TIME)
_STATUS = bindparam("to_status", type_=Text())


def _statement() -> Insert:
    after = func.max(_LATEST.c.occurred_at) + literal_column("interval '1 microsecond'", Interval())
    moment = (
        select(func.greatest(_NOW, after).label("at"))
        .where(_LATEST.c.bed_id == bindparam("bed_id", type_=Uuid()))
        .cte("moment")
    )
    at = select(moment.c.at).scalar_subquery()
    changed = (
        update(models.Bed)
        .where(_BED.c.id == bindparam("bed_id", type_=Uuid()))
        .values(
            status=_STATUS,
            status_since=case((_BED.c.status == _STATUS, _BED.c.status_since), else_=at),
            waiting_since=case(
                (bindparam("unclean", type_=Boolean()), func.coalesce(_BED.c.waiting_since, at)),
                else_=null(),
            ),
            closed_reason=bindparam("closing", type_=Text()),
            updated_at=_NOW,
            updated_by=bindparam("created_by", type_=Uuid()),
        )
        .cte("changed")
    )
    given = [bindparam(name, type_=_T.c[name].type) for name in _GIVEN]
    return (
        insert(models.BedTransition)
        .from_select([*_GIVEN, "occurred_at"], select(*given, moment.c.at))
        .add_cte(changed)
    )


_CHANGE = _statement()
