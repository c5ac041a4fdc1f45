"""Clinicians as results name them: who ordered a test, by username.

To be named gives nobody a right: who ordered a test and has no relation to the patient is written
on the steps of a critical result, and sees nothing of it (docs/decisions/0022).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Text, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

import models
from resolvers.database import Connection, Statement
from resolvers.errors import NotFound


class Clinicians:
    """Users of a hospital by name. Names do not change, and no user is ever taken away."""

    def __init__(self, by_name: Mapping[str, UUID]) -> None:
        self._by_name = by_name

    @classmethod
    async def load(
        cls,
        connection: asyncpg.Pool[Any] | Connection,
        hospital_id: UUID,
        names: Iterable[str | None],
    ) -> Clinicians:
        """Those of the names that are users of the hospital; asks nothing where there is none."""
        wanted = written(names)
        if not wanted:
            return cls({})
        rows = await connection.fetch(
            _NAMED.sql, *_NAMED.bind({"hospital_id": hospital_id, "names": sorted(wanted)})
        )
        return cls({row["username"]: row["id"] for row in rows})

    def known(self, name: str | None) -> UUID | None:
        """The user of a name; None where there is none, or no name."""
        return self._by_name.get(_key(name))

    def of(self, name: str | None, at: str) -> UUID | None:
        """Who ordered it; None where nobody is named. NotFound where the name is nobody's."""
        if not _key(name):
            return None
        found = self.known(name)
        if found is None:
            raise NotFound(f"{at}.orderedBy names nobody here", field=f"{at}.orderedBy")
        return found


def written(names: Iterable[str | None]) -> frozenset[str]:
    """The names as users have them. One with NUL in it is nobody's, and PostgreSQL would not take
    the text."""
    return frozenset(key for key in map(_key, names) if key and key.isprintable())


def _key(name: str | None) -> str:
    return (name or "").strip().lower()


_USER = models.User.__table__
_NAMED = Statement(
    select(_USER.c.username, _USER.c.id).where(
        _USER.c.hospital_id == bindparam("hospital_id"),
        _USER.c.username == bindparam("names", type_=ARRAY(Text())).any_(),
    )
)
