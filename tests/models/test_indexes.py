"""Every foreign key has an index that begins with it: no join and no check scans a table."""

from __future__ import annotations

from typing import Any

import asyncpg

# The tenant of every row: one value for a whole database of one hospital, so an index on it alone
# selects nothing. Where rows are found by hospital, it stands first in an index that goes on.
TENANT = "hospital_id"

WITHOUT = """
SELECT k.conrelid::regclass::text AS table_name, a.attname AS column_name
FROM pg_constraint AS k
JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace
  AND NOT EXISTS (
    SELECT 1 FROM pg_index AS i
    WHERE i.indrelid = k.conrelid AND i.indkey[0] = k.conkey[1]
      AND (i.indpred IS NULL
           OR pg_get_expr(i.indpred, i.indrelid) = format('(%s IS NOT NULL)', a.attname))
  )
"""
"""An index over the rows that point at something serves as well: what is looked up is not null."""


async def test_every_foreign_key_has_its_index(pool: asyncpg.Pool[Any]) -> None:
    missing = {
        (row["table_name"], row["column_name"])
        for row in await pool.fetch(WITHOUT)
        if row["column_name"] != TENANT
    }
    assert missing == set()
