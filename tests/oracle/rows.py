"""Rows: a hospital as PostgreSQL holds it, every table read whole into memory.

The oracle answers from these alone. Nothing here or beside it imports what reads or decides in the
engine: resolvers/reading, models/rules/scopes, the sources in schema/.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg

Row = dict[str, Any]

TABLES = {
    "wards": "Ward",
    "beds": "Bed",
    "patients": "Patient",
    "admissions": "Admission",
    "bed_stays": "BedStay",
    "bed_transitions": "BedTransition",
    "isolations": "Isolation",
    "reservations": "Reservation",
    "allergies": "Allergy",
    "vital_signs": "VitalSigns",
    "spo2_scale_decisions": "Spo2ScaleDecision",
    "pregnancies": "Pregnancy",
    "lab_results": "LabResult",
    "critical_rules": "CriticalRule",
    "critical_results": "CriticalResult",
    "critical_result_steps": "CriticalResultStep",
    "escalation_chains": "EscalationChain",
    "sessions": "Session",
    "medication_orders": "MedicationOrder",
    "medication_order_steps": "MedicationOrderStep",
    "medication_warnings": "MedicationWarning",
    "medication_administrations": "MedicationAdministration",
    "care_team_members": "CareTeamMember",
    "emergency_accesses": "EmergencyAccess",
    "users": "Viewer",
}
"""Each table, and the type of the schema that its rows are."""

PREFIXES = {
    "Viewer": "usr",
    "User": "usr",
    "AuditActor": "usr",
    "Ward": "wrd",
    "Bed": "bed",
    "Admission": "adm",
    "Isolation": "iso",
    "Patient": "pat",
    "VitalSigns": "vit",
    "Spo2ScaleDecision": "spd",
    "Pregnancy": "prg",
    "LabResult": "lab",
    "CriticalResult": "crt",
    "CriticalRule": "crl",
    "MedicationOrder": "med",
    "MedicationAdministration": "mad",
    "Allergy": "alg",
    "CareTeamMember": "ctm",
    "EmergencyAccess": "emg",
}


class Held:
    """The rows of one hospital, by type, and the roles of users; `at` is when they were read: only
    the audit grows by being read."""

    def __init__(
        self, rows: dict[str, list[Row]], roles: dict[UUID, list[str]], at: datetime
    ) -> None:
        self._rows = rows
        self.stations: list[Row] | None = None
        """What the engine is told of who listens."""
        self.zone = "UTC"
        """The time zone of the hospital."""
        self.sessions: dict[UUID, str] = {}
        """The address of each session."""
        self.places: dict[UUID, list[UUID]] = {}
        """The wards on which each user works."""
        self.at = at
        self.roles = roles
        self._by_id = {(type_, row["id"]): row for type_, those in rows.items() for row in those}
        self._groups: dict[tuple[str, str], dict[Any, list[Row]]] = {}

    def all(self, type_: str) -> list[Row]:
        """Every row of a type."""
        return self._rows[type_]

    def the(self, type_: str, row_id: Any) -> list[Row]:
        """The row of an id, or nothing."""
        found = self._by_id.get((type_, row_id))
        return [] if found is None else [found]

    def where(self, type_: str, column: str, value: Any) -> list[Row]:
        """The rows with a value in a column."""
        groups = self._groups.get((type_, column))
        if groups is None:
            groups = self._groups[type_, column] = {}
            for row in self._rows[type_]:
                groups.setdefault(row[column], []).append(row)
        return groups.get(value, [])

    def named(self, public_id: str, types: Iterable[str]) -> list[Row]:
        """The row that a public id names, if it is of one of the types."""
        for type_ in types:
            for row in self._rows[type_]:
                if public_of(row) == public_id:
                    return [row]
        return []


_AUDIT = """
    SELECT * FROM audit_selections s JOIN audit_entries e ON e.selection_id = s.id
    LEFT JOIN audit_seals ON entry_id = e.id WHERE hospital_id = $1
"""


async def hold(pool: asyncpg.Pool[Any], hospital_id: UUID) -> Held:
    """Read every row of a hospital."""
    at = datetime.now(UTC)
    found: dict[str, list[Row]] = {}
    for table, type_ in TABLES.items():
        rows = await pool.fetch(f"SELECT * FROM {table} WHERE hospital_id = $1", hospital_id)
        found[type_] = [dict(row) | {"__typename": type_} for row in rows]
    entries = await pool.fetch(_AUDIT, hospital_id)
    found["AuditEntry"] = [dict(row) | {"__typename": "AuditEntry"} for row in entries]
    for type_ in ("AuditActor", "User"):
        found[type_] = [row | {"__typename": type_} for row in found["Viewer"]]
    roles: dict[UUID, list[str]] = {}
    for row in await pool.fetch("SELECT user_id, role FROM role_memberships"):
        roles.setdefault(row["user_id"], []).append(row["role"])
    held = Held(found, roles, at)
    held.zone = await pool.fetchval("SELECT time_zone FROM hospitals WHERE id = $1", hospital_id)
    for row in await pool.fetch("SELECT * FROM sessions WHERE hospital_id = $1", hospital_id):
        held.sessions[row["id"]] = row["address"]
    for row in await pool.fetch("SELECT user_id, ward_id FROM ward_memberships"):
        held.places.setdefault(row["user_id"], []).append(row["ward_id"])
    return held


def public_of(row: Row) -> str:
    """The public id of a row."""
    if row["__typename"] == "AuditEntry":
        return f"aud_{row['id']}"
    return f"{PREFIXES[row['__typename']]}_{row['id']}"


def spoken(value: Any) -> Any:
    """A value of a row as the JSON of an answer has it."""
    if isinstance(value, datetime):
        text = value.isoformat()
        whole, point, rest = text.partition(".")
        if not point:
            return text
        return f"{whole}.{rest[:6].rstrip('0')}{rest[6:]}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return value
