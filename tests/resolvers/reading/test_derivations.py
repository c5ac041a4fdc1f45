"""Rows that no table holds: rights, audit and correlation of what a SELECT makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import FromClause, Select, Text, cast, func, select

import models
from models.rules.roles import Role
from models.rules.scopes import Scope
from resolvers.reading.sources import Derivation, Derived
from schema.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resolvers.actors import Actor
    from tests.resolvers.reading.hospital import Hospital


def _of_patient(patient: FromClause, given: Derivation) -> Select[Any]:
    row = models.Allergy.__table__.alias("derived_allergy")
    return select(row.c.substance, func.length(row.c.substance).label("length")).where(
        row.c.patient_id == patient.c.id, *given.seen(models.Allergy, row)
    )


def _of_hospital(_: None, given: Derivation) -> Select[Any]:
    row = models.Allergy.__table__.alias("derived_allergy")
    return select(row.c.patient_id, cast(row.c.patient_id, Text()).label("code")).where(
        *given.seen(models.Allergy, row)
    )


@pytest.fixture
def declared() -> Iterator[None]:
    """Two fields of the schema made by SELECTs, for the time of a test."""
    sources: dict[Any, Any] = CATALOGUE.sources  # type: ignore[assignment]
    kept = {key: sources[key] for key in (("Patient", "allergies"), ("Query", "nodes"))}
    sources["Patient", "allergies"] = Derived(
        rows=_of_patient, order=("length", "substance"), requires=Scope.ALLERGY_READ
    )
    sources["Query", "wards"], kept["Query", "wards"] = (
        Derived(rows=_of_hospital, order=("code",), of=models.Allergy, requires=Scope.ALLERGY_READ),
        sources["Query", "wards"],
    )
    yield
    sources.update(kept)


@pytest.mark.usefixtures("declared")
async def test_rows_hang_on_the_row_before_and_are_seen_by_its_rights(
    hospital: Hospital, admin: Actor, people: dict[Role, Actor]
) -> None:
    # The comment keeps the document out of every other test's plans.
    text = "{ patients(first: 500) { nodes { id allergies { substance } } } } # derived"
    seen = (await hospital.ask(text, admin)).data["patients"]["nodes"]
    expected = await hospital.pool.fetch(
        """SELECT p.id, array_agg(a.substance ORDER BY length(a.substance), a.substance)
             FILTER (WHERE a.id IS NOT NULL) AS all
           FROM patients p LEFT JOIN allergies a ON a.patient_id = p.id
           WHERE p.hospital_id = $1 GROUP BY p.id""",
        admin.hospital_id,
    )
    told = {hospital.public(models.Patient, row["id"]): row["all"] or [] for row in expected}
    assert any(told.values())
    assert told == {one["id"]: [each["substance"] for each in one["allergies"]] for one in seen}
    refused = await hospital.ask(text, people[Role.LAB])
    assert refused.codes == ["FORBIDDEN"]


@pytest.mark.usefixtures("declared")
async def test_rows_of_a_root_are_those_in_reach_and_their_patients_are_audited(
    hospital: Hospital, admin: Actor, nurse: Actor
) -> None:
    text = "{ wards { code } } # derived"
    whole = await hospital.ask(text, admin)
    own = await hospital.ask(text, nurse)
    assert len(own.data["wards"]) < len(whole.data["wards"])
    for answered in (whole, own):
        [entry] = answered.audit
        patients = {str(each) for each in entry["patient_ids"]}
        assert len(patients) == len({one["code"] for one in answered.data["wards"]}) > 0
