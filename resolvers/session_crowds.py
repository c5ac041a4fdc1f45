"""Session crowds: the sessions of many open sockets, looked at in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Interval,
    LargeBinary,
    bindparam,
    column,
    exists,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TIMESTAMP, Uuid

import models
from resolvers import sessions
from resolvers.actors import Actor
from resolvers.database import Connection, Statement
from resolvers.policy import DEFAULT_POLICY, Policy
from resolvers.sessions import TOUCH_EVERY


async def actors_of_tokens(
    connection: Connection,
    token_hashes: Sequence[bytes],
    *,
    now: datetime,
    policy: Policy = DEFAULT_POLICY,
) -> dict[bytes, Actor]:
    """The actors of those of the tokens whose sessions have not ended, by `sessions.token_hash`.

    One statement, and a second that notes of all of them that they were seen, where any is due.
    """
    rows = await connection.fetch(
        _BY_TOKENS.sql,
        *_BY_TOKENS.bind({"token_hashes": list(token_hashes), **sessions.bounds(now, policy)}),
    )
    seen = [row["session_id"] for row in rows if row["last_seen_at"] <= now - TOUCH_EVERY]
    if seen:
        await connection.execute(
            _TOUCH_ALL.sql,
            *_TOUCH_ALL.bind({"sessions": seen, "now": now, "before": now - TOUCH_EVERY}),
        )
    return {row["token_hash"]: sessions.actor_of_row(row, row["address"]) for row in rows}


async def moved(
    connection: Connection,
    versions: Mapping[UUID, int],
    *,
    now: datetime,
    policy: Policy = DEFAULT_POLICY,
) -> list[UUID]:
    """Those of the sessions that have ended, or whose user's rights have another number than the
    one given: one statement. What ends by time alone (`Actor.holds`) moves no number."""
    values = {"sessions": list(versions), "versions": list(versions.values())}
    rows = await connection.fetch(
        _MOVED.sql, *_MOVED.bind({**values, **sessions.bounds(now, policy)})
    )
    return [row["session_id"] for row in rows]


async def ended(
    connection: Connection,
    session_ids: Sequence[UUID],
    *,
    policy: Policy = DEFAULT_POLICY,
) -> dict[UUID, datetime]:
    """When each of the sessions ended, or will end as it is now."""
    rows = await connection.fetch(
        _ENDED.sql,
        *_ENDED.bind({"sessions": list(session_ids), "idle": policy.session_idle}),
    )
    return {row["id"]: row["ended_at"] for row in rows}


_TIME = TIMESTAMP(timezone=True)
_S, _U = models.Session.__table__.c, models.User.__table__.c
_BY_TOKENS = Statement(
    sessions.LIVE.add_columns(_S.token_hash).where(
        _S.token_hash == func.any(bindparam("token_hashes", type_=ARRAY(LargeBinary())))
    )
)
_WATCHED = (
    func.unnest(
        bindparam("sessions", type_=ARRAY(Uuid())), bindparam("versions", type_=ARRAY(BigInteger()))
    )
    .table_valued(column("session_id", Uuid()), column("version", BigInteger()))
    .render_derived(name="watched")
)
_MOVED = Statement(
    select(_WATCHED.c.session_id).where(
        ~exists(
            select(literal_column("1"))
            .select_from(models.Session.__table__.join(models.User.__table__, _U.id == _S.user_id))
            .where(
                _S.id == _WATCHED.c.session_id,
                *sessions.is_open(),
                _U.disabled_at.is_(None),
                _U.rights_version == _WATCHED.c.version,
            )
        )
    )
)
_ENDED = Statement(
    select(
        _S.id,
        func.least(
            _S.revoked_at,
            _S.expires_at,
            _S.last_seen_at + bindparam("idle", type_=Interval()),
            _U.disabled_at,
        ).label("ended_at"),
    )
    .select_from(models.Session.__table__.join(models.User.__table__, _U.id == _S.user_id))
    .where(_S.id == func.any(bindparam("sessions", type_=ARRAY(Uuid()))))
)
_TOUCH_ALL = Statement(
    update(models.Session)
    .where(
        models.Session.id == func.any(bindparam("sessions", type_=ARRAY(Uuid()))),
        models.Session.last_seen_at <= bindparam("before", type_=_TIME),
    )
    .values(last_seen_at=bindparam("now", type_=_TIME))
)
