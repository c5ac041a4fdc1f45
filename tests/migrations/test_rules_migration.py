"""The rules that ship reach every hospital that is there, and change none that it has."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import asyncpg
from alembic import command

import models
from app.upgrading import configuration, upgrade
from models.rules.starter_rules import STARTER_RULES
from resolvers import critical_rules
from resolvers.database import open_pool

RULE = (
    "INSERT INTO critical_rules (id, hospital_id, key, version, test, codes, unit, high,"
    " low_inclusive, high_inclusive, source, active_from, retired_at)"
    " VALUES ($1, $2, $3, 1, 'sodium', '{2951-2}', 'mmol/L', $4, true, true, 'ours', now(), $5)"
)


async def _to(url: str, revision: str, *, down: bool = False) -> None:
    move = command.downgrade if down else command.upgrade
    await asyncio.to_thread(move, configuration(url), revision)


async def _hospital(connection: asyncpg.Connection[Any], code: str) -> Any:
    made = models.new_id()
    await connection.execute(
        "INSERT INTO hospitals (id, code, name) VALUES ($1, $2, $2)", made, code
    )
    return made


async def _in_force(url: str, hospital: Any) -> dict[str, Any]:
    pool = await open_pool(url, max_size=1)
    try:
        rules = await critical_rules.all_in_force(pool, hospital)
    finally:
        await pool.close()
    return {rule.key: replace(rule, id=None) for rule in rules}


async def test_every_hospital_gets_the_keys_that_it_has_not(empty_database: str) -> None:
    await _to(empty_database, "0013")
    connection = await asyncpg.connect(empty_database)
    try:
        bare, edited = [await _hospital(connection, code) for code in ("BARE", "EDITED")]
        later = await connection.fetchval("SELECT now()")
        await connection.execute(RULE, models.new_id(), edited, "sodium", 150, None)
        await connection.execute(RULE, models.new_id(), edited, "lactate-adult", 9, later)
        await upgrade(empty_database)
        shipped = {rule.key: rule for rule in STARTER_RULES}
        assert await _in_force(empty_database, bare) == shipped
        found = await _in_force(empty_database, edited)
        assert found.keys() == shipped.keys() - {"lactate-adult"}
        assert (found["sodium"].source, found["sodium"].repeat_window) == ("ours", 240)
        rest = found.keys() - {"sodium"}
        assert {key: found[key] for key in rest} == {key: shipped[key] for key in rest}
        # Down, with what was given, and up again: nothing comes twice.
        await _to(empty_database, "0013", down=True)
        count = "SELECT count(*) FROM critical_rules"
        before = await connection.fetchval(count)
        assert before == 2 * len(shipped)
        await upgrade(empty_database)
        assert await connection.fetchval(count) == before
        assert await _in_force(empty_database, bare) == shipped
        valid = await connection.fetchval(
            "SELECT count(*) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE"
            " indisvalid AND relname IN ('ix_lab_results_hospital', 'ix_lab_results_not_judged')"
        )
        assert valid == 2
    finally:
        await connection.close()
