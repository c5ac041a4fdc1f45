"""Fields: a selection set collected for one concrete type, as the specification merges it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLField,
    GraphQLInputType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    Undefined,
    ValueNode,
    VariableNode,
    is_abstract_type,
    is_non_null_type,
)
from graphql.execution.values import VariableValues
from graphql.language import ListValueNode, NullValueNode, ObjectValueNode
from graphql.utilities.coerce_input_value import coerce_default_value, coerce_input_literal

from resolvers.errors import BadInput
from resolvers.reading.documents import Prepared


@dataclass(frozen=True, slots=True)
class Selected:
    """One response key of an object: the field and the selections merged under it."""

    key: str
    definition: GraphQLField | None
    nodes: tuple[FieldNode, ...]

    @property
    def name(self) -> str:
        return self.nodes[0].name.value

    @property
    def selections(self) -> tuple[SelectionSetNode, ...]:
        return tuple(node.selection_set for node in self.nodes if node.selection_set)


class Collector:
    """Collects fields of one operation, whose size resolvers/reading/cost has bounded."""

    def __init__(self, schema: GraphQLSchema, prepared: Prepared) -> None:
        self._schema = schema
        self._fragments = prepared.document.fragments
        self._variables = prepared.variables.coerced

    def collect(self, type_: GraphQLObjectType, sets: Iterable[SelectionSetNode]) -> list[Selected]:
        """The fields of `type_` that the selection sets select, in response order."""
        found: dict[str, list[FieldNode]] = {}
        visited: set[str] = set()
        for selection_set in sets:
            for node in self._fields(type_, selection_set.selections, visited):
                key = node.alias.value if node.alias else node.name.value
                found.setdefault(key, []).append(node)
        return [
            Selected(key, type_.fields.get(nodes[0].name.value), tuple(nodes))
            for key, nodes in found.items()
        ]

    def _fields(
        self, type_: GraphQLObjectType, selections: Iterable[SelectionNode], visited: set[str]
    ) -> Iterator[FieldNode]:
        for selection in selections:
            if not self._included(selection):
                continue
            if isinstance(selection, FieldNode):
                yield selection
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                if condition is None or self._applies(condition.name.value, type_):
                    yield from self._fields(type_, selection.selection_set.selections, visited)
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                fragment = self._fragments[name]
                if name not in visited and self._applies(fragment.type_condition.name.value, type_):
                    visited.add(name)
                    yield from self._fields(type_, fragment.selection_set.selections, visited)

    def _applies(self, condition: str, type_: GraphQLObjectType) -> bool:
        named = self._schema.get_type(condition)
        return named is type_ or (
            is_abstract_type(named) and self._schema.is_sub_type(named, type_)
        )

    def _included(self, selection: SelectionNode) -> bool:
        for directive in selection.directives or ():
            if directive.name.value in ("skip", "include"):
                condition = next(iter(directive.arguments or ())).value
                value = (
                    self._variables.get(condition.name.value)
                    if isinstance(condition, VariableNode)
                    else condition.value  # type: ignore[attr-defined]
                )
                if value is None:
                    raise BadInput("a condition must be true or false", field="if")
                if bool(value) is (directive.name.value == "skip"):
                    return False
        return True


def roots_of(schema: GraphQLSchema, prepared: Prepared) -> list[Selected]:
    """The root fields of an operation."""
    type_ = schema.get_root_type(prepared.kind)
    assert type_ is not None, "the document is valid"
    return Collector(schema, prepared).collect(type_, [prepared.operation.selection_set])


Getter = Callable[[VariableValues], Any]
Dated = Callable[[Any, datetime], Any]
"""(value, now) → what is sent, of a value that is looked at beside the time of the read."""
"""Reads an argument's coerced value out of the operation's variables."""


def arguments(selected: Selected, variables: VariableValues) -> dict[str, Getter]:
    """How to read each argument that has a value; one that is null or absent is left out.

    Whether a variable is null is part of the plan's key, so the answer holds for every run.
    """
    assert selected.definition is not None
    given = {node.name.value: node.value for node in selected.nodes[0].arguments or ()}
    found: dict[str, Getter] = {}
    for name, argument in selected.definition.args.items():
        getter = _getter(name, argument, given.get(name), variables)
        if getter is None and is_non_null_type(argument.type):
            # A default of the variable let it stand here, and then it was sent as null.
            raise BadInput(f"{name} must not be null", field=name)
        if getter is not None:
            found[name] = getter
    return found


def values_of(selected: Selected, variables: VariableValues) -> dict[str, Any]:
    """The values of the arguments that have one."""
    return {name: getter(variables) for name, getter in arguments(selected, variables).items()}


def stated(selected: Selected, variables: VariableValues) -> set[str]:
    """The arguments that the document itself gives a value, whatever their defaults."""
    return {
        node.name.value
        for node in selected.nodes[0].arguments or ()
        if not isinstance(node.value, NullValueNode)
        and not (
            isinstance(node.value, VariableNode)
            and variables.coerced.get(node.value.name.value) is None
        )
    }


def _literal(name: str, type_: GraphQLInputType, node: ValueNode) -> Getter:
    """A list or an object of the document in which variables may stand."""

    def value(variables: VariableValues) -> Any:
        found = coerce_input_literal(node, type_, variables)
        if found is Undefined:
            # A default of a variable let it stand in there, and then it was sent as null.
            raise BadInput(f"{name} must not hold null", field=name)
        return found

    return value


def _getter(
    name: str, argument: GraphQLArgument, node: ValueNode | None, variables: VariableValues
) -> Getter | None:
    if isinstance(node, VariableNode):
        variable = node.name.value
        if variables.coerced.get(variable) is not None:
            return lambda values: values.coerced[variable]
        node = None
    if node is None or isinstance(node, NullValueNode):
        default = coerce_default_value(argument)
        return None if default is Undefined or default is None else (lambda _values: default)
    if isinstance(node, ListValueNode | ObjectValueNode):
        return _literal(name, argument.type, node)
    constant = coerce_input_literal(node, argument.type)
    return None if constant is None else (lambda _values: constant)
