"""Sessions: signing in, who a token is, and signing out.

A token is 256 bits, given once; only its SHA-256 is stored. The session it opens ends at the first
of sign-out, silence (`Policy.session_idle`), age (`Policy.session_lifetime`), a new password and
the user being disabled.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    bindparam,
    exists,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TIMESTAMP, Text, Uuid

import models
from models.rules.roles import Role
from models.rules.scopes import rights
from resolvers import attempts, passwords
from resolvers.actors import Actor
from resolvers.database import Connection, Statement
from resolvers.errors import Unauthenticated
from resolvers.policy import DEFAULT_POLICY, Policy
from resolvers.transaction import Transaction
from resolvers.users import USERNAME

TOUCH_EVERY = timedelta(minutes=1)
"""How exact `last_seen_at` is: an idle session may end this much early, and a busy one writes no
more often."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session just opened. The token is told this once."""

    token: str
    expires_at: datetime
    actor: Actor


async def sign_in(
    pool: asyncpg.Pool[Any],
    *,
    username: str,
    password: str,
    address: str,
    now: datetime,
    policy: Policy = DEFAULT_POLICY,
) -> SignedIn:
    """Open a session for a user and password.

    UNAUTHENTICATED in the same words and the same time whether the user is unknown, disabled or the
    password wrong; THROTTLED before any hashing where the account or the address has used up its
    attempts. No connection is held while the password is hashed.
    """
    name = username.strip().lower()
    # What cannot be a username is nobody's, and is not sent to the database as a name.
    known_as = name if USERNAME.fullmatch(name) else ""
    account = attempts.account(name)
    await attempts.begin(pool, account=account, address=address, now=now, policy=policy)
    user = await pool.fetchrow(_USER.sql, *_USER.bind({"username": known_as}))
    right = await passwords.verify(None if user is None else user["password_hash"], password)
    if user is None or not right:
        raise _refused()
    password_hash: str = user["password_hash"]
    renewed = password_hash
    if passwords.outdated(password_hash):
        renewed = await passwords.rehash(password)

    token = base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
    expires_at = now + policy.session_lifetime
    async with pool.acquire() as connection, connection.transaction():
        opened = await connection.fetchval(
            _OPEN.sql,
            *_OPEN.bind(
                {
                    "id": models.new_id(),
                    "token_hash": token_hash(token),
                    "now": now,
                    "expires_at": expires_at,
                    "address": address,
                    "user": user["id"],
                    # A password that was changed while this one was being hashed opens nothing.
                    "password_hash": password_hash,
                }
            ),
        )
        if opened is None:
            raise _refused()
        await attempts.clear(connection, account=account, now=now, policy=policy)
        if renewed != password_hash:
            await connection.execute(
                _RENEW.sql, *_RENEW.bind({"user": user["id"], "hash": renewed})
            )
        actor = await actor_of(connection, token, address=address, now=now, policy=policy)
    if actor is None:  # disabled in between
        raise _refused()
    return SignedIn(token=token, expires_at=expires_at, actor=actor)


async def sign_out(tx: Transaction, actor: Actor) -> dict[str, Any]:
    """End the actor's session at once."""
    await tx.run(_REVOKE, session=actor.session_id, now=tx.now)
    if actor.session_id is not None:
        tx.ended.append(actor.session_id)
    return {"signed_out": True}


async def actor_of(
    connection: Connection,
    token: str,
    *,
    address: str | None,
    now: datetime,
    policy: Policy = DEFAULT_POLICY,
    touch: bool = True,
) -> Actor | None:
    """Who holds the token, as the user stands now; None where its session has ended.

    One statement, and a second at most once a minute that notes that the session was seen (`touch`
    false: a look that is no activity of the user, such as a check of an open socket).
    """
    hashed = token_hash(token)
    if hashed is None:
        return None
    row = await connection.fetchrow(
        _BY_TOKEN.sql, *_BY_TOKEN.bind({"token_hash": hashed, **bounds(now, policy)})
    )
    if row is None:
        return None
    if touch and row["last_seen_at"] <= now - TOUCH_EVERY:
        await connection.execute(
            _TOUCH.sql,
            *_TOUCH.bind({"session": row["session_id"], "now": now, "before": now - TOUCH_EVERY}),
        )
    return actor_of_row(row, address)


async def actors_of(
    connection: Connection,
    session_ids: Sequence[UUID],
    *,
    now: datetime,
    policy: Policy = DEFAULT_POLICY,
) -> dict[UUID, Actor]:
    """The actors of those of the sessions that have not ended, in one statement; touches none."""
    rows = await connection.fetch(
        _BY_IDS.sql, *_BY_IDS.bind({"sessions": list(session_ids), **bounds(now, policy)})
    )
    return {row["session_id"]: actor_of_row(row, row["address"]) for row in rows}


def token_hash(token: str) -> bytes | None:
    """What is kept of a token; None for what can be none."""
    try:
        return hashlib.sha256(token.encode("ascii")).digest()
    except UnicodeEncodeError:
        return None


def is_open() -> tuple[ColumnElement[bool], ...]:
    """The conditions that a session has not ended. Their parameters are those of `bounds`."""
    return (
        _S.revoked_at.is_(None),
        _S.expires_at > bindparam("now", type_=_TIME),
        _S.last_seen_at > bindparam("seen_after", type_=_TIME),
    )


def still_valid() -> ColumnElement[bool]:
    """The condition that the actor is still who it was when it was looked up: the session stands,
    and nothing has changed what the user may see. Its parameters are those of `validity`."""
    return exists(
        select(literal_column("1"))
        .select_from(models.Session.__table__.join(models.User.__table__, _U.id == _S.user_id))
        .where(
            _S.id == bindparam("actor_session", type_=Uuid()),
            *is_open(),
            _U.rights_version == bindparam("actor_rights_version", type_=BigInteger()),
        )
    )


def validity(actor: Actor, now: datetime, policy: Policy) -> dict[str, Any]:
    """The values of the parameters of `still_valid`."""
    return {
        "actor_session": actor.session_id,
        "actor_rights_version": actor.rights_version,
        **bounds(now, policy),
    }


def _refused() -> Unauthenticated:
    return Unauthenticated("the username or the password is wrong")


def bounds(now: datetime, policy: Policy) -> dict[str, datetime]:
    """The times that a session is held to."""
    return {"now": now, "seen_after": now - policy.session_idle}


def actor_of_row(row: asyncpg.Record, address: str | None) -> Actor:
    """The actor of a row of LIVE."""
    roles = frozenset(Role(role) for role in row["roles"])
    return Actor(
        hospital_id=row["hospital_id"],
        user_id=row["user_id"],
        session_id=row["session_id"],
        username=row["username"],
        roles=roles,
        rights=rights(roles, opened=bool(row["opened"])),
        ward_ids=tuple(row["ward_ids"]),
        patient_id=row["patient_id"],
        treated=tuple(row["treated"]),
        opened=tuple(row["opened"]),
        opened_until=row["opened_until"],
        rights_version=row["rights_version"],
        address=address,
    )


_TIME = TIMESTAMP(timezone=True)
_S, _U = models.Session.__table__.c, models.User.__table__.c
_ROLE, _WARD = models.RoleMembership.__table__.c, models.WardMembership.__table__.c
_MEMBER, _ACCESS = models.CareTeamMember.__table__.c, models.EmergencyAccess.__table__.c

_ROLES_OF_USER = func.array(
    select(_ROLE.role)
    .where(_ROLE.user_id == _U.id)
    .order_by(_ROLE.role)
    .correlate(models.User.__table__)
    .scalar_subquery(),
    type_=ARRAY(Text()),
)
_WARDS_OF_USER = func.array(
    select(_WARD.ward_id)
    .where(_WARD.user_id == _U.id)
    .order_by(_WARD.ward_id)
    .correlate(models.User.__table__)
    .scalar_subquery(),
    type_=ARRAY(Uuid()),
)
# Both are small and asked by index alone; what has ended is left out here, by the time of the
# look-up, so that an access ends whether or not a clock runs.
_TREATED_NOW = (
    _MEMBER.user_id == _U.id,
    or_(_MEMBER.ended_at.is_(None), _MEMBER.ended_at > bindparam("now", type_=_TIME)),
)
_OPENED_NOW = (
    _ACCESS.user_id == _U.id,
    _ACCESS.ended_at.is_(None),
    _ACCESS.expires_at > bindparam("now", type_=_TIME),
)
_TREATED = func.array(
    select(_MEMBER.patient_id)
    .where(*_TREATED_NOW)
    .distinct()
    .order_by(_MEMBER.patient_id)
    .correlate(models.User.__table__)
    .scalar_subquery(),
    type_=ARRAY(Uuid()),
)
_OPENED = func.array(
    select(_ACCESS.patient_id)
    .where(*_OPENED_NOW)
    .order_by(_ACCESS.patient_id)
    .correlate(models.User.__table__)
    .scalar_subquery(),
    type_=ARRAY(Uuid()),
)
_OPENED_UNTIL = func.least(
    select(func.min(_ACCESS.expires_at))
    .where(*_OPENED_NOW)
    .correlate(models.User.__table__)
    .scalar_subquery(),
    select(func.min(_MEMBER.ended_at))
    .where(_MEMBER.user_id == _U.id, _MEMBER.ended_at > bindparam("now", type_=_TIME))
    .correlate(models.User.__table__)
    .scalar_subquery(),
)
LIVE = (
    select(
        _S.id.label("session_id"),
        _S.last_seen_at,
        _S.address,
        _U.id.label("user_id"),
        _U.hospital_id,
        _U.username,
        _U.patient_id,
        _U.rights_version,
        _ROLES_OF_USER.label("roles"),
        _WARDS_OF_USER.label("ward_ids"),
        _TREATED.label("treated"),
        _OPENED.label("opened"),
        _OPENED_UNTIL.label("opened_until"),
    )
    .select_from(models.Session.__table__.join(models.User.__table__, _U.id == _S.user_id))
    .where(
        *is_open(),
        _U.disabled_at.is_(None),
    )
)
"""The sessions that have not ended, with all that makes an actor."""
_BY_TOKEN = Statement(LIVE.where(_S.token_hash == bindparam("token_hash")))
_BY_IDS = Statement(LIVE.where(_S.id == func.any(bindparam("sessions", type_=ARRAY(Uuid())))))
_TOUCH = Statement(
    update(models.Session)
    .where(
        models.Session.id == bindparam("session"),
        models.Session.last_seen_at <= bindparam("before", type_=_TIME),
    )
    .values(last_seen_at=bindparam("now", type_=_TIME))
)
_USER = Statement(
    select(_U.id, _U.password_hash).where(
        _U.username == bindparam("username", type_=Text()), _U.disabled_at.is_(None)
    )
)
_OPEN = Statement(
    insert(models.Session)
    .from_select(
        [
            "id",
            "hospital_id",
            "user_id",
            "token_hash",
            "created_at",
            "last_seen_at",
            "expires_at",
            "address",
        ],
        select(
            bindparam("id", type_=Uuid()),
            _U.hospital_id,
            _U.id,
            bindparam("token_hash", type_=_S.token_hash.type),
            bindparam("now", type_=_TIME),
            bindparam("now", type_=_TIME),
            bindparam("expires_at", type_=_TIME),
            bindparam("address", type_=Text()),
        ).where(
            _U.id == bindparam("user", type_=Uuid()),
            _U.disabled_at.is_(None),
            _U.password_hash == bindparam("password_hash", type_=Text()),
        ),
    )
    .returning(literal(1))
)
_RENEW = Statement(
    update(models.User)
    .where(models.User.id == bindparam("user"))
    .values(password_hash=bindparam("hash"))
)
_REVOKE = (
    update(models.Session)
    .where(models.Session.id == bindparam("session"), models.Session.revoked_at.is_(None))
    .values(revoked_at=bindparam("now", type_=_TIME))
)
