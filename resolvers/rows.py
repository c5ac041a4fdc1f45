"""New rows: each gets its id, its hospital, who wrote it and when, the same way everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import asyncpg

import models
from resolvers.actors import Actor
from resolvers.errors import Conflict
from resolvers.transaction import Transaction


def fresh(tx: Transaction, actor: Actor, model: type[models.Base], **values: Any) -> dict[str, Any]:
    """The whole row to insert for these values."""
    row = {"id": models.new_id(), "hospital_id": tx.hospital_id, **values}
    columns = model.__table__.c
    for at, by in (("created_at", "created_by"), ("updated_at", "updated_by")):
        if at in columns and by in columns:
            row |= {at: tx.now, by: actor.user_id}
    return row


async def add(tx: Transaction, actor: Actor, model: type[models.Base], **values: Any) -> UUID:
    """Insert the row; its id."""
    row = fresh(tx, actor, model, **values)
    await tx.insert(model, row)
    row_id: UUID = row["id"]
    return row_id


@contextmanager
def conflicting(reasons: Mapping[str, str]) -> Iterator[None]:
    """Turn the violation of one of these constraints (by name) into a CONFLICT with its reason.

    For what the database alone can decide, because it happened at the same time. The transaction
    is lost with it.
    """
    try:
        yield
    except (asyncpg.UniqueViolationError, asyncpg.ExclusionViolationError) as violation:
        reason = reasons.get(violation.constraint_name or "")
        if reason is None:
            raise
        raise Conflict(reason) from None
