"""Variables: coerced to their types, without echoing what was sent, and what they say of a plan.

What a definition says is worked out once an operation; a request pays for its values alone.
Whatever is irregular is left to graphql-core, whose answer counts.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLInputType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    VariableDefinitionNode,
    get_named_type,
    get_nullable_type,
    get_variable_values,
    is_enum_type,
    is_non_null_type,
)
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.utilities import coerce_input_value
from graphql.utilities.coerce_input_value import coerce_default_value

from resolvers.reading.request_errors import RequestError

MOST_ERRORS = 10

Shape = tuple[Hashable, ...]
"""All that variables change about a plan, in the order of their definitions."""


@dataclass(frozen=True, slots=True)
class _Variable:
    signature: GraphQLVariableSignature
    default: Any
    required: bool
    is_size: bool
    is_word: bool
    is_truth: bool

    def shape(self, value: Any) -> Hashable:
        """What a value changes about a plan: whether it is null, and where it stands in the SQL
        itself (a condition, the size of a page, a word of an enum), which one it is."""
        if value is None:
            return None
        if self.is_truth:
            return bool(value)
        if self.is_size:
            return len(value) if isinstance(value, list) else int(value)
        if self.is_word:
            return tuple(sorted(map(str, value))) if isinstance(value, list) else str(value)
        return True


class VariableReader:
    """Reads the variables of one operation of a valid document.

    `sizes` are the variables that say how large a page is.
    """

    def __init__(
        self, schema: GraphQLSchema, operation: OperationDefinitionNode, sizes: frozenset[str]
    ) -> None:
        self._schema = schema
        self._definitions = operation.variable_definitions or ()
        self._variables = [_variable(schema, one, sizes) for one in self._definitions]

    def read(self, inputs: Mapping[str, Any]) -> tuple[VariableValues, Shape]:
        """The coerced values, and the shape they give a plan; RequestError where one is
        not of its type."""
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        shape: list[Hashable] = []
        for one in self._variables:
            name = one.signature.name
            given = inputs.get(name, Undefined)
            if given is Undefined:
                if one.required:
                    return self._irregular(inputs)
                value = one.default
                sources[name] = VariableValueSource(one.signature)
            else:
                value = coerce_input_value(given, one.signature.type)
                if value is Undefined:
                    return self._irregular(inputs)
                sources[name] = VariableValueSource(one.signature, given)
            if value is Undefined:
                value = None
            else:
                coerced[name] = value
            shape.append(one.shape(value))
        return VariableValues(sources, coerced), tuple(shape)

    def _irregular(self, inputs: Mapping[str, Any]) -> tuple[VariableValues, Shape]:
        found = get_variable_values(
            self._schema,
            self._definitions,
            dict(inputs),
            max_errors=MOST_ERRORS,
            hide_suggestions=True,
        )
        if isinstance(found, list):
            raise RequestError([_fault(error) for error in found])
        return found, tuple(
            one.shape(found.coerced.get(one.signature.name)) for one in self._variables
        )


def _variable(
    schema: GraphQLSchema, definition: VariableDefinitionNode, sizes: frozenset[str]
) -> _Variable:
    signature = get_variable_signature(schema, definition)
    assert isinstance(signature, GraphQLVariableSignature), "the document is valid"
    type_: GraphQLInputType = signature.type
    named = get_named_type(type_)
    return _Variable(
        signature=signature,
        default=Undefined if signature.default is None else coerce_default_value(signature),
        required=is_non_null_type(type_) and signature.default is None,
        is_size=signature.name in sizes,
        is_word=is_enum_type(named),
        is_truth=get_nullable_type(type_) is GraphQLBoolean,
    )


# graphql-core quotes the value that was sent, which may be a patient's, at the end of its messages
# and inside the error of a scalar.
_FOUND = re.compile(r"[,;.] ?[Ff]ound:? .*", re.DOTALL)
_REPRESENTED = re.compile(r"(cannot represent [^:]*value): .*", re.DOTALL)
_NO_WORD = re.compile(r"Value '.*' does not exist in '(\w+)' enum\..*", re.DOTALL)
_PLACE = re.compile(r"^Variable '\$(\w+)' has invalid value(?: at ([^:]+))?: ")


def without_value(message: str) -> str:
    """A message of graphql-core without the value it quotes."""
    named = _NO_WORD.sub(r"This is no value of the enum '\1'.", message)
    return _REPRESENTED.sub(r"\1", _FOUND.sub("", named))


def _fault(error: GraphQLError) -> dict[str, Any]:
    message = without_value(error.message)
    place = _PLACE.match(message)
    field = f"{place[1]}{place[2] or ''}" if place else None
    extensions = {"code": "BAD_USER_INPUT"} | ({"field": field} if field else {})
    return {"message": message, "extensions": extensions}
