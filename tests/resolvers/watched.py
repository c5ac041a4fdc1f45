"""A patient who is watched: sets of vital signs that ask for somebody, and the alert they leave."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg

import models
from models.rules.roles import Role
from models.rules.vitals import Consciousness
from resolvers import critical_results, ids, vitals, vitals_errata
from tests.resolvers.conftest import House

WELL: dict[str, Any] = {
    "heart_rate": 72,
    "systolic": 120,
    "diastolic": 80,
    "respiratory_rate": 14,
    "temperature": Decimal("36.8"),
    "oxygen_saturation": 98,
    "on_oxygen": False,
    "consciousness": Consciousness.ALERT,
}
# NEWS2 of each by hand: a pulse of 111 is 2, oxygen 2, a respiration of 21 is 2, 36.0 Cel is 1.
FIVE = WELL | {"heart_rate": 111, "on_oxygen": True, "temperature": Decimal("36.0")}
SIX = WELL | {"heart_rate": 111, "on_oxygen": True, "respiratory_rate": 21}
SEVEN = SIX | {"temperature": Decimal("36.0")}
NINE = SEVEN | {"systolic": 100}
RED_PULSE = WELL | {"heart_rate": 131}
RED_BREATH = WELL | {"respiratory_rate": 25}


@dataclass
class Watched:
    """A patient of a house."""

    house: House
    patient: str

    async def record(self, role: Role = Role.NURSE, **values: Any) -> UUID:
        """A set of now, by somebody of any ward; its id."""
        async with self.house.begin() as tx:
            produced = await vitals.record_vitals(
                tx,
                self.house.actor(role, wards=("med", "icu")),
                patient_id=self.patient,
                **({"recorded_at": self.house.now} | values),
            )
        found: UUID = produced["vitals"]
        return found

    async def acknowledge(self, alert: UUID, total: int) -> None:
        """Read the total back."""
        async with self.house.begin() as tx:
            await critical_results.acknowledge_critical_result(
                tx,
                self.house.actor(Role.NURSE, wards=("med", "icu")),
                critical_result_id=ids.encode(models.CriticalResult, alert),
                read_back=Decimal(total),
            )

    async def take_back(self, vitals_id: UUID, role: Role = Role.NURSE) -> None:
        """Mark a set as entered in error."""
        async with self.house.begin() as tx:
            await vitals_errata.mark_vitals_entered_in_error(
                tx,
                self.house.actor(role, wards=("med", "icu")),
                vitals_id=ids.encode(models.VitalSigns, vitals_id),
                reason="of the next bed",
            )

    async def alerts(self) -> list[asyncpg.Record]:
        """The alerts of the patient, the oldest first."""
        rows: list[asyncpg.Record] = await self.house.pool.fetch(
            "SELECT * FROM critical_results WHERE patient_id = $1 ORDER BY created_at, id",
            ids.decode(models.Patient, self.patient),
        )
        return rows

    async def alert(self) -> asyncpg.Record:
        """The only one."""
        [found] = await self.alerts()
        return found

    async def steps(self) -> list[tuple[str, UUID]]:
        """Every step of the patient's alerts, in their order, and the set that it is about."""
        rows = await self.house.pool.fetch(
            """SELECT s.kind, s.vital_signs_id FROM critical_result_steps s
                 JOIN critical_results c ON c.id = s.critical_result_id
                WHERE c.patient_id = $1 ORDER BY c.created_at, c.id, s.number""",
            ids.decode(models.Patient, self.patient),
        )
        return [(row["kind"], row["vital_signs_id"]) for row in rows]

    async def heard(self) -> list[asyncpg.Record]:
        """The events of the patient, in the order of the log, but for those of beds."""
        rows: list[asyncpg.Record] = await self.house.pool.fetch(
            """SELECT kind, ward_id, subject_id FROM events WHERE patient_id = $1
                  AND (kind LIKE 'Critical%' OR kind LIKE 'Vitals%') ORDER BY position""",
            ids.decode(models.Patient, self.patient),
        )
        return rows


async def watched(house: House, ward: str = "med") -> Watched:
    """A new inpatient."""
    return Watched(house, await house.inpatient(ward))
