"""The critical results of the real input are those that code finds which knows nothing of ours.

It reads the raw files and a table written by hand (critical_table), and compares whose, which, when
and how much. The input is years old, so that its results sound no alarm; here the hospital takes
them as if they were of today, and each of them raises its alert or joins one.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest_asyncio

from resolvers.hospitals import create_hospital
from resolvers.imports.files import fhir_files, hl7v2_files
from resolvers.imports.runs import Run, importer
from resolvers.policy import DEFAULT_POLICY
from tests.resolvers.imports.critical_table import NAMES, TABLE, Told, critical, of_code

NEVER_LATE = replace(DEFAULT_POLICY, stale_result_after=timedelta(days=150 * 366))


@dataclass
class Imported:
    pool: asyncpg.Pool[Any]
    hospital_id: UUID

    async def told(self, condition: str) -> set[Told]:
        """The newest version of every result that the table has a test for."""
        codes = [code for known, *_ in TABLE.values() for code in known]
        rows = await self.pool.fetch(
            "SELECT mrn, code, observed_at, value FROM lab_results"
            " JOIN patients ON patients.id = patient_id"
            " WHERE lab_results.hospital_id = $1 AND superseded_at IS NULL"
            f" AND code = ANY ($2) AND {condition}",
            self.hospital_id,
            codes,
        )
        return {(row["mrn"], row["code"], row["observed_at"], row["value"]) for row in rows}

    async def check(self, results: set[Told], wanted: set[Told]) -> None:
        """All of them are there, judged, and those critical that should be, each with an alert."""
        assert await self.told("true") == results
        # Every unit of the input can be turned into the table's: there is nothing to explain away.
        assert await self.told("interpretation = 'NOT_JUDGED'") == set()
        assert await self.told("arrived_late") == set()
        assert await self.told("interpretation LIKE 'CRITICAL%'") == wanted
        assert await self.told("critical_result_id IS NOT NULL") == wanted
        steps = await self.pool.fetch(
            "SELECT DISTINCT mrn, code, observed_at, value FROM critical_result_steps AS step"
            " JOIN lab_results AS result ON result.id = step.lab_result_id"
            " JOIN patients ON patients.id = patient_id"
            " WHERE step.hospital_id = $1 AND step.kind IN ('RAISED', 'REPEATED', 'WORSENED')",
            self.hospital_id,
        )
        assert {(row["mrn"], row["code"], row["observed_at"], row["value"]) for row in steps} == (
            wanted
        )


async def imported(pool: asyncpg.Pool[Any], code: str, read: Any) -> Imported:
    """A hospital that has taken the input, none of it late."""
    async with pool.acquire() as connection:
        hospital_id = await create_hospital(connection, code, code, now=datetime.now(UTC))
    run = Run(
        pool=pool,
        actor=importer(hospital_id),
        clock=lambda: datetime.now(UTC),
        zone=UTC,
        policy=NEVER_LATE,
    )
    await read(run)
    return Imported(pool, hospital_id)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def fhir(pool: asyncpg.Pool[Any], real_data: Path) -> AsyncIterator[Imported]:
    yield await imported(pool, "F", lambda run: run.fhir(fhir_files([real_data / "synthea"])))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hl7v2(pool: asyncpg.Pool[Any], real_data: Path) -> AsyncIterator[Imported]:
    path = real_data / "hl7v2" / "messages.hl7"
    yield await imported(pool, "H", lambda run: run.hl7v2(hl7v2_files([path])))


def days_old(born: str, at: datetime) -> float:
    birth = datetime.fromisoformat(born).replace(tzinfo=UTC)
    return (at - birth) / timedelta(days=1)


async def test_of_the_bundles(fhir: Imported, real_data: Path) -> None:
    results, wanted = set(), set()
    for path in sorted((real_data / "synthea").glob("*.json.gz")):
        # As written: a float would not be the number that was sent.
        bundle = json.loads(gzip.decompress(path.read_bytes()), parse_float=Decimal)
        resources = [entry["resource"] for entry in bundle["entry"]]
        (person,) = (one for one in resources if one["resourceType"] == "Patient")
        (mrn,) = (
            one["value"]
            for one in person["identifier"]
            if one.get("type", {}).get("coding", [{}])[0].get("code") == "MR"
        )
        for one in resources:
            if one["resourceType"] != "Observation":
                continue
            code = one["code"]["coding"][0]["code"]
            if of_code(code) is None or one["category"][0]["coding"][0]["code"] != "laboratory":
                continue
            at = datetime.fromisoformat(one["effectiveDateTime"])
            value = Decimal(one["valueQuantity"]["value"])
            told = (mrn, code, at, value)
            results.add(told)
            if critical(
                code, value, one["valueQuantity"]["unit"], days_old(person["birthDate"], at)
            ):
                wanted.add(told)
    assert {(code, round(value, 2)) for _, code, _, value in wanted} >= {
        ("718-7", Decimal("6.94")),
        ("6690-2", Decimal("0.54")),
    }
    assert len(results) > 1000
    await fhir.check(results, wanted)


async def test_of_the_messages(hl7v2: Imported, real_data: Path) -> None:
    """The newest message of a result counts; its time is OBX-14."""
    results: dict[tuple[str, str, datetime], Decimal] = {}
    born: dict[str, str] = {}
    unit_of: dict[tuple[str, str, datetime], str] = {}
    below: set[tuple[str, str, datetime]] = set()
    mrn = ""
    text = (real_data / "hl7v2" / "messages.hl7").read_text().replace("\n", "\r")
    for line in text.split("\r"):
        fields = line.split("|")
        if fields[0] == "PID":
            mrn = fields[3].split("^")[0]
            born[mrn] = fields[7][:8]
        if fields[0] != "OBX":
            continue
        name = fields[3].split("^")[1]
        if name not in NAMES or fields[2] != "NM" or not fields[5]:
            continue
        at = datetime.strptime(fields[14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        key = (mrn, NAMES[name], at)
        if fields[5].startswith("<"):
            # Less than the least that is measured: of creatinine, which is critical when high.
            assert name == "Creatinine"
            below.add(key)
        results[key], unit_of[key] = Decimal(fields[5].removeprefix("<")), fields[6]
    told = {(*key, value) for key, value in results.items()}
    wanted = {
        (*key, value)
        for key, value in results.items()
        if key not in below
        and critical(key[1], value, unit_of[key], days_old(born[key[0]], key[2]))
    }
    assert len(told) > 300
    await hl7v2.check(told, wanted)
