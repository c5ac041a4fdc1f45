"""Verification of the audit: a walk along the whole chain that finds what was changed, and where.

It reads in pieces, within one snapshot, so it takes little memory and sealing goes on beside it.
Besides the chain it looks at what the chain does not hold by itself: that every entry is in it,
that what entries share is what its id says, and that whoever an entry is about can find it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.types import LargeBinary

from models.rules.audit_chain import Finding, Head, Seal, Wrong, walk
from resolvers.database import Connection, Statement

PIECE = 2_000
"""How many rows are looked at in one statement."""


async def verify(
    connection: Connection, *, expected: Head | None = None
) -> AsyncIterator[Finding | Head]:
    """Everything that is wrong, as it is found; at the end the head of the chain.

    `expected` is a head that was noted elsewhere: the chain must have come by it. Without one,
    nobody can tell that its end was cut off, or that all of it was made anew.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        async for finding in _selections(connection):
            yield finding
        async for finding in _unsealed(connection):
            yield finding
        head = Head()
        passed = expected is None or expected == head
        while True:
            rows = await connection.fetch(_LINKS.sql, *_LINKS.bind({"position": head.position}))
            if not rows:
                break
            found: list[Finding] = []
            links = [(_seal(row), _digest(row)) for row in rows]
            for head in walk(head, links, found):  # noqa: B020 (it is where the walk stands)
                if expected is not None and head.position == expected.position:
                    passed = True
                    if head != expected:
                        found.append(Finding(Wrong.HEAD_DIFFERS, head.position))
            found += [
                Finding(Wrong.MENTION_WRONG, row["position"], row["entry_id"])
                for row in await connection.fetch(
                    _UNMENTIONED.sql,
                    *_UNMENTIONED.bind(
                        {"first": links[0][0].position, "last": links[-1][0].position}
                    ),
                )
            ]
            for finding in sorted(found, key=lambda one: one.position or 0):
                yield finding
        if not passed and expected is not None:
            yield Finding(Wrong.HEAD_MISSING, expected.position)
        yield head


async def _selections(connection: Connection) -> AsyncIterator[Finding]:
    last = b""
    while rows := await connection.fetch(_SHARED.sql, *_SHARED.bind({"last": last})):
        for row in rows:
            if not row["whole"]:
                yield Finding(Wrong.SELECTION_CHANGED, selection_id=row["id"])
        last = rows[-1]["id"]


async def _unsealed(connection: Connection) -> AsyncIterator[Finding]:
    """Entries below the newest sealed one that have no seal and are in no gap."""
    last = 0
    while rows := await connection.fetch(_UNSEALED.sql, *_UNSEALED.bind({"last": last})):
        for row in rows:
            if row["missing"]:
                yield Finding(Wrong.SELECTION_MISSING, None, row["id"], row["selection_id"])
            if row["unsealed"]:
                yield Finding(Wrong.ENTRY_UNSEALED, entry_id=row["id"])
        last = rows[-1]["id"]


def _seal(row: asyncpg.Record) -> Seal:
    return Seal(row["position"], row["entry_id"], row["sealed_at"], row["digest"], row["hash"])


def _digest(row: asyncpg.Record) -> bytes | None:
    found: bytes | None = row["found"]
    return found


_PIECE = bindparam("piece", PIECE, type_=BigInteger())
_LINKS = Statement(
    text(
        "SELECT seal.position, entry_id, sealed_at, digest, hash,"
        # Without an encoding in its form it is not what was sealed: somebody has changed the form,
        # or filled a column that the form has no place for.
        " CASE WHEN entry.id IS NOT NULL"
        " THEN coalesce(sha256(audit_encoding(entry, form)), ''::bytea) END AS found"
        " FROM (SELECT * FROM audit_seals WHERE position > :position"
        " ORDER BY position LIMIT :piece) AS seal"
        " LEFT JOIN audit_entries AS entry ON entry.id = entry_id ORDER BY seal.position"
    ).bindparams(bindparam("position", type_=BigInteger()), _PIECE)
)
_UNMENTIONED = Statement(
    text(
        "SELECT DISTINCT seal.position, entry_id FROM audit_seals AS seal"
        " JOIN audit_entries AS entry ON entry.id = entry_id"
        " CROSS JOIN LATERAL unnest(entry.patient_ids || entry.user_id) AS subject"
        " WHERE seal.position BETWEEN :first AND :last AND subject IS NOT NULL"
        # A mention stands at the last position of its batch.
        " AND NOT coalesce((SELECT entry.id = ANY(entry_ids) FROM audit_mentions AS mention"
        " WHERE mention.subject_id = subject AND mention.position >= seal.position"
        " ORDER BY mention.position LIMIT 1), false)"
    ).bindparams(bindparam("first", type_=BigInteger()), bindparam("last", type_=BigInteger()))
)
_SHARED = Statement(
    text(
        "SELECT id, id = sha256(audit_encoding(shared)) AS whole FROM audit_selections AS shared"
        " WHERE id > :last ORDER BY id LIMIT :piece"
    ).bindparams(bindparam("last", type_=LargeBinary()), _PIECE)
)
_UNSEALED = Statement(
    text(
        "SELECT id, selection_id,"
        " NOT EXISTS (SELECT FROM audit_selections WHERE id = entry.selection_id) AS missing,"
        " id <= (SELECT coalesce(max(entry_id), 0) FROM audit_seals)"
        " AND NOT EXISTS (SELECT FROM audit_seals WHERE entry_id = entry.id)"
        " AND NOT EXISTS (SELECT FROM audit_gaps WHERE entry.id BETWEEN first_id AND last_id)"
        " AS unsealed"
        " FROM (SELECT id, selection_id FROM audit_entries WHERE id > :last"
        " ORDER BY id LIMIT :piece) AS entry ORDER BY id"
    ).bindparams(bindparam("last", type_=BigInteger()), _PIECE)
)
