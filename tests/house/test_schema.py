"""The rules of the schema: everything is declared, guarded, described and can be read."""

from __future__ import annotations

import inspect
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    build_schema,
    get_named_type,
    print_ast,
)

import models
from models.rules.roles import Role
from models.rules.scopes import Scope
from resolvers import audit, faults, hearings, hospitals, ids, sessions
from resolvers.hearings import Hearing
from resolvers.reading.catalogue import SCOPES
from resolvers.reading.documents import GraphQLRequest
from resolvers.reading.sources import Access
from schema import catalogue
from schema.catalogue import CATALOGUE, CORE, SCHEMA_TEXT, metadata, work_of
from schema.fields import column
from schema.query import Query
from tests.resolvers.reading import whole
from tests.resolvers.reading.hospital import MRNS, Hospital, furnish
from tests.resolvers.reading.series import person

ROOT = Path(__file__).resolve().parents[2]
DAY = timedelta(days=1)
ROOTS = [
    (type_.name, field)
    for type_ in (CORE.query_type, CORE.mutation_type, CORE.subscription_type)
    if type_ is not None
    for field in type_.fields
]
PRINTED = build_schema(SCHEMA_TEXT, assume_valid_sdl=True)
OBJECTS = [
    type_
    for name, type_ in CORE.type_map.items()
    if isinstance(type_, GraphQLObjectType) and not name.startswith("__")
]


@strawberry.type
class Loose:
    plain: str


# -- what is declared ------------------------------------------------------------------------------


@pytest.mark.parametrize(("type_name", "field"), ROOTS)
def test_every_root_says_what_it_requires(type_name: str, field: str) -> None:
    required = metadata(type_name, field).get("requires")
    assert isinstance(required, Scope | Access)
    assert (required is Access.PUBLIC) is (field == "signIn"), "one root is open to strangers"
    printed = PRINTED.get_type(type_name)
    assert isinstance(printed, GraphQLObjectType)
    node = printed.fields[field].ast_node
    assert node is not None
    line = " ".join(print_ast(directive) for directive in node.directives or ())
    if isinstance(required, Scope):
        assert f'@requiresScopes(scopes: [["{required.value}"]])' in line
    else:
        assert ("@authenticated" in line) is (required is Access.AUTHENTICATED)


def test_a_root_that_requires_nothing_cannot_be_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    @strawberry.type
    class Careless(Query):
        secret: str = column()

    made = strawberry.Schema(query=Careless, config=catalogue.SCHEMA.config)
    monkeypatch.setattr(catalogue, "CORE", made._schema)
    with pytest.raises(catalogue.Undeclared, match=r"Careless\.secret .* requires"):
        catalogue._catalogue()


def test_a_field_without_a_source_cannot_be_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    @strawberry.type
    class Careless(Query):
        loose: Loose = column(requires=Scope.WARD_READ)

    made = strawberry.Schema(query=Careless, config=catalogue.SCHEMA.config)
    monkeypatch.setattr(catalogue, "CORE", made._schema)
    with pytest.raises(catalogue.Undeclared, match=r"Loose\.plain .* comes from"):
        catalogue._catalogue()


def test_every_field_that_a_scope_guards_is_nullable() -> None:
    """A refused field is null: non-null would take its whole parent away."""
    guarded = [
        (type_.name, name, field.type)
        for type_ in OBJECTS
        if type_ not in (CORE.mutation_type, CORE.subscription_type)
        and not type_.name.endswith(("Connection", "Edge", "PageInfo"))
        for name, field in type_.fields.items()
        if isinstance(metadata(type_.name, name).get("requires"), Scope)
    ]
    assert len(guarded) > 25
    assert [one[:2] for one in guarded if isinstance(one[2], GraphQLNonNull)] == []


def test_every_relation_to_a_patients_data_is_guarded() -> None:
    """By its own scope, or because it means no more than the row that it hangs on."""
    inherited = {
        f"{type_}.{field}"
        for (type_, field), source in CATALOGUE.sources.items()
        if getattr(source, "inherits", False)
    }
    assert inherited == {
        "Admission.stays",
        "AuditEntry.actor",
        "AuditEntry.recipients",
        "Bed.ward",
        "BedStay.bed",
        "BedTransition.bed",
        "CriticalResult.steps",
        "Query.viewer",
        "SignInPayload.viewer",
        "Viewer.session",
    }


def test_every_node_has_an_id_of_its_own_and_a_scope() -> None:
    assert set(CATALOGUE.models.values()) <= set(SCOPES)
    assert set(CATALOGUE.models.values()) == set(ids.PREFIXES)
    assert len(set(ids.PREFIXES.values())) == len(ids.PREFIXES)
    node = CORE.get_type("Node")
    assert isinstance(node, GraphQLInterfaceType)
    assert {one.name for one in CORE.get_possible_types(node)} == set(CATALOGUE.models)


NEVER_KEYED = {
    # What they make is a session, which is not answered twice.
    "signIn",
    "signOut",
    # Nothing is written.
    "dryRunCriticalRule",
    "findArrivingPatient",
    # Sent again it is refused, or comes to the same.
    "changePassword",
    "createUser",
    "setUserPassword",
}
"""Every other mutation can be sent again where nobody knows whether it was done (Unavailable). Not
with a password, of which a hash would be kept with the key."""


def mutations() -> list[str]:
    assert CORE.mutation_type is not None
    return list(CORE.mutation_type.fields)


@pytest.mark.parametrize("mutation", mutations())
def test_a_resolver_takes_the_fields_of_its_input(mutation: str) -> None:
    assert CORE.mutation_type is not None
    field = CORE.mutation_type.fields[mutation]
    work = work_of(mutation)
    assert re.sub(r"_(\w)", lambda found: found[1].upper(), work.resolver.__name__) == mutation
    fields = set()
    if "input" in field.args:
        taken = get_named_type(field.args["input"].type)
        assert isinstance(taken, GraphQLInputObjectType)
        fields = {
            one.extensions["strawberry-definition"].python_name for one in taken.fields.values()
        }
    parameters = list(inspect.signature(work.resolver).parameters.values())
    named = {one.name for one in parameters if one.kind is one.KEYWORD_ONLY}
    if work.resolver is sessions.sign_in:
        # Nobody has signed in yet, and a password is hashed: no transaction waits for that.
        named -= {"address", "now", "policy"}
    else:
        assert [one.name for one in parameters[:2]] == ["tx", "actor"]
    assert named == fields - {"idempotency_key"}
    assert ("idempotency_key" in fields) is (mutation not in NEVER_KEYED)


# -- how it is written -----------------------------------------------------------------------------


def test_no_expression_writes_a_subquery_by_itself() -> None:
    """SQLAlchemy's guess of what is outside is silently wrong within a plan: looked_up and there_is
    say it."""
    found = [
        f"{path.name}:{number}"
        for path in sorted((ROOT / "schema").glob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"scalar_subquery\(|\bexists\(|\bselect\(|\.subquery\(|\.lateral\(", line)
    ]
    assert found == []
    used = "".join(path.read_text() for path in (ROOT / "schema").glob("*.py"))
    assert "looked_up(" in used
    assert "there_is(" in used


def test_every_type_is_described() -> None:
    bare = [
        name
        for name, type_ in CORE.type_map.items()
        if not name.startswith("__")
        and isinstance(
            type_,
            GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType | GraphQLEnumType,
        )
        and not type_.description
    ]
    assert bare == []


# -- everything can be read ------------------------------------------------------------------------


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hospital(pool: asyncpg.Pool[Any]) -> Hospital:
    return await furnish(pool)


async def test_every_field_of_every_type_can_be_read(
    hospital: Hospital,
) -> None:
    """Each has a value somewhere in the filled hospital, of the type that the schema says."""
    admin = await hospital.user(Role.ADMIN)
    listens = {"ward_id": None, "user_id": str(admin.user_id), "since": "2026-01-01T00:00:00Z"}
    hospital.listening.rows[hospital.id] = [{"index": 0, **listens}]
    # Entries of the audit that have everything between them.
    request = faults.CORRELATION.set("req-1")
    await hospital.ask("query Named { patients { nodes { mrn } } }", admin)
    faults.CORRELATION.reset(request)
    feed = hospital.engine.subscription(
        GraphQLRequest("subscription { vitalSigns { cursor } }"), admin
    )
    stay = Hearing(models.new_id(), admin, feed.audited, after=0)
    await hearings.end(hospital.pool, [(stay, 1)], datetime.now(UTC))
    await audit.seal(hospital.pool)
    seen: set[str] = set()
    assert CORE.query_type is not None
    selections: list[tuple[str, str]] = []
    for root, field in CORE.query_type.fields.items():
        if root not in ("node", "nodes"):
            # A stay shows its bed, figures how far they were escalated, and a chain its ward one
            # step further.
            depth = 2 if root in ("admission", "criticalResultReport", "escalationChains") else 1
            inside = whole.everything(get_named_type(field.type), depth)
            selections.append((f"{root}{named(hospital, root)} {inside}", root))
    patient: Any = CORE.get_type("Patient")
    drawn = " ".join(
        f"Patient_{name}: {name}{given}"
        f" {whole.everything(get_named_type(patient.fields[name].type), 2)}"
        for name, given in DRAWN.items()
    )
    selections.append((f"patient{named(hospital, 'patient')} {{ __typename {drawn} }}", "patient"))
    child = await person(hospital, birth_date=(datetime.now(UTC) - 3_650 * DAY).date())
    ferritin = {"code": "2276-4", "unit": "ug/L", "observed_at": datetime.now(UTC)}
    await child.results([ferritin | {"value": Decimal(40)}, ferritin | {"text": "haemolytic"}])
    trend = whole.everything(CORE.get_type("LabTrend"), 2)
    await hospital.pool.execute(OF_ANY_WARD, hospital.id)
    drawn = f'Patient_labTrend: labTrend(code: "2276-4") {trend}'
    selections.append((f'patient(id: "{child.public}") {{ __typename {drawn} }}', "patient"))
    for public, kind in [*nodes(hospital), *(await gone(hospital))]:
        # So do a score its parts, an alert the findings of its steps, and an order its doses.
        depth = 2 if kind in ("VitalSigns", "CriticalResult", "MedicationOrder") else 1
        inside = whole.everything(CORE.get_type(kind), depth)
        selections.append((f'node(id: "{public}") {{ __typename ... on {kind} {inside} }}', "node"))
        selections.append((f'nodes(ids: ["{public}"]) {{ id ... on {kind} {inside} }}', "nodes"))
    for selection, root in selections:
        answered = await hospital.ask(f"{{ {selection} }}", admin)
        found = answered.data[root]
        assert found, "there is something to read"
        assert whole.departures(found, CORE.query_type.fields[root].type, root) == []
        seen |= whole.read(found)
    promised = {
        f"{type_.name}.{name}"
        for type_ in OBJECTS
        if not type_.name.endswith(("Payload", "Feed", "Event", "Outcome"))
        and type_ not in (CORE.query_type, CORE.mutation_type, CORE.subscription_type)
        # What a mutation alone tells: test_critical_rule_trials.py, test_arrivals.py.
        and not type_.name.startswith(("CriticalRuleTrial", "ArrivingPatient"))
        for name in type_.fields
    }
    assert sorted(promised - seen) == []


async def gone(hospital: Hospital) -> list[tuple[str, str]]:
    """A ward and a bed that are retired, and a user who is disabled."""
    user = await hospital.user(Role.NURSE)
    async with hospital.pool.acquire() as connection:
        ward = await hospitals.create_ward(connection, hospital.id, "OLD", "Old")
        bed = await hospitals.create_bed(connection, hospital.id, ward, "1")
        for table, row, what in (
            ("wards", ward, "retired_at = now()"),
            ("beds", bed, "retired_at = now(), status = 'CLOSED'"),
            ("users", user.user_id, "disabled_at = now()"),
        ):
            await connection.execute(f"UPDATE {table} SET {what} WHERE id = $1", row)
    assert user.user_id is not None
    rows = ((models.Ward, ward), (models.Bed, bed), (models.User, user.user_id))
    return [(hospital.public(model, row), model.__name__) for model, row in rows]


OF_ANY_WARD = """
INSERT INTO critical_rules SELECT (jsonb_populate_record(rule, jsonb_build_object(
    'id', gen_random_uuid(), 'key', 'ferritin-of-any-ward', 'ward_id', null
))).* FROM critical_rules AS rule WHERE hospital_id = $1 AND key = 'ferritin' AND retired_at IS NULL
"""
"""The rule that names a sex, a specimen and ages, for those in no bed, too."""
DRAWN = {
    "vitalTrend": "(parameter: OXYGEN_SATURATION)",
    "labTrend": '(code: "2823-3")',
    "labPanels": "(panel: CMP)",
}
"""What a chart shows when it is told of what, and its arguments."""


def named(hospital: Hospital, root: str) -> str:
    """The arguments that a root cannot do without."""
    began, ends = (datetime.now(UTC) + days for days in (-DAY, DAY))
    period = f'from: "{began.isoformat()}", to: "{ends.isoformat()}"'
    admission = hospital.public(models.Admission, hospital.charts["Ada"].newest(models.Admission))
    return {
        "ward": '(code: "MED1")',
        "medicationsDue": '(ward: "MED1")',
        "criticalResultReport": f'({period}, ward: "MED1")',
        "patient": f'(mrn: "{MRNS["Ada"]}")',
        "admission": f'(id: "{admission}")',
    }.get(root, "")


def nodes(hospital: Hospital) -> list[tuple[str, str]]:
    """Rows of every type, by public id, so that every field has a value in one of them."""
    rows: list[tuple[type[models.Base], UUID]] = [(models.Patient, hospital.charts["Ada"].patient)]
    rows += [(models.Ward, hospital.wards["MED1"])]
    rows += [(models.Bed, hospital.beds[bed]) for bed in ("MED1-1", "MED1-2")]
    for model, found in hospital.charts["Ada"].rows.items():
        rows += [(model, row) for row in found if model is not models.BedStay]
    return [(hospital.public(model, row), model.__name__) for model, row in rows]
