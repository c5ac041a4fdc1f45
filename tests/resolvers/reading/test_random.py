"""Random selections: what the one statement answers is what a slow walk over the rows answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest_asyncio
from graphql import GraphQLEnumType, GraphQLObjectType, GraphQLScalarType, get_named_type
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from resolvers.actors import Actor
from tests.resolvers.reading import oracle
from tests.resolvers.reading.hospital import MRNS, WARDS, Hospital

NOT_ASKED = {"Query.node", "Query.viewer", "Query.admission"}
CURSORS = {"cursor", "startCursor", "endCursor"}
PAGES = ["", "(first: 0)", "(first: 1)", "(first: 3)", "(first: 500)"]
ARGUMENTS = {
    "Query.ward": [f'(code: "{code}")' for code in (*WARDS, "none")],
    "Query.patient": [f'(mrn: "{mrn}")' for mrn in (*MRNS.values(), "none")],
    "Query.criticalResults": [*PAGES, '(ward: "ICU")', "(status: [OPEN], first: 2)"],
    "Patient.labResults": [*PAGES, "(abnormal: true)", "(abnormal: false, first: 2)"],
    "Patient.medications": [*PAGES, "(status: [ACTIVE])", "(status: [STOPPED, DRAFT])"],
}


@st.composite
def selections(draw: st.DrawFn, type_: GraphQLObjectType, depth: int) -> str:
    """A selection set of a type: aliases short and long, inline fragments, anything twice."""
    leaves, objects = [], []
    for name, field in type_.fields.items():
        if name in CURSORS or f"{type_.name}.{name}" in NOT_ASKED:
            continue
        leaf = isinstance(get_named_type(field.type), GraphQLScalarType | GraphQLEnumType)
        (leaves if leaf else objects).append(name)
    names = draw(st.lists(st.sampled_from(["__typename", *leaves]), min_size=1, max_size=4))
    if depth > 0 and objects:
        names += draw(st.lists(st.sampled_from(objects), min_size=1, max_size=3))
    parts = []
    for number, name in enumerate(draw(st.permutations(names))):
        alias = draw(st.sampled_from(["a", "anon_", "x" * 70, "json"])) + str(number)
        text = f"{alias}: {name}"
        if name in objects:
            field = type_.fields[name]
            below = get_named_type(field.type)
            assert isinstance(below, GraphQLObjectType)
            if "first" in field.args or f"{type_.name}.{name}" in ARGUMENTS:
                text += draw(st.sampled_from(ARGUMENTS.get(f"{type_.name}.{name}", PAGES)))
            text += " " + draw(selections(below, depth - 1))
        wrap = draw(st.sampled_from(["{}", "{}", "{}", "... on {t} {{ {} }}", "... {{ {} }}"]))
        parts.append(wrap.format(text, t=type_.name))
    return "{ " + " ".join(parts) + " }"


def differences(found: Any, expected: Any, path: str = "") -> list[str]:
    """Where two answers differ, keys and their order included; times are compared as moments."""
    if isinstance(found, dict) and isinstance(expected, dict) and list(found) == list(expected):
        return [fault for k in found for fault in differences(found[k], expected[k], f"{path}.{k}")]
    if isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        pairs = enumerate(zip(found, expected, strict=True))
        return [fault for n, (a, b) in pairs for fault in differences(a, b, f"{path}[{n}]")]
    if found == expected or moment(found) == moment(expected) is not None:
        return []
    return [f"{path}: {found!r} is not {expected!r}"]


def moment(value: Any) -> datetime | None:
    """A time, however its fraction of a second is spelled."""
    try:
        return datetime.fromisoformat(value) if "T" in value else None
    except (TypeError, ValueError):
        return None


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def held(hospital: Hospital) -> oracle.Tables:
    return await oracle.tables(hospital.pool, hospital.id)


@settings(
    max_examples=40,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(selection=selections(oracle.SCHEMA.query_type, 4))
async def test_any_selection_is_answered_as_a_slow_walk_answers_it(
    hospital: Hospital, admin: Actor, held: oracle.Tables, selection: str
) -> None:
    answered = await hospital.ask(selection, admin)
    expected = oracle.evaluate(held, selection)
    assert differences(answered.data, expected) == []
