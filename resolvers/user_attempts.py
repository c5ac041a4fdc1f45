"""Attempts of users at what finds somebody out of their reach: so many in a window, and no more.

Those of nobody yet, to sign in, are in resolvers/attempts.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Select, bindparam, delete, select
from sqlalchemy.types import TIMESTAMP, Integer

import models
from resolvers import locks, rows
from resolvers.actors import Actor
from resolvers.database import Connection, Statement
from resolvers.errors import Throttled
from resolvers.transaction import Transaction

Attempt: TypeAlias = type[models.ArrivalAttempt] | type[models.EmergencyAccessAttempt]
"""What is counted: a table of attempts of one kind."""


async def admit(
    tx: Transaction, user_id: UUID, model: Attempt, what: str, *, most: int, window: timedelta
) -> None:
    """Let the user attempt `what`; THROTTLED, with the seconds to wait, where there were `most` in
    the window. One user's go one at a time, up to the commit: so the count is right."""
    await locks.hold(tx, what, str(user_id))
    limiting: datetime | None = await tx.scalar(
        _limiting(model), user=user_id, since=tx.now - window, others=most - 1
    )
    if limiting is not None:
        wait = (limiting + window - tx.now).total_seconds()
        raise Throttled(f"too many attempts to {what}", retry_after=max(1, math.ceil(wait)))


async def note(tx: Transaction, actor: Actor, model: Attempt) -> None:
    """Write an attempt."""
    await rows.add(tx, actor, model, user_id=actor.user_id, attempted_at=tx.now)


async def forget(connection: Connection, model: Attempt, *, before: datetime) -> int:
    """Drop the attempts that no count asks for any more; how many."""
    statement = _forget(model)
    status = await connection.execute(statement.sql, *statement.bind({"before": before}))
    return int(status.rsplit(" ", 1)[-1])


_TIME = TIMESTAMP(timezone=True)


@lru_cache(maxsize=4)
def _limiting(model: Attempt) -> Select[Any]:
    tried = model.__table__.c
    return (
        select(tried.attempted_at)
        .where(
            tried.user_id == bindparam("user"),
            tried.attempted_at > bindparam("since", type_=_TIME),
        )
        .order_by(tried.attempted_at.desc())
        .offset(bindparam("others", type_=Integer()))
        .limit(1)
    )


@lru_cache(maxsize=4)
def _forget(model: Attempt) -> Statement:
    return Statement(
        delete(model).where(model.__table__.c.attempted_at <= bindparam("before", type_=_TIME))
    )
