"""Users, as administrators see and change them; the own password."""

from datetime import datetime

import strawberry
from sqlalchemy import Boolean, ColumnElement, FromClause, Text, func, literal_column, or_
from sqlalchemy.dialects.postgresql import aggregate_order_by

import models
from resolvers.reading.aliases import alias_of
from resolvers.reading.sources import Argument as Given
from resolvers.reading.sources import looked_up
from schema.enums import Role
from schema.fields import Argument, column, expression, given, identifier, produced
from schema.nodes import Node
from schema.viewers import roles_of


def _wards_of(user: FromClause) -> ColumnElement[object]:
    member, ward = alias_of(models.WardMembership), alias_of(models.Ward)
    codes = func.array_agg(aggregate_order_by(ward.c.code, ward.c.code))
    works = member.join(ward, ward.c.id == member.c.ward_id)
    none: ColumnElement[list[str]] = literal_column("'{}'::text[]")
    return func.coalesce(
        looked_up(codes, works, member.c.user_id == user.c.id, ward.c.retired_at.is_(None)), none
    )


def _signed_in(user: FromClause) -> ColumnElement[datetime]:
    session = alias_of(models.Session)
    return looked_up(func.max(session.c.created_at), session, session.c.user_id == user.c.id)


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def _matches(user: FromClause, given: Given) -> ColumnElement[bool]:
    wanted = given(Text(), _plain)
    return or_(
        func.strpos(user.c.username, wanted) > 0,
        func.strpos(func.lower(user.c.display_name), wanted) > 0,
    )


def _of_active(user: FromClause, given: Given) -> ColumnElement[bool]:
    if given.truth():
        return user.c.disabled_at.is_(None)
    return user.c.disabled_at.is_not(None)


USER_ARGUMENTS = {
    "search": Argument(
        str | None, _matches, description="A part of the username or of the display name."
    ),
    "active": Argument(
        bool | None,
        _of_active,
        description="true: those who may sign in; false: those who are disabled.",
    ),
}


@strawberry.type(description="Somebody, or some system, that signs in.")
class User(Node):
    """`wards` are codes. `changedAt` is what changeUser is told to have been seen; `lastSignInAt`
    is null for who never did."""

    id: strawberry.ID = identifier(models.User)
    username: str = column()
    display_name: str = column()
    roles: list[Role] = expression(roles_of)
    wards: list[str] = expression(_wards_of)
    active: bool = expression(lambda user: user.c.disabled_at.is_(None))
    disabled_at: datetime | None = column()
    last_sign_in_at: datetime | None = expression(_signed_in)
    created_at: datetime = column()
    changed_at: datetime = column(models.User.updated_at)


@strawberry.input(
    description=(
        "A new user. The username is taken in lower case and is unique; the password has 8 to 1024"
        " characters. `wards` are codes; `patientMrn` names the own record of a PATIENT."
    )
)
class CreateUserInput:
    """Input of createUser. Sent twice it is made once: the username is unique."""

    username: str
    display_name: str
    password: str
    roles: list[Role]
    wards: list[str] = strawberry.field(default_factory=list)
    patient_mrn: str | None = None


@strawberry.type(description="Answer of createUser.")
class CreateUserPayload:
    """Answer of createUser."""

    user: User | None = produced(models.User)


@strawberry.input(
    description=(
        "Another name, other roles, other wards (their codes); what is absent stays. `changedAt` is"
        " the one that has been seen: where it has moved on nothing is changed."
    )
)
class ChangeUserInput:
    """Input of changeUser."""

    user_id: strawberry.ID
    changed_at: datetime | None = None
    display_name: str | None = None
    roles: list[Role] | None = None
    wards: list[str] | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of changeUser.")
class ChangeUserPayload:
    """Answer of changeUser."""

    user: User | None = produced(models.User)


@strawberry.input(description="Let a user sign in no more; their sessions end at once.")
class DisableUserInput:
    """Input of disableUser."""

    user_id: strawberry.ID
    idempotency_key: str | None = None


@strawberry.type(description="Answer of disableUser.")
class DisableUserPayload:
    """Answer of disableUser."""

    user: User | None = produced(models.User)


@strawberry.input(description="Let a user sign in again, with the password of before.")
class EnableUserInput:
    """Input of enableUser."""

    user_id: strawberry.ID
    idempotency_key: str | None = None


@strawberry.type(description="Answer of enableUser.")
class EnableUserPayload:
    """Answer of enableUser."""

    user: User | None = produced(models.User)


@strawberry.input(
    description=(
        "Give a user another password, of 8 to 1024 characters; their sessions end at once."
    )
)
class SetUserPasswordInput:
    """Input of setUserPassword."""

    user_id: strawberry.ID
    password: str


@strawberry.type(description="Answer of setUserPassword.")
class SetUserPasswordPayload:
    """Answer of setUserPassword."""

    user: User | None = produced(models.User)


@strawberry.input(
    description=(
        "Give oneself another password, of 8 to 1024 characters. Every other session of one's own"
        " ends. Wrong passwords are counted as those of signIn are."
    )
)
class ChangePasswordInput:
    """Input of changePassword."""

    current_password: str
    new_password: str


@strawberry.type(description="Answer of changePassword.")
class ChangePasswordPayload:
    """Answer of changePassword."""

    changed: bool = given(Boolean())
