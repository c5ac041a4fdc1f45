"""Migration 0016 on tables that hold vital signs: there and back, what the rules held is held."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest
from alembic import command

import models
from app.upgrading import configuration
from resolvers.database import open_pool

_SET = (
    "INSERT INTO vital_signs (id, hospital_id, patient_id, recorded_at, news2_applies, {column})"
    " VALUES ($1, $2, $3, now(), $4, $5)"
)


async def _to(url: str, revision: str, *, down: bool = False) -> None:
    move = command.downgrade if down else command.upgrade
    await asyncio.to_thread(move, configuration(url), revision)


async def _ground(pool: asyncpg.Pool[Any]) -> tuple[Any, Any]:
    hospital, patient = models.new_id(), models.new_id()
    await pool.execute("INSERT INTO hospitals (id, code, name) VALUES ($1, 'H', 'H')", hospital)
    await pool.execute(
        "INSERT INTO patients (id, hospital_id, mrn, given_name, family_name, sex)"
        " VALUES ($1, $2, 'M', 'A', 'B', 'FEMALE')",
        patient,
        hospital,
    )
    return hospital, patient


async def test_what_was_there_gets_its_reason_and_its_scale(empty_database: str) -> None:
    await _to(empty_database, "0015")
    pool = await open_pool(empty_database, max_size=2)
    try:
        hospital, patient = await _ground(pool)
        for applies in (True, False):
            sql = _SET.format(column="heart_rate")
            await pool.execute(sql, models.new_id(), hospital, patient, applies, 70)
        await _to(empty_database, "0016")
        rows = await pool.fetch(
            "SELECT news2_not_applicable AS reason, news2_scale, confirmed, arrived_late"
            " FROM vital_signs ORDER BY news2_applies"
        )
        assert [tuple(row) for row in rows] == [
            ("AGE", "SCALE_1", [], False),
            (None, "SCALE_1", [], False),
        ]
    finally:
        await pool.close()


async def test_the_release_before_goes_on_recording(empty_database: str) -> None:
    await _to(empty_database, "0016")
    pool = await open_pool(empty_database, max_size=2)
    try:
        hospital, patient = await _ground(pool)
        sql = _SET.format(column="heart_rate")
        for applies in (True, False):
            await pool.execute(sql, models.new_id(), hospital, patient, applies, 70)
        assert await pool.fetchval("SELECT count(*) FROM vital_signs") == 2
    finally:
        await pool.close()


async def test_the_version_before_is_left_nothing_that_it_would_take_for_true(
    empty_database: str,
) -> None:
    await _to(empty_database, "0016")
    pool = await open_pool(empty_database, max_size=2)
    try:
        hospital, patient = await _ground(pool)
        kept, confirmed, taken_back = (models.new_id() for _ in range(3))
        sql = _SET.format(column="heart_rate")
        await pool.execute(sql, kept, hospital, patient, True, 70)
        await pool.execute(sql, taken_back, hospital, patient, True, 80)
        await pool.execute(
            "UPDATE vital_signs SET entered_in_error_at = now(), entered_in_error_reason = 'no'"
            " WHERE id = $1",
            taken_back,
        )
        with pytest.raises(asyncpg.CheckViolationError):
            await pool.execute(sql, confirmed, hospital, patient, True, 310)
        await pool.execute(
            "INSERT INTO vital_signs (id, hospital_id, patient_id, recorded_at, news2_applies,"
            " heart_rate, systolic, confirmed)"
            " VALUES ($1, $2, $3, now(), true, 310, 90, '{HEART_RATE}')",
            confirmed,
            hospital,
            patient,
        )
        await _to(empty_database, "0015", down=True)
        rows = await pool.fetch("SELECT id, heart_rate, systolic FROM vital_signs")
        assert {row["id"]: (row["heart_rate"], row["systolic"]) for row in rows} == {
            kept: (70, None),
            confirmed: (None, 90),
            taken_back: (None, None),
        }
        with pytest.raises(asyncpg.CheckViolationError):
            await pool.execute("UPDATE vital_signs SET heart_rate = 310 WHERE id = $1", kept)
        await _to(empty_database, "0016")
        assert await pool.fetchval("SELECT count(*) FROM vital_signs") == 3
    finally:
        await pool.close()


async def test_what_was_there_is_looked_at_in_the_end(empty_database: str) -> None:
    unseen = "SELECT count(*) FROM pg_constraint WHERE NOT convalidated"
    await _to(empty_database, "0016")
    pool = await open_pool(empty_database, max_size=2)
    try:
        assert await pool.fetchval(unseen) > 0
        await _to(empty_database, "head")
        assert await pool.fetchval(unseen) == 0
    finally:
        await pool.close()
