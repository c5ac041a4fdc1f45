"""The same request sent twice is done once.

The key is written before the work and in its transaction: of two at once the second waits for the
first to commit, and then gets what it made; if the first is rolled back, the second does the work.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Uuid,
    bindparam,
    delete,
    exists,
    literal_column,
    select,
    update,
)
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


@dataclass(frozen=True, slots=True)
class Claim:
    """A key that a user claims for a request. `hash` is the request's."""

    user_id: UUID
    mutation: str
    key: str
    hash: bytes
    now: datetime

    @classmethod
    def of(cls, actor: Actor, mutation: str, key: str, request: Any, now: datetime) -> Claim:
        """The claim of a key as it was sent; BadInput where it can be none.

        `request` is what the caller sent, in any form that serializes (the input, or its fields).
        """
        if actor.user_id is None:
            raise ValueError("a key belongs to a user; the system itself has none")
        hashed = hashlib.sha256(_canonical(request)).digest()
        return cls(actor.user_id, mutation, _checked(key), hashed, now)

    def row(self, produced: Mapping[str, Any]) -> dict[str, Any]:
        """The row of the key, with what the request produced."""
        return {
            "user_id": self.user_id,
            "mutation": self.mutation,
            "key": self.key,
            "request_hash": self.hash,
            "produced": _stored(produced),
            "created_at": self.now,
        }

    def binds(self) -> dict[str, Any]:
        """The values of the statements' bind parameters."""
        return {
            "claim_user": self.user_id,
            "claim_mutation": self.mutation,
            "claim_key": self.key,
            "claim_hash": self.hash,
            "claim_now": self.now,
        }


async def once(
    tx: Transaction, claim: Claim, work: Callable[[], Awaitable[dict[str, Any]]]
) -> dict[str, Any]:
    """What `work` produced: now, or the first time under this key of the user for the mutation.

    The key with another request is a CONFLICT. What is refused leaves no key behind.
    """
    row = claim.binds()
    while not await tx.run(_CLAIM, **row):
        first = await tx.first(_FIRST, **row)
        if first is None:
            continue  # forgotten in between: the key is free again
        if first["request_hash"] != claim.hash:
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


def unclaimed() -> ColumnElement[bool]:
    """The condition that nobody has used the key of a Claim yet."""
    key = models.IdempotencyKey.__table__.alias("claimed")
    return ~exists(select(literal_column("1")).select_from(key).where(*_own(key.c)))


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
_USER = bindparam("claim_user", type_=Uuid())
_MUTATION = bindparam("claim_mutation", type_=_K.mutation.type)
_KEY = bindparam("claim_key", type_=_K.key.type)


def _own(columns: Any) -> tuple[ColumnElement[bool], ...]:
    return (columns.user_id == _USER, columns.mutation == _MUTATION, columns.key == _KEY)


_OWN = _own(_K)
_CLAIM = (
    insert(models.IdempotencyKey)
    .values(
        user_id=_USER,
        mutation=_MUTATION,
        key=_KEY,
        request_hash=bindparam("claim_hash"),
        produced=bindparam("nothing", "{}", type_=_K.produced.type),
        created_at=bindparam("claim_now"),
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
