"""The critical results of the real input are those that code finds which knows nothing of ours.

It reads the raw files and a table written by hand (critical_table), and compares whose, which, when
and how much. The input is years old, so that its results sound no alarm; here the hospital takes
them as if they were of today, and each of them raises its alert or joins one.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
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


def lines(text: str, factors: Mapping[str, str]) -> Iterator[list[str]]:
    """The segments of the messages, with the values of some tests multiplied."""
    for line in text.replace("\n", "\r").split("\r"):
        fields = line.split("|")
        name = fields[3].split("^")[1] if fields[0] == "OBX" else ""
        if name in factors and fields[5] and not fields[5].startswith("<"):
            fields[5] = str(Decimal(fields[5]) * Decimal(factors[name]))
        yield fields


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


@pytest.mark.parametrize(
    ("code", "factors"),
    [
        # Its patients with failing kidneys have up to 369 umol/L, and 884 would be critical.
        ("H1", {}),
        ("H4", {"Creatinine": "4", "Potassium": "1.3", "Haemoglobin": "0.5"}),
    ],
)
async def test_of_the_messages(
    pool: asyncpg.Pool[Any],
    real_data: Path,
    tmp_path: Path,
    code: str,
    factors: dict[str, str],
) -> None:
    """As they are they hold nothing critical; so once more with values that are farther off. The
    newest message of a result counts; its time is OBX-14."""
    segments = [*lines((real_data / "hl7v2" / "messages.hl7").read_text(), factors)]
    path = tmp_path / "messages.hl7"
    path.write_text("\r".join("|".join(fields) for fields in segments))
    results: dict[tuple[str, str, datetime], Decimal] = {}
    wanted: set[Told] = set()
    mrn = born = ""
    for fields in segments:
        if fields[0] == "PID":
            mrn, born = fields[3].split("^")[0], fields[7][:8]
        name = fields[3].split("^")[1] if fields[0] == "OBX" else ""
        if name not in NAMES or fields[2] != "NM" or not fields[5]:
            continue
        at = datetime.strptime(fields[14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        value = Decimal(fields[5].removeprefix("<"))
        results[mrn, NAMES[name], at] = value
        if fields[5].startswith("<"):
            # Less than the least that is measured: of creatinine, which is critical when high.
            assert name == "Creatinine"
        elif critical(NAMES[name], value, fields[6], days_old(born, at)):
            wanted.add((mrn, NAMES[name], at, value))
    told = {(*key, value) for key, value in results.items()}
    assert len(told) > 300
    assert {code for _, code, *_ in wanted} == {NAMES[name] for name in factors}
    hospital = await imported(pool, code, lambda run: run.hl7v2(hl7v2_files([path])))
    await hospital.check(told, wanted & told)
