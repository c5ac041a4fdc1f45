"""The hospital of the bench: places, users and rules by the product's own way, the rest in bulk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from bench import filling
from bench.sizes import ACTIVE_OF_INPATIENT, ORDERS_OF_INPATIENT, PAGE, Size
from models.rules.roles import Role
from resolvers import critical_rules, hospitals, users
from resolvers.database import Connection, open_pool
from resolvers.transaction import transaction

ANCHOR = datetime(2026, 1, 1, tzinfo=UTC)
"""The newest time in the data: fixed, so that the rows are the same on every day."""
PASSWORD = "on the bench alone"  # noqa: S105 (of a database that lives for minutes)
WARDS_OF_NURSE = 4
SEVERAL = 8
SQL = Path(__file__).with_name("hospital.sql")
SMALL_PARTS = (
    *("schema", "functions", "more functions", "patients", "inpatients", "past admissions"),
    *("admissions", "stays", "beds"),
)
LARGE_PARTS = (("vitals",), ("results",), ("orders of inpatients", "orders of the others"))
"""Each on a connection of its own."""


@dataclass(frozen=True, slots=True)
class Hospital:
    """What the workloads ask for.

    `charts` are inpatients on the nurse's wards, `recorded` those of the last ward, which the nurse
    does not see: what W4 writes does not change what W1 and W2 read. `prefixes` have more than one
    page of patients.
    """

    wards: tuple[str, ...]
    charts: tuple[UUID, ...]
    recorded: tuple[UUID, ...]
    prefixes: tuple[str, ...]


async def build(database_url: str, size: Size) -> None:
    """Fill the migrated, empty database."""
    pool = await open_pool(database_url, min_size=1, max_size=2)
    try:
        async with pool.acquire() as connection:
            hospital_id, wards = await _places(connection, size)
            await _users(connection, hospital_id, wards)
        async with transaction(pool, hospital_id, datetime.now(UTC)) as tx:
            await critical_rules.install_starter(tx)
            # The same few patients are critical again and again: each result raises, as if it were
            # the first, and none joins the one before (docs/decisions/0022).
            await tx.connection.execute("UPDATE critical_rules SET repeat_window = 0")
    finally:
        await pool.close()
    # Not from the pool: its connections give up after half a minute.
    alone = await asyncpg.connect(database_url)
    try:
        parts = _parts(hospital_id, size)
        for name in SMALL_PARTS:
            await alone.execute(*parts[name])
        async with filling.bare(alone, database_url):
            works = [[parts[name] for name in names] for names in LARGE_PARTS]
            await filling.together(database_url, works)
        await alone.execute("DROP SCHEMA bench CASCADE")
        await alone.execute("VACUUM ANALYZE")
    finally:
        await alone.close()


async def chosen(database_url: str, size: Size) -> Hospital:
    """What to ask of a hospital that was built."""
    wards = _codes(size)
    seen = wards[:-1][:WARDS_OF_NURSE]
    connection = await asyncpg.connect(database_url)
    try:
        lying = await connection.fetch(
            "SELECT wards.code, patient_id FROM bed_stays JOIN wards ON wards.id = ward_id"
            " JOIN beds ON beds.id = bed_id ORDER BY wards.code, beds.code"
        )
        prefixes = await _prefixes(connection)
    finally:
        await connection.close()
    return Hospital(
        wards=tuple(seen),
        charts=tuple(row["patient_id"] for row in lying if row["code"] in seen),
        recorded=tuple(row["patient_id"] for row in lying if row["code"] == wards[-1]),
        prefixes=prefixes,
    )


async def _places(connection: Connection, size: Size) -> tuple[UUID, list[str]]:
    hospital_id = await hospitals.create_hospital(
        connection, "BENCH", "Hospital of the bench", now=datetime.now(UTC)
    )
    codes = _codes(size)
    for code in codes:
        ward_id = await hospitals.create_ward(connection, hospital_id, code, f"Ward {code}")
        for bed in range(1, size.beds + 1):
            await hospitals.create_bed(connection, hospital_id, ward_id, f"{bed:02}")
    return hospital_id, codes


def _codes(size: Size) -> list[str]:
    return [f"W{number:02}" for number in range(1, size.wards + 1)]


async def _users(connection: Connection, hospital_id: UUID, wards: list[str]) -> None:
    for role, ward_codes in (
        (Role.NURSE, wards[:-1][:WARDS_OF_NURSE]),
        (Role.CLERK, []),
        (Role.LAB, []),
    ):
        await users.add_user(
            connection,
            hospital_id,
            username=role.lower(),
            display_name=role.title(),
            password=PASSWORD,
            roles=[role],
            ward_codes=ward_codes,
        )


def _parts(hospital_id: UUID, size: Size) -> dict[str, filling.Statement]:
    """The statements of hospital.sql with their values."""
    others = max(size.orders - size.wards * size.beds * ORDERS_OF_INPATIENT, 0)
    given: dict[str, tuple[Any, ...]] = {
        "patients": (ANCHOR, hospital_id, size.patients),
        "inpatients": (ANCHOR,),
        "past admissions": (ANCHOR,),
        "admissions": (ANCHOR, hospital_id),
        "stays": (ANCHOR, hospital_id),
        "vitals": (ANCHOR, hospital_id, size.patients, size.vitals),
        "results": (ANCHOR, hospital_id, size.patients, size.results),
        "orders of inpatients": (ANCHOR, hospital_id, ORDERS_OF_INPATIENT, ACTIVE_OF_INPATIENT),
        "orders of the others": (ANCHOR, hospital_id, others),
    }
    _, *parts = SQL.read_text().split("-- part: ")
    named = (part.partition("\n") for part in parts)
    return {name: (statement, *given.get(name, ())) for name, _, statement in named}


async def _prefixes(connection: asyncpg.Connection[Any]) -> tuple[str, ...]:
    """The longest beginnings of names that have at least two pages, if there are several."""
    for length in (4, 3, 2, 1):
        rows = await connection.fetch(
            "SELECT left(name_key, $1) AS prefix FROM patients GROUP BY 1"
            " HAVING count(*) >= $2 ORDER BY 1",
            length,
            2 * PAGE,
        )
        if len(rows) >= SEVERAL or (rows and length == 1):
            return tuple(row["prefix"] for row in rows)
    raise LookupError("too few patients for two pages of any name")
