"""Connections: pages by keyset add up to the list, whatever ties there are."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

import models
from models.rules.roles import Role
from resolvers.actors import Actor
from tests.resolvers.reading.hospital import MRNS, Hospital

LISTS = {
    "patients": 5,
    "criticalResults": 15,
    "patient.admissions": 1,
    "patient.vitals": 6,
    "patient.labResults": 6,
    "patient.medications": 3,
    "patient.medications.nodes.administrations": 1,
}


def document(path: str, body: str) -> str:
    """A query of the list at the path, with $first and $after."""
    *parents, last = path.split(".")
    text = f"{last}(first: $first, after: $after) {{ {body} }}"
    for parent in reversed(parents):
        name = {"patient": "patient(mrn: $mrn)", "medications": "medications(first: 1)"}
        text = f"{name.get(parent, parent)} {{ {text} }}"
    head = "($mrn: String!, $first: Int, $after: String)"
    return f"query {head if parents else '($first: Int, $after: String)'} {{ {text} }}"


def inside(data: Any, path: str) -> Any:
    for step in path.split("."):
        data = (data[0] if isinstance(data, list) else data)[step]
    return data


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("size", [1, 2, 3, 500])
async def test_page_by_page_is_the_list(
    hospital: Hospital, admin: Actor, path: str, size: int
) -> None:
    body = "totalCount nodes { id } edges { cursor node { id } }"
    body += " pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
    text, given = document(path, body), {"mrn": MRNS["Ada"]}
    whole = inside((await hospital.ask(text, admin, given)).data, path)
    assert whole["totalCount"] == len(whole["nodes"]) == LISTS[path]
    walked: list[Any] = []
    after = None
    while True:
        page = inside(
            (await hospital.ask(text, admin, {**given, "first": size, "after": after})).data, path
        )
        assert page["totalCount"] == LISTS[path], "whatever the cursor"
        assert [edge["node"] for edge in page["edges"]] == page["nodes"]
        assert len(page["nodes"]) <= size
        info = page["pageInfo"]
        assert info["hasPreviousPage"] is (after is not None)
        assert info["startCursor"] == page["edges"][0]["cursor"]
        assert info["endCursor"] == page["edges"][-1]["cursor"]
        walked += page["nodes"]
        if not info["hasNextPage"]:
            break
        after = info["endCursor"]
        assert len(walked) < LISTS[path], "a page that says there is more has a next one"
    assert walked == whole["nodes"]
    assert len({node["id"] for node in walked}) == len(walked)


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("size", [1, 2, 500])
async def test_page_by_page_from_the_end_is_the_list_as_well(
    hospital: Hospital, admin: Actor, path: str, size: int
) -> None:
    body = "nodes { id } edges { cursor node { id } }"
    body += " pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
    given = {"mrn": MRNS["Ada"]}
    whole = inside((await hospital.ask(document(path, body), admin, given)).data, path)
    text = document(path, body).replace("first: $first, after: $after", "last: $n, before: $b")
    text = text.replace("$first: Int, $after: String", "$n: Int, $b: String")
    walked: list[Any] = []
    before = None
    while True:
        answered = await hospital.ask(text, admin, {**given, "n": size, "b": before})
        page = inside(answered.data, path)
        assert [edge["node"] for edge in page["edges"]] == page["nodes"]
        info = page["pageInfo"]
        assert info["hasNextPage"] is (before is not None)
        assert info["startCursor"] == page["edges"][0]["cursor"]
        assert info["endCursor"] == page["edges"][-1]["cursor"]
        walked = page["nodes"] + walked
        if not info["hasPreviousPage"]:
            break
        before = info["startCursor"]
        assert len(walked) < LISTS[path]
    assert walked == whole["nodes"]


async def test_between_two_cursors(hospital: Hospital, admin: Actor) -> None:
    whole = await hospital.ask("{ patients { edges { cursor node { id } } } }", admin)
    edges = whole.data["patients"]["edges"]
    given = {"a": edges[0]["cursor"], "b": edges[-1]["cursor"]}
    for size in ("first: 2", "last: 2"):
        answered = await hospital.ask(
            f"query ($a: String, $b: String) {{ patients({size}, after: $a, before: $b) {{"
            " nodes { id } pageInfo { hasNextPage hasPreviousPage } } }",
            admin,
            given,
        )
        nodes = [edge["node"] for edge in edges[1:-1]]
        page = answered.data["patients"]
        assert page["nodes"] == (nodes[:2] if "first" in size else nodes[-2:])
        forward = "first" in size
        assert page["pageInfo"] == {"hasNextPage": True, "hasPreviousPage": True}, forward


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ("first: 1, last: 1", "last"),
        ("last: -1", "last"),
        ("last: 501", "last"),
        ('last: 1, before: "x"', "before"),
    ],
)
async def test_what_no_page_can_be(
    hospital: Hospital, admin: Actor, arguments: str, field: str
) -> None:
    answered = await hospital.ask(f"{{ patients({arguments}) {{ nodes {{ id }} }} }}", admin)
    assert answered.codes == ["BAD_USER_INPUT"]
    assert answered.errors[0]["extensions"]["field"] == field


@pytest.mark.parametrize(
    ("field", "columns"),
    [
        ("vitals", "recorded_at DESC, id DESC"),
        ("labResults", "observed_at DESC, id DESC"),
        ("medications", "ordered_at DESC, id DESC"),
    ],
)
async def test_the_order_is_the_newest_first(
    hospital: Hospital, admin: Actor, field: str, columns: str
) -> None:
    table = {
        "vitals": models.VitalSigns,
        "labResults": models.LabResult,
        "medications": models.MedicationOrder,
    }[field]
    live = {
        "vitals": " AND entered_in_error_at IS NULL",
        "labResults": " AND superseded_at IS NULL",
    }.get(field, "")
    rows = await hospital.pool.fetch(
        f"SELECT id FROM {table.__tablename__} WHERE patient_id = $1{live} ORDER BY {columns}",
        hospital.charts["Ada"].patient,
    )
    answered = await hospital.ask(
        document(f"patient.{field}", "nodes { id }"), admin, {"mrn": MRNS["Ada"]}
    )
    nodes = answered.data["patient"][field]["nodes"]
    assert [node["id"] for node in nodes] == [hospital.public(table, row["id"]) for row in rows]


async def test_each_parent_has_its_own_page(hospital: Hospital, admin: Actor) -> None:
    answered = await hospital.ask(
        "{ patients { nodes { givenName vitals(first: 2) { totalCount nodes { id }"
        "  pageInfo { hasNextPage } } } } }",
        admin,
    )
    patients = answered.data["patients"]["nodes"]
    assert len(patients) == len(MRNS)
    seen = [node["id"] for patient in patients for node in patient["vitals"]["nodes"]]
    assert len(seen) == len(set(seen)) == 2 * len(MRNS)
    for patient in patients:
        assert patient["vitals"]["totalCount"] == 6
        assert patient["vitals"]["pageInfo"] == {"hasNextPage": True}


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        ('labResults(code: "2823-3"', 5),
        ("labResults(abnormal: true", 2),
        ("labResults(abnormal: false", 4),
        ('labResults(code: "2823-3", abnormal: false', 3),
        ("medications(status: [ACTIVE]", 2),
        ("medications(status: [STOPPED, DRAFT]", 1),
        ('vitals(from: "2001-01-01T00:00:00Z"', 6),
        ('vitals(to: "2001-01-01T00:00:00Z"', 0),
    ],
)
async def test_the_total_is_that_of_the_filter(
    hospital: Hospital, admin: Actor, arguments: str, count: int
) -> None:
    answered = await hospital.ask(
        f'{{ patient(mrn: "{MRNS["Ada"]}") {{'
        f" page: {arguments}, first: 1) {{ totalCount nodes {{ id }} }}"
        f" all: {arguments}) {{ totalCount nodes {{ id }} }}"
        f" alone: {arguments}, first: 0) {{ totalCount }} }} }}",
        admin,
    )
    patient = answered.data["patient"]
    assert {patient[key]["totalCount"] for key in ("page", "all", "alone")} == {count}
    assert len(patient["all"]["nodes"]) == count
    assert patient["page"]["nodes"] == patient["all"]["nodes"][:1]


async def test_no_rows_asked_for(hospital: Hospital, admin: Actor) -> None:
    body = "totalCount nodes { id } edges { cursor }"
    body += " pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
    answered = await hospital.ask(document("patients", body), admin, {"first": 0})
    assert answered.data["patients"] == {
        "totalCount": 5,
        "nodes": [],
        "edges": [],
        "pageInfo": {
            "hasNextPage": True,
            "hasPreviousPage": False,
            "startCursor": None,
            "endCursor": None,
        },
    }
    assert answered.audit[0]["patient_ids"] == []


@pytest.mark.parametrize("first", [-1, 501, 2**31 - 1, -(2**31)])
@pytest.mark.parametrize("body", ["nodes { id }", "totalCount"])
async def test_a_page_has_at_most_500_rows(
    hospital: Hospital, admin: Actor, first: int, body: str
) -> None:
    answered = await hospital.ask(document("patients", body), admin, {"first": first})
    assert answered.codes == ["BAD_USER_INPUT"]
    assert answered.errors[0]["extensions"]["field"] == "first"
    assert answered.errors[0]["extensions"]["limit"] == "0 to 500"
    assert str(first) not in answered.errors[0]["message"].replace("500", "")


def encoded(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.b64encode(text).decode()


SOMEBODY = str(models.new_id())


def nasty(time: bool) -> Iterator[str]:
    """What is no cursor of the list."""
    key = "2026-01-01T00:00:00+00:00" if time else "ada"
    yield from ("", "x", "é", "\u0000", "====", "W10", "A" * 10_000)
    for value in (None, 1, "abc", [], {}, {"0": key, "1": SOMEBODY}, [key], [SOMEBODY]):
        yield encoded(value)
    yield from (encoded(b"\xff\xfe"), encoded(b"[" * 100_000))
    for wrong in (None, 5, True, [], {}, "x", "\u0000", SOMEBODY + "0"):
        yield encoded([key, wrong])
    for wrong in (None, 5, [], {}, "a\u0000b", "\ud800"):
        yield encoded([wrong, SOMEBODY])
    if time:
        for wrong in ("", "x", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
            yield encoded([wrong, SOMEBODY])


@pytest.mark.parametrize("path", ["patients", "criticalResults", "patient.vitals"])
async def test_what_is_no_cursor_is_refused(hospital: Hospital, admin: Actor, path: str) -> None:
    for after in nasty(time=path != "patients"):
        for body in ("nodes { id }", "totalCount"):
            answered = await hospital.ask(
                document(path, body), admin, {"after": after, "mrn": MRNS["Ada"]}
            )
            assert answered.codes == ["BAD_USER_INPUT"], after[:80]
            assert answered.errors[0]["extensions"]["field"] == "after"
            assert len(after) < 2 or after not in answered.raw.decode()


async def test_a_cursor_is_no_key_to_what_one_may_not_see(hospital: Hospital, admin: Actor) -> None:
    """The cursor of another ward's row, or of another list, says only where to go on."""
    nurse = await hospital.user(Role.NURSE, wards=["MED1"])
    text = document("patients", "nodes { givenName } edges { cursor }")
    for edge in (await hospital.ask(text, admin)).data["patients"]["edges"]:
        page = (await hospital.ask(text, nurse, {"after": edge["cursor"]})).data["patients"]
        assert {node["givenName"] for node in page["nodes"]} <= {"Ada"}
    critical = document("criticalResults", "nodes { patient { givenName } } edges { cursor }")
    for edge in (await hospital.ask(critical, admin)).data["criticalResults"]["edges"]:
        given = {"after": edge["cursor"]}
        page = (await hospital.ask(critical, nurse, given)).data["criticalResults"]
        assert all(node["patient"] == {"givenName": "Ada"} for node in page["nodes"])


async def test_rows_that_come_in_between_shift_no_page(hospital: Hospital, admin: Actor) -> None:
    text = document("patient.vitals", "nodes { id } pageInfo { endCursor }")
    given = {"mrn": MRNS["Ben"]}
    before = (await hospital.ask(text, admin, given)).data["patient"]["vitals"]["nodes"]
    first = (await hospital.ask(text, admin, {**given, "first": 3})).data["patient"]["vitals"]
    await hospital.pool.execute(
        "INSERT INTO vital_signs (id, hospital_id, patient_id, recorded_at, news2_applies)"
        " SELECT $1, hospital_id, patient_id, max(recorded_at) + interval '1 second', true"
        " FROM vital_signs WHERE patient_id = $2 GROUP BY hospital_id, patient_id",
        models.new_id(),
        hospital.charts["Ben"].patient,
    )
    rest = (
        await hospital.ask(text, admin, {**given, "after": first["pageInfo"]["endCursor"]})
    ).data["patient"]["vitals"]
    assert first["nodes"] + rest["nodes"] == before
