"""Sight: which fields and which rows somebody sees, written a second time as plain Python."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from graphql import GraphQLNamedType, GraphQLObjectType, get_named_type

from tests.oracle.grants import (
    AUTHORED,
    ENTRY,
    GRANTS,
    GUARDS,
    HOSPITAL,
    INHERITED,
    NEVER_REFUSED,
    OWN,
    WARDS,
)
from tests.oracle.rows import Held, Row


@dataclass(frozen=True)
class Viewer:
    """Somebody who asks. `wards` are where they work, `patient` is the own record."""

    hospital: UUID
    user: UUID | None
    roles: frozenset[str]
    wards: frozenset[UUID]
    patient: UUID | None

    @property
    def scopes(self) -> list[str]:
        """What the roles allow, sorted."""
        return sorted({scope for role in self.roles for scope in GRANTS[role]})

    def reaches(self, scope: str) -> frozenset[str]:
        """The letters of a scope, of all roles together."""
        empty: frozenset[str] = frozenset()
        return empty.union(*(GRANTS[role].get(scope, empty) for role in self.roles))


def viewer_of(actor: object) -> Viewer:
    """The viewer that an actor of the engine is: who, with which roles; never with which rights."""
    return Viewer(
        actor.hospital_id,  # type: ignore[attr-defined]
        actor.user_id,  # type: ignore[attr-defined]
        frozenset(role.value for role in actor.roles),  # type: ignore[attr-defined]
        frozenset(actor.ward_ids),  # type: ignore[attr-defined]
        actor.patient_id,  # type: ignore[attr-defined]
    )


def needed(parent: str, field: str, type_: object) -> str | None:
    """The scope that a field asks for; `type_` is the type that it gives."""
    name = f"{parent}.{field}"
    if name in GUARDS:
        return GUARDS[name]
    if name in INHERITED | NEVER_REFUSED or parent.endswith(("Connection", "Edge")):
        return None
    return ENTRY.get(element(get_named_type(type_)).name)  # type: ignore[arg-type]


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
    return any(REACHES[letter](held, viewer, row) for letter in viewer.reaches(scope))


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
        case "Bed":
            return row["ward_id"] in viewer.wards
    lies_on = _lies_on(held, _patient(row))
    if row["__typename"] == "CriticalResult" and not lies_on:
        # Nobody else would hear of somebody who lies nowhere.
        return row["ward_id"] in viewer.wards
    return bool(lies_on & viewer.wards)


def _own(held: Held, viewer: Viewer, row: Row) -> bool:
    patient = _patient(row)
    return patient is not None and patient == viewer.patient


REACHES = {
    HOSPITAL: lambda held, viewer, row: True,
    WARDS: _on_wards,
    OWN: _own,
    AUTHORED: lambda held, viewer, row: (
        viewer.user is not None and row["created_by"] == viewer.user
    ),
}
