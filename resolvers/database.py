"""The pool of connections to PostgreSQL, and statements compiled once.

SQLAlchemy Core writes the SQL, asyncpg runs it as a prepared statement: the app holds no engine.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any, TypeAlias

import asyncpg
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.sql.elements import ClauseElement

from resolvers import history
from resolvers.prepared_statements import BoundedConnection

Connection: TypeAlias = "asyncpg.Connection[Any] | asyncpg.pool.PoolConnectionProxy[Any]"
"""A connection, of a pool or not."""

_DIALECT = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]


_AS_APPLICATION = """
SELECT set_config('role', application.rolname, false)
FROM pg_class AS audit
JOIN pg_roles AS owner ON owner.oid = audit.relowner
JOIN pg_roles AS application ON application.rolname = owner.rolname || '_app'
WHERE audit.oid = to_regclass('public.audit_entries')
  AND pg_has_role(application.oid, 'MEMBER')
"""
"""Takes on the role that may add to the audit and change nothing of it; one row where there is it,
and the login is a member (docs/audit.md)."""


async def as_application(connection: asyncpg.Connection[Any]) -> bool:
    """Go on in the application's role, as every connection of a pool does; False: there is none,
    and triggers alone keep the audit."""
    return await connection.fetchval(_AS_APPLICATION) is not None


async def _prepare(connection: asyncpg.Connection[Any]) -> None:
    await as_application(connection)
    await history.look(connection)
    # JSON leaves as the bytes PostgreSQL wrote: nothing here parses an answer.
    await connection.set_type_codec(
        "json", schema="pg_catalog", encoder=_as_bytes, decoder=bytes, format="binary"
    )


async def _leave_as_it_is(_: asyncpg.Connection[Any]) -> None:
    """Instead of asyncpg's RESET."""


def _as_bytes(value: bytes | str) -> bytes:
    return value.encode() if isinstance(value, str) else value


async def open_pool(
    url: str, *, min_size: int = 1, max_size: int = 10, **settings: str
) -> asyncpg.Pool[Any]:
    """Open a pool. `url` is `postgresql://user:password@host:port/database`.

    `settings` are PostgreSQL's, for every connection of the pool. A connection goes back as it is,
    without the round trip of a RESET: who sets or locks something for a session undoes it.
    """
    return await asyncpg.create_pool(
        url,
        min_size=min_size,
        max_size=max_size,
        init=_prepare,
        reset=_leave_as_it_is,
        connection_class=BoundedConnection,
        command_timeout=30,
        statement_cache_size=1024,
        max_cached_statement_lifetime=0,
        max_cacheable_statement_size=0,
        server_settings={
            "application_name": "wardline",
            "jit": "off",
            "timezone": "UTC",
            **settings,
        },
    )


async def open_reading_pool(
    url: str, *, min_size: int = 1, max_size: int = 10, **settings: str
) -> asyncpg.Pool[Any]:
    """Open a pool for plans (resolvers/reading).

    A plan's statement is for one shape of the operation, with all in it that PostgreSQL should know
    of the values; so it is planned once a connection, and not for each request anew.

    What it writes is the audit of what it reads, and nobody waits for that to reach the disk: a
    crash of PostgreSQL can lose the last half second of it, never an answer's commit order. See
    docs/decisions/0004.
    """
    chosen = {"synchronous_commit": "off", "plan_cache_mode": "force_generic_plan", **settings}
    return await open_pool(url, min_size=min_size, max_size=max_size, **chosen)


RECORDERS = 4
"""Commits of one hospital wait for each other, because positions are given in their order: more
connections would wait in PostgreSQL, where it costs more than here."""


async def open_recording_pool(url: str, **settings: str) -> asyncpg.Pool[Any]:
    """Open a pool for mutations that are one statement each (resolvers/proposals).

    Such a statement is long, and the same for every value: it is planned once a connection.
    """
    chosen = {"plan_cache_mode": "force_generic_plan", **settings}
    return await open_pool(url, min_size=1, max_size=RECORDERS, **chosen)


class Statement:
    """A SQLAlchemy Core statement compiled for asyncpg: text, and the order of its parameters.

    Made once, as a constant of its module or by a plan, and bound with keyword arguments; a bind
    parameter that has a value of its own may be left out.
    """

    __slots__ = ("_defaults", "_signature", "names", "sql")

    def __init__(self, clause: ClauseElement) -> None:
        compiled = clause.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
        self.sql = str(compiled)
        self.names: tuple[str, ...] = tuple(compiled.positiontup or ())  # type: ignore[attr-defined]
        self._defaults: dict[str, Any] = dict(compiled.params)
        self._signature: bytes | None = None

    def signature(self) -> bytes:
        """Equal for statements that do the same with the same values. Made once: every subscriber
        asks for it."""
        if self._signature is None:
            constants = repr(sorted(self._defaults.items()))
            self._signature = hashlib.sha256(f"{self.sql}\0{constants}".encode()).digest()
        return self._signature

    def bind(self, values: dict[str, Any]) -> list[Any]:
        """The positional arguments for asyncpg."""
        defaults = self._defaults
        return [values[name] if name in values else defaults[name] for name in self.names]


@lru_cache(maxsize=512)
def compiled(clause: ClauseElement) -> Statement:
    """The statement of a clause that is a constant of its module (cached by identity)."""
    return Statement(clause)
