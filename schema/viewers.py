"""Viewer: whoever is signed in; signing in and out."""

from datetime import datetime

import strawberry
from sqlalchemy import (
    TIMESTAMP,
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    Text,
    func,
    literal_column,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

import models
from resolvers.policy import Policy
from resolvers.reading.aliases import alias_of
from resolvers.reading.scope import SESSION, USER
from resolvers.reading.sources import looked_up
from schema.enums import Role
from schema.fields import (
    AUTHENTICATED,
    actor_scopes,
    column,
    expression,
    given,
    identifier,
    many,
    one,
)
from schema.wards import Ward


def roles_of(user: FromClause) -> ColumnElement[object]:
    membership = alias_of(models.RoleMembership)
    sorted_roles = func.array_agg(aggregate_order_by(membership.c.role, membership.c.role))
    none: ColumnElement[list[str]] = literal_column("'{}'::text[]")
    return func.coalesce(
        looked_up(sorted_roles, membership, membership.c.user_id == user.c.id), none
    )


def given_of(policy: Policy) -> dict[str, int]:
    """What the run of a plan is given for the sessions that it may show."""
    return {"idle_timeout_seconds": int(policy.session_idle.total_seconds())}


@strawberry.type(
    description=(
        "The session of whoever asks. It ends at `endsAt`, used or not, and before that once no"
        " request was made in it for `idleTimeoutSeconds`."
    )
)
class Session:
    """`lastSeenAt` is exact to a minute. A request is use, also this one; an open feed is none, so
    that a page that is to stay open by itself asks now and then."""

    signed_in_at: datetime = column(models.Session.created_at)
    last_seen_at: datetime = column()
    ends_at: datetime = column(models.Session.expires_at)
    idle_timeout_seconds: int = given(Integer())


@strawberry.type(description="Who is signed in, and what they may do.")
class Viewer:
    """`wards` are those the viewer sees."""

    id: strawberry.ID = identifier(models.User)
    username: str = column()
    display_name: str = column()
    roles: list[Role] = expression(roles_of)
    scopes: list[str] = actor_scopes()
    wards: list[Ward] = many(
        models.Ward,
        lambda user, ward: (ward.c.hospital_id == user.c.hospital_id) & ward.c.retired_at.is_(None),
        order=(models.Ward.code, models.Ward.id),
        requires=AUTHENTICATED,
    )
    session: Session | None = one(
        models.Session, lambda _, session: session.c.id == SESSION, inherits=True
    )


def viewer() -> Viewer:
    """The field `viewer`, of Query and of signIn's answer."""
    return one(  # type: ignore[no-any-return]
        models.User, lambda _, user: user.c.id == USER, inherits=True, requires=AUTHENTICATED
    )


@strawberry.input(description="Input of signIn.")
class SignInInput:
    """Input of signIn."""

    username: str
    password: str


@strawberry.type(description="A session: send the token as `Authorization: Bearer`.")
class SignInPayload:
    """Answer of signIn. `expiresAt` is the latest end; idle time ends the session before."""

    token: str = given(Text())
    expires_at: datetime = given(TIMESTAMP(timezone=True))
    viewer: Viewer = viewer()


@strawberry.type(description="Answer of signOut.")
class SignOutPayload:
    """Answer of signOut."""

    signed_out: bool = given(Boolean())
