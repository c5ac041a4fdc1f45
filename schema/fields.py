"""Fields: how a type of the schema says, in one line each, where a value comes from.

A field without a source cannot be declared (schema/catalogue refuses it), so nothing falls back to
a slower path; a root field without `requires` cannot be declared either.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, FromClause, Select, Text, cast, literal_column
from sqlalchemy.types import TypeEngine
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.utils.str_converters import to_camel_case

import models
from models.events import Feed
from models.rules.scopes import Scope
from resolvers import ids
from resolvers.reading import shapes, sources
from resolvers.reading.catalogue import SCOPES
from resolvers.reading.sources import Access, Condition, Descending, Joined, Order, Requires, Source
from schema.directives import Authenticated, RequiresScopes

PUBLIC = Access.PUBLIC
AUTHENTICATED = Access.AUTHENTICATED

SourceOf = Callable[[str], Source]
"""Makes the source of a field, given its Python name."""


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a field: its type, its default, and the condition it puts on the rows.

    `requires` is the scope of an argument that tells of more than its field shows: who asks by it
    must hold that scope as well, and asks only of the rows in which it is held.
    """

    type_: Any
    condition: Condition | None = None
    default: Any = None
    description: str | None = None
    requires: Scope | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What a mutation field does: the resolver, and what it requires. `propose` makes a proposal of
    it, to be written in one statement (resolvers/proposals), where it can. `before` is what takes
    long and waits with no connection: it gives the input as the resolver takes it."""

    resolver: Callable[..., Any]
    requires: Requires
    propose: Callable[..., Any] | None = None
    before: Callable[..., Any] | None = None


@dataclass(frozen=True, slots=True)
class Listening:
    """What a subscription field listens to."""

    feed: Feed
    requires: Scope


PAGE_ARGUMENTS: Mapping[str, Argument] = {
    "first": Argument(int | None, default=50, description="How many, at most 500."),
    "after": Argument(str | None, description="The cursor after which to go on."),
    "last": Argument(
        int | None, default=None, description="How many from the end, at most 500; not with first."
    ),
    "before": Argument(str | None, description="The cursor before which to end."),
}


def column(
    attribute: Any = None,
    *,
    requires: Scope | None = None,
    masked: ColumnElement[Any] | None = None,
) -> Any:
    """A column of the row: that of the field's own name, or the attribute's."""

    def source(name: str) -> Source:
        key = name if attribute is None else attribute.key
        return sources.Value(expression=lambda row: row.c[key], requires=requires, masked=masked)

    return _declared(source, requires)


def expression(
    value: Callable[[FromClause], ColumnElement[Any]],
    *,
    requires: Scope | None = None,
    masked: ColumnElement[Any] | None = None,
) -> Any:
    """An SQL expression over the row."""
    return _declared(
        lambda _: sources.Value(expression=value, requires=requires, masked=masked), requires
    )


def identifier(model: type[models.Base]) -> Any:
    """The public id of the row."""
    prefix = literal_column(f"'{ids.PREFIXES[model]}_'", Text())

    def public(row: FromClause) -> ColumnElement[Any]:
        return prefix.op("||")(cast(row.c.id, Text()))

    return _declared(lambda _: sources.Value(expression=public), None, metadata={"model": model})


def embedded(
    *, present: Callable[[FromClause], ColumnElement[bool]] | None = None, prefix: str = ""
) -> Any:
    """An object whose fields are columns of the same row (those of `prefix`, where there is one);
    null where `present` is false."""
    return _declared(lambda _: sources.Embedded(present=present, prefix=prefix), None)


def one(
    model: type[models.Base],
    on: Joined | None = None,
    *,
    order: Order = (),
    inherits: bool = False,
    within: bool = False,
    requires: Requires | None = None,
    arguments: Mapping[str, Argument] | None = None,
    named_by: tuple[str, ...] = (),
) -> Any:
    """At most one row of a table; with `order` the first. `named_by`: one of these is needed."""
    return _related(
        lambda given: sources.One(
            model=model,
            on=on,
            order=order,
            inherits=inherits,
            within=within,
            requires=requires,
            filters=given,
            needs=_needs(arguments),
            named_by=named_by,
        ),
        _guard(model, requires, inherits),
        arguments or {},
    )


def many(
    model: type[models.Base],
    on: Joined | None = None,
    *,
    order: Order,
    inherits: bool = False,
    within: bool = False,
    requires: Requires | None = None,
    size: int = 10,
    present: Callable[[FromClause], ColumnElement[bool]] | None = None,
) -> Any:
    """Every row, as a plain list: only where there are few, about `size`. Null where `present` is
    false."""
    return _related(
        lambda given: sources.Many(
            model=model,
            on=on,
            order=order,
            inherits=inherits,
            within=within,
            requires=requires,
            filters=given,
            size=size,
            present=present,
        ),
        _guard(model, requires, inherits),
        {},
    )


def connection(
    model: type[models.Base],
    on: Joined | None = None,
    *,
    order: Order,
    requires: Requires | None = None,
    arguments: Mapping[str, Argument] | None = None,
) -> Any:
    """A Relay connection by keyset over the rows."""
    return _related(
        lambda given: sources.Page(
            model=model,
            on=on,
            order=order,
            requires=requires,
            filters=given,
            needs=_needs(arguments),
        ),
        _guard(model, requires, inherits=False),
        {**(arguments or {}), **PAGE_ARGUMENTS},
    )


def newest_first(attribute: Any, model: type[models.Base]) -> Order:
    """Order by a time, newest first, then by id."""
    return (Descending(attribute), Descending(model.id))  # type: ignore[attr-defined]


def words(*those: StrEnum) -> list[ColumnElement[Any]]:
    """Words of an enumeration as literals, for `in_`."""
    return shapes.words(those)


def any_node(*, requires: Requires) -> Any:
    """Relay's `node`."""
    made = _declared(lambda _: sources.AnyNode(requires=requires), requires)
    made.arguments = [_argument("id", Argument(strawberry.ID, default=...))]
    return made


def any_nodes(*, requires: Requires) -> Any:
    """Relay's `nodes`."""
    made = _declared(lambda _: sources.AnyNode(requires=requires), requires)
    made.arguments = [_argument("ids", Argument(list[strawberry.ID], default=...))]
    return made


def actor_scopes() -> Any:
    """The scopes of whoever asks."""
    return _declared(lambda _: sources.Actor(), None)


def given(type_: TypeEngine[Any]) -> Any:
    """A value that comes with the plan's run, under the field's name."""
    return _declared(lambda name: sources.Given(name=name, type_=type_), None)


def given_rows(
    columns: Mapping[str, TypeEngine[Any]],
    on: sources.Joined | None = None,
    *,
    requires: Requires | None = None,
) -> Any:
    """A list of plain rows that comes with the plan's run, under the field's name; with `on`, those
    of them that belong to the row."""
    return _declared(
        lambda name: sources.GivenRows(name=name, columns=columns, on=on, requires=requires),
        requires,
    )


def derived(
    rows: Callable[[Any, sources.Derivation], Select[Any]],
    *,
    requires: Scope,
    order: tuple[str, ...] = (),
    single: bool = False,
    of: type[models.Base] | None = None,
    size: int = 10,
    sized_by: str | None = None,
    arguments: Mapping[str, Argument] | None = None,
) -> Any:
    """Rows that a SELECT makes, or with `single` one object; see sources.Derived."""
    made = _declared(
        lambda _: sources.Derived(
            rows=rows,
            order=order,
            single=single,
            of=of,
            size=size,
            sized_by=sized_by,
            requires=requires,
        ),
        requires,
    )
    made.arguments = [_argument(name, one) for name, one in (arguments or {}).items()]
    return made


def produced(model: type[models.Base]) -> Any:
    """The row that the mutation wrote, under the field's name."""
    return _declared(lambda name: sources.Produced(name=name, model=model), SCOPES.get(model))


def mutation(
    resolver: Callable[..., Any],
    *,
    requires: Requires,
    input: type | None = None,
    propose: Callable[..., Any] | None = None,
    before: Callable[..., Any] | None = None,
) -> Any:
    """A mutation: the resolver gets the input's fields, its answer is read through the plan."""
    work = Work(resolver, requires, propose, before)
    made = _declared(None, requires, metadata={"work": work})
    made.arguments = [_argument("input", Argument(input, default=...))] if input else []
    return made


def subscription(
    feed: Feed, *, requires: Scope, arguments: Mapping[str, Argument] | None = None
) -> Any:
    """A live feed."""
    made = _declared(None, requires, metadata={"listening": Listening(feed, requires)})
    made.arguments = [_argument(name, one) for name, one in (arguments or {}).items()]
    return made


def _guard(model: type[models.Base], requires: Requires | None, inherits: bool) -> Requires | None:
    if requires is not None or inherits:
        return requires
    return SCOPES.get(model)


def _needs(arguments: Mapping[str, Argument] | None) -> Mapping[str, Scope]:
    """The scopes that arguments ask for, by argument name."""
    return {
        to_camel_case(name): one.requires
        for name, one in (arguments or {}).items()
        if one.requires is not None
    }


def _related(
    source: Callable[[dict[str, Condition]], Source],
    requires: Requires | None,
    arguments: Mapping[str, Argument],
) -> Any:
    conditions = {
        to_camel_case(name): one.condition for name, one in arguments.items() if one.condition
    }
    made = _declared(lambda _: source(conditions), requires)
    made.arguments = [_argument(name, one) for name, one in arguments.items()]
    return made


def _declared(
    source: SourceOf | None,
    requires: Requires | None,
    metadata: dict[str, Any] | None = None,
) -> Any:
    directives: list[object] = []
    if isinstance(requires, Scope):
        directives.append(RequiresScopes(scopes=[[requires.value]]))
    elif requires is Access.AUTHENTICATED:
        directives.append(Authenticated())
    return strawberry.field(
        directives=directives, metadata={"source": source, "requires": requires, **(metadata or {})}
    )


def _argument(name: str, one: Argument) -> StrawberryArgument:
    default = {} if one.default is ... else {"default": one.default}
    guards = () if one.requires is None else (RequiresScopes(scopes=[[one.requires.value]]),)
    return StrawberryArgument(
        name,
        None,
        StrawberryAnnotation(one.type_),
        description=one.description,
        directives=guards,
        **default,
    )
