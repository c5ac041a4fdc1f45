"""The patient who is to come to a bed.

Somebody with the reach WARDS (or TREATMENT, which holds it) sees the patients who lie on the own
wards, and a patient who is to be admitted lies nowhere yet: by that rule nobody on a ward could
admit anybody. So for admitting and for reserving, and for nothing else, a patient of the hospital
who lies in no bed counts as within reach.

It is no way to read: what admitting answers with is read through the plan, which asks the scope
again, and finds the patient in the ward's bed by then. Who is to arrive is found by whoever knows
MRN and birth date already, and of them is told what it takes to be sure that it is the right person
(docs/decisions/0030).
"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Any

import asyncpg
from sqlalchemy import ColumnElement, FromClause, Select, bindparam, exists, or_, select
from sqlalchemy.types import Date, Text

import models
from models.rules.scopes import Reach, Scope
from resolvers import ids, inputs, user_attempts
from resolvers.actors import Actor
from resolvers.database import Connection
from resolvers.errors import Forbidden, NotFound
from resolvers.policy import Policy
from resolvers.reading import scope as scoping
from resolvers.transaction import Transaction


class NobodyArrives(NotFound):
    """The MRN and birth date name nobody within reach; the attempt stays and is counted."""

    keeps = True


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


async def find_arriving_patient(
    tx: Transaction, actor: Actor, *, mrn: str, birth_date: date
) -> dict[str, Any]:
    """Find the patient of just this MRN and birth date: in sight, or in no bed for whoever sees
    patients by where they lie.

    NOT_FOUND in one and the same way for whom there is not, who was born on another day, who lies
    out of reach and who is of another hospital: by the same statements, and none waits for a lock
    on the patient. THROTTLED after `Policy.arrival_attempts` of them.
    """
    actor.reaches(Scope.PATIENT_ADMIT)
    if actor.user_id is None:
        raise Forbidden("who arrives is looked for by a person")
    wanted = inputs.text(mrn, "mrn")
    await user_attempts.admit(
        tx,
        actor.user_id,
        models.ArrivalAttempt,
        "find who is to arrive",
        most=tx.policy.arrival_attempts,
        window=tx.policy.arrival_window,
    )
    # By the scope of reading: who admits anybody and reads nobody (an integrator) finds nobody.
    clause = _named(actor.rights.reaches(Scope.PATIENT_READ))
    found = await tx.scalar(clause, mrn=wanted, born=birth_date, **scoping.binds(actor))
    if found is None:
        await user_attempts.note(tx, actor, models.ArrivalAttempt)
        raise NobodyArrives("mrn and birthDate name nobody who is to arrive", field="mrn")
    return {"patient": found}


async def forget_attempts(connection: Connection, *, now: datetime, policy: Policy) -> int:
    """Drop the attempts that no count asks for any more; how many. For a job on a clock."""
    before = now - policy.arrival_window
    return await user_attempts.forget(connection, models.ArrivalAttempt, before=before)


@lru_cache(maxsize=16)
def _find(reaches: frozenset[Reach]) -> Select[Any]:
    table = models.Patient.__table__.alias("found")
    return (
        select(table)
        .where(table.c.id == bindparam("row_id"), *_within(table, reaches))
        .with_for_update(of=table, key_share=True)
    )


@lru_cache(maxsize=16)
def _named(reaches: frozenset[Reach]) -> Select[Any]:
    table = models.Patient.__table__.alias("found")
    return select(table.c.id).where(
        table.c.mrn == bindparam("mrn", type_=Text()),
        table.c.birth_date == bindparam("born", type_=Date()),
        *_within(table, reaches),
    )


def _within(table: FromClause, reaches: frozenset[Reach]) -> tuple[ColumnElement[bool], ...]:
    """Of the hospital, and visible in the reaches, or in no bed where these are of wards."""
    stay = models.BedStay.__table__.alias("stay_of_found")
    reachable = scoping.visible(models.Patient, table, reaches)
    if reaches & {Reach.WARDS, Reach.TREATMENT}:
        lies_somewhere = exists(
            select(1)
            .select_from(stay)
            .where(stay.c.patient_id == table.c.id, stay.c.ended_at.is_(None))
        )
        reachable = or_(reachable, ~lies_somewhere)
    return scoping.of_hospital(table), reachable
