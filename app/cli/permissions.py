"""`wardline permissions`: who may do what, as the rules and the schema say it, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast

import typer

from models.rules.roles import Role
from models.rules.scopes import OPENED_BY_EMERGENCY, ROLE_GRANTS, Reach, Scope

if TYPE_CHECKING:
    from graphql import GraphQLObjectType

    from models import Base

_HEAD = """\
# Permissions

<!-- Written by `make docs` from models/rules/scopes.py and the schema. Do not edit. -->

A role grants scopes, each in a reach: the rows that it opens. Somebody with several roles has what
any of them grants, each scope in the reaches of the roles that grant it and no others. What a role
does not name, it does not grant.
"""

_EMERGENCY = """\
Who holds `patient:break-glass` opens one patient for a while with `breakGlass`, says why, and is
reviewed. Of the scopes that the role holds for its own patients, these are held for that patient as
well, by the same role:
"""

_FIELDS = """\
Each cell says in whose rows the role reads the field:

| word | whose rows |
|---|---|
| `all` | everybody's in the hospital |
| `wards` | of patients who lie on the user's own wards, and these wards |
| `treats` | the same, and of patients whose care team the user is on |
| `own` | the user's own record as a patient |
| `wrote` | those that the user wrote |
| `yes` | no patient's: whoever is signed in reads it |
| nothing | nobody's: the field is null, with the error FORBIDDEN |
| with a `+` | and, while an emergency access lasts, of that patient |
| two words | those that both words allow |

What a mutation answers and what a feed sends is made of these types, under the same rights.

Of the bed of a stay on a ward out of reach the place is read and no more: its status is MASKED, and
of its ward the counts are 0 and the beds none.

A critical result that speaks of vital signs (DETERIORATION) tells the score: of these each role
sees those alone of whom it also holds `vitals:read`, which a laboratory does of nobody.
"""

_ROOTS = """\
The same words. An argument on a line of its own asks for more than its field: who gives it needs
that too, and asks of those rows alone. An AUTHORED row is no reason to hear an event.
"""

_WORDS: Mapping[Reach, str] = {
    Reach.HOSPITAL: "all",
    Reach.WARDS: "wards",
    Reach.TREATMENT: "treats",
    Reach.OWN: "own",
    Reach.AUTHORED: "wrote",
}

_MESSAGES = ("Payload", "Feed", "Event", "Outcome", "Connection", "Edge", "PageInfo")
"""Ends of the names of types that carry others."""

_REACHES: Mapping[Reach, str] = {
    Reach.HOSPITAL: "every row of the hospital",
    Reach.WARDS: "rows of patients who lie in a bed of one of the user's wards now; those wards "
    "and beds",
    Reach.TREATMENT: "as `WARDS`, and rows of patients whose care team the user is on, wherever "
    "they lie, with the bed they lie in",
    Reach.OPENED: "rows of a patient for whom the user broke the glass, while that lasts, with the "
    "bed they lie in; no role grants it",
    Reach.OWN: "the user's own patient record",
    Reach.AUTHORED: "rows that the user wrote",
}


def permissions() -> None:
    """Print which role holds which scope in which reach, and which fields ask for it (Markdown)."""
    typer.echo(document(), nl=False)


def document() -> str:
    """The whole of docs/permissions.md."""
    return "\n".join(
        [
            _HEAD,
            *(f"- `{reach}`: {_REACHES[reach]}" for reach in Reach),
            "\n## Which role holds which scope\n",
            *_table(("scope", *Role), _held()),
            "\n## What an emergency access opens\n",
            _EMERGENCY,
            *(f"- `{scope}`" for scope in sorted(OPENED_BY_EMERGENCY)),
            "\n## Which role reads which field\n",
            _FIELDS,
            *_by_type(),
            "\n## Which role may call which root\n",
            _ROOTS,
            *_roots(),
            "\n## Which field or argument asks for which scope\n",
            *_table(("scope", "fields and arguments"), _asked()),
            "",
        ]
    )


def _held() -> Iterator[Sequence[str]]:
    for scope in Scope:
        yield f"`{scope}`", *(ROLE_GRANTS[role].get(scope, "") for role in Role)


def _by_type() -> Iterator[str]:
    """A table for each type of rows: fields by roles."""
    from graphql import GraphQLObjectType

    from models import User, Ward
    from resolvers.reading.catalogue import SCOPES
    from schema.catalogue import CORE

    models = _models()
    for name, type_ in sorted(CORE.type_map.items()):
        if not isinstance(type_, GraphQLObjectType) or name not in models:
            continue
        if name.endswith(_MESSAGES):
            continue
        row, ward = SCOPES.get(models[name]), models[name] is Ward
        if models[name] is User and name != "User":
            row = None  # whoever signed in, or did what an entry tells
        rows = [
            (
                f"`{field}`",
                *(_cell(role, [row, *_needed(name, field)], ward=ward) for role in Role),
            )
            for field in type_.fields
        ]
        yield f"### {name}\n"
        yield from _table((name, *Role), iter(rows))
        yield ""


def _roots() -> Iterator[str]:
    """A table for each kind of operation: root fields by roles, with what an argument asks."""
    from resolvers.reading.sources import Relation
    from schema.catalogue import CATALOGUE, CORE

    for type_ in (CORE.query_type, CORE.mutation_type, CORE.subscription_type):
        assert type_ is not None
        rows: list[Sequence[str]] = []
        for field in type_.fields:
            needed = _needed(type_.name, field)
            ward = field in ("ward", "wards")
            rows.append((f"`{field}`", *(_cell(role, needed, ward=ward) for role in Role)))
            source = CATALOGUE.sources.get((type_.name, field))
            needs = source.needs if isinstance(source, Relation) else {}
            for argument, scope in needs.items():
                cells = (_cell(role, [*needed, scope]) for role in Role)
                rows.append((f"`{field}({argument}:)`", *cells))
        yield from _table((type_.name, *Role), iter(rows))
        yield ""


def _models() -> Mapping[str, type[Base]]:
    """The table whose rows each object type shows, as far as it shows any."""
    from graphql import GraphQLObjectType, get_named_type

    from resolvers.reading.sources import Embedded, Relation
    from schema.catalogue import CATALOGUE, CORE

    found: dict[str, type[Base]] = {}
    embedded: list[tuple[str, str]] = []
    for (type_name, field), source in CATALOGUE.sources.items():
        type_ = CORE.type_map[type_name]
        assert isinstance(type_, GraphQLObjectType)
        inside = cast("GraphQLObjectType", get_named_type(type_.fields[field].type))
        if isinstance(source, Relation):
            pages = inside.fields.get("nodes")
            shown = inside if pages is None else get_named_type(pages.type)
            found[shown.name] = source.model
        elif isinstance(source, Embedded):
            embedded.append((type_name, inside.name))
    for outer, inner in embedded:
        if outer in found:
            found[inner] = found[outer]
    return found


def _needed(type_name: str, field: str) -> list[Scope | None]:
    """What a field asks for beside its row: its own scope, or that of the table it enters."""
    from resolvers.reading.catalogue import SCOPES
    from resolvers.reading.sources import Relation
    from schema.catalogue import CATALOGUE, metadata

    requires = metadata(type_name, field).get("requires")
    if isinstance(requires, Scope):
        return [requires]
    source = CATALOGUE.sources.get((type_name, field))
    if isinstance(source, Relation) and not source.inherits:
        return [SCOPES.get(source.model)]
    return []


def _cell(role: Role, needed: Sequence[Scope | None], *, ward: bool = False) -> str:
    """In whose rows the role holds all of these; empty: not at all. A `ward` is nobody's patient:
    of it no reach opens more than the own ones."""
    grants = ROLE_GRANTS[role]
    words: dict[str, None] = {}
    for scope in needed:
        if scope is None:
            continue
        if scope not in grants:
            return ""
        reach = Reach.WARDS if ward and grants[scope] is Reach.TREATMENT else grants[scope]
        opened = Scope.PATIENT_BREAK_GLASS in grants and scope in OPENED_BY_EMERGENCY
        more = opened and reach is not Reach.HOSPITAL and not ward
        words[f"{_WORDS[reach]}+" if more else _WORDS[reach]] = None
    narrow = [word for word in words if word != _WORDS[Reach.HOSPITAL]]
    return " ".join(narrow or words) or "yes"


def _asked() -> Iterator[Sequence[str]]:
    fields = _fields()
    for scope in Scope:
        named = ", ".join(f"`{name}`" for name in fields.pop(scope.value, ()))
        yield f"`{scope}`", named or "none in this version"
    for access, names in fields.items():
        yield access, ", ".join(f"`{name}`" for name in names)


def _fields() -> dict[str, list[str]]:
    """The guarded fields, as Type.field, by the scope or the access that they ask for."""
    # The schema takes a while to build, and no other command needs it here.
    from graphql import GraphQLObjectType

    from resolvers.reading.sources import Access, Relation
    from schema.catalogue import CATALOGUE, CORE, metadata

    words = {Access.AUTHENTICATED: "any signed-in user", Access.PUBLIC: "nobody is asked"}
    found: dict[str, list[str]] = {}
    for name, type_ in sorted(CORE.type_map.items()):
        if not isinstance(type_, GraphQLObjectType) or name.startswith("__"):
            continue
        for field in type_.fields:
            requires = metadata(name, field).get("requires")
            if requires is not None:
                key = words[requires] if isinstance(requires, Access) else requires.value
                found.setdefault(key, []).append(f"{name}.{field}")
            source = CATALOGUE.sources.get((name, field))
            for argument, scope in (source.needs if isinstance(source, Relation) else {}).items():
                found.setdefault(scope.value, []).append(f"{name}.{field}({argument}:)")
    return found


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
