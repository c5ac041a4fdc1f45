"""Freshness: a short text that changes whenever the answer to a question about a ward may.

An answer that a client holds is still the answer of now as long as the text is the same, and to
find that out no chart is read. The text is made of what an answer can depend on: the last event of
the ward, of each patient whom the ward shows, how many beds there are, which reservations hold at
this moment, and in which stay each patient is. Which operations have one, and why it is never
stale: docs/decisions/0009.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    literal_column,
    or_,
    select,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

import models
from models.rules.critical_results import CriticalResultStatus
from models.rules.scopes import Reach, Rights, Scope
from resolvers import sessions
from resolvers.actors import Actor
from resolvers.database import Connection, Statement
from resolvers.policy import Policy
from resolvers.reading import scope as scoping
from resolvers.reading.sources import looked_up

READING = (
    Scope.WARD_READ,
    Scope.PATIENT_READ,
    Scope.ADMISSION_READ,
    Scope.ISOLATION_READ,
    Scope.ALLERGY_READ,
    Scope.VITALS_READ,
    Scope.LAB_READ,
    Scope.CRITICAL_RESULT_READ,
    Scope.MEDICATION_READ,
)
"""Whoever lacks one of these gets no such text: from its changes they could tell that something was
written which they may not read."""
_FOLLOWED = frozenset({Reach.HOSPITAL, Reach.WARDS, Reach.TREATMENT, Reach.OPENED})
"""Reaches that the text follows. What somebody wrote may lie with any patient."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What of a ward an operation asks for: the charts of who lies there, of those for whom its
    beds are kept, and of those whose critical results are open there."""

    lying: bool = False
    reserved: bool = False
    critical: bool = False


def rights_of(actor: Actor) -> str:
    """What of the actor shapes an answer."""
    held = (
        f"{scope}:{'+'.join(sorted(actor.rights.reaches(Scope(scope))))}"
        for scope in actor.rights.scopes
    )
    lists = (actor.ward_ids, actor.treated, actor.opened)
    parts = [str(actor.user_id), str(actor.rights_version), str(actor.patient_id), *held]
    return " ".join([*parts, *(",".join(sorted(map(str, ids))) for ids in lists)])


def followed(rights: Rights) -> bool:
    """Whether there is such a text for somebody with these rights."""
    return all((found := rights.reaches(scope)) and found <= _FOLLOWED for scope in READING)


async def state(
    connection: Connection,
    actor: Actor,
    codes: Iterable[str],
    watch: Watch,
    *,
    now: datetime,
    policy: Policy,
) -> str | None:
    """The text of these wards; None where the actor does not see all of them, or is not who it was
    any more. Read it before the answer: then it is never newer than what it stands for."""
    wanted = sorted(set(codes))
    reaches = frozenset().union(*(actor.rights.reaches(scope) for scope in READING))
    statement = _statement(actor.rights.reaches(Scope.WARD_READ), reaches, watch)
    values: Mapping[str, Any] = {
        **scoping.binds(actor),
        **sessions.validity(actor, now, policy),
        "now": now,
        "codes": wanted,
    }
    row = await connection.fetchrow(statement.sql, *statement.bind(dict(values)))
    if row is None or row["seen"] != len(wanted):
        return None
    return "|".join(str(part) for part in row)


_W, _B = models.Ward.__table__, models.Bed.__table__
_STAY, _KEPT = models.BedStay.__table__, models.Reservation.__table__
_ALERT, _EVENT = models.CriticalResult.__table__, models.LoggedEvent.__table__
_COUNTER, _PATIENT = models.EventCounter.__table__, models.Patient.__table__


@lru_cache(maxsize=256)
def _statement(
    ward_reaches: frozenset[Reach], reaches: frozenset[Reach], watch: Watch
) -> Statement:
    wards = (
        select(_W.c.id)
        .where(
            scoping.of_hospital(_W),
            _W.c.code == bindparam("codes", type_=ARRAY(Text())).any_(),
            scoping.visible(models.Ward, _W, ward_reaches),
        )
        .cte("watched")
    )
    holds = and_(
        _KEPT.c.ended_at.is_(None),
        or_(_KEPT.c.reserved_until.is_(None), _KEPT.c.reserved_until > scoping.NOW),
    )
    kept = (
        select(_KEPT.c.bed_id, _KEPT.c.patient_id)
        .join(_B, _B.c.id == _KEPT.c.bed_id)
        .where(_B.c.ward_id.in_(select(wards.c.id)), holds)
        .cte("kept")
    )
    people, trimmed = _people(wards, kept, watch), _trimmed()
    return Statement(
        select(
            select(func.count()).select_from(wards).scalar_subquery().label("seen"),
            _COUNTER.c.epoch,
            _of_wards(wards, trimmed).label("wards"),
            select(_list(kept.c.bed_id, kept.c.patient_id)).scalar_subquery().label("kept"),
            _of_people(people, trimmed, reaches).label("people"),
        ).where(_COUNTER.c.hospital_id == scoping.HOSPITAL, sessions.still_valid())
    )


def _people(wards: FromClause, kept: FromClause, watch: Watch) -> FromClause:
    here = select(wards.c.id)
    found: list[Select[Any]] = []
    if watch.lying:
        found.append(
            select(_STAY.c.patient_id).where(_STAY.c.ward_id.in_(here), _STAY.c.ended_at.is_(None))
        )
    if watch.reserved:
        found.append(select(kept.c.patient_id))
    if watch.critical:
        # The word as a literal, so that the partial index of open alerts is found.
        is_open = _ALERT.c.status == literal_column(f"'{CriticalResultStatus.OPEN.value}'")
        found.append(select(_ALERT.c.patient_id).where(_ALERT.c.ward_id.in_(here), is_open))
    if not found:
        found.append(select(_PATIENT.c.id.label("patient_id")).where(false()))
    return union(*found).cte("people")


def _trimmed() -> FromClause:
    """What stands for the last event of whom the log does not tell any more: the first position
    that is still there, or will be. Whoever is written to, and then trimmed away again, has another
    one than before. Below -1, so that it is neither a position nor what is not seen."""
    first = _EVENT.alias("first")
    oldest = looked_up(
        func.min(first.c.position),
        first,
        first.c.hospital_id == scoping.HOSPITAL,
        first.c.position.is_not(None),
    )
    return (
        select((-1 - func.coalesce(oldest, _COUNTER.c.position + 1)).label("instead"))
        .where(_COUNTER.c.hospital_id == scoping.HOSPITAL)
        .cte("trimmed")
    )


def _of_wards(wards: FromClause, trimmed: FromClause) -> ColumnElement[Any]:
    """Each ward's last event, and its beds: none is ever taken away."""
    event, bed = _EVENT.alias("event_of_ward"), _B.alias("bed_of_ward")
    last = looked_up(
        func.max(event.c.position),
        event,
        event.c.ward_id == wards.c.id,
        event.c.position.is_not(None),
    )
    beds = looked_up(func.count(), bed, bed.c.ward_id == wards.c.id)
    told = func.coalesce(last, looked_up(trimmed.c.instead, trimmed))
    return select(_list(wards.c.id, told, beds)).scalar_subquery()


def _of_people(
    people: FromClause, trimmed: FromClause, reaches: frozenset[Reach]
) -> ColumnElement[Any]:
    """Each patient's stay and last event; of one whom the actor does not see the stay alone, by
    which it would be known that they have come into sight."""
    event, stay = _EVENT.alias("event_of_patient"), _STAY.alias("stay_of_patient")
    patient = _PATIENT.alias("patient")
    lies = looked_up(stay.c.id, stay, stay.c.patient_id == patient.c.id, stay.c.ended_at.is_(None))
    last = looked_up(
        func.max(event.c.position),
        event,
        event.c.patient_id == patient.c.id,
        event.c.position.is_not(None),
    )
    told = func.coalesce(last, looked_up(trimmed.c.instead, trimmed))
    seen = case((scoping.visible(models.Patient, patient, reaches), told), else_=-1)
    return (
        select(_list(patient.c.id, lies, seen))
        .select_from(people.join(patient, patient.c.id == people.c.patient_id))
        .scalar_subquery()
    )


def _list(first: ColumnElement[Any], *others: ColumnElement[Any]) -> ColumnElement[Any]:
    """Rows as one text, in the order of the first column, of which no two are equal."""
    columns = [func.coalesce(cast(one, Text()), literal_column("''")) for one in (first, *others)]
    row = func.concat_ws(literal_column("':'"), *columns)
    return func.string_agg(row, aggregate_order_by(literal_column("','"), first))
