"""Groups: which subscribers get the same frame, as far as their variables say."""

from __future__ import annotations

import pytest

from models import new_id
from models.rules.roles import Role
from models.rules.scopes import rights
from resolvers.actors import Actor
from resolvers.policy import DEFAULT_POLICY
from resolvers.reading.documents import GraphQLRequest
from schema.execution import Engine

HEAD = "subscription ($c: String) { criticalResults(after: $c) "
PLAIN = HEAD + "{ cursor events { criticalResult { id } } } }"
PAGE = "patient { vitals(first: 1, after: $c) { nodes { heartRate } } }"
NESTED = HEAD + f"{{ events {{ criticalResult {{ {PAGE} }} }} }} }}"
IN_FRAGMENT = (
    HEAD + "{ events { criticalResult { ...page } } } }"
    f" fragment page on CriticalResult {{ {PAGE} }}"
)


@pytest.mark.parametrize(
    ("text", "together"), [(PLAIN, True), (NESTED, False), (IN_FRAGMENT, False)]
)
def test_where_they_begin_parts_them_only_where_it_shapes_a_frame(
    text: str, together: bool
) -> None:
    engine = Engine(None, None, DEFAULT_POLICY, lambda _: None)  # type: ignore[arg-type]  # not used
    roles = frozenset({Role.ADMIN})
    actor = Actor(new_id(), new_id(), new_id(), "admin", roles, rights(roles))
    one, other = (
        engine.subscription(GraphQLRequest(text, None, {"c": cursor}), actor).key
        for cursor in ("one", "other")
    )
    assert (one == other) is together
