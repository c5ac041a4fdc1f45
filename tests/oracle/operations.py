"""Operations by chance: legal documents over the whole schema, with the variables they declare.

Keys are kept from clashing by giving every field with arguments an alias of its own, or the very
alias and arguments that it had before (which then merge); the rest of what validation asks follows
from the schema.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)
from hypothesis import strategies as st

from tests.oracle.execution import SCHEMA, Question
from tests.oracle.rows import spoken
from tests.oracle.values import Facts, literal, luck, shaped

T = TypeVar("T")
Selectable = GraphQLObjectType | GraphQLInterfaceType

LONG = "x" * 61
"""With a number it is on either side of the 63 bytes that PostgreSQL leaves of a name."""
ALIASES = ("a", "b", "anon_", LONG, LONG + "yz", "row_to_json", "_", "t1", "Type")
NOTHING = object()
SCHEMA_FIELDS = (
    "__schema { queryType { name } mutationType { n: name fields { name } } }",
    '__type(name: "Patient") { name kind fields { name isDeprecated type { kind name } } }',
    '__type(name: "Sex") { enumValues { name } }',
    '__type(name: "none") { name }',
)


@dataclass
class _Document:
    """What has been written of a document so far."""

    draw: Callable[[st.SearchStrategy[Any]], Any]
    facts: Facts
    budget: int
    serial: int = 0
    declared: list[tuple[str, str]] = field(default_factory=list)
    variables: dict[str, Callable[[], Any]] = field(default_factory=dict)
    """By name: what draws a value to send; NOTHING: none is sent."""
    fragments: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, type and text of the fragments written."""
    again: dict[str, list[str]] = field(default_factory=dict)
    """By type: alias, name and arguments of fields that may be selected once more."""

    def chance(self, percent: int) -> bool:
        return luck(self.draw, percent)

    def one(self, values: list[T] | tuple[T, ...]) -> T:
        return values[self.draw(st.integers(0, len(values) - 1))]

    def number(self) -> int:
        self.serial += 1
        return self.serial

    # -- selections --------------------------------------------------------------------------------

    def selection(self, type_: Selectable, depth: int) -> str:
        """A selection set."""
        parts = [self.item(type_, depth) for _ in range(self.one((2, 3, 1, 4)))]
        return "{ " + " ".join(parts) + " }"

    def item(self, type_: Selectable, depth: int) -> str:
        self.budget -= 1
        more = depth > 0 and self.budget > 0
        if more and self.chance(14):
            return self.fragment(type_, depth)
        if self.chance(6):
            return f"{self.alias(8)}__typename{self.directives()}"
        if more and self.again.get(type_.name) and self.chance(8):
            head, name = self.one(self.again[type_.name]).rsplit("\n", 1)
            below = get_named_type(type_.fields[name].type)
            return head + self.directives() + self.below(below, depth - 1)
        return self.field(type_, depth)

    def field(self, type_: Selectable, depth: int) -> str:
        leaves, objects = _divided(type_)
        deep = depth > 0 and self.budget > 0 and objects
        name = self.one(objects if deep and (not leaves or self.chance(60)) else leaves or ["id"])
        if name not in type_.fields:
            return "__typename"
        one = type_.fields[name]
        given = self.arguments(type_, name, one)
        plain = not given and isinstance(type_, GraphQLObjectType)
        alias = self.alias(60 if plain else 0)
        head = f"{alias}{name}{given}"
        if name in objects and alias:
            self.again.setdefault(type_.name, []).append(f"{head}\n{name}")
        return head + self.directives() + self.below(get_named_type(one.type), depth - 1)

    def below(self, type_: Any, depth: int) -> str:
        return "" if is_leaf_type(type_) else " " + self.selection(type_, depth)

    def alias(self, none: int) -> str:
        """An alias that nothing else has, or with a chance in percent none."""
        return "" if self.chance(none) else f"{self.one(ALIASES)}{self.number()}: "

    def fragment(self, type_: Selectable, depth: int) -> str:
        """An inline fragment, or a named one that may have been spread before."""
        conditions = _conditions(type_)
        known = [name for name, on, _ in self.fragments if on in conditions]
        if known and self.chance(30):
            return f"...{self.one(known)}{self.directives()}"
        condition = self.one(conditions)
        wanted = SCHEMA.get_type(condition)
        assert isinstance(wanted, GraphQLObjectType | GraphQLInterfaceType)
        if self.chance(40):
            text = self.selection(wanted, depth)
            name = f"F{self.number()}"
            self.fragments.append((name, condition, text))
            return f"...{name}{self.directives()}"
        on = "" if wanted is type_ and self.chance(50) else f" on {condition}"
        return f"...{on}{self.directives()} {self.selection(wanted, depth)}"

    def directives(self) -> str:
        if not self.chance(12):
            return ""
        name = self.one(["skip", "include"])
        value = (name == "include") is not self.chance(30)
        if self.chance(50):
            return f" @{name}(if: {'true' if value else 'false'})"
        return f" @{name}(if: {self.variable('Boolean!', lambda: value is not self.chance(30))})"

    # -- arguments ---------------------------------------------------------------------------------

    def arguments(self, type_: Selectable, name: str, one: GraphQLField) -> str:
        parts = []
        for argument, declared in one.args.items():
            required = isinstance(declared.type, GraphQLNonNull)
            if (name, argument) == ("auditEntries", "to"):
                # Each answer adds an entry: only those that the oracle has read are asked for.
                parts.append(f"to: {literal(spoken(self.facts.house.held.at))}")
                continue
            named = argument in ("id", "mrn") and name == "patient"
            if not required and not self.chance(70 if named else 35):
                continue
            both = argument == "last" and any(part.startswith("first:") for part in parts)
            if both and not self.chance(4):
                continue
            parts.append(f"{argument}: {self.value(type_.name, name, argument, declared)}")
        return f"({', '.join(parts)})" if parts else ""

    def value(self, type_: str, name: str, argument: str, declared: GraphQLArgument) -> str:
        """A literal, or a variable that is declared and given."""

        def drawn() -> Any:
            return self.facts.value(self.draw, type_, name, argument, declared.type)

        written, value = str(declared.type), drawn()
        if self.chance(45):
            return literal(value)
        if isinstance(value, list) and value and self.chance(25):
            inside = self.variable(written.strip("!")[1:-1], lambda: (drawn() or value)[0])
            return "[" + ", ".join([inside, *(literal(one) for one in value[1:])]) + "]"
        return self.variable(written, drawn)

    def variable(self, type_: str, drawn: Callable[[], Any]) -> str:
        """A variable of a type that may stand where `type_` is asked for."""
        name = f"v{self.number()}"
        plain = type_.removesuffix("!")
        first = drawn()
        default = f" = {literal(first)}" if first is not None and self.chance(30) else ""
        # With a default, a variable that may be null may stand where null may not.
        declared = plain if default and self.chance(40) else type_
        if declared == plain and self.chance(20):
            declared = f"{plain}!"
        self.declared.append((f"${name}", f"{declared}{default}"))
        self.variables[name] = lambda: self._sent(declared, bool(default), drawn)
        return f"${name}"

    def _sent(self, declared: str, default: bool, drawn: Callable[[], Any]) -> Any:
        """What is sent for a variable: now and then nothing or null, where that may be."""
        if (default or not declared.endswith("!")) and self.chance(25):
            return NOTHING
        if not declared.endswith("!") and self.chance(8):
            return None
        value = drawn()
        for _ in range(20):
            if value is not None or not declared.endswith("!"):
                break
            value = drawn()
        return shaped(value)

    def sent(self) -> dict[str, Any]:
        """Values for all the variables."""
        found = {name: value() for name, value in self.variables.items()}
        return {name: value for name, value in found.items() if value is not NOTHING}


@st.composite
def questions(draw: st.DrawFn, facts: Facts) -> list[Question]:
    """A document with one operation, now and then with another beside it; once with each of up to
    three sets of variables, so that a plan serves more than the values it was made for."""
    made = _Document(draw, facts, budget=draw(st.integers(3, 40)))
    query = SCHEMA.query_type
    assert query is not None
    text = made.selection(query, made.one((4, 6, 3, 2, 5, 7)))
    if made.chance(6):
        text = text[:-1] + f"{made.alias(0)}{made.one(SCHEMA_FIELDS)} }}"
    name = "Asked" if made.chance(30) else None
    heads = ", ".join(f"{variable}: {type_}" for variable, type_ in made.declared)
    head = f"query {name or ''}" + (f"({heads})" if heads else "")
    parts = [f"{head} {text}" if name or heads or made.chance(50) else text]
    parts += [f"fragment {known} on {on} {body}" for known, on, body in made.fragments]
    asked = name
    if name is not None and made.chance(30):
        parts.insert(draw(st.integers(0, 1)), "query Other { __typename }")
    elif made.chance(50):
        asked = None
    times = made.one((1, 2, 3)) if made.variables else 1
    return [Question("\n".join(parts), made.sent(), asked) for _ in range(times)]


_DIVIDED: dict[str, tuple[list[str], list[str]]] = {}


def _divided(type_: Selectable) -> tuple[list[str], list[str]]:
    """The names of the leaves and of the objects of a type."""
    if type_.name not in _DIVIDED:
        leaves, objects = [], []
        for name, one in type_.fields.items():
            (leaves if is_leaf_type(get_named_type(one.type)) else objects).append(name)
        _DIVIDED[type_.name] = leaves, objects
    return _DIVIDED[type_.name]


def _conditions(type_: Selectable) -> list[str]:
    """On which types a fragment inside `type_` can be."""
    if isinstance(type_, GraphQLInterfaceType):
        possible = SCHEMA.get_possible_types(type_)
        return [type_.name, *(one.name for one in possible)]
    return [type_.name, *(one.name for one in type_.interfaces)]
