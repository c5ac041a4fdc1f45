"""The same request sent twice is done once.

The key is written before the work and in its transaction: of two at once the second waits for the
first to commit, and then gets what it made; if the first is rolled back, the second does the work.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.types import TIMESTAMP

import models
from resolvers import inputs
from resolvers.actors import Actor
from resolvers.database import Connection, Statement
from resolvers.errors import BadInput, Conflict, Refusal
from resolvers.transaction import Transaction

_FIELD = "idempotencyKey"
_ID = "$id"


async def once(  # noqa: PLR0917 (who, what, under which key: it reads as a sentence)
    tx: Transaction,
    actor: Actor,
    mutation: str,
    key: str,
    request: Any,
    work: Callable[[], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    """What `work` produced: now, or the first time under this key of the user for the mutation.

    `request` is what the caller sent, in any form that serializes (the input, or its fields). The
    key with another request is a CONFLICT. What is refused leaves no key behind.
    """
    if actor.user_id is None:
        raise ValueError("a key belongs to a user; the system itself has none")
    row = {
        "user": actor.user_id,
        "mutation": mutation,
        "key": _checked(key),
        "hash": hashlib.sha256(_canonical(request)).digest(),
        "now": tx.now,
    }
    while not await tx.run(_CLAIM, **row):
        first = await tx.first(_FIRST, **row)
        if first is None:
            continue  # forgotten in between: the key is free again
        if first["request_hash"] != row["hash"]:
            raise Conflict("this idempotencyKey was used for another request", field=_FIELD)
        produced: dict[str, Any] = _restored(json.loads(first["produced"]))
        return produced
    try:
        produced = await work()
    except Refusal as refusal:
        if refusal.keeps:  # the transaction commits: what was refused was not done
            await tx.run(_FREE, **row)
        raise
    await tx.run(_KEEP, **row, produced=json.dumps(_stored(produced)))
    return produced


async def forget(connection: Connection, *, before: datetime) -> int:
    """Drop the keys made before a time; how many. For a job on a clock."""
    status = await connection.execute(_FORGET.sql, *_FORGET.bind({"before": before}))
    return int(status.rsplit(" ", 1)[-1])


def _checked(key: str) -> str:
    try:
        return inputs.text(key, _FIELD)
    except BadInput as wrong:
        raise BadInput(
            f"{_FIELD} has 1 to {inputs.NAME} characters",
            field=_FIELD,
            limit=f"1 to {inputs.NAME} characters",
        ) from wrong


def _canonical(request: Any) -> bytes:
    # Not orjson: what was sent may hold half a surrogate pair, which is for the work to refuse.
    return json.dumps(request, default=_plain, sort_keys=True).encode("ascii")


def _plain(value: Any) -> Any:
    """What JSON does not know: objects as their fields, numbers and times as they were sent."""
    return vars(value) if hasattr(value, "__dict__") else str(value)


def _stored(value: Any) -> Any:
    """Ids become objects, so that they come back as ids."""
    match value:
        case UUID():
            return {_ID: str(value)}
        case dict():
            return {name: _stored(each) for name, each in value.items()}
        case list() | tuple():
            return [_stored(each) for each in value]
    return value


def _restored(value: Any) -> Any:
    match value:
        case {"$id": str(found)}:
            return UUID(found)
        case dict():
            return {name: _restored(each) for name, each in value.items()}
        case list():
            return [_restored(each) for each in value]
    return value


_TIME = TIMESTAMP(timezone=True)
_K = models.IdempotencyKey.__table__.c
_OWN = (
    _K.user_id == bindparam("user"),
    _K.mutation == bindparam("mutation", type_=_K.mutation.type),
    _K.key == bindparam("key", type_=_K.key.type),
)
_CLAIM = (
    insert(models.IdempotencyKey)
    .values(
        user_id=bindparam("user"),
        mutation=bindparam("mutation"),
        key=bindparam("key"),
        request_hash=bindparam("hash"),
        produced=bindparam("nothing", "{}", type_=_K.produced.type),
        created_at=bindparam("now"),
    )
    .on_conflict_do_nothing()
)
_FIRST = select(_K.request_hash, _K.produced).where(*_OWN)
_KEEP = (
    update(models.IdempotencyKey)
    .where(*_OWN)
    .values(produced=bindparam("produced", type_=_K.produced.type))
)
_FREE = delete(models.IdempotencyKey).where(*_OWN)
_FORGET = Statement(
    delete(models.IdempotencyKey).where(_K.created_at < bindparam("before", type_=_TIME))
)
