"""The permission matrix: every role, every field, by query, node, payload and frame.

What is visible is what the oracle's table says, and what is refused is not in the SQL.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from graphql import get_named_type, is_leaf_type

import models
from models.rules.roles import Role
from resolvers.policy import DEFAULT_POLICY
from resolvers.reading.documents import GraphQLRequest
from resolvers.reading.limits import DEFAULT_LIMITS
from resolvers.reading.sources import Derived
from schema.catalogue import CATALOGUE
from schema.execution import Engine
from tests.oracle.answers import departures, read
from tests.oracle.chains import REPORTED, along, asked, object_of, roads, types_below, whole
from tests.oracle.conftest import leave_traces
from tests.oracle.cursors import Cursors
from tests.oracle.execution import Question, expected
from tests.oracle.grants import ENTRY, GRANTS, GUARDS
from tests.oracle.hospitals import House
from tests.oracle.people import staffed
from tests.oracle.relations import NODES
from tests.oracle.rows import TABLES, public_of, spoken
from tests.oracle.sight import in_sight, needed, viewer_of
from tests.resolvers.reading.hospital import MRNS, Hospital

TYPES = [name for name in types_below("Query") if not name.endswith(("Connection", "Edge"))]
ROLES = pytest.mark.parametrize("role", Role)
FEW = 2
"""Roads to a type whose rows a SELECT makes: it is the same one, at the end of each."""


def made_by_select() -> set[str]:
    """Those types, and what is embedded in them."""
    found: set[str] = set()
    todo = [
        get_named_type(object_of(type_).fields[name].type).name
        for (type_, name), source in CATALOGUE.sources.items()
        if isinstance(source, Derived)
    ]
    while todo:
        name = todo.pop()
        if name not in found and name not in NODES:
            found.add(name)
            fields = object_of(name).fields.values()
            todo += [one.name for f in fields if not is_leaf_type(one := get_named_type(f.type))]
    return found


MADE_BY_SELECT = made_by_select()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(whole: Hospital) -> House:
    found = await staffed(whole)
    await leave_traces(found)
    return found


async def answered(
    house: House, question: Question, role: Role
) -> tuple[Any, set[tuple[str, ...]]]:
    """The data and the paths of what was refused, the oracle's and the engine's."""
    actor = house.actors[list(Role).index(role)]
    cursors = Cursors()
    wanted = expected(question, house.held, viewer_of(actor, house.held), cursors)
    raw = await house.hospital.engine.execute(GraphQLRequest(question.text), actor)
    assert departures(raw, wanted, cursors) == [], (role, question.text)
    return wanted.data, {path for path, *_ in wanted.errors}


@ROLES
@pytest.mark.parametrize("name", TYPES)
async def test_by_query(house: House, role: Role, name: str) -> None:
    """Every field of the type by every root that leads to it; behind each relation every field of
    what is there, by the shortest road and, of each other road, for two of the roles."""
    upto = f'(to: "{spoken(house.held.at)}")'
    admission = house.hospital.public(
        models.Admission, house.hospital.charts["Ben"].newest(models.Admission)
    )
    given = {"ward": '(code: "ICU")', "patient": f'(mrn: "{MRNS["Ben"]}")'} | {
        "admission": f'(id: "{admission}")',
        "auditEntries": upto,
        "criticalResultReport": REPORTED,
    }
    chosen = roads("Query", given)[name]
    if name in MADE_BY_SELECT:
        chosen = chosen[:FEW]
    deep = gone_deep(role, len(chosen))
    found = [
        along(road, whole(object_of(name), int(number in deep)), f"r{number}")[1:-1]
        for number, road in enumerate(chosen)
    ]
    for part in _within_limit(found):
        await answered(house, Question("{ " + " ".join(part) + " }"), role)


def gone_deep(role: Role, many: int) -> set[int]:
    """Which of so many roads to a type a role follows to what is behind it: the shortest, and every
    fifth of the others."""
    return {0, *range(list(Role).index(role) % 5, many, 5)}


def test_two_roles_follow_each_road() -> None:
    for road in range(100):
        assert sum(road in gone_deep(role, 100) for role in Role) >= 2


def _within_limit(selections: Iterable[str]) -> list[list[str]]:
    """The selections in as few documents as are not refused for their length."""
    parts: list[list[str]] = [[]]
    for one in selections:
        if sum(map(len, parts[-1])) + len(one) > DEFAULT_LIMITS.characters * 0.9:
            parts.append([])
        parts[-1].append(one)
    return parts


@ROLES
@pytest.mark.parametrize("name", NODES)
async def test_by_node(house: House, role: Role, name: str) -> None:
    """A row in sight shows each field as the table says, and one out of sight nothing at all."""
    viewer = viewer_of(house.actors[list(Role).index(role)], house.held)
    rows = house.held.all(name)
    seen = in_sight(house.held, viewer, rows) if viewer.reaches(ENTRY[name]) else []
    unseen = [row for row in rows if row not in seen]
    type_ = object_of(name)
    for row in [*seen[:1], *unseen[:1]]:
        text = f'{{ node(id: "{public_of(row)}") {{ ... on {name} {whole(type_, 1)} }} }}'
        data, refused = await answered(house, Question(text), role)
        assert (data["node"] is not None) is (row in seen)
        lacking = {
            ("node", field)
            for field, one in type_.fields.items()
            if (scope := needed(name, field, one.type)) and not _holds(role, scope)
        }
        if viewer.reaches(ENTRY[name]):
            assert {path for path in refused if len(path) == 2} == lacking
            assert row not in seen or all(data["node"][field] is None for _, field in lacking)


def _holds(role: Role, scope: str) -> bool:
    return scope in GRANTS[role.value]


class Overheard:
    """A pool that keeps the text of every statement its connections run."""

    def __init__(self, pool: asyncpg.Pool[Any]) -> None:
        self._pool = pool
        self.said: list[str] = []

    @asynccontextmanager
    async def acquire(self, **options: Any) -> AsyncIterator[Any]:
        async with self._pool.acquire(**options) as connection:
            with connection.query_logger(lambda record: self.said.append(record.query)):
                yield connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)


def words_of(type_: str, field: str) -> Sequence[str]:
    """The words that a statement which reads the field cannot do without."""
    target = get_named_type(object_of(type_).fields[field].type)
    if is_leaf_type(target):
        return [WORDS.get(f"{type_}.{field}", re.sub(r"(?=[A-Z])", "_", field).lower())]
    if target.name in MADE:
        return MADE[target.name]
    rows = target.name.removesuffix("Connection")
    return [table for table, name in TABLES.items() if name == rows] or ["audit_entries"]


MADE = {
    "UserConnection": ["users"],
    "Station": ["json_to_recordset"],
    "CriticalResultReport": ["time_zone"],
    "CriticalResultFigures": ["lines"],
    "CriticalResultEpisode": ["lines"],
    "CriticalResultEscalations": ["generate_series"],
    "CriticalResultEpisodeStep": ["step_of"],
    "EscalationStep": ["unnest"],
    "MedicationDose": ["date_trunc"],
    "PanelMember": ["json_to_recordset"],
    "VitalTrend": ["json_to_recordset"],
    "LabTrend": ["newest_result"],
    "CollectedPanel": ["lab_results"],
    "News2Band": ["json_to_recordset"],
    "TrendPoint": ["-infinity"],
    "TrendBucket": ["-infinity"],
    "TrendLeftOut": ["trend_result"],
    "ReferenceRange": ["trend_result"],
    "CriticalLimit": ["critical_rules"],
}
"""What is no row of a table."""

WORDS = {
    "AuditEntry.rows": "cardinality",
    "AuditEntry.patientIds": "patient_ids",
    "AuditEntry.session": "session_id",
    "AuditEntry.sealedAt": "audit_seals",
    "AuditEntry.seal": "audit_seals",
    "AuditActor.id": "usr_",
}
"""Where it is not the name of the field."""


def guarded_fields() -> list[tuple[str, str, str]]:
    """Type, field and scope of each field that asks for more than the row it is of."""
    return [
        (name, field, scope)
        for name in ("Query", *TYPES)
        for field, one in object_of(name).fields.items()
        if (scope := needed(name, field, one.type)) and scope != ENTRY.get(name)
    ]


@pytest.mark.parametrize(("name", "field", "scope"), guarded_fields())
async def test_what_is_refused_is_not_in_the_sql(
    house: House, name: str, field: str, scope: str
) -> None:
    """The statement of those who may has the column or the table; that of all others is none the
    richer for it."""
    given = {"ward": '(code: "ICU")', "patient": f'(mrn: "{MRNS["Ben"]}")'} | {
        "criticalResultReport": REPORTED,
        "medicationsDue": '(ward: "ICU")',
    }
    below = get_named_type(object_of(name).fields[field].type)
    selection = "" if is_leaf_type(below) else "{ __typename }"
    if below.name.endswith("Connection"):
        selection = "{ nodes { __typename } }"
    arguments = asked(object_of(name).fields[field])
    if name == "Query":
        arguments = given.get(field, '(id: "x")' if field == "admission" else "")
    road = () if name == "Query" else _road(name, given)
    for role in Role:
        without, _ = await overheard(house, role, along(road, "{ __typename }"))
        said, refused = await overheard(
            house, role, along(road, f"{{ x: {field}{arguments} {selection} }}")
        )
        more = {word: said.count(word) - without.count(word) for word in words_of(name, field)}
        if "x" in refused:
            assert not _holds(role, scope)
            assert set(more.values()) == {0}, role
        elif not refused:
            assert _holds(role, scope)
            assert min(more.values()) > 0, (role, said, without)


async def overheard(house: House, role: Role, text: str) -> tuple[str, set[str]]:
    """What was said to PostgreSQL for a document, and the last key of each refused path."""
    heard = Overheard(house.hospital.pool)
    engine = Engine(heard, heard, DEFAULT_POLICY, print)  # type: ignore[arg-type]
    actor = house.actors[list(Role).index(role)]
    body = read(await engine.execute(GraphQLRequest(text), actor))
    return " ".join(heard.said), {error["path"][-1] for error in body.get("errors", ())}


def _road(name: str, given: dict[str, str]) -> Any:
    """The road that passes the fewest tables."""
    return min(roads("Query", given)[name], key=len)


def test_every_guard_is_of_a_field() -> None:
    more = {f"{name}.{field}" for name, field, _ in guarded_fields()}
    for guard, scope in GUARDS.items():
        name, field = guard.split(".")
        assert field in object_of(name).fields
        assert guard in more or scope == ENTRY.get(name), guard
