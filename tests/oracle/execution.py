"""Execution: graphql-core resolves field by field over rows in memory, as any tutorial shows it.

Slow and plain. The schema is the SDL's text, the order of keys is graphql-core's, and what may be
seen is asked of tests/oracle/sight at every field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute_sync,
    get_named_type,
    is_leaf_type,
    is_list_type,
    parse,
    validate,
)
from graphql.type import GraphQLNonNull

from schema.scalars import parse_date, parse_datetime, parse_decimal
from tests.oracle.computed import COMPUTED
from tests.oracle.cursors import Cursors, paged
from tests.oracle.grants import INHERITED
from tests.oracle.refusals import Operation, Refused, refusals
from tests.oracle.relations import NODES, RELATIONS, sorted_rows
from tests.oracle.rows import Held, Row, public_of, spoken
from tests.oracle.sight import Viewer, element, guarded, in_sight, needed, sees

SDL = (Path(__file__).resolve().parents[2] / "schema.graphql").read_text()


def _schema() -> GraphQLSchema:
    made = build_schema(SDL, assume_valid_sdl=True)
    for name, parser in (
        ("DateTime", parse_datetime),
        ("Date", parse_date),
        ("Decimal", parse_decimal),
    ):
        scalar: Any = made.type_map[name]
        scalar.parse_value = scalar.coerce_input_value = parser
        scalar.parse_literal = lambda node, _variables=None, parser=parser: parser(node.value)
    return made


SCHEMA = _schema()


NEWS2 = {"News2": "news2", "News2Parts": "news2_points"}
"""What the columns behind these begin with."""


@dataclass(frozen=True)
class Question:
    """What somebody asks: a document, an operation of it, its variables."""

    text: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation: str | None = None


@dataclass(frozen=True)
class Expected:
    """What must be answered: data, and of each error its path, field and scope.

    `refused`: the request is at fault, and these are the codes and fields one of which is told.
    """

    data: Any
    errors: list[tuple[tuple[str, ...], str, str]]
    refused: frozenset[tuple[str, str | None]] = frozenset()


@dataclass
class Context:
    """What the resolvers know."""

    held: Held
    viewer: Viewer
    cursors: Cursors
    written: Mapping[str, Any] = field(default_factory=dict)
    """What a mutation produced, by the field of its payload; such rows are not asked of sight."""


def expected(
    question: Question,
    held: Held,
    viewer: Viewer,
    cursors: Cursors | None = None,
    *,
    written: Mapping[str, Any] | None = None,
) -> Expected:
    """The answer to a question."""
    known = cursors or Cursors()
    document = valid(question.text)
    if document is None:
        return Expected(None, [], frozenset({("GRAPHQL_VALIDATION_FAILED", None)}))
    try:
        operation = Operation.of(SCHEMA, document, question.operation, dict(question.variables))
        errors = refusals(operation, viewer, known)
    except Refused as refused:
        return Expected(None, [], refused.faults)
    result = execute_sync(
        SCHEMA,
        document,
        root_value={},
        context_value=Context(held, viewer, known, written or {}),
        variable_values=dict(question.variables),
        operation_name=question.operation,
        field_resolver=_resolve,
        type_resolver=lambda row, *_: row["__typename"],
    )
    foreseen = {path: name for path, name, _ in errors}
    for error in result.errors or ():
        # An argument that cannot be taken is no matter where the field is refused.
        if _place(error) not in foreseen:
            raise error.original_error or error
    return Expected(result.data, errors)


def _place(error: GraphQLError) -> tuple[str, ...]:
    return tuple(key for key in error.path or () if isinstance(key, str))


@lru_cache(maxsize=100)
def valid(text: str) -> DocumentNode | None:
    """The document of a text; None where it does not fit the schema."""
    document = parse(text)
    return None if validate(SCHEMA, document) else document


class Forbidden(Exception):
    """A field that the viewer may not read."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _resolve(row: Row, info: GraphQLResolveInfo, **given: Any) -> Any:
    parent, name = info.parent_type.name, f"{info.parent_type.name}.{info.field_name}"
    context: Context = info.context
    scope = needed(parent, info.field_name, info.return_type)
    if scope is not None and not context.viewer.reaches(scope):
        raise Forbidden(name)
    if parent in ("Mutation", "Subscription"):
        return {}
    arguments = {key: value for key, value in given.items() if value is not None}
    if name == "Query.nodes":
        named = [context.held.named(one, NODES) for one in arguments["ids"]]
        seen = [in_sight(context.held, context.viewer, rows) for rows in named]
        return [rows[0] if rows else None for rows in seen]
    if name in RELATIONS:
        return _related(name, row, info, context, arguments)
    if name in COMPUTED:
        return COMPUTED[name](context.held, context.viewer, row)
    if info.field_name in context.written and not row:
        value = context.written[info.field_name]
        return _listed(info, value) if isinstance(value, list) else value
    if parent.endswith(("Connection", "Edge")) or parent in ("PageInfo", "WardOccupancy"):
        return row[info.field_name]
    if scope is not None and not sees(context.held, context.viewer, row, scope):
        return None
    return _column(parent, row, info.field_name)


def _listed(info: GraphQLResolveInfo, value: list[Any]) -> list[Any]:
    """Plain rows that come with a payload or a frame; each knows its place."""
    return [{**each, "index": place} for place, each in enumerate(value)]


def _column(parent: str, row: Row, name: str) -> Any:
    if name == "id":
        return public_of(row)
    column = re.sub(r"(?=[A-Z])", "_", name).lower()
    if parent in NEWS2:
        column = f"{NEWS2[parent]}_{column}"
    return spoken(row[column])


def _related(
    name: str, row: Row, info: GraphQLResolveInfo, context: Context, given: dict[str, Any]
) -> Any:
    found = RELATIONS[name](context.held, context.viewer, row, given)
    if found is None:
        return None
    for scope in guarded(name, given).values():
        if not context.viewer.reaches(scope):
            raise Forbidden(name)
        found = [one for one in found if sees(context.held, context.viewer, one, scope)]
    if name not in INHERITED:
        found = in_sight(context.held, context.viewer, found)
    found = sorted_rows(name, found)
    type_ = get_named_type(info.return_type)
    if type_.name.endswith("Connection"):
        return paged(name, element(type_).name, found, given, context.cursors)
    nullable = info.return_type
    if isinstance(nullable, GraphQLNonNull):
        nullable = nullable.of_type
    if is_list_type(nullable):
        return found
    return found[0] if found else None


def unknown() -> list[str]:
    """Fields of the SDL that give objects and of which the oracle knows no rows."""
    known = RELATIONS.keys() | COMPUTED.keys() | {"Query.nodes"}
    found = []
    for type_name, type_ in SCHEMA.type_map.items():
        fields = getattr(type_, "fields", {})
        skipped = type_name.endswith(("Connection", "Edge", "Input", "Payload", "Feed"))
        if type_name.startswith("__") or skipped or type_name in ("Mutation", "Subscription"):
            continue
        for field_name, one in fields.items():
            name = f"{type_name}.{field_name}"
            if not is_leaf_type(get_named_type(one.type)) and name not in known:
                found.append(name)
    return found
