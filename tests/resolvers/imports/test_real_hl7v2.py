"""The messages of the real input, counted by code that knows nothing of ours."""

from __future__ import annotations

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
from resolvers.imports.files import hl7v2_files
from resolvers.imports.ledger import Ledger, Outcome
from resolvers.imports.runs import Run, importer
from resolvers.policy import DEFAULT_POLICY

Lines = list[list[str]]


@dataclass
class Imported:
    pool: asyncpg.Pool[Any]
    hospital_id: UUID
    first: Ledger
    second: Ledger
    messages: list[Lines]

    async def count(self, table: str, condition: str = "true") -> int:
        found: int = await self.pool.fetchval(
            f"SELECT count(*) FROM {table} WHERE hospital_id = $1 AND {condition}",
            self.hospital_id,
        )
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def real(pool: asyncpg.Pool[Any], real_data: Path) -> AsyncIterator[Imported]:
    path = real_data / "hl7v2" / "messages.hl7"
    messages: list[Lines] = []
    for line in path.read_text().replace("\n", "\r").split("\r"):
        if line.startswith("MSH|"):
            messages.append([])
        if line:
            messages[-1].append(line.split("|"))
    async with pool.acquire() as connection:
        hospital_id = await create_hospital(
            connection, "HL7", "Real messages", now=datetime.now(UTC)
        )
    run = Run(
        pool=pool,
        actor=importer(hospital_id),
        clock=lambda: datetime.now(UTC),
        zone=UTC,
        policy=DEFAULT_POLICY,
    )
    first = await run.hl7v2(hl7v2_files([path]))
    second = await run.hl7v2(hl7v2_files([path]))
    yield Imported(pool, hospital_id, first, second, messages)


def counted(messages: list[Lines]) -> Counter[str]:
    """What the messages say, by the names in the table of outcomes."""
    found: Counter[str] = Counter()
    for message in messages:
        kind, vital = message[0][8], False
        if kind == "ADT^A01":
            found["Admission (ADT^A01)"] += 1
        elif kind != "ORU^R01":
            found[f"Message ({kind})"] += 1
        for segment in message:
            match segment[0]:
                case "PID":
                    found["Patient (PID)"] += 1
                case "AL1":
                    found["Allergy (AL1)"] += 1
                case "OBR":
                    vital = "Vital Signs" in segment[4]
                case "OBX" if kind != "ORU^R01":
                    found[f"OBX of {kind}"] += 1
                case "OBX":
                    found["Vital sign (OBX)" if vital else "Laboratory result (OBX)"] += 1
                case "NTE":
                    found["Comment (NTE)"] += 1
    return found


async def test_every_segment_is_read_and_has_one_outcome(real: Imported) -> None:
    expected = counted(real.messages)
    for ledger in (real.first, real.second):
        assert ledger.read == expected
        for name, count in expected.items():
            assert sum(ledger.outcomes[name].values()) == count, name
        assert ledger.balanced


async def test_the_second_run_changes_nothing(real: Imported) -> None:
    for outcome in (Outcome.CREATED, Outcome.CORRECTED, Outcome.UNMAPPED):
        assert real.second.total(outcome) == 0
    for outcome in (Outcome.REJECTED, Outcome.NOT_HELD):
        assert real.second.total(outcome) == real.first.total(outcome)
    assert await real.count("lab_results", "version > 1") == 0
    assert await real.count("import_rejections") == real.first.total(Outcome.REJECTED)


async def test_the_patients_lie_in_the_beds_that_are_named(real: Imported) -> None:
    people = {m[i][3].split("^")[0] for m in real.messages for i in (1, 2) if m[i][0] == "PID"}
    assert await real.count("patients") == len(people)
    beds = {
        tuple(next(s for s in message if s[0] == "PV1")[3].split("^")[:3])
        for message in real.messages
        if message[0][8] == "ADT^A01"
    }
    rows = await real.pool.fetch(
        "SELECT wards.code AS ward, rooms.code AS room, beds.code AS bed, beds.status"
        " FROM beds JOIN wards ON wards.id = beds.ward_id JOIN rooms ON rooms.id = beds.room_id"
        " JOIN bed_stays ON bed_stays.bed_id = beds.id AND bed_stays.ended_at IS NULL"
        " WHERE beds.hospital_id = $1",
        real.hospital_id,
    )
    assert {(row["ward"], row["room"], row["bed"]) for row in rows} == beds
    assert {row["status"] for row in rows} == {"OCCUPIED"}


async def test_results_have_loinc_codes_and_ucum_units_or_are_marked(real: Imported) -> None:
    rows = await real.pool.fetch(
        "SELECT DISTINCT display, code, unit, unmapped FROM lab_results WHERE hospital_id = $1",
        real.hospital_id,
    )
    found = {row["display"]: (row["code"], row["unit"], row["unmapped"]) for row in rows}
    assert found["Creatinine"] == ("14682-9", "umol/L", False)
    assert found["Potassium"] == ("2823-3", "mmol/L", False)
    assert found["Haemoglobin"] == ("718-7", "g/L", False)
    assert found["White Cell Count"] == ("6690-2", "10*9/L", False)
    assert found["Lymphocytes per"] == ("736-9", "%", False)
    assert found["MANKL"] == ("tt-0004-01", None, True)
    assert sum(1 for row in rows if row["unmapped"]) == 2


async def test_reference_ranges_comparators_and_the_flag_are_read(real: Imported) -> None:
    assert await real.count("lab_results", "display = 'Creatinine' AND reference_high <> 92") == 0
    assert await real.count("lab_results", "display = 'Basophils' AND reference_high = 0.21") == 53
    assert await real.count("lab_results", "display LIKE 'HDL%' AND reference_low = 1.5") == 37
    segments = [s for message in real.messages for s in message if s[0] == "OBX"]
    below = sum(s[5] == "<15" for s in segments)
    assert await real.count("lab_results", "comparator = '<' AND value = 15") == below > 0
    flagged = sum(s[8] != "" for s in segments)
    assert await real.count("lab_results", "sender_flag IS NOT NULL") == flagged


async def test_vital_signs_are_charted_without_what_cannot_be(real: Imported) -> None:
    sets = [
        {s[3].split("^")[1]: s[5] for s in message if s[0] == "OBX"}
        for message in real.messages
        if any(s[0] == "OBR" and "Vital Signs" in s[4] for s in message)
    ]
    assert await real.count("vital_signs") == len(sets)
    assert await real.count("vital_signs", "respiratory_rate IS NULL") == len(sets)
    assert await real.count("vital_signs", "'respiratoryRate' = ANY (news2_missing)") > 0
    crossed = sum(
        int(float(s["MDC_PRESS_BLD_NONINV_DIA"]) + 0.5)
        > int(float(s["MDC_PRESS_BLD_NONINV_SYS"]) + 0.5)
        for s in sets
    )
    assert await real.count("vital_signs", "systolic IS NULL AND diastolic IS NULL") == crossed > 0
    reason = "Vital sign (OBX)", "diastolic pressure above systolic"
    assert real.first.reasons[reason] == 2 * crossed
    oxygen = sum(float(s["OxyL"]) > 0 for s in sets)
    assert await real.count("vital_signs", "on_oxygen AND consciousness = 'ALERT'") == oxygen


async def test_what_happened_years_ago_sounds_no_alarm(real: Imported) -> None:
    assert await real.count("critical_results") == 0
    assert await real.count("lab_results", "NOT arrived_late") == 0
    assert await real.count("events", "kind NOT IN ('PatientAdmitted', 'PatientCharted')") == 0
