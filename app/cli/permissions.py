"""`wardline permissions`: who may do what, as the rules and the schema say it, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import typer

from models.rules.roles import Role
from models.rules.scopes import ROLE_GRANTS, Reach, Scope

_HEAD = """\
# Permissions

<!-- Written by `make docs` from models/rules/scopes.py and the schema. Do not edit. -->

A role grants scopes, each in a reach: the rows that it opens. Somebody with several roles has what
any of them grants, each scope in the reaches of the roles that grant it and no others. What a role
does not name, it does not grant.
"""

_REACHES: Mapping[Reach, str] = {
    Reach.HOSPITAL: "every row of the hospital",
    Reach.WARDS: "rows of patients who lie in a bed of one of the user's wards now; those wards "
    "and beds",
    Reach.OWN: "the user's own patient record",
    Reach.AUTHORED: "rows that the user wrote",
}


def permissions() -> None:
    """Print which role holds which scope in which reach, and which fields ask for it (Markdown)."""
    typer.echo(document(), nl=False)


def document() -> str:
    """The whole of docs/permissions.md."""
    reaches = [f"- `{reach}`: {_REACHES[reach]}" for reach in Reach]
    held = _table(("scope", *Role), _held())
    asked = _table(("scope", "fields"), _asked())
    return "\n".join(
        [
            _HEAD,
            *reaches,
            "\n## Which role holds which scope\n",
            *held,
            "\n## Which field asks for which scope\n",
            *asked,
            "",
        ]
    )


def _held() -> Iterator[Sequence[str]]:
    for scope in Scope:
        yield f"`{scope}`", *(ROLE_GRANTS[role].get(scope, "") for role in Role)


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

    from resolvers.reading.sources import Access
    from schema.catalogue import CORE, metadata

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
    return found


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
