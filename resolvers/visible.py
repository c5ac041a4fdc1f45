"""Load one row that the actor may see: the first step of every mutation."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import asyncpg
from sqlalchemy import Select, bindparam, select

import models
from models.rules.scopes import Reach, Scope
from resolvers import ids
from resolvers.actors import Actor
from resolvers.errors import NotFound
from resolvers.reading import scope as scoping
from resolvers.transaction import Transaction


async def row(
    tx: Transaction,
    actor: Actor,
    scope: Scope,
    model: type[models.Base],
    public_id: str,
    *,
    field: str,
    lock: bool = False,
) -> asyncpg.Record:
    """The whole row that `public_id` names, if it is in the actor's reach of `scope`.

    `lock` holds it (FOR NO KEY UPDATE) until the transaction ends. FORBIDDEN where the actor has
    not the scope; NOT_FOUND, naming the input's `field`, where there is no such row to be seen.
    """
    row_id = ids.required(model, public_id, field)
    reaches, vitals = actor.reaches(scope), actor.rights.reaches(Scope.VITALS_READ)
    clause = _find(model, reaches, vitals if model is models.CriticalResult else None, lock)
    found = await tx.first(clause, row_id=row_id, **scoping.binds(actor))
    if found is None:
        raise NotFound(f"{field} names nothing here", field=field)
    return found


@lru_cache(maxsize=256)
def _find(
    model: type[models.Base],
    reaches: frozenset[Reach],
    vitals: frozenset[Reach] | None,
    lock: bool,
) -> Select[Any]:
    table = model.__table__.alias("found")
    clause = select(table).where(
        table.c.id == bindparam("row_id"),
        scoping.of_hospital(table),
        scoping.visible(model, table, reaches),
    )
    told = None if vitals is None else scoping.told(table, reaches, vitals)
    if told is not None:
        clause = clause.where(told)
    # NO KEY: a row that is only pointed at by a new one (vitals of a patient) goes on being so.
    return clause.with_for_update(of=table, key_share=True) if lock else clause
