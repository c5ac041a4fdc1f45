"""Inputs are converted as Strawberry converts them, for every mutation."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
)
from graphql.utilities import coerce_input_value
from hypothesis import given, settings
from hypothesis import strategies as st
from strawberry.types.arguments import convert_arguments

from schema.catalogue import CORE, SCHEMA
from schema.inputs import input_of

assert CORE.mutation_type is not None
MUTATIONS = CORE.mutation_type.fields
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "ID": st.text(max_size=4),
    "String": st.text(max_size=4),
    "Int": st.integers(-9, 9),
    "Boolean": st.booleans(),
    "Decimal": st.sampled_from(["6.90", 4, "1e2", 0.5]),
    "Date": st.dates().map(str),
    "DateTime": st.integers(-(10**9), 10**9).map(
        lambda seconds: datetime.fromtimestamp(seconds, UTC).isoformat()
    ),
}


def sent(type_: GraphQLInputType) -> st.SearchStrategy[Any]:
    """What a client may send for the type, as JSON."""
    if isinstance(type_, GraphQLNonNull):
        return bare(type_.of_type)
    return st.none() | bare(type_)


def bare(type_: Any) -> st.SearchStrategy[Any]:
    match type_:
        case GraphQLList():
            return st.lists(sent(type_.of_type), max_size=3)
        case GraphQLEnumType():
            return st.sampled_from(sorted(type_.values))
        case GraphQLInputObjectType():
            each = {name: sent(field.type) for name, field in type_.fields.items()}
            needed = {
                name
                for name, field in type_.fields.items()
                if isinstance(field.type, GraphQLNonNull)
            }
            return st.fixed_dictionaries(
                {name: one for name, one in each.items() if name in needed},
                optional={name: one for name, one in each.items() if name not in needed},
            )
    return SCALARS[type_.name]


@pytest.mark.parametrize("name", sorted(name for name, one in MUTATIONS.items() if one.args))
def test_an_input_is_what_strawberry_makes_of_it(name: str) -> None:
    field = MUTATIONS[name]
    type_ = field.args["input"].type
    convert = input_of(name)
    assert convert is not None
    declared = field.extensions["strawberry-definition"].arguments

    @settings(max_examples=60)
    @given(sent(type_))
    def same(value: Any) -> None:
        coerced = coerce_input_value(value, type_)
        wanted = convert_arguments(
            {"input": coerced}, declared, SCHEMA.schema_converter.scalar_registry, SCHEMA.config
        )["input"]
        found = convert(coerced)
        assert type(found) is type(wanted)
        assert list(vars(found)) == list(vars(wanted))
        assert asdict(found) == asdict(wanted)
        assert repr(found) == repr(wanted)

    same()


def test_a_mutation_without_input_has_no_converter() -> None:
    assert [name for name in MUTATIONS if input_of(name) is None] == ["signOut"]


def test_a_converted_list_is_not_the_one_that_was_sent() -> None:
    convert = input_of("recordLabResults")
    assert convert is not None
    results: list[Any] = []
    assert convert({"results": results}).results is not results
