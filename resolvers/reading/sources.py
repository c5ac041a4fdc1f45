"""Where a field's value comes from. Every field of the schema has exactly one source.

A source is data: the planner turns it into SQL, once a document. `row` below is always the alias
of the table that the selection reads at that place, `parent` the one it came from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Protocol

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Select,
    exists,
    literal_column,
    select,
)
from sqlalchemy.types import TypeEngine

import models
from models.rules.scopes import Scope


class Access(Enum):
    """What a root field requires where it is no scope."""

    PUBLIC = "public"
    """Nobody needs to be signed in."""
    AUTHENTICATED = "authenticated"
    """Any signed-in user."""


Requires = Scope | Access
"""What a field requires of the actor."""


class Argument(Protocol):
    """An argument that was given: makes the bind parameter that will hold its value.

    `parse` turns the coerced GraphQL value into what the database compares with; it may raise a
    Refusal. A condition may call it more than once.
    """

    def __call__(
        self, type_: TypeEngine[Any], parse: Callable[[Any], Any] | None = None
    ) -> BindParameter[Any]: ...

    def by_now(
        self, type_: TypeEngine[Any], parse: Callable[[Any, datetime], Any]
    ) -> BindParameter[Any]:
        """The same, where `parse` is given the time of the read beside the value."""

    def visible(self, model: type[models.Base], row: FromClause) -> tuple[ColumnElement[bool], ...]:
        """The conditions under which the actor sees a row that the argument names: a condition
        that looks another table up looks among these alone."""

    def truth(self) -> bool:
        """The value of a Boolean, which is part of what a plan is for: it needs no parameter."""

    def words(self) -> list[ColumnElement[Any]]:
        """The values of a list of an enum, for `in_`: they are part of what a plan is for, too."""


Condition = Callable[[FromClause, Argument], ColumnElement[bool] | tuple[ColumnElement[bool], ...]]
"""The condition that an argument puts on a row; not applied where it is null or absent. A tuple:
one of them must hold, and each has an index that finds its rows."""

Joined = Callable[[Any, FromClause], ColumnElement[bool]]
"""(parent, row) → the condition that relates them; a root field has no parent and gets None."""

Order = tuple[Any, ...]
"""Mapped attributes, each ascending or wrapped in `Descending`."""


@dataclass(frozen=True, slots=True)
class Descending:
    """Sort by the attribute, greatest first."""

    attribute: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Base. `requires` is the scope of a guarded field; None: whoever sees the row sees it."""

    requires: Requires | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Value(Source):
    """A leaf: an SQL expression over the row. `masked` stands in for it where the row is out of the
    actor's reach and only shown as a part of another (see `inherits`)."""

    expression: Callable[[FromClause], ColumnElement[Any]]
    masked: ColumnElement[Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded(Source):
    """An object whose fields are expressions over the same row; null where `present` is false.

    `prefix`: its fields see the columns of that prefix alone, and without it, so that a row may
    hold several objects of one type.
    """

    present: Callable[[FromClause], ColumnElement[bool]] | None = None
    prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation(Source):
    """Base of what enters a table. Rows are those in the actor's reach of the table's scope.

    `filters` are by argument name. `inherits`: the row is visible whenever its parent is, by what
    it means (a bed's ward), so that the scope is not asked again. `within`: by what it means, the
    row is in every reach in which its parent is (who lies in a bed of a ward lies on the ward).
    `needs` are the scopes that an argument asks for beside the field's own, because it tells of
    what the field does not show.
    """

    model: type[models.Base]
    on: Joined | None = None
    filters: Mapping[str, Condition] = field(default_factory=dict)
    needs: Mapping[str, Scope] = field(default_factory=dict)
    inherits: bool = False
    within: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class One(Relation):
    """At most one row; with `order`, the first of it. Null where there is none to be seen.

    `named_by`: at least one of these arguments must be given, or the row would be any.
    """

    order: Order = ()
    named_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Many(Relation):
    """Every row as a plain list. `size` is about how many: what the list counts for in the limit on
    the rows of an operation. Null where `present`, of the row before, is false: it is not known
    which there are."""

    order: Order
    size: int = 10
    present: Callable[[FromClause], ColumnElement[bool]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Relation):
    """A Relay connection by keyset. `order` sorts in one direction and ends in the id."""

    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyNode(Source):
    """The rows that public ids name, whatever their types (Relay's `node` and `nodes`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor(Source):
    """The scopes of the actor, which no table holds: they follow from the roles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given(Source):
    """A leaf that whoever runs the plan gives with it (a token, a cursor), named `name`."""

    name: str
    type_: TypeEngine[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Produced(Relation):
    """The row that the mutation just wrote; its id is given under `name`.

    Not asked of the scope: the resolver decided that this actor may write it, and what lies behind
    it is asked as ever. Where the same request comes again it is: the row may have moved on.
    """

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenRows(Source):
    """A list of plain rows given under `name`, as JSON records with these columns.

    Value and relation sources below it see them as the columns of a table; their order is kept.
    With `on`, those that belong to the row before; null where it is not known which there are, and
    where that row is out of the actor's reach and only shown as a part of another.
    """

    name: str
    columns: Mapping[str, TypeEngine[Any]]
    on: Joined | None = None


class Derivation(Protocol):
    """What a derived list is made with: whoever reads a table says here whose rows they are."""

    def seen(
        self, model: type[models.Base], row: FromClause, scope: Scope | None = None
    ) -> tuple[ColumnElement[bool], ...]:
        """The conditions under which the actor sees a row of the table, hospital and reach. A
        derivation puts them on every table that it reads. `scope`: not the table's own counts, but
        that of the derivation."""

    def combined(
        self, names: Sequence[str], type_: TypeEngine[Any], parse: Callable[..., Any]
    ) -> BindParameter[Any]:
        """The bind parameter of what `parse` makes of several arguments, all of them given; it may
        raise a Refusal."""

    def argument(self, name: str) -> Argument | None:
        """An argument by its GraphQL name; None where it was not given, or is null."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived(Source):
    """Rows that no table holds: a SELECT makes them (a trend, a report, what is due).

    `rows` is given the row that it hangs on (None at a root). Its columns are what the fields below
    see as a table's. `order` names columns, ascending. `single`: the first row alone, as an object.
    `of`: each row tells of one row of that table, and where that is of a patient it has the column
    `patient_id`, so that the audit names whom it was. `size` is about how many there are;
    `sized_by` is the argument that says how many at most, and of a single object of how many parts.
    """

    rows: Callable[[Any, Derivation], Select[Any]]
    order: tuple[str, ...] = ()
    single: bool = False
    of: type[models.Base] | None = None
    size: int = 10
    sized_by: str | None = None


def looked_up(
    column: ColumnElement[Any], table: FromClause, *conditions: ColumnElement[bool]
) -> ColumnElement[Any]:
    """A scalar subquery over `table` alone: every other row that a condition names is outside.

    The expressions of sources end up at any depth of the statement, where SQLAlchemy's own guess of
    what is outside is wrong and joins the row a second time: so none writes a subquery by itself.
    """
    found = select(column).select_from(table).where(*conditions).correlate_except(table)
    return found.scalar_subquery()


def there_is(table: FromClause, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """EXISTS over `table` alone; see `looked_up`."""
    one: Select[Any] = select(literal_column("1")).select_from(table).where(*conditions)
    return exists(one.correlate_except(table))
