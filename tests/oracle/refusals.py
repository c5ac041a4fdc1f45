"""Refusals: what is told of an operation before any row is looked at.

The fields that the viewer may not read are told once each, with a path that has no positions in
lists, whether or not there are rows; and an operation with an argument that cannot be taken is
refused as a whole. Fields are collected by graphql-core.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_variable_values,
    is_leaf_type,
)
from graphql.execution.collect_fields import (
    FieldDetails,
    FragmentDetails,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues, get_argument_values
from graphql.language import NullValueNode

from tests.oracle.cursors import Cursors
from tests.oracle.grants import ENTRY
from tests.oracle.relations import NODES
from tests.oracle.sight import Viewer, guarded, needed

MOST, MOST_EPISODES = 500, 10_000
FURTHEST_ROUND = timedelta(hours=24, minutes=5)
Fault = tuple[str, str | None]


class Refused(Exception):
    """The operation cannot be executed; one of the faults (code, field) is told."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(faults)
        self.faults = frozenset(faults)


@dataclass(frozen=True)
class Operation:
    """An operation with its coerced variables."""

    schema: GraphQLSchema
    node: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    variables: VariableValues

    @classmethod
    def of(
        cls,
        schema: GraphQLSchema,
        document: DocumentNode,
        name: str | None,
        variables: dict[str, Any],
    ) -> Operation:
        """The operation of that name, or the only one; Refused where the variables do not fit."""
        nodes = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        [node] = [n for n in nodes if name is None or (n.name and n.name.value == name)]
        fragments = {
            d.name.value: FragmentDetails(d)
            for d in document.definitions
            if isinstance(d, FragmentDefinitionNode)
        }
        coerced = get_variable_values(schema, node.variable_definitions or (), variables)
        if isinstance(coerced, list):
            raise Refused(("BAD_USER_INPUT", None))
        return cls(schema, node, fragments, coerced)


def refusals(
    operation: Operation, viewer: Viewer, cursors: Cursors
) -> list[tuple[tuple[str, ...], str, str]]:
    """Each refused field: its path, "Type.field" and the scope; Refused for faulty arguments."""
    root = operation.schema.get_root_type(operation.node.operation)
    assert root is not None
    walk = _Walk(operation, viewer, cursors)
    try:
        grouped = collect_fields(
            operation.schema, operation.fragments, operation.variables, root, operation.node
        ).grouped_field_set
    except GraphQLError:
        raise Refused(("BAD_USER_INPUT", "if")) from None
    walk.fields(root, grouped, ())
    if walk.faults:
        raise Refused(*walk.faults)
    return walk.found


class _Walk:
    """One walk over the selections, into every type that a field may give."""

    def __init__(self, operation: Operation, viewer: Viewer, cursors: Cursors) -> None:
        self._operation = operation
        self._viewer = viewer
        self._cursors = cursors
        self.found: list[tuple[tuple[str, ...], str, str]] = []
        self.faults: list[Fault] = []

    def fields(
        self,
        type_: GraphQLObjectType,
        grouped: dict[str, list[FieldDetails]],
        path: tuple[str, ...],
    ) -> None:
        for key, details in grouped.items():
            name = details[0].node.name.value
            if name.startswith("__"):
                continue
            field = type_.fields[name]
            scope = needed(type_.name, name, field.type)
            here = (*path, key)
            if scope is not None and not self._viewer.reaches(scope):
                self.found.append((here, f"{type_.name}.{name}", scope))
                continue
            given = self._given(field, details)
            guards = guarded(f"{type_.name}.{name}", given)
            lacked = {
                what: scope for what, scope in guards.items() if not self._viewer.reaches(scope)
            }
            if lacked:
                self.found.append((here, *next(iter(lacked.items()))))
                continue
            self._look_at(field, given, details)
            for below in self._targets(field):
                self.fields(below, self._below(below, details), here)

    def _below(
        self, type_: GraphQLObjectType, details: list[FieldDetails]
    ) -> dict[str, list[FieldDetails]]:
        operation = self._operation
        try:
            return collect_subfields(
                operation.schema,
                operation.fragments,
                operation.variables,
                operation.node,
                type_,
                details,
            ).grouped_field_set
        except GraphQLError:
            raise Refused(("BAD_USER_INPUT", "if")) from None

    def _targets(self, field: GraphQLField) -> Iterable[GraphQLObjectType]:
        """The types of the rows that a field may give to this viewer."""
        named = get_named_type(field.type)
        if is_leaf_type(named):
            return
        if isinstance(named, GraphQLObjectType):
            yield named
            return
        for name in NODES:
            if self._viewer.reaches(ENTRY[name]):
                type_ = self._operation.schema.get_type(name)
                assert isinstance(type_, GraphQLObjectType)
                yield type_

    def _given(self, field: GraphQLField, details: list[FieldDetails]) -> dict[str, Any]:
        """The arguments that have a value."""
        try:
            given = get_argument_values(field, details[0].node, self._operation.variables)
        except GraphQLError:
            self.faults += [("BAD_USER_INPUT", name) for name in field.args]
            return {}
        return {name: value for name, value in given.items() if value is not None}

    def _look_at(
        self, field: GraphQLField, given: dict[str, Any], details: list[FieldDetails]
    ) -> None:
        """Find the arguments that cannot be taken."""
        most = MOST_EPISODES if "skip" in field.args else MOST
        bad = [name for name in ("first", "last") if not 0 <= given.get(name, 0) <= most]
        bad += [name for name in ("skip",) if given.get(name, 0) < 0]
        if {"from", "to", "ward"} == field.args.keys() and len(given.keys() & {"from", "to"}) == 2:
            length = given["to"] - given["from"]
            bad += [] if timedelta(0) < length <= timedelta(days=400) else ["to"]
        if "points" in given and not 2 <= given["points"] <= 2000:
            bad.append("points")
        if "panel" in field.args and not 1 <= given.get("first", 1) <= 50:
            bad.append("first")
        if field.args.keys() == {"from", "to"} and "MedicationDose" in str(field.type):
            length = given.get("to", 0) - given["from"] if len(given) == 2 else timedelta(days=1)
            bad += [] if timedelta(0) < length <= timedelta(days=31) else ["to"]
        if "until" in given and given["until"] > datetime.now(UTC) + FURTHEST_ROUND:
            bad.append("until")
        ranged = {"points", "panel"} & field.args.keys() and {"from", "to"} <= given.keys()
        if ranged and given["from"] >= given["to"]:
            bad.append("to")
        stated = {one.name.value: one.value for one in details[0].node.arguments or ()}
        if "last" in given and self._stated(stated.get("first")):
            bad.append("last")
        cursors = [name for name in ("after", "before") if name in given]
        bad += [name for name in cursors if self._cursors.keys(given[name]) is None]
        if {"id", "mrn"} == field.args.keys() and not given:
            bad.append("id")
        bad += [name for name, value in given.items() if isinstance(value, str) and "\0" in value]
        self.faults += [("BAD_USER_INPUT", name) for name in bad]

    def _stated(self, node: ValueNode | None) -> bool:
        """Whether an argument has a value that is not the field's own default."""
        if isinstance(node, VariableNode):
            return self._operation.variables.coerced.get(node.name.value) is not None
        return node is not None and not isinstance(node, NullValueNode)
