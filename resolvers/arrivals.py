"""The patient who is to come to a bed.

Somebody with the reach WARDS (or TREATMENT, which holds it) sees the patients who lie on the own
wards, and a patient who is to be admitted lies nowhere yet: by that rule nobody on a ward could
admit anybody. So for admitting and for reserving, and for nothing else, a patient of the hospital
who lies in no bed counts as within reach. It is no way to read: what the mutation answers with is
read through the plan, which asks the scope again, and finds the patient in the ward's bed by then.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import asyncpg
from sqlalchemy import Select, bindparam, exists, or_, select

import models
from models.rules.scopes import Reach, Scope
from resolvers import ids
from resolvers.actors import Actor
from resolvers.errors import NotFound
from resolvers.reading import scope as scoping
from resolvers.transaction import Transaction


async def patient(
    tx: Transaction, actor: Actor, scope: Scope, public_id: str, *, field: str
) -> asyncpg.Record:
    """The patient, locked: visible by the scope, or lying in no bed. NOT_FOUND otherwise."""
    row_id = ids.required(models.Patient, public_id, field)
    clause = _find(actor.reaches(scope))
    found = await tx.first(clause, row_id=row_id, **scoping.binds(actor))
    if found is None:
        raise NotFound(f"{field} names nothing here", field=field)
    return found


@lru_cache(maxsize=16)
def _find(reaches: frozenset[Reach]) -> Select[Any]:
    table = models.Patient.__table__.alias("found")
    stay = models.BedStay.__table__.alias("stay_of_found")
    reachable = scoping.visible(models.Patient, table, reaches)
    if reaches & {Reach.WARDS, Reach.TREATMENT}:
        lies_somewhere = exists(
            select(1)
            .select_from(stay)
            .where(stay.c.patient_id == table.c.id, stay.c.ended_at.is_(None))
        )
        reachable = or_(reachable, ~lies_somewhere)
    return (
        select(table)
        .where(table.c.id == bindparam("row_id"), scoping.of_hospital(table), reachable)
        .with_for_update(of=table, key_share=True)
    )
