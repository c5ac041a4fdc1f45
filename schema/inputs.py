"""Inputs: what a mutation was sent, as the Python objects of its input type.

Strawberry works out the types of every field at every conversion; here that is done once, when the
schema is made. What comes out is the same (tests/schema/test_inputs.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from typing import Any, cast

from strawberry.types.base import (
    StrawberryContainer,
    StrawberryList,
    StrawberryObjectDefinition,
    StrawberryOptional,
    has_object_definition,
)
from strawberry.types.lazy_type import LazyType

from schema.catalogue import CORE, SCHEMA

Converter = Callable[[Any], Any]
"""Makes the Python value of a coerced GraphQL value."""


def input_of(field_name: str) -> Converter | None:
    """The converter of a mutation's `input`; None where it takes none."""
    return _INPUTS.get(field_name)


def _converter(type_: Any) -> Converter | None:
    """None: the coerced value is the Python value."""
    match type_:
        case StrawberryOptional():
            return _converter(type_.of_type)
        case StrawberryList():
            return _list(_converter(type_.of_type))
        case LazyType():
            return _converter(type_.resolve_type())
        case StrawberryContainer():
            raise TypeError(f"{type_} is no type that an input has here")
    if has_object_definition(type_):
        return _object(cast("type", type_), type_.__strawberry_definition__)
    return None


def _list(each: Converter | None) -> Converter:
    def convert(value: Any) -> Any:
        if value is None:
            return None
        # A copy: a default is one list for all requests.
        return list(value) if each is None else [each(one) for one in value]

    return convert


def _object(type_: type, definition: StrawberryObjectDefinition) -> Converter:
    if not definition.is_input or definition.from_input is not None:
        raise TypeError(f"{definition.name} is not converted field by field")
    absent = {
        field.python_name: None
        for field in definition.fields
        if field.default_value is MISSING and field.default_factory is MISSING
    }
    names = SCHEMA.config.name_converter
    fields = [
        (
            names.from_field(field),
            field.python_name,
            _converter(field.resolve_type(type_definition=definition)),
        )
        for field in definition.fields
    ]

    def convert(value: Mapping[str, Any] | None) -> Any:
        if value is None:
            return None
        given = {
            python_name: value[name] if inner is None else inner(value[name])
            for name, python_name, inner in fields
            if name in value
        }
        return type_(**absent | given)

    return convert


def _inputs() -> dict[str, Converter]:
    assert CORE.mutation_type is not None
    found: dict[str, Converter] = {}
    for name, field in CORE.mutation_type.fields.items():
        for argument in field.extensions["strawberry-definition"].arguments:
            converter = _converter(argument.type)
            if argument.python_name != "input" or converter is None:
                raise TypeError(f"Mutation.{name} takes something else than one input object")
            found[name] = converter
    return found


_INPUTS = _inputs()
