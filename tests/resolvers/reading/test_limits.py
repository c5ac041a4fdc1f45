"""What is too large is refused, each limit at its own number, before anything is executed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from graphql import FragmentDefinitionNode, parse, print_ast, validate

from app.settings import PREFIX, Settings, limits_of, load_settings
from resolvers.actors import Actor
from resolvers.reading.documents import Documents, GraphQLRequest
from resolvers.reading.limits import DEFAULT_LIMITS, Exceeded, Limits, check_variables
from resolvers.reading.outline import look_over
from resolvers.reading.request_errors import RequestError
from schema.catalogue import CATALOGUE, CORE
from tests.resolvers.reading.bombs import Bomb, bombs, repeated
from tests.resolvers.reading.hospital import Hospital

PARSED = frozenset({"characters", "tokens", "nesting"})
"""What is refused as no document at all."""


def refusal(exceeded: str, limit: int | None = None, field: str = "query") -> dict[str, Any]:
    return {
        "code": "GRAPHQL_PARSE_FAILED" if exceeded in PARSED else "BAD_USER_INPUT",
        "field": field,
        "limit": str(getattr(DEFAULT_LIMITS, exceeded) if limit is None else limit),
        "exceeded": exceeded,
    }


def refused(text: str, limits: Limits, variables: dict[str, Any] | None = None) -> Any:
    """The extensions of the refusal of a request; None where it is served."""
    documents = Documents(CORE, sources=CATALOGUE.sources, limits=limits)
    try:
        documents.prepare(GraphQLRequest(text, None, variables))
    except RequestError as error:
        [only] = error.errors
        named = only["extensions"]["code"] != "OPERATION_RESOLUTION_FAILURE"
        return only["extensions"] if named else None
    return None


def columns(number: int) -> str:
    return "{ viewer { " + repeated("a%: id", number) + " } }"


def chained(number: int) -> str:
    """As many fragments, each in the one before."""
    links = "".join(f"fragment F{n} on Viewer {{ ...F{n + 1} }} " for n in range(1, number))
    return "{ viewer { ...F1 } } " + links + f"fragment F{number} on Viewer {{ id }}"


def nested(number: int) -> str:
    """As many fields inside each other."""
    text = "id"
    for level in range(number - 1, 0, -1):
        text = ("wards" if level == 1 else ("ward", "beds")[level % 2 == 0]) + f" {{ {text} }}"
    return f"{{ {text} }}"


def inlined(number: int) -> str:
    """As many braces inside each other."""
    return "{ " + "... { " * (number - 2) + "viewer { id } " + "} " * (number - 2) + "}"


VITALS = (
    'patientId: "x"',
    'recordedAt: "2026-01-01T00:00:00Z"',
    "heartRate: 1",
    "respiratoryRate: 1",
    "oxygenSaturation: 1",
)

BOUNDARIES: list[tuple[str, int, Callable[[int], str]]] = [
    ("characters", 40, "{ viewer { id } }".ljust),
    ("tokens", 30, lambda n: "{ viewer { " + "id " * (n - 5) + "} }"),
    ("nesting", 6, inlined),
    ("operations", 3, lambda n: repeated("query Q% { viewer { id } }", n)),
    (
        "fragments",
        3,
        lambda n: (
            "{ viewer { "
            + repeated("...F%", n)
            + " } } "
            + repeated("fragment F% on Viewer { id }", n)
        ),
    ),
    ("directives", 4, lambda n: "{ viewer { " + repeated("a%: id @skip(if: false)", n) + " } }"),
    ("aliases", 5, columns),
    (
        "list_elements",
        4,
        lambda n: "{ criticalResults(status: [" + "OPEN " * n + "]) { nodes { id } } }",
    ),
    (
        "object_fields",
        4,
        lambda n: (
            f"mutation {{ recordVitals(input: {{ {' '.join(VITALS[:n])} }}) {{ __typename }} }}"
        ),
    ),
    (
        "variables",
        3,
        lambda n: (
            "query("
            + repeated("$v%: Boolean = true", n)
            + ") { viewer { "
            + repeated("a%: id @skip(if: $v%)", n)
            + " } }"
        ),
    ),
    ("roots", 3, lambda n: "{ " + repeated("a%: viewer { id }", n) + " }"),
    (
        "roots",
        4,
        lambda n: (
            "{ viewer { id } ...R } fragment R on Query { "
            + repeated("a%: viewer { id }", n - 1)
            + " }"
        ),
    ),
    ("depth", 6, nested),
    ("depth", 5, chained),
    ("fields", 9, lambda n: columns(n - 1)),
    (
        "fields",
        10,
        lambda n: "{ viewer { ...F } } fragment F on Viewer { " + repeated("a%: id", n - 2) + " }",
    ),
    ("relations", 4, lambda n: "{ " + repeated('a%: patient(mrn: "x") { id }', n) + " }"),
    (
        "cost",
        260,
        lambda n: (
            "{ wards { beds { id } } " + repeated('a%: patient(mrn: "x") { id }', n - 260) + " }"
        ),
    ),
    ("cost", 20, lambda n: "{ patients(first: " + str(n) + ") { nodes { id } } }"),
    ("cost", 20, lambda n: "{ patients(first: null, last: " + str(n) + ") { nodes { id } } }"),
    ("comparisons", 2, lambda n: "{ viewer { " + "id " * n + "} }"),
]


@pytest.mark.parametrize(
    ("name", "limit", "document"),
    BOUNDARIES,
    ids=[f"{name}-{limit}" for name, limit, _ in BOUNDARIES],
)
def test_a_limit_is_served_and_one_more_is_not(
    name: str, limit: int, document: Callable[[int], str]
) -> None:
    limits = Limits(**{name: limit})
    assert refused(document(limit), limits) is None
    assert refused(document(limit + 1), limits) == refusal(name, limit)


STATUSES = """query($s: [CriticalResultStatus!], $t: [CriticalResultStatus!]) {
  a: criticalResults(status: $s) { nodes { id } }
  b: criticalResults(status: $t) { nodes { id } }
}"""


@pytest.mark.parametrize(
    ("name", "limit", "fits", "too_much"),
    [
        ("variables", 2, {"s": [], "t": []}, {"s": [], "t": [], "u": 1}),
        ("list_elements", 2, {"s": ["OPEN"] * 2}, {"s": ["OPEN"] * 3}),
        ("variables_values", 3, {"s": ["OPEN"], "t": ["OPEN"] * 2}, {"s": ["OPEN"] * 4}),
        ("variables_bytes", 14, {"s": ["OPEN"]}, {"s": ["OPENED"]}),
        ("variables_nesting", 1, {"s": ["OPEN"]}, {"s": [["OPEN"]]}),
        ("object_fields", 1, {"s": ["OPEN"], "u": {"a": 1}}, {"u": {"a": 1, "b": 2}}),
    ],
)
def test_variables_are_counted_before_they_are_read(
    name: str, limit: int, fits: dict[str, Any], too_much: dict[str, Any]
) -> None:
    limits = Limits(**{name: limit})
    assert refused(STATUSES, limits, fits) is None
    assert refused(STATUSES, limits, too_much) == refusal(name, limit, "variables")


def test_deep_variables_are_not_followed() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(Exceeded):
        check_variables({"s": deep}, DEFAULT_LIMITS)
    while deep:
        # Taken apart from outside: Python's own way of letting go of it is as deep as it is.
        [deep] = deep


def test_the_elements_of_all_lists_are_told() -> None:
    assert check_variables({}, DEFAULT_LIMITS) == 0
    assert check_variables({"a": 1, "b": "x"}, DEFAULT_LIMITS) == 0
    assert check_variables({"a": [1, 2, [3]], "b": {"c": [4]}}, DEFAULT_LIMITS) == 5


GIVEN_UP = {"a fragment in itself, thousandfold", "comments", "block strings", "large numbers"}
"""What the parser and the rules of GraphQL refuse at once."""


@pytest.mark.parametrize("bomb", list(bombs()), ids=[name for name, _ in bombs()])
async def test_a_bomb_is_refused(
    served: Hospital, admin: Actor, bomb: Bomb, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And but for what nobody can count in the words, it is not even validated."""
    validated: list[str] = []

    def validating(*arguments: Any, **options: Any) -> Any:
        validated.append("")
        return validate(*arguments, **options)

    monkeypatch.setattr("resolvers.reading.documents.validate", validating)
    name, text = bomb
    answered = await served.ask(text, admin)
    assert answered.errors
    assert "data" not in answered.body
    in_words = "exceeded" in answered.errors[0]["extensions"]
    assert in_words or name in GIVEN_UP
    if in_words and answered.errors[0]["extensions"]["exceeded"] != "cost":
        assert not validated


async def test_lists_in_lists_are_counted(served: Hospital, admin: Actor) -> None:
    bomb = "{ wards { " + "beds { ward { " * 4 + "id" + " } }" * 4 + " } }"
    answered = await served.ask(bomb, admin)
    assert [error["extensions"] for error in answered.errors] == [refusal("cost")]
    board = "{ wards { beds { admission { patient { labResults(first: 3) { nodes { id } } } } } } }"
    assert (await served.ask(board, admin)).errors == []


@pytest.mark.parametrize(("size", "allowed"), [(100, True), (400, False)])
async def test_pages_are_counted_by_their_size_in_the_variables(
    served: Hospital, admin: Actor, size: int, allowed: bool
) -> None:
    text = """query($n: Int) {
      patients(first: $n) { nodes { vitals(first: $n) { nodes { id } } } }
    }"""
    answered = await served.ask(text, admin, {"n": size})
    assert [error["extensions"] for error in answered.errors] == (
        [] if allowed else [refusal("cost")]
    )


async def test_a_subscription_has_the_same_limits(served: Hospital, admin: Actor) -> None:
    text = "subscription { criticalResults { events { criticalResult { %s } } } }"
    wide = text % (
        "patient { "
        + "labResults(first: 500) { nodes { patient { " * 3
        + "id"
        + " } } }" * 3
        + " }"
    )
    for document in (wide, columns(400).replace("{ viewer", "subscription { bedChanges", 1)):
        with pytest.raises(RequestError) as caught:
            served.engine.subscription(GraphQLRequest(document), admin)
        assert "exceeded" in caught.value.errors[0]["extensions"]


def test_a_document_of_ordinary_size_is_served() -> None:
    """Each operation of the board, with all fragments of the board, which nobody sends."""
    folder = Path(__file__).resolve().parents[3] / "web" / "src" / "operations"
    board = parse("\n".join(path.read_text() for path in folder.glob("*.graphql")))
    fragments = [one for one in board.definitions if isinstance(one, FragmentDefinitionNode)]
    operations = [one for one in board.definitions if one not in fragments]
    assert len(operations) > 20
    for operation in operations:
        look_over("\n".join(map(print_ast, [operation, *fragments])), DEFAULT_LIMITS)


async def test_the_schema_is_described_a_few_times_at_most(served: Hospital, admin: Actor) -> None:
    thrice = " ".join(f"a{n}: __schema {{ queryType {{ name }} }}" for n in range(3))
    assert (await served.ask(f"{{ {thrice} }}", admin)).errors == []
    answered = await served.ask(f"{{ {thrice} b: __schema {{ queryType {{ name }} }} }}", admin)
    assert answered.codes == ["BAD_USER_INPUT"]


async def test_the_same_field_again_and_again_is_not_compared_forever(
    served: Hospital, admin: Actor
) -> None:
    answered = await served.ask("{ wards { " + "beds { ward { code } } " * 300 + "} }", admin)
    assert answered.errors[0]["extensions"] == refusal("comparisons")
    # A fragment used ten times over is nothing unusual.
    few = "{ wards { " + "beds { ward { code } } " * 10 + "} }"
    assert (await served.ask(few, admin)).errors == []
    # What is compared through fragments, validation finds out; it gives up.
    through = (
        "{ wards { "
        + repeated("...F%", 60)
        + " } } "
        + repeated("fragment F% on Ward { beds { ward { beds { id } } } }", 60)
    )
    assert (await served.ask(through, admin)).codes[0] == "GRAPHQL_VALIDATION_FAILED"


# -- settings --------------------------------------------------------------------------------------


def test_each_limit_is_a_setting_and_is_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "limits.md").read_text()
    assert limits_of(load_settings()) == DEFAULT_LIMITS
    names = [name for name in Settings.model_fields if name.startswith("limit_")]
    assert {f"limit_{one.name}" for one in fields(Limits)} < set(names)
    for name in [*names, "budget_per_minute", "stranger_budget_per_minute"]:
        default = Settings.model_fields[name].default
        shown = f"{default:,}" if isinstance(default, int) else f"{default:g}"
        assert f"| `{PREFIX}{name.upper()}` | {shown} |" in page
    monkeypatch.setenv(f"{PREFIX}LIMIT_DEPTH", "7")
    assert limits_of(load_settings()).depth == 7
