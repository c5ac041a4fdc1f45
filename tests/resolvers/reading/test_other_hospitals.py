"""Nobody sees another hospital, whatever the reach."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest_asyncio

import models
from models.rules.roles import Role
from resolvers.actors import Actor
from tests.resolvers.reading.hospital import MRNS, Hospital, furnish, ids_of


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def other(pool: asyncpg.Pool[Any]) -> Hospital:
    return await furnish(pool)


async def test_nobody_sees_another_hospital(
    hospital: Hospital, other: Hospital, people: dict[Role, Actor]
) -> None:
    """Its wards have the same codes, its patients the same MRNs."""
    here = {hospital.public(models.Ward, row) for row in hospital.wards.values()}
    here |= {hospital.patient(name) for name in MRNS}
    for role, actor in people.items():
        answered = await hospital.ask(
            "query ($m: String) { wards { id } viewer { wards { id } }"
            ' ward(code: "MED1") { id } patient(mrn: $m) { id }'
            " patients { totalCount nodes { id } } criticalResults { totalCount } }",
            actor,
            {"m": MRNS["Ada"]},
        )
        data = answered.partial
        listed = [data["ward"], data["patient"], *data["wards"], *data["viewer"]["wards"]]
        listed += (data["patients"] or {"nodes": []})["nodes"]
        assert {one["id"] for one in listed if one} <= here, role
        if role is Role.ADMIN:
            assert data["patients"]["totalCount"] == len(MRNS)
            assert data["criticalResults"]["totalCount"] == 3 * len(MRNS)


async def test_no_id_of_another_hospital_names_anything(
    hospital: Hospital, other: Hospital, people: dict[Role, Actor]
) -> None:
    ids = [*itertools.chain.from_iterable(ids_of(other, name) for name in ("Ada", "Dora"))]
    ids += [other.public(models.Ward, other.wards["MED1"])]
    ids += [other.public(models.Bed, other.beds["MED1-1"])]
    ids += [other.public(models.EmergencyAccess, other.accesses["Ada"])]
    for public in ids:
        answered = await hospital.ask(
            "query ($id: ID!) { node(id: $id) { id } patient(id: $id) { id }"
            " admission(id: $id) { id } }",
            people[Role.ADMIN],
            {"id": public},
        )
        assert answered.data == {"node": None, "patient": None, "admission": None}
    written = await hospital.ask(
        "mutation ($i: RecordVitalsInput!) { recordVitals(input: $i) { vitals { id } } }",
        people[Role.ADMIN],
        {
            "i": {
                "patientId": other.patient("Ada"),
                "recordedAt": datetime.now(UTC).isoformat(),
                "heartRate": 70,
            }
        },
    )
    assert written.codes == ["NOT_FOUND"]
