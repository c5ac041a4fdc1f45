"""Sight: which fields and which rows somebody sees, written a second time as plain Python."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from graphql import GraphQLNamedType, GraphQLObjectType, get_named_type

from resolvers.actors import Actor
from tests.oracle.grants import (
    ARGUMENTS,
    AUTHORED,
    BREAKS_GLASS,
    BY_EMERGENCY,
    ENTRY,
    GRANTS,
    GUARDS,
    HOSPITAL,
    INHERITED,
    NEVER_REFUSED,
    OPENED,
    OWN,
    TREATMENT,
    WARDS,
)
from tests.oracle.rows import Held, Row


@dataclass(frozen=True)
class Viewer:
    """Somebody who asks. `wards` are where they work, `patient` is the own record, `treated` whose
    care team they are on, `opened` for whom they broke the glass."""

    hospital: UUID
    user: UUID | None
    roles: frozenset[str]
    wards: frozenset[UUID]
    patient: UUID | None
    treated: frozenset[UUID]
    opened: frozenset[UUID]
    session: UUID | None = None

    @property
    def scopes(self) -> list[str]:
        """What the roles allow, sorted."""
        return sorted({scope for role in self.roles for scope in GRANTS[role]})

    def reaches(self, scope: str) -> frozenset[str]:
        """The letters of a scope, of all roles together."""
        found: set[str] = set()
        for role in self.roles:
            granted = GRANTS[role].get(scope, frozenset())
            found |= granted
            if self.opened and granted and scope in BY_EMERGENCY and BREAKS_GLASS in GRANTS[role]:
                found.add(OPENED)
        return frozenset(found)


def viewer_of(actor: Actor, held: Held) -> Viewer:
    """The viewer that an actor of the engine is: who, with which roles; never with which rights."""
    now = datetime.now(UTC)
    mine = held.where("CareTeamMember", "user_id", actor.user_id)
    accesses = held.where("EmergencyAccess", "user_id", actor.user_id)
    return Viewer(
        actor.hospital_id,
        actor.user_id,
        frozenset(role.value for role in actor.roles),
        frozenset(actor.ward_ids),
        actor.patient_id,
        frozenset(m["patient_id"] for m in mine if m["ended_at"] is None or m["ended_at"] > now),
        frozenset(
            a["patient_id"] for a in accesses if a["ended_at"] is None and a["expires_at"] > now
        ),
        actor.session_id,
    )


def needed(parent: str, field: str, type_: object) -> str | None:
    """The scope that a field asks for; `type_` is the type that it gives."""
    name = f"{parent}.{field}"
    if name in GUARDS:
        return GUARDS[name]
    if name in INHERITED | NEVER_REFUSED or parent.endswith(("Connection", "Edge")):
        return None
    return ENTRY.get(element(get_named_type(type_)).name)  # type: ignore[arg-type]


def guarded(field: str, given: dict[str, Any]) -> dict[str, str]:
    """The scopes that the given arguments of a field ask for, each under its name."""
    names = (f"{field}({argument}:)" for argument in given)
    return {name: ARGUMENTS[name] for name in names if name in ARGUMENTS}


def element(type_: GraphQLNamedType) -> GraphQLNamedType:
    """The type of the rows of a connection; any other type is its own."""
    if isinstance(type_, GraphQLObjectType) and type_.name.endswith("Connection"):
        return get_named_type(type_.fields["nodes"].type)
    return type_


def in_sight(held: Held, viewer: Viewer, rows: Iterable[Row]) -> list[Row]:
    """Those of the rows that exist for the viewer."""
    return [row for row in rows if sees(held, viewer, row, ENTRY[row["__typename"]])]


def sees(held: Held, viewer: Viewer, row: Row, scope: str) -> bool:
    """Whether the row is in one of the reaches in which the viewer holds the scope."""
    assert row["hospital_id"] == viewer.hospital
    asked = {scope}
    if row["__typename"] == "CriticalResult" and row["kind"] == "DETERIORATION":
        # It says what somebody's vital signs are.
        asked.add("vitals:read")
    return all(
        any(REACHES[letter](held, viewer, row) for letter in viewer.reaches(one)) for one in asked
    )


def _patient(row: Row) -> UUID | None:
    if row["__typename"] == "Patient":
        return row["id"]  # type: ignore[no-any-return]
    return row.get("patient_id")


def _lies_on(held: Held, patient: UUID | None) -> set[UUID]:
    """The ward on which a patient lies now; none where in no bed."""
    stays = held.where("BedStay", "patient_id", patient)
    return {stay["ward_id"] for stay in stays if stay["ended_at"] is None}


def _on_wards(held: Held, viewer: Viewer, row: Row) -> bool:
    match row["__typename"]:
        case "Ward":
            return row["id"] in viewer.wards
        case "Bed" | "BedTransition":
            return row["ward_id"] in viewer.wards
    lies_on = _lies_on(held, _patient(row))
    if row["__typename"] == "CriticalResult" and not lies_on:
        # Nobody else would hear of somebody who lies nowhere.
        return row["ward_id"] in viewer.wards
    return bool(lies_on & viewer.wards)


def _lie_in(held: Held, row: Row, patients: frozenset[UUID]) -> bool:
    """Whether the row is of one of the patients, or is the bed in which one lies."""
    if row["__typename"] == "Bed":
        stays = held.where("BedStay", "bed_id", row["id"])
        return any(s["ended_at"] is None and s["patient_id"] in patients for s in stays)
    return _patient(row) in patients


def _treated(held: Held, viewer: Viewer, row: Row) -> bool:
    return _on_wards(held, viewer, row) or _lie_in(held, row, viewer.treated)


def _own(held: Held, viewer: Viewer, row: Row) -> bool:
    if row["__typename"] == "AuditEntry":
        return viewer.patient in row["patient_ids"]
    patient = _patient(row)
    return patient is not None and patient == viewer.patient


def _authored(held: Held, viewer: Viewer, row: Row) -> bool:
    column = "user_id" if row["__typename"] == "EmergencyAccess" else "created_by"
    return viewer.user is not None and row.get(column) == viewer.user


REACHES = {
    HOSPITAL: lambda held, viewer, row: True,
    WARDS: _on_wards,
    TREATMENT: _treated,
    OPENED: lambda held, viewer, row: _lie_in(held, row, viewer.opened),
    OWN: _own,
    AUTHORED: _authored,
}
