"""The series of a patient whom a test makes, and the trends that are asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import models
from resolvers.transaction import transaction

if TYPE_CHECKING:
    from collections.abc import Iterable

    from resolvers.actors import Actor
    from tests.resolvers.reading.hospital import Hospital

START = datetime(2026, 3, 28, 22, tzinfo=UTC)
POINT = "{ at value comparator }"
BUCKETS = f"buckets {{ start end count minimum {POINT} maximum {POINT} }}"
ASKED = "from: $from, to: $to, points: $points"
HEAD = "$id: ID, $from: DateTime, $to: DateTime, $points: Int"
VITAL = f"""query ({HEAD}, $parameter: VitalParameter!)
{{ patient(id: $id) {{ vitalTrend(parameter: $parameter, {ASKED}) {{
  parameter unit start end count first {POINT} last {POINT} {BUCKETS}
  plausible {{ low high }} news2Bands {{ low high points scale onOxygen }} }} }} }}"""
LAB = f"""query ({HEAD}, $code: String!)
{{ patient(id: $id) {{ labTrend(code: $code, {ASKED}) {{
  codes unit start end count first {POINT} last {POINT} {BUCKETS}
  leftOut {{ reason unit count }} reference {{ low high at }}
  criticalLimits {{ side value inclusive key minAgeHours maxAgeHours sex }} }} }} }}"""


def read(text: str) -> datetime:
    return datetime.fromisoformat(text)


def spoken(at: datetime) -> str:
    return at.isoformat()


@dataclass
class Person:
    """A patient whose series a test writes."""

    hospital: Hospital
    id: UUID

    @property
    def public(self) -> str:
        return self.hospital.public(models.Patient, self.id)

    async def vitals(self, rows: Iterable[dict[str, Any]]) -> None:
        async with transaction(self.hospital.pool, self.hospital.id, datetime.now(UTC)) as tx:
            for row in rows:
                await tx.insert(models.VitalSigns, self._common() | {"news2_applies": True} | row)

    async def results(self, rows: Iterable[dict[str, Any]]) -> None:
        async with transaction(self.hospital.pool, self.hospital.id, datetime.now(UTC)) as tx:
            for row in rows:
                made = self._common()
                at = row["observed_at"]
                await tx.insert(
                    models.LabResult,
                    made
                    | {"root_id": made["id"], "code": "2823-3", "display": "Potassium"}
                    | {"issued_at": at, "sender": "laboratory", "status": "FINAL"}
                    | {"interpretation": "NORMAL", "version": 1}
                    | row,
                )

    def _common(self) -> dict[str, Any]:
        made = {"id": models.new_id(), "hospital_id": self.hospital.id, "patient_id": self.id}
        return made | {"created_by": None}


async def person(hospital: Hospital, **columns: Any) -> Person:
    """A new patient in no bed."""
    made = models.new_id()
    async with transaction(hospital.pool, hospital.id, datetime.now(UTC)) as tx:
        await tx.insert(
            models.Patient,
            {"id": made, "hospital_id": hospital.id, "created_by": None, "mrn": made.hex}
            | {"given_name": "Series", "family_name": "Long", "sex": "FEMALE", "birth_date": None}
            | columns,
        )
    return Person(hospital, made)


async def trend(whose: Person, admin: Actor, text: str, **variables: Any) -> Any:
    sent = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in variables.items()
    }
    answered = await whose.hospital.ask(text, admin, {"id": whose.public, **sent})
    [found] = answered.data["patient"].values()
    return found
