"""Pregnancies: recording one, and its end."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.types import Date

import models
from models.rules import pregnancies
from models.rules.scopes import Scope
from resolvers import rows, visible
from resolvers.actors import Actor
from resolvers.errors import BadInput, Conflict
from resolvers.transaction import Transaction

_GOES_ON = {"uq_pregnancies_current": "a pregnancy is recorded already: it is ended first"}


async def record_pregnancy(
    tx: Transaction,
    actor: Actor,
    *,
    patient_id: str,
    onset: date | None = None,
    expected_delivery: date | None = None,
) -> dict[str, Any]:
    """Record a pregnancy that goes on. Without its onset that follows from the expected delivery,
    and without either it is today.

    CONFLICT where one goes on already; BAD_USER_INPUT for an onset of more than 42 weeks ago.
    """
    patient = await visible.row(
        tx, actor, Scope.PREGNANCY_RECORD, models.Patient, patient_id, field="patientId", lock=True
    )
    today = tx.now.date()
    _check(onset, expected_delivery, today)
    began = pregnancies.onset(onset, expected_delivery, today)
    with rows.conflicting(_GOES_ON):
        pregnancy = await rows.add(
            tx,
            actor,
            models.Pregnancy,
            patient_id=patient["id"],
            onset=began,
            expected_delivery=expected_delivery,
        )
    return {"pregnancy": pregnancy}


async def end_pregnancy(
    tx: Transaction,
    actor: Actor,
    *,
    pregnancy_id: str,
    abatement: date | None = None,
    entered_in_error: bool | None = None,
) -> dict[str, Any]:
    """Write down that a pregnancy has ended (today, where no day is given), or that there was none.
    From the day of its end on NEWS2 is used again; what was recorded before stays unscored."""
    row = await visible.row(
        tx,
        actor,
        Scope.PREGNANCY_RECORD,
        models.Pregnancy,
        pregnancy_id,
        field="pregnancyId",
        lock=True,
    )
    Conflict.unless_allowed(
        pregnancies.end(
            None if entered_in_error else row["abatement"], row["entered_in_error_at"] is not None
        )
    )
    today = tx.now.date()
    ended: date | None = row["abatement"]
    taken_back: datetime | None = tx.now
    if not entered_in_error:
        ended, taken_back = abatement or max(today, row["onset"]), None
        if not row["onset"] <= ended <= today + timedelta(days=1):
            raise BadInput(
                "abatement is not between the onset and today",
                field="abatement",
                limit=">= onset and <= today",
            )
    tx.chart(row["patient_id"])
    await tx.run(
        _END, row_id=row["id"], ended=ended, error=taken_back, now=tx.now, by=actor.user_id
    )
    return {"pregnancy": row["id"]}


def _check(onset: date | None, expected: date | None, today: date) -> None:
    # Where the day begins before it does in UTC it is tomorrow already.
    if onset is not None and not today - pregnancies.LONGEST < onset <= today + timedelta(days=1):
        raise BadInput(
            "onset is in the future, or more than 42 weeks ago",
            field="onset",
            limit="> today - 42 weeks and <= today",
        )
    if expected is None:
        return
    began = pregnancies.onset(onset, None, today)
    earliest = began if onset is not None else today - (pregnancies.LONGEST - pregnancies.TERM)
    latest = began + (pregnancies.TERM if onset is None else pregnancies.LONGEST)
    if not earliest < expected <= latest:
        raise BadInput(
            "expectedDelivery does not fit a pregnancy of 42 weeks at most",
            field="expectedDelivery",
            limit="> onset and <= onset + 42 weeks",
        )


_P = models.Pregnancy.__table__
_END = (
    update(models.Pregnancy)
    .where(_P.c.id == bindparam("row_id"))
    .values(
        abatement=bindparam("ended", type_=Date()),
        entered_in_error_at=bindparam("error", type_=_P.c.entered_in_error_at.type),
        updated_at=bindparam("now", type_=_P.c.updated_at.type),
        updated_by=bindparam("by", type_=_P.c.updated_by.type),
    )
)
