"""The event log over time: what is older than a hospital keeps is trimmed, from its beginning.

What is kept of a log is always its end, without a hole: a cursor either finds everything that came
after it, or is told that it does not (subscriptions/log.py). See docs/decisions/0013.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import BigInteger, bindparam, delete, func, select
from sqlalchemy.types import TIMESTAMP

import models
from resolvers import locks
from resolvers.database import Statement

BATCH = 1_000
"""Events that one transaction takes away, so that none is long."""


async def trim(
    pool: asyncpg.Pool[Any], hospital_id: UUID, *, before: datetime, most: int = BATCH
) -> int:
    """Take away the oldest events, at most so many, up to the first that happened at or after
    `before`; how many. Fewer than `most`: there are no more now, or another process is at it.

    Nothing is locked that a writer needs: neither the counter nor a row that is yet to come.
    """
    values = {"hospital": hospital_id, "before": before, "most": most}
    async with pool.acquire() as connection, connection.transaction():
        key = {"key": locks.key("events", hospital_id.bytes)}
        if not await connection.fetchval(_TAKEN.sql, *_TAKEN.bind(key)):
            return 0
        status = await connection.execute(_TRIM.sql, *_TRIM.bind(values))
        return int(status.rsplit(" ", 1)[-1])


_TAKEN = Statement(select(func.pg_try_advisory_xact_lock(bindparam("key", type_=BigInteger()))))

_EVENTS = models.LoggedEvent.__table__
_E = _EVENTS.c
_MOST = bindparam("most", type_=BigInteger())
_BEFORE = bindparam("before", type_=TIMESTAMP(timezone=True))
_OF_HOSPITAL = _E.hospital_id == bindparam("hospital")

_OLDEST = (
    select(_E.position, _E.occurred_at)
    .where(_OF_HOSPITAL, _E.position.is_not(None))
    .order_by(_E.position)
    .limit(_MOST)
    .cte("oldest")
)
# By position and never by time alone: clocks differ, and a hole would be taken for a lost event.
_KEPT = func.coalesce(
    func.min(_OLDEST.c.position).filter(_OLDEST.c.occurred_at >= _BEFORE),
    func.max(_OLDEST.c.position) + 1,
)
_TRIM = Statement(
    delete(models.LoggedEvent).where(
        _OF_HOSPITAL, _E.position < select(_KEPT).select_from(_OLDEST).scalar_subquery()
    )
)
