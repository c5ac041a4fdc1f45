"""The audit beside what plans write of their own: what was refused, the seals, and the head.

What a plan reads or writes leaves its entry in the same statement (resolvers/reading/audit).
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import ColumnElement, Text, Uuid, bindparam, func, insert, literal_column, select

import models
from models.rules import audit_chain
from models.rules.audit import AuditOutcome
from resolvers import faults
from resolvers.actors import Actor
from resolvers.database import Connection, Statement
from resolvers.errors import Refusal, Unauthenticated
from resolvers.reading.audit import Shared, operation_of
from resolvers.reading.documents import Prepared
from resolvers.reading.fields import Selected

MOST_SEALED = 5_000
"""How many entries are sealed at once: about 0.2 s of one core, and the lock of the sealer."""

_OUTCOMES = frozenset(AuditOutcome)
_FIELD = re.compile(r"[A-Za-z]{1,50}")


async def attempted(  # noqa: PLR0917 (who tried what, and how it ended)
    connection: Connection | asyncpg.Pool[Any],
    prepared: Prepared,
    root: Selected,
    actor: Actor | None,
    refusal: Refusal,
    now: datetime,
) -> None:
    """Leave the entry of a root field that was refused, where such a refusal leaves one.

    It tells which field of the schema, or of its input, and never whose row it would have been: an
    id that names nothing here is not known to be anybody's.
    """
    if actor is None or actor.user_id is None or isinstance(refusal, Unauthenticated):
        return
    if refusal.code not in _OUTCOMES:
        return
    await _write(
        connection,
        _refused(prepared, root, refusal),
        hospital_id=actor.hospital_id,
        user_id=actor.user_id,
        session_id=actor.session_id,
        address=actor.address,
        now=now,
    )


async def failed_sign_in(  # noqa: PLR0917 (who tried what, and how it ended)
    pool: asyncpg.Pool[Any],
    prepared: Prepared,
    root: Selected,
    username: str,
    address: str,
    refusal: Refusal,
    now: datetime,
) -> None:
    """Leave the entry of a sign-in with a wrong name or password.

    Under the account, where there is one of that name. Of any other name nothing is kept, neither
    as it is nor hashed: what people type there by mistake is their password. Its entry is the
    hospital's where there is only one. One statement both ways, in the same time.
    """
    if refusal.code not in _OUTCOMES:
        return
    shared = _refused(prepared, root, refusal)
    await shared.keep(pool)
    await pool.execute(
        _FAILED.sql,
        *_FAILED.bind(
            {
                "username": username.strip().lower().replace("\0", ""),
                "occurred_at": now,
                "address": address,
                "selection_id": shared.id,
                "request_id": faults.CORRELATION.get(),
            }
        ),
    )


def _refused(prepared: Prepared, root: Selected, refusal: Refusal) -> Shared:
    name = f"{prepared.kind.value.title()}.{root.name}"
    field = str(refusal.extensions.get("field", ""))
    refused = f"{name}({field}:)" if _FIELD.fullmatch(field) else name
    return Shared(
        audit_chain.Selection(
            operation=operation_of(prepared, root),
            operation_name=prepared.name,
            document_hash=prepared.document.digest,
            outcome=refusal.code,
            roots=(name,),
            refused=(refused,),
        )
    )


async def _write(
    connection: Connection | asyncpg.Pool[Any], shared: Shared, *, now: datetime, **who: Any
) -> None:
    await shared.keep(connection)
    values = {"occurred_at": now, "selection_id": shared.id, **who}
    values["request_id"] = faults.CORRELATION.get()
    await connection.execute(_ENTRY.sql, *_ENTRY.bind(values))


async def seal(pool: asyncpg.Pool[Any]) -> int:
    """Seal what has no seal yet, up to MOST_SEALED entries; how many it were.

    One process at a time does it: 0 also where another is at it.
    """
    sealed: int = await pool.fetchval("SELECT seal_audit($1)", MOST_SEALED)
    return sealed


async def head(connection: Connection | asyncpg.Pool[Any]) -> audit_chain.Head:
    """The end of the chain."""
    row = await connection.fetchrow(_HEAD.sql, *_HEAD.bind({}))
    return audit_chain.Head() if row is None else audit_chain.Head(row["position"], row["hash"])


async def unsealed_since(connection: Connection) -> datetime | None:
    """When the first entry after the sealed ones was written; None: all are sealed."""
    since: datetime | None = await connection.fetchval(_UNSEALED.sql, *_UNSEALED.bind({}))
    return since


_E, _S, _U = (model.__table__.c for model in (models.AuditEntry, models.AuditSeal, models.User))
_NOBODY: ColumnElement[list[UUID]] = literal_column("'{}'::uuid[]")
_COLUMNS = ("occurred_at", "address", "selection_id", "request_id")
_WHO = ("hospital_id", "user_id", "session_id")
_ENTRY = Statement(
    insert(models.AuditEntry).values(
        {name: bindparam(name, type_=_E[name].type) for name in (*_COLUMNS, *_WHO)}
        | {"patient_ids": _NOBODY}
    )
)
_ACCOUNT = select(_U.id, _U.hospital_id).where(_U.username == bindparam("username", type_=Text()))
_FOUND = _ACCOUNT.subquery()
_ONLY = (
    select(func.min(models.Hospital.id.cast(Text())).cast(Uuid()))
    .having(func.count() == 1)
    .scalar_subquery()
)
_FAILED = Statement(
    insert(models.AuditEntry).from_select(
        [*_COLUMNS, "hospital_id", "user_id", "patient_ids"],
        select(
            *(bindparam(name, type_=_E[name].type) for name in _COLUMNS),
            func.coalesce(select(_FOUND.c.hospital_id).scalar_subquery(), _ONLY),
            select(_FOUND.c.id).scalar_subquery(),
            _NOBODY,
        ),
    )
)
_HEAD = Statement(select(_S.position, _S.hash).order_by(_S.position.desc()).limit(1))
_UNSEALED = Statement(
    select(_E.occurred_at)
    .where(_E.id > func.coalesce(select(func.max(_S.entry_id)).scalar_subquery(), 0))
    .order_by(_E.id)
    .limit(1)
)
