"""The matrix that a privacy officer reads: whole, and what the rights say."""

from __future__ import annotations

import pytest
from graphql import GraphQLObjectType

from app.cli.permissions import document
from models.rules.roles import Role
from schema.catalogue import CATALOGUE, CORE

LINES = document().splitlines()


def matrix(name: str) -> dict[str, dict[Role, str]]:
    """The table of a type: field to role to word."""
    start = next(n for n, line in enumerate(LINES) if line.startswith(f"| {name} |"))
    found: dict[str, dict[Role, str]] = {}
    for line in LINES[start + 2 :]:
        if not line.startswith("|"):
            break
        field, *cells = (part.strip() for part in line.strip("|").split("|"))
        found[field.strip("`")] = dict(zip(Role, cells, strict=True))
    return found


@pytest.mark.parametrize("name", [*CATALOGUE.models, "Query", "Mutation", "Subscription"])
def test_every_field_has_its_line(name: str) -> None:
    type_ = CORE.get_type(name)
    assert isinstance(type_, GraphQLObjectType)
    lines = [field for field in matrix(name) if "(" not in field]
    assert lines == list(type_.fields)


def test_the_words_are_the_rights() -> None:
    patient = matrix("Patient")
    assert patient["vitals"] == {
        Role.ADMIN: "all",
        Role.DOCTOR: "treats+",
        Role.NURSE: "wards+",
        Role.CHARGE_NURSE: "wards+",
        Role.LAB: "",
        Role.PHARMACIST: "",
        Role.CLERK: "",
        Role.AUDITOR: "",
        Role.INTEGRATOR: "wrote",
        Role.PATIENT: "own",
    }
    assert patient["mrn"][Role.AUDITOR] == "all"
    assert patient["nationalId"][Role.DOCTOR] == ""
    # Both of the row and of what it leads to.
    assert matrix("EmergencyAccess")["patient"][Role.DOCTOR] == "wrote treats+"
    # No reach opens more of a ward than the own one.
    assert matrix("Ward")["occupancy"][Role.DOCTOR] == "wards"


def test_an_argument_that_asks_for_more_has_its_own_line() -> None:
    query = matrix("Query")
    assert query["patients"][Role.NURSE] == "wards+"
    assert query["patients(nationalId:)"][Role.NURSE] == ""
    assert query["patients(nationalId:)"][Role.CLERK] == "all"
