"""Whoever tries: ids out of sight by every path, cursors that were forged or belong to others.

A row out of sight answers like one that never was, byte for byte.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import pytest_asyncio
from graphql import GraphQLInputObjectType, get_named_type
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import models
from models.rules.roles import Role
from resolvers import ids
from resolvers.reading.documents import GraphQLRequest
from tests.oracle.answers import read
from tests.oracle.chains import object_of
from tests.oracle.conftest import leave_traces
from tests.oracle.execution import SCHEMA
from tests.oracle.grants import ENTRY, GRANTS, HOSPITAL, MUTATIONS
from tests.oracle.hospitals import House
from tests.oracle.people import staffed
from tests.oracle.relations import NODES
from tests.oracle.rows import PREFIXES, Row, public_of
from tests.oracle.sight import in_sight, viewer_of
from tests.oracle.stage import naming_nothing
from tests.resolvers.reading.hospital import Hospital, furnish

ROLES = pytest.mark.parametrize("role", Role)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(whole: Hospital) -> House:
    """Beside another with the same codes, MRNs and names."""
    found = await staffed(whole)
    other = await staffed(await furnish(whole.pool))
    found.others = [public for name in NODES for public in other.ids(name)]
    await leave_traces(found)
    return found


def unseen(house: House, role: Role, types: tuple[str, ...] = NODES) -> list[Row]:
    """The rows of the types that are out of the role's sight."""
    viewer = viewer_of(house.actors[list(Role).index(role)], house.held)
    return [
        row
        for name in types
        for row in house.held.all(name)
        if not viewer.reaches(ENTRY[name]) or row not in in_sight(house.held, viewer, [row])
    ]


def never(public: str) -> str:
    """An id of the same type that no row ever had."""
    return f"{public.partition('_')[0]}_{models.new_id()}"


async def asked(house: House, role: Role, text: str, **variables: Any) -> bytes:
    actor = house.actors[list(Role).index(role)]
    return await house.hospital.engine.execute(GraphQLRequest(text, None, variables), actor)


BY_ID = """query ($id: ID!, $ids: [ID!]!) {
  node(id: $id) { id } nodes(ids: $ids) { id } patient(id: $id) { id } admission(id: $id) { id }
  emergencyAccesses(patient: $id) { totalCount nodes { id } }
}"""


@ROLES
async def test_an_id_out_of_sight_is_one_that_never_was(house: House, role: Role) -> None:
    """By every path that takes an id; ids of another hospital, and of another type, as well."""
    rows = unseen(house, role)
    publics = [public_of(row) for row in rows] + house.others
    swapped = [f"{prefix}_{rows[0]['id']}" for prefix in PREFIXES.values()] if rows else []
    for public in [*publics, *swapped]:
        said = await asked(house, role, BY_ID, id=public, ids=[public, public])
        nothing = never(public)
        assert said == await asked(house, role, BY_ID, id=nothing, ids=[nothing, nothing]), public
        assert public.encode() not in said
    every = await asked(house, role, "query ($i: [ID!]!) { nodes(ids: $i) { id } }", i=publics)
    assert read(every)["data"]["nodes"] == [None] * len(publics)


BY_WORD = """query ($word: String!) {
  patients(search: $word) { totalCount nodes { id mrn } } patient(mrn: $word) { id }
}"""


@ROLES
async def test_nobody_out_of_sight_is_found(house: House, role: Role) -> None:
    """By name, by its beginning, by MRN, by national id: not listed, not counted."""
    for row in unseen(house, role, ("Patient",)):
        words = [row["mrn"], row["given_name"], row["family_name"], row["given_name"][:2]]
        for word in words:
            body = read(await asked(house, role, BY_WORD, word=word))
            found = body["data"]["patients"] or {"nodes": [], "totalCount": 0}
            assert public_of(row) not in [one["id"] for one in found["nodes"]]
            assert found["totalCount"] == len(found["nodes"])
            if word == row["mrn"]:
                assert body["data"]["patient"] is None
        text = "query ($n: String!) { patients(nationalId: $n) { totalCount nodes { id } } }"
        body = read(await asked(house, role, text, n=row["national_id"]))
        assert body["data"]["patients"] in (None, {"totalCount": 0, "nodes": []})


async def test_a_national_id_is_no_way_to_find_whom_one_may_not_read_it_of(house: House) -> None:
    """A nurse sees the patient, not the number: she cannot try numbers either."""
    text = '{ patients(nationalId: "NAT-MRN-1") { totalCount } }'
    body = read(await asked(house, Role.NURSE, text))
    assert body["data"] == {"patients": None}
    assert body["errors"][0]["extensions"]["requires"] == "patient-identifiers:read"


def _ids_of(name: str) -> dict[str, str]:
    """The fields of a mutation's input that name rows, and the types they name."""
    argument = object_of("Mutation").fields[name].args.get("input")
    type_ = None if argument is None else get_named_type(argument.type)
    if not isinstance(type_, GraphQLInputObjectType):
        return {}
    words = {"patientId": "Patient", "bedId": "Bed", "admissionId": "Admission"} | {
        "criticalResultId": "CriticalResult",
        "medicationId": "MedicationOrder",
        "careTeamMemberId": "CareTeamMember",
        "emergencyAccessId": "EmergencyAccess",
        "otherAdmissionId": "Admission",
        "isolationId": "Isolation",
        "allergyId": "Allergy",
        "vitalsId": "VitalSigns",
        "administrationId": "MedicationAdministration",
        "pregnancyId": "Pregnancy",
        "userId": "User",
        "wardId": "Ward",
    }
    return {
        field: words[field] for field in type_.fields if field.endswith("Id") and field in words
    }


@pytest.mark.parametrize("name", [n for n in MUTATIONS if _ids_of(n) and n != "breakGlass"])
async def test_a_write_to_what_is_out_of_sight_is_one_to_nothing(house: House, name: str) -> None:
    """For every role that may call it but not for every row. breakGlass is for such patients."""
    scope = MUTATIONS[name]
    assert scope is not None
    kind = f"{name[0].upper()}{name[1:]}Input"
    text = f"mutation ($i: {kind}!) {{ {name}(input: $i) {{ __typename }} }}"
    some = [role for role in Role if GRANTS[role.value].get(scope, {HOSPITAL}) != {HOSPITAL}]
    tried: list[Role] = []
    for role in some:
        named = {field: unseen(house, role, (type_,)) for field, type_ in _ids_of(name).items()}
        if not all(named.values()):
            continue
        there = {field: public_of(rows[0]) for field, rows in named.items()}
        nowhere = {field: never(public) for field, public in there.items()}
        said = await asked(house, role, text, i=naming_nothing(name) | there)
        assert said == await asked(house, role, text, i=naming_nothing(name) | nowhere), role
        assert read(said)["errors"][0]["extensions"]["code"] == "NOT_FOUND"
        tried.append(role)
    assert tried or not some, name


def test_every_id_of_an_input_is_tried() -> None:
    named = {
        field
        for name, type_ in SCHEMA.type_map.items()
        if isinstance(type_, GraphQLInputObjectType)
        for field, one in type_.fields.items()
        if get_named_type(one.type).name == "ID"
    }
    assert named == {field for name in MUTATIONS for field in _ids_of(name)}


LISTS = {
    "patients": "patients(first: 2, after: $c) %s",
    "criticalResults": "criticalResults(first: 2, after: $c) %s",
    "emergencyAccesses": "emergencyAccesses(last: 2, before: $c) %s",
    "labResults": "labResults(first: 2, after: $c) %s",
    "criticalRules": "criticalRules(first: 2, after: $c) %s",
    "vitals": "patients { nodes { vitals(first: 2, after: $c) %s } }",
}
PAGE = "{ totalCount nodes { id } edges { cursor } pageInfo { hasNextPage startCursor } }"


@ROLES
@pytest.mark.parametrize("name", LISTS)
async def test_a_cursor_out_of_sight_shows_what_is_in_sight(
    house: House, role: Role, name: str
) -> None:
    """It is a place in an order, whoever's row stands there: what comes after it is one's own."""
    text = LISTS[name] % PAGE
    everything = read(await asked(house, Role.ADMIN, "query ($c: String) { " + text + " }", c=None))
    hidden = {public_of(row) for row in unseen(house, role)}
    for cursor in sorted(_under(everything, "cursor")):
        said = read(await asked(house, role, "query ($c: String) { " + text + " }", c=cursor))
        assert not _under(said, "id") & hidden


def _under(value: Any, key: str) -> set[str]:
    """Every string under a key."""
    if isinstance(value, list):
        return set().union(*(_under(one, key) for one in value))
    if not isinstance(value, dict):
        return set()
    found = set().union(*(_under(one, key) for one in value.values()))
    return found | ({value[key]} if isinstance(value.get(key), str) else set())


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.uuids().map(str),
    st.datetimes().map(str),
    st.sampled_from(["infinity", "-infinity", "0001-01-01T00:00:00+23:59", "a\0b", "now", "{}"]),
    st.sampled_from(["9999-12-31T23:59:59-23:59", "2026-01-01", "2026-W01-1", str(2**70)]),
)
FORGED = st.one_of(
    st.text(max_size=40),
    st.binary(max_size=40).map(lambda raw: base64.b64encode(raw).decode()),
    st.one_of(ODD, st.lists(ODD, max_size=3), st.dictionaries(st.sampled_from("012"), ODD)).map(
        lambda value: base64.b64encode(json.dumps(value).encode()).decode()
    ),
)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(cursor=FORGED, name=st.sampled_from([*LISTS]))
async def test_a_forged_cursor_is_refused_or_a_place_in_the_order(
    house: House, cursor: str, name: str
) -> None:
    """Never a fault of ours, and never a way around sight."""
    text = "query ($c: String) { " + LISTS[name] % PAGE + " }"
    body = read(await asked(house, Role.NURSE, text, c=cursor))
    codes = {error["extensions"]["code"] for error in body.get("errors", ())}
    assert codes <= {"BAD_USER_INPUT"}, body
    assert not _under(body, "id") & {public_of(row) for row in unseen(house, Role.NURSE)}


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    public=st.one_of(
        st.text(max_size=50),
        st.builds(
            lambda p, x: f"{p}_{x}",
            st.sampled_from([*PREFIXES.values(), "hos"]),
            st.one_of(st.uuids().map(str), st.text(max_size=40)),
        ),
    )
)
async def test_a_made_up_id_names_nothing(house: House, public: str) -> None:
    body = read(await asked(house, Role.ADMIN, BY_ID, id=public, ids=[public]))
    if "errors" in body:
        assert "\0" in public
        assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    else:
        assert body["data"]["nodes"] == [None]
        assert body["data"]["node"] is body["data"]["patient"] is body["data"]["admission"] is None


def test_the_prefixes_are_those_that_are_given_out() -> None:
    assert set(PREFIXES.values()) == set(ids.PREFIXES.values())
