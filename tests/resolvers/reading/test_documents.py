"""What cannot be executed is refused, in words that repeat nothing of what was sent."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
)

from models.rules.roles import Role
from resolvers.actors import Actor
from resolvers.policy import DEFAULT_POLICY
from resolvers.reading import documents as documents_module
from resolvers.reading.documents import KEPT_DOCUMENTS, Documents, GraphQLRequest
from schema.catalogue import CORE
from schema.execution import Engine
from tests.resolvers.reading.hospital import MRNS, Hospital

NAME = "Eleanor"
"""The patient whose name must not come back."""

WRONG: list[Any] = [
    NAME,
    f"{NAME}' does not exist in 'x",
    f"{NAME}\nRigby, found: x",
    f"x: {NAME}",
    {NAME: NAME},
    {"a": NAME},
    [NAME],
    [[NAME]],
    f"2026-13-01T{NAME}",
    f"1{NAME}",
]


def inputs() -> Iterator[tuple[str, str]]:
    """Every mutation that takes an input, with its type."""
    assert CORE.mutation_type is not None
    for name, field in CORE.mutation_type.fields.items():
        if "input" in field.args:
            yield name, str(field.args["input"].type)


def valid(type_: Any) -> Any:
    """Some value that the type takes."""
    match type_:
        case GraphQLNonNull():
            return valid(type_.of_type)
        case GraphQLList():
            return [valid(type_.of_type)]
        case GraphQLEnumType():
            return next(iter(type_.values))
        case GraphQLInputObjectType():
            return {n: valid(f.type) for n, f in type_.fields.items()}
    assert isinstance(type_, GraphQLScalarType)
    values = {"Int": 1, "Boolean": True, "Decimal": "1.0", "Date": "2001-01-01"}
    return values.get(type_.name, "2001-01-01T00:00:00Z" if type_.name == "DateTime" else "x")


def spoilt(type_: Any, wrong: Any) -> Iterator[Any]:
    """The valid input with one place after the other replaced by something wrong."""
    type_ = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if isinstance(type_, GraphQLList):
        yield from ([each] for each in spoilt(type_.of_type, wrong))
    elif isinstance(type_, GraphQLInputObjectType):
        whole = valid(type_)
        for name, field in type_.fields.items():
            yield from ({**whole, name: each} for each in spoilt(field.type, wrong))
    elif str(type_) not in {"String", "ID"} or not isinstance(wrong, str):
        yield wrong


@pytest.mark.parametrize(("mutation", "type_"), list(inputs()))
async def test_no_wrong_variable_is_repeated(
    hospital: Hospital, admin: Actor, mutation: str, type_: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Each field of each input, with each kind of thing that it is not."""
    caplog.set_level(logging.DEBUG)
    text = f"mutation ($i: {type_}) {{ {mutation}(input: $i) {{ __typename }} }}"
    tried = 0
    for wrong in WRONG:
        for value in spoilt(CORE.get_type(type_.rstrip("!")), wrong):
            answered = await hospital.ask(text, admin, {"i": value})
            assert set(answered.codes) == {"BAD_USER_INPUT"}
            assert "data" not in answered.body
            assert NAME not in answered.raw.decode().replace(f"unknown field '{NAME}'", "")
            assert all(e["extensions"]["field"].startswith("i") for e in answered.errors)
            tried += 1
    # An input that is one id takes every text.
    assert tried >= sum(not isinstance(one, str) for one in WRONG)
    assert NAME not in caplog.text


@pytest.mark.parametrize(
    "literal", [f'"{NAME}"', NAME, f'["{NAME}"]', f'{{x: "{NAME}"}}', "3.1415"]
)
@pytest.mark.parametrize(
    "place",
    [
        "patients(first: {})",
        "patients(after: 5, first: {})",
        "criticalResults(status: {})",
        "criticalResults(status: [{}])",
    ],
)
async def test_no_wrong_literal_is_repeated(
    hospital: Hospital, admin: Actor, place: str, literal: str
) -> None:
    answered = await hospital.ask(f"{{ {place.format(literal)} {{ totalCount }} }}", admin)
    assert set(answered.codes) == {"GRAPHQL_VALIDATION_FAILED"}
    assert NAME not in answered.raw.decode()
    assert "3.1415" not in answered.raw.decode()


@pytest.mark.parametrize("type_", ["DateTime", "Decimal", "Date"])
@pytest.mark.parametrize("literal", [f'"{NAME}"', NAME, f'["{NAME}"]', "true", "{}"])
async def test_no_wrong_scalar_is_repeated(
    hospital: Hospital, admin: Actor, type_: str, literal: str
) -> None:
    field = {
        "DateTime": 'recordVitals(input: {{ patientId: "x", recordedAt: {} }})',
        "Decimal": 'recordVitals(input: {{ patientId: "x", recordedAt: "2026-01-01T00:00:00Z",'
        " temperature: {} }})",
        "Date": 'registerPatient(input: {{ mrn: "x", givenName: "x", familyName: "x", sex: MALE,'
        " birthDate: {} }})",
    }[type_]
    answered = await hospital.ask(f"mutation {{ {field.format(literal)} {{ __typename }} }}", admin)
    assert set(answered.codes) == {"GRAPHQL_VALIDATION_FAILED"}
    assert NAME not in answered.raw.decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "viewer",
        f'{{ patients(search: "{NAME}" }}',
        f'{{ patients(search: "{NAME}) {{ id }} }}',
        f'{{ patients(search: """{NAME}) {{ id }} }}',
        f'{{ patients(search: "{NAME}" "{NAME}") {{ id }} }}',
        f'{{ viewer {{ id }} }} "{NAME}"',
        f"{{ patients(search: 1{NAME}) {{ id }} }}",
        f"{{ viewer {{ id }} }} \x00{NAME}",
        "{ viewer { id } } #" + "x" * 100_000,
        "{ " + "viewer { id } " * 2_000 + "}",
        "{ viewer " + "{ wards " * 3_000 + "}" * 3_000 + "}",
        "query " + "(" * 4_000,
        "{ patients(search: " + "[" * 2_000 + "]" * 2_000 + ") { id } }",
    ],
)
async def test_what_is_no_document(served: Hospital, admin: Actor, text: str) -> None:
    answered = await served.ask(text, admin)
    assert set(answered.codes) == {"GRAPHQL_PARSE_FAILED"}
    assert "data" not in answered.body
    assert NAME not in answered.raw.decode()


@pytest.mark.parametrize(
    "text",
    [
        "{ nothing }",
        "{ viewer }",
        "{ viewer { id { x } } }",
        "{ viewer { id: username id } }",
        "{ wards { beds } }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "query ($x: String) { viewer { id } }",
        "{ viewer @include { id } }",
        "{ ward { id } }",
        "query A { viewer { id } } query A { viewer { id } }",
        "subscription { criticalResults { cursor } bedChanges { cursor } }",
    ],
)
async def test_what_is_not_valid(hospital: Hospital, admin: Actor, text: str) -> None:
    answered = await hospital.ask(text, admin)
    assert set(answered.codes) == {"GRAPHQL_VALIDATION_FAILED"}
    assert "data" not in answered.body
    # Beside the hint that an object needs braces, nothing of the schema is given away.
    assert not re.search(r"Did you mean (?!'\w+ \{ \.\.\. \}')", answered.raw.decode())


async def test_null_for_an_input_is_refused(hospital: Hospital, admin: Actor) -> None:
    """A default of the variable lets it be nullable before a non-null argument."""
    text = (
        'mutation ($i: SetBedStatusInput = { bedId: "x", status: CLOSED }) {'
        " setBedStatus(input: $i) { bed { id } } }"
    )
    assert (await hospital.ask(text, admin)).codes == ["NOT_FOUND"]
    assert (await hospital.ask(text, admin, {"i": None})).codes == ["BAD_USER_INPUT"]


def test_the_cache_of_documents_is_bounded() -> None:
    documents = Documents(CORE, kept=3)
    first = documents.prepare(GraphQLRequest("{ viewer { id } }")).document
    assert documents.prepare(GraphQLRequest("{ viewer { id } }")).document is first
    for number in range(3):
        documents.prepare(GraphQLRequest(f"{{ a{number}: viewer {{ id }} }}"))
    assert len(documents._documents) == 3
    assert documents.prepare(GraphQLRequest("{ viewer { id } }")).document is not first
    assert KEPT_DOCUMENTS > 100


def test_the_cache_of_documents_is_bounded_in_their_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of 50,000 characters takes some megabytes, parsed."""
    monkeypatch.setattr(documents_module, "KEPT_CHARACTERS", 10_000)
    documents = Documents(CORE)
    texts = [f"{{ a{number}: viewer {{ id }} }} #{'.' * 3_000}" for number in range(6)]
    for text in texts:
        documents.read(text)
    assert list(documents._documents) == texts[-3:]
    documents.read("{ viewer { id } }" + " " * 20_000)
    assert not documents._documents, "what is longer than all may be is not kept"
    assert documents.read(texts[0]) is documents.read(texts[0])


# -- faults ----------------------------------------------------------------------------------------


class Broken:
    """A pool whose database says a patient's name in its error, as PostgreSQL does."""

    def acquire(self, *_: Any) -> Any:
        raise asyncpg.UniqueViolationError(f"Key (mrn)=({NAME}) already exists.")

    execute = acquire


class Away:
    """A pool whose database goes away with whoever asks it."""

    def acquire(self, *_: Any) -> Any:
        raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle")

    execute = acquire


async def test_without_the_database_it_is_told_what_is_worth_another_try(
    hospital: Hospital, admin: Actor, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody knows of a mutation whether it was done; the answer says so, and how to find out."""
    away: Any = Away()
    found = Hospital(hospital.pool, Engine(away, away, DEFAULT_POLICY, print), hospital.id)
    for text, path, unknown in (
        ("{ patients { totalCount } }", None, False),
        ("mutation { a: signOut { signedOut } }", ["a"], True),
    ):
        answered = await found.ask(text, admin)
        [error] = answered.errors
        assert answered.body["data"] is None
        assert error["extensions"] == {"code": "UNAVAILABLE", "retryAfter": 1}
        assert ("idempotencyKey" in error["message"]) is unknown
        assert error.get("path") == path
    assert not [one for one in caplog.records if one.levelno >= logging.ERROR]


async def test_an_unforeseen_error_shows_a_number_and_nothing_else(
    hospital: Hospital, admin: Actor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    broken: Any = Broken()
    found = Hospital(hospital.pool, Engine(broken, broken, DEFAULT_POLICY, print), hospital.id)
    for text, path in (
        (f'{{ patients(search: "{NAME}") {{ totalCount }} }}', None),
        ("mutation { a: signOut { signedOut } }", ["a"]),
    ):
        caplog.clear()
        answered = await found.ask(text, admin)
        [error] = answered.errors
        assert answered.body["data"] is None
        assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        number = error["extensions"]["correlationId"]
        assert error.get("path") == path
        assert NAME not in answered.raw.decode()
        [record] = [one for one in caplog.records if one.levelno == logging.ERROR]
        assert number in record.getMessage()
        assert "UniqueViolationError" in record.getMessage()
        assert "test_documents.py" in record.getMessage(), "the stack says where"
        assert NAME not in caplog.text
        assert record.exc_info is None


async def test_a_refusal_repeats_no_reading(
    hospital: Hospital, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    doctor = await hospital.user(Role.DOCTOR, wards=["MED1"])
    listed = await hospital.ask("{ criticalResults(status: [OPEN]) { nodes { id } } }", doctor)
    critical = listed.data["criticalResults"]["nodes"][0]["id"]
    answered = await hospital.ask(
        "mutation ($i: AcknowledgeCriticalResultInput!) { acknowledgeCriticalResult(input: $i)"
        " { criticalResult { id } } }",
        doctor,
        {"i": {"criticalResultId": critical, "readBack": "98.7654", "note": NAME}},
    )
    assert answered.codes == ["READ_BACK_DIFFERS"]
    vitals = await hospital.ask(
        "mutation ($i: RecordVitalsInput!) { recordVitals(input: $i) { vitals { id } } }",
        doctor,
        {
            "i": {
                "patientId": hospital.patient("Ada"),
                "recordedAt": "2026-01-01T00:00:00Z",
                "temperature": "98.7654",
            }
        },
    )
    assert vitals.codes == ["BAD_USER_INPUT"]
    again = await hospital.ask(
        "mutation ($i: RegisterPatientInput!) { registerPatient(input: $i) { patient { id } } }",
        await hospital.user(Role.CLERK),
        {"i": {"mrn": MRNS["Ada"], "givenName": NAME, "familyName": NAME, "sex": "FEMALE"}},
    )
    assert again.codes == ["CONFLICT"]
    for one in (answered, vitals, again):
        for secret in (NAME, "98.7654", "2.1", MRNS["Ada"]):
            assert secret not in one.raw.decode()
            assert secret not in caplog.text
