"""Introspection: answered by graphql-core, and put among the data in the order of the document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    execute_sync,
    get_named_type,
    is_specified_scalar_type,
    type_from_ast,
)

from resolvers.reading.documents import Prepared
from resolvers.reading.fields import Selected
from resolvers.reading.statements import encoded

INTROSPECTION = frozenset({"__schema", "__type"})


def introspect(
    schema: GraphQLSchema,
    prepared: Prepared,
    introspected: Sequence[Selected],
) -> dict[str, Any]:
    """The data of the root fields that ask about the schema itself."""
    nodes = tuple(node for one in introspected for node in one.nodes)
    operation = prepared.operation
    alone = OperationDefinitionNode(
        operation=operation.operation,
        name=operation.name,
        # Those that introspection can use. The values are coerced already, which alone these
        # bear a second time: a DateTime would be refused.
        variable_definitions=tuple(
            definition
            for definition in operation.variable_definitions or ()
            if (type_ := get_named_type(type_from_ast(schema, definition.type))) is not None
            and is_specified_scalar_type(type_)
        ),
        directives=(),
        selection_set=SelectionSetNode(selections=nodes),
    )
    document = DocumentNode(definitions=(alone, *prepared.document.fragments.values()))
    result = execute_sync(schema, document, variable_values=prepared.variables.coerced)
    assert result.data is not None
    return result.data


def among(data: bytes, introspected: dict[str, Any], roots: Sequence[Selected]) -> bytes:
    """The data read from the database with the introspected fields in their places."""
    read = orjson.loads(data)
    return encoded({one.key: (read | introspected)[one.key] for one in roots})
