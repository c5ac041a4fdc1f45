"""Chains: documents made from the schema that lead to every field of every type, by every road."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)

from tests.oracle.execution import SCHEMA
from tests.oracle.relations import NODES

PAGES = ("Connection", "Edge")
LONGEST = 3
"""How many relations a road has at most."""


@dataclass(frozen=True)
class Step:
    """A field on the way: its type, its name, its arguments as they are written."""

    type_: str
    name: str
    given: str = ""


YEAR = datetime.now(UTC).year
PERIOD = {"from": f"{YEAR}-01-01T00:00:00Z", "to": f"{YEAR + 1}-01-15T00:00:00Z"}
REPORTED = f'(from: "{PERIOD["from"]}", to: "{PERIOD["to"]}")'
"""A period that there is a report of."""

Road = tuple[Step, ...]
Given = Mapping[str, str]
"""The arguments of root fields that name one row, e.g. "ward" → '(code: "ICU")'."""


def object_of(name: str) -> GraphQLObjectType:
    """An object type of the schema."""
    found = SCHEMA.get_type(name)
    assert isinstance(found, GraphQLObjectType)
    return found


def below(field: GraphQLField) -> GraphQLObjectType | None:
    """The object type of a field, if it is one."""
    found = get_named_type(field.type)
    return found if isinstance(found, GraphQLObjectType) else None


def types_below(root: str) -> list[str]:
    """Every object type that can be reached from one, connections and edges among them."""
    found, todo = [], [root]
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found.append(name)
        for field in object_of(name).fields.values():
            if get_named_type(field.type).name == "Node":
                todo += NODES
            elif (type_ := below(field)) is not None:
                todo.append(type_.name)
    return sorted(set(found) - {root})


def roads(root: str, given: Given) -> Mapping[str, list[Road]]:
    """By type: the shortest road to it for each root field, through types met once each."""
    return _roads(root, tuple(given.items()))


@lru_cache(maxsize=100)
def _roads(root: str, pairs: tuple[tuple[str, str], ...]) -> Mapping[str, list[Road]]:
    given = dict(pairs)
    found: dict[str, list[Road]] = {}
    seen: set[tuple[str, str]] = set()
    level: list[tuple[str, Road]] = [(root, ())]
    while level:
        deeper = []
        for type_, road in level:
            for name, field in object_of(type_).fields.items():
                target = below(field)
                if target is None or (not road and name not in given and _asks(field)):
                    continue
                step = Step(type_, name, given.get(name, "") if not road else asked(field))
                first = (road or (step,))[0].name
                if target.name == root or (first, target.name) in seen:
                    continue
                seen.add((first, target.name))
                longer = (*road, step)
                found.setdefault(target.name, []).append(longer)
                if sum(not s.type_.endswith(PAGES) for s in longer) < LONGEST + 1:
                    deeper.append((target.name, longer))
        level = deeper
    return found


def asked(field: GraphQLField) -> str:
    """The arguments that a field cannot do without, as they are written."""
    needed = {n: one for n, one in field.args.items() if isinstance(one.type, GraphQLNonNull)}
    written = ", ".join(f"{n}: {_literal(n, one)}" for n, one in needed.items())
    return f"({written})" if needed else ""


def _asks(field: GraphQLField) -> bool:
    return any(isinstance(one.type, GraphQLNonNull) for one in field.args.values())


def along(road: Road, selection: str, alias: str = "") -> str:
    """The road as a selection that ends in another."""
    text = selection
    for step in reversed(road):
        text = f"{{ {step.name}{step.given} {text} }}"
    if alias:
        text = text.replace("{ ", f"{{ {alias}: ", 1)
    return text


def whole(type_: GraphQLObjectType, depth: int = 0, given: Given | None = None) -> str:
    """Every field of a type once; what is behind objects, `depth` steps more."""
    parts = ["__typename"]
    for name, field in type_.fields.items():
        arguments = (given or {}).get(f"{type_.name}.{name}") or asked(field)
        target = below(field)
        if is_leaf_type(get_named_type(field.type)):
            parts.append(f"{name}{arguments}")
        elif target is None:
            continue
        elif target.name.endswith(PAGES) or target.name == "PageInfo":
            parts.append(f"{name}{arguments} {whole(target, depth)}")
        else:
            inside = whole(target, depth - 1) if depth > 0 else "{ __typename }"
            parts.append(f"{name}{arguments} {inside}")
    return "{ " + " ".join(parts) + " }"


def calls(type_: GraphQLObjectType, name: str) -> Iterator[tuple[str, str]]:
    """Each argument of a field, and the arguments as they are written with it alone."""
    field = type_.fields[name]
    needed = {
        n: _literal(n, a) for n, a in field.args.items() if isinstance(a.type, GraphQLNonNull)
    }
    if PERIOD.keys() <= needed.keys():
        needed |= {name: json.dumps(at) for name, at in PERIOD.items()}
    for argument, declared in field.args.items():
        others = {n: value for n, value in needed.items() if n != argument}
        given = others | {argument: needed.get(argument) or _literal(argument, declared)}
        yield argument, "(" + ", ".join(f"{n}: {value}" for n, value in given.items()) + ")"


def _literal(name: str, declared: object) -> str:
    named = get_named_type(declared.type)  # type: ignore[attr-defined]
    if isinstance(named, GraphQLEnumType):
        words = list(named.values)
        listed = "[" in str(declared.type)  # type: ignore[attr-defined]
        return "[" + ", ".join(words) + "]" if listed else words[0]
    match named.name:
        case "Int":
            return "2"
        case "ID" if "[" in str(declared.type):  # type: ignore[attr-defined]
            return '["nothing"]'
        case "Boolean":
            return "true"
        case "DateTime":
            return json.dumps("2001-02-03T04:05:06Z" if name == "from" else "2101-02-03T04:05:06Z")
    return json.dumps("2823-3" if name == "code" else "nothing")
