"""Wards: the one that an input names by its code."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, bindparam, select

import models
from models.rules.scopes import Reach
from resolvers import inputs
from resolvers.actors import Actor
from resolvers.errors import NotFound
from resolvers.reading import scope as scoping
from resolvers.transaction import Transaction


async def named(
    tx: Transaction, actor: Actor, reaches: frozenset[Reach], code: str, field: str
) -> UUID:
    """The ward with this code, among those that are in the reaches; NOT_FOUND, naming the input's
    `field`, where there is none."""
    values = scoping.binds(actor) | {"code": inputs.text(code, field)}
    found: UUID | None = await tx.scalar(_named(reaches), **values)
    if found is None:
        raise NotFound(f"{field} names nothing here", field=field)
    return found


@lru_cache(maxsize=64)
def _named(reaches: frozenset[Reach]) -> Select[Any]:
    ward = models.Ward.__table__.alias("named")
    return select(ward.c.id).where(
        ward.c.code == bindparam("code", type_=Text()),
        scoping.of_hospital(ward),
        scoping.visible(models.Ward, ward, reaches),
    )
