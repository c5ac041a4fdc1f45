"""What a selection may look like: aliases, fragments, directives, variables, arguments."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

import models
from models.rules.roles import Role
from resolvers.actors import Actor
from tests.resolvers.reading.hospital import MRNS, WARDS, Hospital

# -- keys ------------------------------------------------------------------------------------------


async def test_keys_come_in_the_order_of_the_document(hospital: Hospital, admin: Actor) -> None:
    answered = await hospital.ask(
        '{ z: viewer { username id } a: ward(code: "MED1") { name ...W id } viewer { id } }'
        " fragment W on Ward { code beds { status code } }",
        admin,
    )
    data = answered.data
    assert list(data) == ["z", "a", "viewer"]
    assert list(data["z"]) == ["username", "id"]
    assert list(data["a"]) == ["name", "code", "beds", "id"]
    assert [list(bed) for bed in data["a"]["beds"]] == [["status", "code"]] * 2


async def test_the_same_field_twice_with_different_arguments(
    hospital: Hospital, admin: Actor
) -> None:
    answered = await hospital.ask(
        '{ one: ward(code: "ICU") { code } two: ward(code: "MED1") { code }'
        f' patient(mrn: "{MRNS["Ada"]}")'
        " { all: labResults { totalCount } low: labResults(abnormal: true) { totalCount }"
        '   fine: labResults(abnormal: false) { totalCount } x: labResults(code: "X-1")'
        "   { totalCount nodes { code } } } }",
        admin,
    )
    patient = answered.data["patient"]
    assert answered.data["one"]["code"] == "ICU"
    assert answered.data["two"]["code"] == "MED1"
    assert [patient[key]["totalCount"] for key in ("all", "low", "fine", "x")] == [6, 2, 4, 1]
    assert patient["x"]["nodes"] == [{"code": "X-1"}]


async def test_selections_of_one_key_are_merged(hospital: Hospital, admin: Actor) -> None:
    answered = await hospital.ask(
        '{ ward(code: "MED1") { beds { code } } ward(code: "MED1") { code beds { status } } }',
        admin,
    )
    ward = answered.data["ward"]
    assert ward["code"] == "MED1"
    assert {frozenset(bed) for bed in ward["beds"]} == {frozenset({"code", "status"})}


AWKWARD = ["t1", "t2", "t3", "a1", "c0", "json", "people", "number", "data", "found", "cursors"]
AWKWARD += ["answer", "audited", "who", "nothing", "above", "scope_stay", "null", "select", "_"]
AWKWARD += [f"anon_{number}" for number in range(1, 40)]


@pytest.mark.parametrize("name", AWKWARD)
async def test_no_alias_meets_a_name_within_the_statement(
    hospital: Hospital, admin: Actor, name: str
) -> None:
    """PostgreSQL takes `row_to_json(x)` for the column x where there is one."""
    answered = await hospital.ask(
        f"{{ {name}: viewer {{ {name}: username }}"
        f'  w: ward(code: "MED1") {{ {name}: beds {{ {name}: code }}'
        f"    occupancy {{ {name}: beds }} }}"
        f"  p: patients(first: 1) {{ edges {{ {name}: node {{ {name}: mrn"
        f"    admission {{ {name}: status stays {{ {name}: endedAt }} }} }} }}"
        f"    {name}: nodes {{ latestVitals {{ {name}: heartRate }} }}"
        f"    pageInfo {{ {name}: hasNextPage }} }} }}",
        admin,
    )
    data = answered.data
    assert data[name] == {name: admin.username}
    assert [bed[name] for bed in data["w"][name]] == ["MED1-1", "MED1-2"]
    assert data["w"]["occupancy"] == {name: 2}
    assert data["p"]["edges"][0][name][name] == MRNS["Ada"]
    assert data["p"][name] == [{"latestVitals": {name: 88}}]
    assert data["p"]["pageInfo"] == {name: True}


async def test_long_aliases_are_kept_apart(hospital: Hospital, admin: Actor) -> None:
    """PostgreSQL cuts names at 63 bytes."""
    one, two = "x" * 80 + "1", "x" * 80 + "2"
    answered = await hospital.ask(
        f"{{ {one}: viewer {{ {one}: id {two}: username }}"
        f"  {two}: wards {{ {one}: code {two}: name beds {{ {one}: code {two}: status }} }}"
        f"  patients {{ {one}: totalCount {two}: nodes {{ {one}: mrn {two}: id }}"
        f"    edges {{ {one}: cursor {two}: node {{ {one}: mrn }} }}"
        f"    pageInfo {{ {one}: hasNextPage {two}: endCursor }} }} }}",
        admin,
    )
    data = answered.data
    assert data[one][two] == admin.username
    assert [ward[one] for ward in data[two]] == list(WARDS)
    assert [[bed[one] for bed in ward["beds"]] for ward in data[two]] == [
        [f"{code}-1", f"{code}-2"] for code in WARDS
    ]
    page = data["patients"]
    assert page[one] == len(page[two]) == len(page["edges"]) == len(MRNS)
    assert page["pageInfo"] == {one: False, two: page["edges"][-1][one]}


@pytest.mark.parametrize("length", [1, 70])
@pytest.mark.parametrize("many", [49, 50, 51, 100, 101, 230])
async def test_many_keys(hospital: Hospital, admin: Actor, many: int, length: int) -> None:
    """A function of PostgreSQL takes 100 arguments, and json_build_object two a key."""
    keys = [f"{'k' * length}{number}" for number in range(many)]
    fields = " ".join(f"{key}: {'id' if n % 2 else 'code'}" for n, key in enumerate(keys))
    answered = await hospital.ask(f'{{ ward(code: "MED1") {{ {fields} }} }}', admin)
    ward = answered.data["ward"]
    assert list(ward) == keys
    assert {ward[key] for key in keys[::2]} == {"MED1"}
    assert {ward[key] for key in keys[1::2]} <= {
        hospital.public(models.Ward, hospital.wards["MED1"])
    }


# -- fragments -------------------------------------------------------------------------------------


async def test_fragments_named_inline_nested_and_on_an_interface(
    hospital: Hospital, admin: Actor
) -> None:
    ada = hospital.patient("Ada")
    answered = await hospital.ask(
        "query ($id: ID!) { node(id: $id) { ...N ... on Node { __typename } ... { same: id }"
        "  ... on Patient { ...P } ... on Ward { code } ...W } }"
        " fragment N on Node { id ... on Patient { mrn } }"
        " fragment P on Patient { admission { ...A } }"
        " fragment A on Admission { status patient { ...Q } }"
        " fragment Q on Patient { ...R givenName }"
        " fragment R on Patient { familyName }"
        " fragment W on Ward { name }",
        admin,
        {"id": ada},
    )
    assert answered.data["node"] == {
        "id": ada,
        "mrn": MRNS["Ada"],
        "__typename": "Patient",
        "same": ada,
        "admission": {
            "status": "IN_PROGRESS",
            "patient": {"familyName": "Person1", "givenName": "Ada"},
        },
    }


async def test_typename_everywhere(hospital: Hospital, admin: Actor) -> None:
    answered = await hospital.ask(
        "{ __typename viewer { __typename } wards { __typename occupancy { __typename }"
        "  beds { __typename ward { __typename } admission { __typename stays { __typename } }"
        "         reservedFor { __typename } } }"
        "  patients(first: 1) { __typename edges { __typename node { __typename } }"
        "    nodes { __typename latestVitals { __typename news2 { __typename } } }"
        "    pageInfo { __typename } }"
        f'  node(id: "{hospital.patient("Ada")}") {{ __typename }} }}',
        admin,
    )
    data = answered.data
    assert data["__typename"] == "Query"
    assert data["viewer"] == {"__typename": "Viewer"}
    ward = data["wards"][1]
    assert ward["__typename"] == "Ward"
    assert ward["occupancy"] == {"__typename": "WardOccupancy"}
    bed, kept = ward["beds"]
    assert bed["ward"] == {"__typename": "Ward"}
    assert bed["admission"]["__typename"] == "Admission"
    assert bed["admission"]["stays"] == [{"__typename": "BedStay"}] * 2
    assert kept["reservedFor"] == {"__typename": "Patient"}
    vitals = {"__typename": "VitalSigns", "news2": {"__typename": "News2"}}
    assert data["patients"] == {
        "__typename": "PatientConnection",
        "edges": [{"__typename": "PatientEdge", "node": {"__typename": "Patient"}}],
        "nodes": [{"__typename": "Patient", "latestVitals": vitals}],
        "pageInfo": {"__typename": "PageInfo"},
    }
    assert data["node"] == {"__typename": "Patient"}


# -- skip and include ------------------------------------------------------------------------------


@pytest.mark.parametrize("skip", [True, False])
@pytest.mark.parametrize("include", [True, False])
async def test_skip_and_include_with_variables(
    hospital: Hospital, admin: Actor, skip: bool, include: bool
) -> None:
    """One document, four plans: what is left out is decided by the variables of each run."""
    answered = await hospital.ask(
        "query ($s: Boolean!, $i: Boolean!) { viewer { id username @skip(if: $s)"
        "  displayName @include(if: $i) roles @skip(if: $s) @include(if: $i)"
        "  ... @include(if: $i) { scopes } ...F @skip(if: $s) } }"
        " fragment F on Viewer { wards { code } }",
        admin,
        {"s": skip, "i": include},
    )
    expected = {"id"}
    expected |= set() if skip else {"username", "wards"}
    expected |= {"displayName", "scopes"} if include else set()
    expected |= {"roles"} if include and not skip else set()
    assert set(answered.data["viewer"]) == expected


async def test_directives_with_constants_and_defaults(hospital: Hospital, admin: Actor) -> None:
    text = (
        "query ($yes: Boolean = true) { viewer { a: id @skip(if: true) b: id @skip(if: false)"
        "  c: id @include(if: false) d: id @include(if: $yes) e: id @skip(if: $yes) } }"
    )
    assert set((await hospital.ask(text, admin)).data["viewer"]) == {"b", "d"}
    other = await hospital.ask(text, admin, {"yes": False})
    assert set(other.data["viewer"]) == {"b", "e"}


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("viewer @skip(if: true) { id }", {}),
        ("viewer { id @skip(if: true) }", {"viewer": {}}),
        ('ward(code: "MED1") { beds { id @skip(if: true) } }', {"ward": {"beds": [{}, {}]}}),
        ("patients(first: 1) { nodes @skip(if: true) { id } }", {"patients": {}}),
        ("patients(first: 1) { nodes { id @skip(if: true) } }", {"patients": {"nodes": [{}]}}),
        (
            "patients(first: 1) { pageInfo { endCursor @skip(if: true) } }",
            {"patients": {"pageInfo": {}}},
        ),
        ("patients(first: 1) { edges { cursor @skip(if: true) } }", {"patients": {"edges": [{}]}}),
    ],
)
async def test_a_selection_may_be_left_empty(
    hospital: Hospital, admin: Actor, selection: str, expected: Any
) -> None:
    assert (await hospital.ask(f"{{ {selection} }}", admin)).data == expected


async def test_a_stranger_may_ask_for_nothing(hospital: Hospital) -> None:
    """No field is read, so nobody needs to be signed in; gateways ask so whether we are there."""
    assert (await hospital.ask("{ viewer @skip(if: true) { id } }", None)).data == {}
    assert (await hospital.ask("{ a: __typename }", None)).data == {"a": "Query"}
    refused = await hospital.ask("{ __typename viewer { id } }", None)
    assert refused.codes == ["UNAUTHENTICATED"]


async def test_null_is_no_condition(hospital: Hospital, admin: Actor) -> None:
    """A default lets a nullable variable stand there; null in it says neither yes nor no."""
    for directive in ("skip", "include"):
        text = f"query ($x: Boolean = true) {{ viewer {{ id username @{directive}(if: $x) }} }}"
        answered = await hospital.ask(text, admin, {"x": None})
        assert answered.codes == ["BAD_USER_INPUT"]
        assert answered.errors[0]["extensions"]["field"] == "if"


# -- operations and introspection ------------------------------------------------------------------


async def test_the_operation_is_chosen_by_name(hospital: Hospital, admin: Actor) -> None:
    text = "query A { viewer { id } } query B { viewer { username } }"
    chosen = await hospital.ask(text, admin, operation="B")
    assert chosen.data == {"viewer": {"username": admin.username}}
    for name in (None, "C"):
        refused = await hospital.ask(text, admin, operation=name)
        assert refused.codes == ["OPERATION_RESOLUTION_FAILURE"]
        assert "data" not in refused.body


async def test_introspection_stands_among_the_data(hospital: Hospital, admin: Actor) -> None:
    answered = await hospital.ask(
        "query ($n: String!, $from: DateTime, $s: [CriticalResultStatus!], $m: String!) {"
        "  a: viewer { username } __type(name: $n) { name ...K }"
        "  patient(mrn: $m) { vitals(from: $from) { totalCount } }"
        "  criticalResults(status: $s) { totalCount } z: __schema { queryType { name } } }"
        " fragment K on __Type { kind }",
        admin,
        {"n": "Ward", "from": "2001-01-01T00:00:00Z", "s": ["OPEN"], "m": MRNS["Ada"]},
    )
    assert answered.data == {
        "a": {"username": admin.username},
        "__type": {"name": "Ward", "kind": "OBJECT"},
        "patient": {"vitals": {"totalCount": 6}},
        "criticalResults": {"totalCount": 5},
        "z": {"queryType": {"name": "Query"}},
    }
    assert list(answered.body["data"]) == ["a", "__type", "patient", "criticalResults", "z"]


async def test_introspection_needs_no_session_and_the_rest_does(hospital: Hospital) -> None:
    answered = await hospital.ask("{ __schema { queryType { name } } }", None)
    assert answered.data == {"__schema": {"queryType": {"name": "Query"}}}
    refused = await hospital.ask("{ __schema { queryType { name } } wards { id } }", None)
    assert refused.codes == ["UNAUTHENTICATED"]


# -- node ------------------------------------------------------------------------------------------


async def test_node_of_every_type(hospital: Hospital, admin: Actor) -> None:
    chart = hospital.charts["Ada"]
    expected = {
        hospital.patient("Ada"): "Patient",
        hospital.public(models.Ward, hospital.wards["MED1"]): "Ward",
        hospital.public(models.Bed, hospital.beds["MED1-1"]): "Bed",
    } | {
        hospital.public(model, chart.newest(model)): model.__name__
        for model in chart.rows
        if model is not models.BedStay
    }
    assert len(expected) == len(chart.rows) + 2
    for public, type_ in expected.items():
        answered = await hospital.ask(
            "query ($id: ID!) { node(id: $id) { __typename id } }", admin, {"id": public}
        )
        assert answered.data["node"] == {"__typename": type_, "id": public}


async def test_nodes_in_the_order_of_their_ids(hospital: Hospital, admin: Actor) -> None:
    ada, ben = hospital.patient("Ada"), hospital.patient("Ben")
    ward = hospital.public(models.Ward, hospital.wards["MED1"])
    asked = [ward, "pat_nobody", ben, ada, ben]
    answered = await hospital.ask(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Patient { givenName } } }",
        admin,
        {"ids": asked},
    )
    assert answered.data["nodes"] == [
        {"__typename": "Ward", "id": ward},
        None,
        {"__typename": "Patient", "id": ben, "givenName": "Ben"},
        {"__typename": "Patient", "id": ada, "givenName": "Ada"},
        {"__typename": "Patient", "id": ben, "givenName": "Ben"},
    ]
    (entry,) = answered.audit
    patients = {hospital.charts["Ada"].patient, hospital.charts["Ben"].patient}
    assert set(entry["patient_ids"]) == patients
    none = await hospital.ask("{ nodes(ids: []) { id } }", admin)
    assert none.data["nodes"] == []


async def test_nodes_out_of_reach_are_null(hospital: Hospital) -> None:
    nurse = await hospital.user(Role.NURSE, wards=("MED1",))
    ada, ben = hospital.patient("Ada"), hospital.patient("Ben")
    answered = await hospital.ask(f'{{ nodes(ids: ["{ben}", "{ada}"]) {{ id }} }}', nurse)
    assert answered.data["nodes"] == [None, {"id": ada}]


async def test_node_of_nothing(hospital: Hospital, admin: Actor) -> None:
    ada = hospital.patient("Ada")
    for wrong in (
        "",
        "x",
        ada.upper(),
        ada.replace("pat_", "wrd_"),
        ada.replace("-", ""),
        ada + " ",
        f"pat_{models.new_id()}",
        "pat_\u0000",
        hospital.public(models.User, models.new_id()),
    ):
        answered = await hospital.ask(
            "query ($id: ID!) { node(id: $id) { id } patient(id: $id) { id } }",
            admin,
            {"id": wrong},
        )
        assert answered.data == {"node": None, "patient": None}, wrong


async def test_the_answer_is_json_without_a_copy(hospital: Hospital, admin: Actor) -> None:
    """Text that needs escaping comes through PostgreSQL's JSON as it was."""
    awkward = 'a"b\\c/d\ne\tf\u2028g\U0001f600h</script>é'
    async with hospital.pool.acquire() as connection, connection.transaction():
        await connection.execute("UPDATE users SET display_name = $1", awkward)
    answered = await hospital.ask("{ viewer { displayName } }", admin)
    assert answered.data == {"viewer": {"displayName": awkward}}
    assert orjson.loads(answered.raw) == answered.body
