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
    locations=[Location.FIELD_DEFINITION, Location.ARGUMENT_DEFINITION],
    name="requiresScopes",
    description=(
        "One of the inner lists must be held whole. Otherwise the field is null, with one error"
        " FORBIDDEN, and the rest is served. On an argument: whoever gives it needs them beside"
        " those of the field, and it asks of the rows alone in which they are held."
    ),
)
class RequiresScopes:
    """Marks a field, or an argument, that needs scopes, in conjunctive lists of which one must
    hold."""

    scopes: list[list[str]]
