"""The patient who has left, and is to have the bed again.

Somebody with the reach WARDS (or TREATMENT, which holds it) sees the patients who lie on the own
wards, and whoever was discharged lies nowhere: by that rule no ward could take its own discharge
back. So for that, and for nothing else, an admission counts as within reach whose last stay was on
one of the own wards, as long as the patient lies in no bed. As with an arrival (`arrivals`), it is
no way to read.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import asyncpg
from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, select

import models
from models.rules.scopes import Reach, Scope
from resolvers import ids
from resolvers.actors import Actor
from resolvers.errors import NotFound
from resolvers.reading import scope as scoping
from resolvers.reading.sources import there_is
from resolvers.transaction import Transaction


async def admission(
    tx: Transaction, actor: Actor, scope: Scope, public_id: str, *, field: str, lock: bool = False
) -> asyncpg.Record:
    """The admission: visible by the scope, or left from one of the wards. NOT_FOUND otherwise."""
    row_id = ids.required(models.Admission, public_id, field)
    clause = _find(actor.reaches(scope), lock)
    found = await tx.first(clause, row_id=row_id, **scoping.binds(actor))
    if found is None:
        raise NotFound(f"{field} names nothing here", field=field)
    return found


@lru_cache(maxsize=32)
def _find(reaches: frozenset[Reach], lock: bool) -> Select[Any]:
    table = models.Admission.__table__.alias("found")
    reachable: ColumnElement[bool] = scoping.visible(models.Admission, table, reaches)
    if reaches & {Reach.WARDS, Reach.TREATMENT}:
        lies = models.BedStay.__table__.alias("stay_of_now")
        left = models.BedStay.__table__.alias("stay_that_ended")
        left_from_here = and_(
            ~there_is(lies, lies.c.patient_id == table.c.patient_id, lies.c.ended_at.is_(None)),
            there_is(
                left,
                left.c.admission_id == table.c.id,
                left.c.ended_at == table.c.discharged_at,
                left.c.cancelled_at.is_(None),
                left.c.ward_id == scoping.WARDS.any_(),
            ),
        )
        reachable = or_(reachable, left_from_here)
    clause = select(table).where(
        table.c.id == bindparam("row_id"), scoping.of_hospital(table), reachable
    )
    return clause.with_for_update(of=table, key_share=True) if lock else clause
