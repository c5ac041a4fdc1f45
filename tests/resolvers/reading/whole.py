"""Documents that select everything, and what the schema promises of their answers."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    get_named_type,
)

from schema.catalogue import CORE


def everything(type_: Any, depth: int, required: dict[str, str] | None = None) -> str:
    """Every field of an object type; at depth 0 no more objects. Needed arguments by field."""
    if isinstance(type_, GraphQLInterfaceType):
        kinds = CORE.get_possible_types(type_)
        inner = " ".join(f"... on {kind.name} {everything(kind, depth)}" for kind in kinds)
        return f"{{ __typename {inner} }}"
    assert isinstance(type_, GraphQLObjectType)
    parts = ["__typename"]
    for name, field in type_.fields.items():
        given = (required or {}).get(name, "")
        if not isinstance(get_named_type(field.type), GraphQLObjectType | GraphQLInterfaceType):
            parts.append(f"{type_.name}_{name}: {name}{given}")
        elif depth > 0 and (given or not needs_arguments(field)):
            below = everything(get_named_type(field.type), depth - _cost(type_, field))
            # The same key must mean the same thing in every fragment of a node.
            parts.append(f"{type_.name}_{name}: {name}{given} {below}")
    return "{ " + " ".join(parts) + " }"


def _cost(type_: GraphQLObjectType, field: GraphQLField) -> int:
    """A connection and its edges are no step of their own."""
    names = (type_.name, get_named_type(field.type).name)
    return 0 if any(n.endswith(("Connection", "Edge")) or n == "PageInfo" for n in names) else 1


def needs_arguments(field: GraphQLField) -> bool:
    return any(isinstance(argument.type, GraphQLNonNull) for argument in field.args.values())


def departures(value: Any, type_: Any, path: str = "") -> list[str]:
    """Where a value is not what the schema says of its type: the reasons, by path."""
    if isinstance(type_, GraphQLNonNull):
        if value is None:
            return [f"{path}: null"]
        return departures(value, type_.of_type, path)
    if value is None:
        return []
    if isinstance(type_, GraphQLList):
        if not isinstance(value, list):
            return [f"{path}: no list"]
        return [
            fault
            for index, each in enumerate(value)
            for fault in departures(each, type_.of_type, f"{path}[{index}]")
        ]
    if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        return _object(value, type_, path)
    if isinstance(type_, GraphQLEnumType):
        return [] if value in type_.values else [f"{path}: {value!r} is no {type_.name}"]
    assert isinstance(type_, GraphQLScalarType)
    return [] if _scalar(value, type_.name) else [f"{path}: {value!r} is no {type_.name}"]


def _object(value: Any, type_: Any, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: no object"]
    kind = CORE.get_type(value.get("__typename", type_.name))
    if not isinstance(kind, GraphQLObjectType):
        return [f"{path}: of no type"]
    found = []
    for key, each in value.items():
        name = key.removeprefix(f"{kind.name}_")
        if name != "__typename":
            found += departures(each, kind.fields[name].type, f"{path}.{key}")
    return found


def _scalar(value: Any, name: str) -> bool:
    match name:
        case "Int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "Boolean":
            return isinstance(value, bool)
        case "Decimal":
            return isinstance(value, str) and Decimal(value).is_finite()
        case "Date":
            return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
        case "DateTime":
            return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
        case "ID":
            return isinstance(value, str) and bool(
                re.fullmatch(r"[a-z]{3}_[-0-9a-f]{36}|aud_\d+", value)
            )
    return isinstance(value, str)


def read(value: Any) -> set[str]:
    """ "Type.field" of everything that had a value somewhere in the answer."""
    if isinstance(value, list):
        return set().union(*(read(each) for each in value))
    if not isinstance(value, dict):
        return set()
    kind = value["__typename"]
    found = {
        f"{kind}.{key.removeprefix(f'{kind}_')}" for key, each in value.items() if each is not None
    }
    return found.union(*(read(each) for each in value.values()))
