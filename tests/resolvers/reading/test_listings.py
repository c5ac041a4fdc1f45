"""Listings: a flat page given out as rows is, byte for byte of its values, the page that PostgreSQL
would have written."""

from __future__ import annotations

from typing import Any

import pytest

from models.rules.roles import Role
from resolvers.actors import Actor
from tests.resolvers.reading.hospital import Hospital

PATIENTS = """
    patients(%s) {
        t: __typename
        pageInfo { hasNextPage p: hasPreviousPage startCursor endCursor __typename }
        people: nodes {
            id familyName birthDate deceasedAt sex __typename
            admission { status admittedAt bed { code ward { code } } }
        }
        again: pageInfo { endCursor }
    }
"""
RESULTS = """
    criticalResults(%s) {
        edges {
            c: cursor __typename
            node { id raisedAt status labResult { value observedAt } patient { givenName } }
        }
        pageInfo { hasNextPage startCursor }
    }
"""
CUTS = [
    "",
    "first: 2",
    "first: 0",
    "first: 2, after: $cursor",
    "last: 2",
    "last: 2, before: $cursor",
    "last: 500",
]


async def both(hospital: Hospital, actor: Actor, field: str, given: Any) -> tuple[Any, Any]:
    """The answers as rows, and as JSON by PostgreSQL, which a second root makes it be."""
    head = "query ($cursor: String)" if "$cursor" in field else "query"
    given = given if "$cursor" in field else {}
    rows = await hospital.ask(f"{head} {{ {field} }}", actor, given)
    written = await hospital.ask(f"{head} {{ {field} other: __typename }}", actor, given)
    data = dict(written.data)
    assert data.pop("other") == "Query"
    assert [sorted(e["patient_ids"]) for e in rows.audit] == [
        sorted(e["patient_ids"]) for e in written.audit
    ]
    return rows.data, data


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("field", [PATIENTS, RESULTS])
async def test_rows_say_what_postgresql_would(
    hospital: Hospital, admin: Actor, field: str, cut: str
) -> None:
    plain = await hospital.ask(
        "{ patients { edges { cursor } } criticalResults { edges { cursor } } }", admin
    )
    name = field.split("(", maxsplit=1)[0].strip()
    given = {"cursor": plain.data[name]["edges"][2]["cursor"]}
    asked = field % cut if cut else field.replace("(%s)", "")
    rows, written = await both(hospital, admin, asked, given)
    assert str(rows) == str(written), "the order of keys as well"


@pytest.mark.parametrize("cut", ["first: 3", "last: 3", "first: 1", "last: 1"])
@pytest.mark.parametrize("search", ["a", "b", "mrn-1", "MRN-1", "nobody", ""])
async def test_a_search_finds_each_patient_once_and_in_order(
    hospital: Hospital, admin: Actor, search: str, cut: str
) -> None:
    whole = await hospital.ask("{ patients { nodes { id mrn familyName givenName } } }", admin)
    prefix = search.lower()
    found = [
        one["id"]
        for one in whole.data["patients"]["nodes"]
        if f"{one['familyName']} {one['givenName']}".lower().startswith(prefix)
        or f"{one['givenName']} {one['familyName']}".lower().startswith(prefix)
        or one["mrn"] == search
    ]
    size = int(cut[-1])
    field = f'patients(search: "{search}", {cut}) {{ nodes {{ id }} }}'
    rows, written = await both(hospital, admin, field, {})
    assert rows == written
    ids = [one["id"] for one in rows["patients"]["nodes"]]
    assert ids == (found[:size] if "first" in cut else found[-size:])
    counted = await hospital.ask(f'{{ patients(search: "{search}") {{ totalCount }} }}', admin)
    assert counted.data["patients"]["totalCount"] == len(found)


async def test_nothing_found_is_an_empty_page_and_in_the_audit(
    hospital: Hospital, admin: Actor
) -> None:
    answered = await hospital.ask(
        '{ patients(search: "nobody") { nodes { id } pageInfo { hasNextPage endCursor } } }', admin
    )
    page = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    assert answered.data == {"patients": page}
    (entry,) = answered.audit
    assert entry["patient_ids"] == []


async def test_a_refused_field_is_no_column(hospital: Hospital) -> None:
    nurse = await hospital.user(Role.NURSE, wards=("MED1",))
    answered = await hospital.ask("{ patients { nodes { id nationalId } } }", nurse)
    assert answered.refused == {("patients", "nodes", "nationalId")}
    assert [one["nationalId"] for one in answered.partial["patients"]["nodes"]] == [None]


async def test_a_long_key_is_a_key(hospital: Hospital, admin: Actor) -> None:
    key = "k" * 80
    answered = await hospital.ask(f"{{ patients(first: 1) {{ nodes {{ {key}: id }} }} }}", admin)
    assert list(answered.data["patients"]["nodes"][0]) == [key]
