"""Attempts to sign in: guessing is slowed down by account and by address, before any hashing.

An attempt is written before the password is looked at and taken back when it was right, under a
lock of the account and of the address: however many guesses come at once, no more than the limit
are ever tried in a window. An attempt that is refused here is not written, so that the window does
end for somebody who keeps trying.

Twenty stations of a ward that sign in at once with the right password are not guessing: while
attempts that stand in the way may still be under way, one too many waits, in a line of its account.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary

import asyncpg
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ScalarSelect,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.types import TIMESTAMP, Text

import models
from resolvers import locks
from resolvers.database import Connection, Statement
from resolvers.errors import Throttled
from resolvers.policy import Policy

_LOOK_AGAIN = 0.05
_LINES: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()
"""Those who wait at an account stand in line: the first alone asks the database again."""


def account(username: str) -> bytes:
    """What stands for an account, known or not, in the table of attempts."""
    return hashlib.sha256(username[:100].encode("utf-8", "surrogatepass")).digest()


async def begin(
    pool: asyncpg.Pool[Any], *, account: bytes, address: str, now: datetime, policy: Policy
) -> None:
    """Write an attempt; THROTTLED, with the seconds to wait, where one more would be too many."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    async with _LINES.setdefault(account, asyncio.Lock()):
        while True:
            at = now + timedelta(seconds=loop.time() - start)
            async with pool.acquire() as connection, connection.transaction():
                held = await _held_since(connection, account, address, at, policy)
                if held is None:
                    await connection.execute(
                        _WRITE.sql,
                        *_WRITE.bind(
                            {
                                "id": models.new_id(),
                                "account": account,
                                "address": address,
                                "now": at,
                            }
                        ),
                    )
                    return
            if held + policy.sign_in_patience <= at:
                free_in = (held + policy.sign_in_window - at).total_seconds()
                raise Throttled(
                    "too many attempts to sign in", retry_after=max(1, math.ceil(free_in))
                )
            await asyncio.sleep(_LOOK_AGAIN)


async def _held_since(
    connection: Connection, account: bytes, address: str, now: datetime, policy: Policy
) -> datetime | None:
    """The attempt that must leave the window before there may be another; None: there may."""
    # Account before address, always: no two can wait for each other.
    await connection.execute(
        _LOCK.sql,
        *_LOCK.bind(
            {
                "account_lock": locks.key("sign-in account", account),
                "address_lock": locks.key("sign-in address", address),
            }
        ),
    )
    limiting = await connection.fetchrow(
        _LIMITING.sql,
        *_LIMITING.bind(
            {
                "since": now - policy.sign_in_window,
                "account": account,
                "address": address,
                "of_account": policy.sign_in_attempts_per_account - 1,
                "of_address": policy.sign_in_attempts_per_address - 1,
            }
        ),
    )
    return max((moment for moment in limiting or () if moment is not None), default=None)


async def clear(connection: Connection, *, account: bytes, now: datetime, policy: Policy) -> None:
    """Forget the attempts of an account that has signed in, and those of anybody out of time."""
    await connection.execute(
        _CLEAR.sql, *_CLEAR.bind({"account": account, "before": now - policy.sign_in_window})
    )


_TIME = TIMESTAMP(timezone=True)
_A = models.SignInAttempt.__table__.c


def _nth_newest(condition: ColumnElement[bool], skipped: str) -> ScalarSelect[datetime]:
    """When the newest attempt but so many was made; null where there are not as many."""
    return (
        select(_A.attempted_at)
        .where(condition, _A.attempted_at > bindparam("since", type_=_TIME))
        .order_by(_A.attempted_at.desc())
        .offset(bindparam(skipped, type_=BigInteger()))
        .limit(1)
        .scalar_subquery()
    )


_LOCK = Statement(
    select(
        func.pg_advisory_xact_lock(bindparam("account_lock", type_=BigInteger())),
        func.pg_advisory_xact_lock(bindparam("address_lock", type_=BigInteger())),
    )
)
_LIMITING = Statement(
    select(
        _nth_newest(_A.account_hash == bindparam("account"), "of_account"),
        _nth_newest(_A.address == bindparam("address", type_=Text()), "of_address"),
    )
)
_WRITE = Statement(
    insert(models.SignInAttempt).values(
        id=bindparam("id"),
        account_hash=bindparam("account"),
        address=bindparam("address"),
        attempted_at=bindparam("now"),
    )
)
_CLEAR = Statement(
    delete(models.SignInAttempt).where(
        or_(
            models.SignInAttempt.account_hash == bindparam("account"),
            models.SignInAttempt.attempted_at <= bindparam("before", type_=_TIME),
        )
    )
)
