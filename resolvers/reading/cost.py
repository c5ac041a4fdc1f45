"""Cost: how many rows and objects an operation may read, known before anything runs.

One rule, linear in the document. A selection set is measured once for each type it is met under,
whatever the number of places that spread it: what a fragment holds is multiplied, not walked. So
the bounds are upper ones: what is selected twice at one place counts twice, though it is read once.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import ceil
from typing import Any

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_interface_type,
    is_list_type,
    is_object_type,
)
from graphql.type import get_nullable_type
from graphql.utilities.coerce_input_value import coerce_default_value

from resolvers.reading.limits import Exceeded, Limits
from resolvers.reading.pages import MOST_ROWS
from resolvers.reading.sources import AnyNode, Derived, GivenRows, Many, Page, Relation, Source

Sources = Mapping[tuple[str, str], Source]
Values = Mapping[str, Any]

MOST = 10**12
"""Larger numbers are not told apart."""
COUNTED = 500
"""What a totalCount costs: it looks at rows that nobody gets, as many as there are."""
MOST_PARTS = 10_000
"""More than any derivation makes."""
KEPT_MEASURES = 256
"""Of one document: it is measured anew for the numbers of its pages."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What a selection may read, for one object of the type that it is made of."""

    relations: int = 0
    """Tables that are entered."""
    rows: int = 0
    """Rows and objects that may be read."""
    apart: int = 0
    """The same for a connection as a whole, and not for each of its rows."""


NOTHING = Measure()


class Costs:
    """The measures of one document's operations."""

    def __init__(
        self,
        schema: GraphQLSchema,
        sources: Sources,
        fragments: Mapping[str, FragmentDefinitionNode],
        limits: Limits,
        elements: int = 0,
    ) -> None:
        """`elements` are those of the list literals of the document."""
        self._schema = schema
        self._sources = sources
        self._fragments = fragments
        self._limits = limits
        self._elements = elements
        self._known: dict[Hashable, Measure] = {}
        self._priced: dict[int, list[str]] = {}
        """The variables that bear on the cost, by operation."""

    def of(self, operation: OperationDefinitionNode, values: Values, elements: int) -> int:
        """What the operation costs with these (coerced) variables, at least 1.

        `elements` are those of all lists in the variables: a mutation writes at most that many rows
        beside the first. Exceeded where it is more than is served.
        """
        # What follows from the variables alone: numbers of rows, lengths of lists, conditions.
        key = (
            id(operation),
            elements if operation.operation is OperationType.MUTATION else 0,
            *[
                len(value) if isinstance(value := values.get(name), list) else value
                for name in self._variables(operation)
            ],
        )
        measure = self._known.get(key)
        if measure is None:
            measure = self._measured(operation, values, elements)
            if len(self._known) >= KEPT_MEASURES:
                self._known.clear()
            self._known[key] = measure
        limits = self._limits
        if measure.relations > limits.relations:
            raise Exceeded(
                "relations", limits.relations, "the operation reads more lists and objects"
            )
        if measure.rows > limits.cost:
            raise Exceeded(
                "cost",
                limits.cost,
                "ask for smaller pages, or nest fewer lists: the operation may read more rows",
            )
        return measure.rows + 1

    def _variables(self, operation: OperationDefinitionNode) -> list[str]:
        priced = self._priced.get(id(operation))
        if priced is None:
            walk = Walk(self._schema, self._sources, self._fragments)
            walk.operation(operation)
            priced = self._priced[id(operation)] = walk.priced
        return priced

    def _measured(
        self, operation: OperationDefinitionNode, values: Values, elements: int
    ) -> Measure:
        total = self._elements + elements
        return Walk(self._schema, self._sources, self._fragments, values, total).operation(
            operation
        )


class Walk:
    """One measuring of a document, with the values of its variables; without them every condition
    holds, and what they size counts as one."""

    def __init__(
        self,
        schema: GraphQLSchema,
        sources: Sources,
        fragments: Mapping[str, FragmentDefinitionNode],
        values: Values | None = None,
        elements: int = 0,
    ) -> None:
        self._schema = schema
        self._sources = sources
        self._fragments = fragments
        self._values = values
        self._elements = max(elements, 1)
        self._measured: dict[tuple[int, str | None], Measure | None] = {}
        self.priced: list[str] = []
        """The variables that bear on the cost."""
        self.visits = 0
        """Selections looked at: what the walk itself costs."""

    def operation(self, node: OperationDefinitionNode) -> Measure:
        """The measure of a whole operation."""
        return self._set(self._schema.get_root_type(node.operation), node.selection_set)

    def _set(self, type_: GraphQLNamedType | None, node: SelectionSetNode) -> Measure:
        key = (id(node), type_.name if type_ is not None else None)
        if key in self._measured:
            # None: a fragment that spreads itself, which validation tells of.
            return self._measured[key] or NOTHING
        self._measured[key] = None
        relations = rows = apart = 0
        spread: set[str] = set()
        for selection in node.selections:
            self.visits += 1
            if not self._included(selection):
                continue
            if isinstance(selection, FieldNode):
                found = self._field(type_, selection)
            else:
                found = self._fragment(type_, selection, spread)
            relations += found.relations
            rows += found.rows
            apart += found.apart
        measure = self._measured[key] = Measure(
            min(relations, MOST),
            min(rows, MOST),
            min(apart, MOST),
        )
        return measure

    def _fragment(
        self, type_: GraphQLNamedType | None, node: SelectionNode, spread: set[str]
    ) -> Measure:
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            selections = node.selection_set
        else:
            assert isinstance(node, FragmentSpreadNode)
            name = node.name.value
            fragment = self._fragments.get(name)
            if fragment is None or name in spread:
                return NOTHING
            spread.add(name)
            condition = fragment.type_condition
            selections = fragment.selection_set
        if condition is None:
            return self._set(type_, selections)
        narrowed = self._schema.get_type(condition.name.value)
        if narrowed is None or type_ is None or narrowed is type_:
            return self._set(narrowed, selections)
        if is_abstract_type(narrowed) and self._schema.is_sub_type(narrowed, type_):
            return self._set(type_, selections)
        if is_abstract_type(type_) and self._schema.is_sub_type(type_, narrowed):
            return self._set(narrowed, selections)
        # It never applies here.
        return NOTHING

    def _field(self, type_: GraphQLNamedType | None, node: FieldNode) -> Measure:
        name = node.name.value
        definition = self._definition(type_, name)
        inner = NOTHING
        if node.selection_set is not None:
            named = get_named_type(definition.type) if definition is not None else None
            inner = self._set(named, node.selection_set)
        if type_ is None or definition is None:
            return inner
        if name == "totalCount" and type_.name.endswith("Connection"):
            return Measure(relations=1, apart=COUNTED)
        size, each, entered = self._size(type_, name, definition, node)
        return Measure(
            inner.relations + entered,
            ceil(size * (each + inner.rows)) + inner.apart,
        )

    def _definition(self, type_: GraphQLNamedType | None, name: str) -> GraphQLField | None:
        if is_object_type(type_) or is_interface_type(type_):
            return self._schema.get_field(type_, name)
        return None

    def _size(
        self, type_: GraphQLNamedType, name: str, definition: GraphQLField, node: FieldNode
    ) -> tuple[int | Fraction, int, int]:
        """How many objects a field has, what each of them counts, and the tables it enters."""
        source = self._sources.get((type_.name, name))
        if type_.name.startswith("__") or name in ("__schema", "__type"):
            # graphql-core resolves each field of the description by itself.
            lists = is_list_type(get_nullable_type(definition.type))
            return (self._described(name) if lists else 1), 1, 0
        if isinstance(source, Page):
            return self._page(definition, node), 1, 1
        if isinstance(source, Many):
            return source.size, 1, 1
        if isinstance(source, Derived):
            return self._derived(source, definition, node)
        if isinstance(source, GivenRows):
            return self._elements, 1, 0
        if isinstance(source, Relation):
            return 1, 1, 1
        if isinstance(source, AnyNode) or is_interface_type(get_named_type(definition.type)):
            # Each type is asked for the id.
            types = len(self._schema.get_possible_types(get_named_type(definition.type)))  # type: ignore[arg-type]
            return self._ids(node), types, types
        if type_ is self._schema.mutation_type and name != "__typename":
            return 1, self._elements, 0
        return 1, 0, 0

    def _derived(
        self, source: Derived, definition: GraphQLField, node: FieldNode
    ) -> tuple[int, int, int]:
        if source.sized_by is None:
            return (1 if source.single else source.size), 1, 1
        given = {one.name.value: one.value for one in node.arguments or ()}
        size = self._number(given.get(source.sized_by))
        if size is None:
            size = coerce_default_value(definition.args[source.sized_by])
        # Fewer than none and more than the most are refused when it runs.
        size = min(max(size, 1), MOST_PARTS)
        return (1, size, 1) if source.single else (size, 1, 1)

    def _page(self, definition: GraphQLField, node: FieldNode) -> int:
        given = {one.name.value: one.value for one in node.arguments or ()}
        sizes = [
            size
            for name in ("first", "last")
            if (size := self._number(given.get(name))) is not None
        ]
        if not sizes and "first" in definition.args:
            default = coerce_default_value(definition.args["first"])
            sizes = [MOST_ROWS if default is Undefined or default is None else default]
        return min(max(1, *sizes), MOST_ROWS) if sizes else MOST_ROWS

    def _number(self, node: ValueNode | None) -> int | None:
        if isinstance(node, VariableNode):
            value = self._value(node.name.value)
            return value if isinstance(value, int) else None
        if isinstance(node, IntValueNode):
            # More digits than any page has rows.
            return int(node.value) if len(node.value) < 9 else MOST_ROWS
        return None

    def _ids(self, node: FieldNode) -> int:
        """How many rows are named; one where the argument is no list."""
        for one in node.arguments or ():
            if isinstance(one.value, ListValueNode):
                return max(1, len(one.value.values))
            if isinstance(one.value, VariableNode):
                value = self._value(one.value.name.value)
                return max(1, len(value)) if isinstance(value, list) else 1
        return 1

    def _described(self, name: str) -> int | Fraction:
        """About how long a list of the schema's own description is: of what a type has, as many as
        one has on average. Rounded, three and a little would count as four for each of them."""
        types = len(self._schema.type_map)
        if name == "types":
            return types
        if name == "directives":
            return len(self._schema.directives)
        return Fraction(_members(self._schema).get(name, types), types)

    def _included(self, node: SelectionNode) -> bool:
        for directive in node.directives or ():
            if directive.name.value not in ("skip", "include"):
                continue
            condition = next((one.value for one in directive.arguments or ()), None)
            if isinstance(condition, VariableNode):
                value = self._value(condition.name.value)
                if self._values is None or value is None:
                    continue
            elif isinstance(condition, BooleanValueNode):
                value = condition.value
            else:
                continue
            if bool(value) is (directive.name.value == "skip"):
                return False
        return True

    def _value(self, name: str) -> Any:
        if self._values is None:
            if name not in self.priced:
                self.priced.append(name)
            return 1
        return self._values.get(name)


@cache
def _members(schema: GraphQLSchema) -> Mapping[str, int]:
    """How much all types of a schema have together of what their descriptions list."""
    found = {"fields": 0, "inputFields": 0, "enumValues": 0}
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLInputObjectType):
            found["inputFields"] += len(type_.fields)
        elif isinstance(type_, GraphQLEnumType):
            found["enumValues"] += len(type_.values)
        elif isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            found["fields"] += len(type_.fields)
    return found
