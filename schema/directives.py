"""Permission directives, under the names that a federation gateway knows."""

import strawberry
from strawberry.schema_directive import Location


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="authenticated",
    description="Any signed-in user; UNAUTHENTICATED otherwise.",
)
class Authenticated:
    """Marks a field that needs a session and no scope."""


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="requiresScopes",
    description=(
        "One of the inner lists must be held whole. Otherwise the field is null, with one error"
        " FORBIDDEN, and the rest is served."
    ),
)
class RequiresScopes:
    """Marks a field that needs scopes, in conjunctive lists of which one must hold."""

    scopes: list[list[str]]
