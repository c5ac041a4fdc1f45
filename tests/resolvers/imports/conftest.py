"""A hospital for one import, and small input of our own making."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from resolvers.hospitals import create_hospital
from resolvers.imports.files import fhir_files, hl7v2_files
from resolvers.imports.ledger import Ledger
from resolvers.imports.runs import Run, importer
from resolvers.policy import DEFAULT_POLICY


@dataclass
class Desk:
    """Somebody who imports into a hospital of the test's own."""

    run: Run
    folder: Path

    @property
    def now(self) -> datetime:
        return self.run.clock()

    async def fhir(self, *documents: Any, name: str = "input.json") -> Ledger:
        """Import documents, each a file."""
        for path in self.folder.iterdir():
            path.unlink()
        for number, document in enumerate(documents):
            text = document if isinstance(document, str) else json.dumps(document)
            (self.folder / f"{number:03}-{name}").write_text(text)
        return await self.run.fhir(fhir_files([self.folder]))

    async def hl7v2(self, text: str) -> Ledger:
        """Import one file of messages."""
        path = self.folder / "messages.hl7"
        path.write_bytes(text.encode())
        return await self.run.hl7v2(hl7v2_files([path]))

    async def all(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        """Rows of the hospital: `$1` is its id."""
        return await self.run.pool.fetch(sql, self.run.actor.hospital_id, *values)

    async def one(self, sql: str, *values: Any) -> asyncpg.Record:
        """The only row."""
        (row,) = await self.all(sql, *values)
        return row

    def later(self, **by: float) -> None:
        """Move the clock."""
        then = self.now + timedelta(**by)
        self.run = replace(self.run, clock=lambda: then)


@pytest_asyncio.fixture(loop_scope="session")
async def desk(pool: asyncpg.Pool[Any], tmp_path: Path) -> AsyncIterator[Desk]:
    async with pool.acquire() as connection:
        hospital_id = await create_hospital(
            connection, f"H{uuid4()}", "Of one test", now=datetime.now(UTC)
        )
    now = datetime.now(UTC).replace(microsecond=0)
    run = Run(
        pool=pool,
        actor=importer(hospital_id),
        clock=lambda: now,
        zone=UTC,
        policy=DEFAULT_POLICY,
    )
    folder = tmp_path / "input"
    folder.mkdir()
    yield Desk(run, folder)


@pytest.fixture
def patient() -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": "p1",
        "identifier": [{"type": {"coding": [{"code": "MR"}]}, "value": "MRN-1"}],
        "name": [{"use": "official", "family": "Reed", "given": ["Ana", "Lu"]}],
        "gender": "female",
        "birthDate": "1961-02-03",
    }


@pytest.fixture
def lab() -> Callable[..., dict[str, Any]]:
    """A laboratory result of the patient; keywords replace elements."""

    def make(number: str, code: str, value: float, unit: str, at: datetime, **other: Any) -> Any:
        return {
            "resourceType": "Observation",
            "id": number,
            "status": "final",
            "category": [{"coding": [{"code": "laboratory"}]}],
            "code": {"coding": [{"system": "http://loinc.org", "code": code, "display": code}]},
            "subject": {"reference": "urn:uuid:p1"},
            "effectiveDateTime": at.isoformat(),
            "valueQuantity": {
                "value": value,
                "unit": unit,
                "system": "http://unitsofmeasure.org",
                "code": unit,
            },
            **other,
        }

    return make


@pytest.fixture
def bundle() -> Callable[..., dict[str, Any]]:
    def make(*resources: dict[str, Any]) -> dict[str, Any]:
        entries = [{"fullUrl": f"urn:uuid:{one.get('id')}", "resource": one} for one in resources]
        return {"resourceType": "Bundle", "type": "transaction", "entry": entries}

    return make


@pytest.fixture
def message() -> Callable[..., str]:
    """A message of MSH, PID and the segments given; `kind` as in MSH-9."""

    def make(kind: str, number: str, at: str, *segments: str, pid: str | None = None) -> str:
        header = rf"MSH|^~\&|LAB|NORTH|WARD|US|{at}||{kind}|{number}|P|2.3"
        who = pid or "PID|1||77^^^X^MRN~999^^^Y^NHSNMBR||Okoro^Ife^T||19500417|F|||1 High St^^Leeds"
        return "\r".join((header, who, *segments)) + "\r"

    return make
