"""Variables and arguments: given, defaulted, null, absent, and of every kind."""

from __future__ import annotations

import re
from typing import Any

import pytest

from resolvers.actors import Actor
from tests.resolvers.reading.hospital import MRNS, Hospital

SEARCH = (
    "query ($s: String{default}) {{ patients(search: $s) {{ totalCount nodes {{ givenName }} }} }}"
)


@pytest.mark.parametrize(
    ("default", "sent", "found"),
    [
        ("", {"s": "ada"}, 1),
        ("", {"s": None}, 5),
        ("", {}, 5),
        (' = "ada"', {}, 1),
        (' = "ada"', {"s": "ben"}, 1),
        (' = "ada"', {"s": None}, 5),
        (' = "nobody"', {}, 0),
    ],
)
async def test_variables_with_defaults_null_and_absent(
    hospital: Hospital, admin: Actor, default: str, sent: dict[str, Any], found: int
) -> None:
    answered = await hospital.ask(SEARCH.format(default=default), admin, sent)
    page = answered.data["patients"]
    assert page["totalCount"] == len(page["nodes"]) == found


async def test_one_plan_is_not_used_for_another_shape(hospital: Hospital, admin: Actor) -> None:
    """The same document first with a value, then with null, then absent, then with a value."""
    text = SEARCH.format(default="")
    counts = [
        (await hospital.ask(text, admin, sent)).data["patients"]["totalCount"]
        for sent in ({"s": "ada"}, {"s": None}, {}, {"s": "zzz"}, {"s": "cleo"})
    ]
    assert counts == [1, 5, 5, 0, 1]


@pytest.mark.parametrize("first", ["null", "$n"])
async def test_null_for_first_is_its_default(hospital: Hospital, admin: Actor, first: str) -> None:
    head = "query ($n: Int) " if first == "$n" else ""
    answered = await hospital.ask(
        f"{head}{{ patients(first: {first}) {{ nodes {{ id }} }} }}", admin
    )
    assert len(answered.data["patients"]["nodes"]) == len(MRNS)


@pytest.mark.parametrize(
    "field", ["ward(code: $x) { id }", "node(id: $y) { id }", "admission(id: $y) { id }"]
)
async def test_null_where_a_value_is_needed_is_refused(
    hospital: Hospital, admin: Actor, field: str
) -> None:
    """Otherwise the condition would fall away, and some other row would be the answer."""
    variable, type_ = ("x", "String") if "$x" in field else ("y", "ID")
    text = f'query (${variable}: {type_} = "x") {{ {field} }}'
    assert set((await hospital.ask(text, admin)).data.values()) == {None}
    answered = await hospital.ask(text, admin, {variable: None})
    assert answered.codes == ["BAD_USER_INPUT"]
    assert answered.errors[0]["extensions"]["field"] in {"code", "id"}


@pytest.mark.parametrize(
    ("document", "argument"),
    [
        ('query ($v: ID = "x") { nodes(ids: [$v, "y"]) { id } }', "ids"),
        (
            (
                "query ($v: CriticalResultStatus = ACKNOWLEDGED)"
                " { criticalResults(status: [$v]) { totalCount } }"
            ),
            "status",
        ),
        (
            (
                'mutation ($v: String = "x") { signIn(input: { username: $v, password: "y" })'
                " { token } }"
            ),
            "input",
        ),
    ],
)
async def test_null_inside_what_may_not_hold_it_is_refused(
    hospital: Hospital, admin: Actor, document: str, argument: str
) -> None:
    """A default lets the variable stand there; null is sent all the same."""
    answered = await hospital.ask(document, admin, {"v": None})
    assert answered.codes == ["BAD_USER_INPUT"]
    assert answered.errors[0]["extensions"]["field"] == argument


@pytest.mark.parametrize("arguments", ["", "(id: null)", "(mrn: null)", "(id: $id, mrn: $mrn)"])
async def test_a_patient_must_be_named(hospital: Hospital, admin: Actor, arguments: str) -> None:
    """Without a name the answer would be somebody."""
    head = "query ($id: ID, $mrn: String) " if "$" in arguments else ""
    answered = await hospital.ask(f"{head}{{ patient{arguments} {{ mrn }} }}", admin)
    assert answered.codes == ["BAD_USER_INPUT"]
    assert answered.body.get("data") is None
    assert answered.audit == []


async def test_a_patient_by_id_and_mrn_must_be_both(hospital: Hospital, admin: Actor) -> None:
    text = "query ($id: ID, $mrn: String) { patient(id: $id, mrn: $mrn) { givenName } }"
    ada = hospital.patient("Ada")
    both = await hospital.ask(text, admin, {"id": ada, "mrn": MRNS["Ada"]})
    assert both.data["patient"] == {"givenName": "Ada"}
    one = await hospital.ask(text, admin, {"id": ada, "mrn": None})
    assert one.data["patient"] == {"givenName": "Ada"}
    other = await hospital.ask(text, admin, {"id": ada, "mrn": MRNS["Ben"]})
    assert other.data["patient"] is None


@pytest.mark.parametrize(
    ("given", "sent", "found"),
    [
        ("[OPEN]", {}, 5),
        ("OPEN", {}, 5),
        ("[]", {}, 0),
        ("[OPEN, ACKNOWLEDGED]", {}, 15),
        ("[OPEN, OPEN]", {}, 5),
        ("[WITHDRAWN]", {}, 0),
        ("null", {}, 15),
        ("$s", {"s": ["ACKNOWLEDGED"]}, 10),
        ("$s", {"s": "OPEN"}, 5),
        ("$s", {"s": []}, 0),
        ("$s", {"s": None}, 15),
        ("$s", {}, 15),
        ("[$one, WITHDRAWN]", {"one": "OPEN"}, 5),
        ("[$one]", {"one": "WITHDRAWN"}, 0),
    ],
)
async def test_lists_of_an_enumeration(
    hospital: Hospital, admin: Actor, given: str, sent: dict[str, Any], found: int
) -> None:
    variables = {"$s": "($s: [CriticalResultStatus!])"}.get(given, "")
    if "$one" in given:
        variables = "($one: CriticalResultStatus!)"
    answered = await hospital.ask(
        f"query Q{variables} {{ criticalResults(status: {given}) {{ totalCount }} }}", admin, sent
    )
    assert answered.data["criticalResults"]["totalCount"] == found


async def test_times_and_decimals(hospital: Hospital, admin: Actor) -> None:
    text = (
        "query ($m: String!, $from: DateTime, $to: DateTime) { patient(mrn: $m) { birthDate"
        "  vitals(from: $from, to: $to) { totalCount nodes { recordedAt temperature } } } }"
    )
    whole = (await hospital.ask(text, admin, {"m": MRNS["Ada"]})).data["patient"]
    assert whole["birthDate"] == "1950-05-17"
    assert whole["vitals"]["totalCount"] == 6
    assert {row["temperature"] for row in whole["vitals"]["nodes"]} == {"37.40"}
    times = sorted({row["recordedAt"] for row in whole["vitals"]["nodes"]})
    assert all(re.fullmatch(r"[-0-9]{10}T[:.0-9]+\+00:00", time) for time in times)
    for bounds, expected in (
        ({"from": times[1]}, 4),
        ({"to": times[1]}, 2),
        ({"from": times[0], "to": times[2]}, 3),
        ({"from": times[2], "to": times[2]}, 0),
        ({"to": times[0].replace("+00:00", "-01:00")}, 2),
    ):
        found = (await hospital.ask(text, admin, {"m": MRNS["Ada"], **bounds})).data["patient"]
        assert found["vitals"]["totalCount"] == expected, bounds


async def test_a_search_is_a_prefix_of_a_name_or_a_whole_mrn(
    hospital: Hospital, admin: Actor
) -> None:
    for search, expected in (
        ("ada", {"Ada"}),
        ("  ADA  ", {"Ada"}),
        ("ada person1", {"Ada"}),
        ("person", set(MRNS)),
        ("person2 ben", {"Ben"}),
        ("erson", set()),
        ("", set(MRNS)),
        ("%", set()),
        ("_da", set()),
        (MRNS["Cleo"], {"Cleo"}),
        (MRNS["Cleo"][:-1], set()),
        ("x' OR '1'='1", set()),
    ):
        text = "query ($s: String) { patients(search: $s) { nodes { givenName } } }"
        nodes = (await hospital.ask(text, admin, {"s": search})).data["patients"]["nodes"]
        assert {node["givenName"] for node in nodes} == expected, search


@pytest.mark.parametrize(
    "text",
    [
        "query ($x: String) { patients(search: $x) { totalCount } }",
        "query ($x: String!) { ward(code: $x) { id } }",
        "query ($x: String) { patient(mrn: $x) { id } }",
        "query ($x: String) { criticalResults(ward: $x) { totalCount } }",
    ],
)
async def test_a_character_that_no_text_can_hold_is_refused(
    hospital: Hospital, admin: Actor, text: str
) -> None:
    """PostgreSQL has no NUL in text."""
    answered = await hospital.ask(text, admin, {"x": "a\u0000b"})
    assert answered.codes == ["BAD_USER_INPUT"]
