"""The bundles of the real input, counted by code that knows nothing of ours."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest_asyncio

from resolvers.hospitals import create_hospital
from resolvers.imports.files import fhir_files
from resolvers.imports.ledger import Ledger, Outcome
from resolvers.imports.runs import Run, importer
from resolvers.policy import DEFAULT_POLICY


@dataclass
class Imported:
    pool: asyncpg.Pool[Any]
    hospital_id: UUID
    first: Ledger
    second: Ledger
    resources: list[dict[str, Any]]

    async def count(self, table: str, condition: str = "true") -> int:
        found: int = await self.pool.fetchval(
            f"SELECT count(*) FROM {table} WHERE hospital_id = $1 AND {condition}",
            self.hospital_id,
        )
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def real(pool: asyncpg.Pool[Any], real_data: Path) -> AsyncIterator[Imported]:
    folder = real_data / "synthea"
    resources = [
        entry["resource"]
        for path in sorted(folder.glob("*.json.gz"))
        for entry in json.loads(gzip.decompress(path.read_bytes()))["entry"]
    ]
    async with pool.acquire() as connection:
        hospital_id = await create_hospital(
            connection, "FHIR", "Real bundles", now=datetime.now(UTC)
        )
    run = Run(
        pool=pool,
        actor=importer(hospital_id),
        clock=lambda: datetime.now(UTC),
        zone=UTC,
        policy=DEFAULT_POLICY,
    )
    first = await run.fhir(fhir_files([folder]))
    second = await run.fhir(fhir_files([folder]))
    yield Imported(pool, hospital_id, first, second, resources)


def kind(resource: dict[str, Any]) -> str:
    """The type as the table of outcomes names it."""
    name: str = resource["resourceType"]
    if name == "Encounter":
        return f"{name} ({resource['class']['code']})"
    if name == "Observation":
        return f"{name} ({resource['category'][0]['coding'][0]['code']})"
    return name


async def test_every_resource_is_read_and_has_one_outcome(real: Imported) -> None:
    counted = Counter(kind(resource) for resource in real.resources)
    for ledger in (real.first, real.second):
        assert ledger.read == counted
        for name, count in counted.items():
            assert sum(ledger.outcomes[name].values()) == count, name
        assert sum(ledger.total(outcome) for outcome in Outcome) == len(real.resources)
        assert ledger.balanced


async def test_the_rows_are_as_many_as_the_files_say(real: Imported) -> None:
    of_type: dict[str, list[dict[str, Any]]] = {}
    for resource in real.resources:
        of_type.setdefault(kind(resource), []).append(resource)
    assert await real.count("patients") == len(of_type["Patient"])
    assert await real.count("admissions") == len(of_type["Encounter (IMP)"])
    assert await real.count("lab_results") == len(of_type["Observation (laboratory)"])
    assert await real.count("medication_orders") == len(of_type["MedicationRequest"])
    assert await real.count("allergies") == len(of_type["AllergyIntolerance"])
    assert await real.count("import_rejections") == 0


async def test_vital_signs_are_sets_and_what_has_no_place_is_kept(real: Imported) -> None:
    charted = {"72514-3", "8302-2", "29463-7", "55284-4", "8331-1"}
    observed = [one for one in real.resources if one["resourceType"] == "Observation"]
    held: set[tuple[str, str]] = set()
    pressures = unmapped = 0
    for one in observed:
        if one["category"][0]["coding"][0]["code"] == "laboratory":
            continue
        code = one["code"]["coding"][0]["code"]
        if code in charted:
            held.add((one["subject"]["reference"], one["effectiveDateTime"]))
            pressures += code == "55284-4"
        else:
            unmapped += 1
    assert await real.count("vital_signs") == len(held)
    assert await real.count("vital_signs", "systolic >= diastolic") == pressures
    assert await real.count("unmapped_observations") == unmapped
    assert real.first.total(Outcome.UNMAPPED) == unmapped


async def test_the_second_run_changes_nothing(real: Imported) -> None:
    for outcome in (Outcome.CREATED, Outcome.CORRECTED, Outcome.UNMAPPED, Outcome.REJECTED):
        assert real.second.total(outcome) == 0
    for outcome in (Outcome.NOT_HELD,):
        assert real.second.total(outcome) == real.first.total(outcome)
    assert await real.count("lab_results", "version > 1") == 0


async def test_the_old_critical_results_are_marked_and_sound_no_alarm(real: Imported) -> None:
    rows = await real.pool.fetch(
        "SELECT code, round(value, 2) AS value, interpretation, arrived_late FROM lab_results"
        " WHERE hospital_id = $1 AND interpretation LIKE 'CRITICAL%'",
        real.hospital_id,
    )
    found = {(row["code"], str(row["value"])): row for row in rows}
    for code, value in (("718-7", "6.94"), ("6690-2", "0.54")):
        assert found[code, value]["interpretation"] == "CRITICAL_LOW"
        assert found[code, value]["arrived_late"]
    assert await real.count("critical_results") == 0
    assert await real.count("events", "kind <> 'PatientCharted'") == 0


async def test_blood_codes_are_judged_as_the_rules_of_their_test(real: Imported) -> None:
    for code in ("6298-4", "2947-0", "38483-4", "2339-0", "49765-1", "20565-8"):
        assert await real.count("lab_results", f"code = '{code}'") > 0
        judged = "interpretation <> 'NOT_JUDGED' AND canonical_value IS NOT NULL"
        assert await real.count("lab_results", f"code = '{code}' AND NOT ({judged})") == 0


async def test_displays_have_no_invisible_characters(real: Imported) -> None:
    dirty = [one for one in real.resources if "\u200b" in json.dumps(one, ensure_ascii=False)]
    assert dirty
    assert await real.count("lab_results", "strpos(display, U&'\\200b') > 0") == 0
    assert await real.count("lab_results", "display LIKE 'Hemoglobin [Mass/volume]%'") > 0


async def test_panels_come_from_the_reports(real: Imported) -> None:
    members = {
        one["reference"]
        for report in real.resources
        if report["resourceType"] == "DiagnosticReport"
        for one in report["result"]
    }
    lab = [one for one in real.resources if kind(one) == "Observation (laboratory)"]
    expected = sum(f"urn:uuid:{one['id']}" in members for one in lab)
    assert await real.count("lab_results", "panel IS NOT NULL") == expected > 0


async def test_people_of_long_ago_and_the_dead_are_in(real: Imported) -> None:
    people = [one for one in real.resources if one["resourceType"] == "Patient"]
    dead = sum("deceasedDateTime" in one for one in people)
    old = sum(one["birthDate"] < "1970" for one in people)
    assert await real.count("patients", "deceased_at IS NOT NULL") == dead > 0
    assert await real.count("patients", "birth_date < '1970-01-01'") == old > 0
