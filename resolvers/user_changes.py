"""User changes: other names, roles and wards; disabling and enabling; passwords.

Whoever may take an administrator away holds the lock of the hospital's administrators: of two who
disable each other one stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Uuid, bindparam, delete, func, not_, null, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.types import TIMESTAMP, Text

import models
from models.events import WardChanged
from models.rules import users as rules
from models.rules.roles import Role
from models.rules.scopes import Scope
from resolvers import attempts, inputs, locks, passwords, users, visible
from resolvers.actors import Actor
from resolvers.database import Statement
from resolvers.errors import BadInput, Conflict, PasswordDiffers, Unauthenticated
from resolvers.passwords import Hashed
from resolvers.policy import Policy
from resolvers.transaction import Transaction


async def change_user(
    tx: Transaction,
    actor: Actor,
    *,
    user_id: str,
    changed_at: datetime | None = None,
    display_name: str | None = None,
    roles: Sequence[Role] | None = None,
    wards: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Give a user another name, other roles or other wards (null: those of before). What rights are
    lost by it are lost at once, on open sockets, too.

    Boards show names beside what somebody wrote: every ward is told of another one.

    `changed_at` is the time of the change that the actor has seen: CONFLICT where there was another
    since, and where the last administrator would be none any more.
    """
    await _hold(tx, actor)
    user = await _locked(tx, actor, user_id)
    if changed_at is not None and changed_at != user["updated_at"]:
        raise Conflict("the user has been changed since: look again", field="changedAt")
    named = None if display_name is None else inputs.text(display_name, "displayName")
    if roles is not None:
        granted = users.granted_roles(roles)
        administers, others = await _administrators(tx, user["id"])
        refused = rules.change_roles(frozenset(roles), administers=administers, others=others)
        if refused is not None:
            raise Conflict.by(refused)
        await tx.run(_DROP_ROLES, user=user["id"], kept=granted)
        await tx.run(_GIVE_ROLES, user=user["id"], given=granted)
    if wards is not None:
        placed = await users.wards_of(tx.connection, tx.hospital_id, sorted(set(wards)))
        await tx.run(_DROP_WARDS, user=user["id"], kept=placed)
        await tx.run(_GIVE_WARDS, user=user["id"], given=placed)
    if named not in (None, user["display_name"]):
        for ward in await tx.all(_ALL_WARDS, hospital=tx.hospital_id):
            tx.record(WardChanged(subject_id=ward["id"], ward_id=ward["id"], patient_id=None))
    await tx.run(_CHANGE, user=user["id"], name=named, now=tx.now, by=actor.user_id)
    return {"user": user["id"]}


async def disable_user(tx: Transaction, actor: Actor, *, user_id: str) -> dict[str, Any]:
    """Let a user sign in no more; every session of theirs ends at once, with its open sockets.
    CONFLICT for oneself, and for the last administrator."""
    await _hold(tx, actor)
    user = await _locked(tx, actor, user_id)
    administers, others = await _administrators(tx, user["id"])
    refused = rules.disable(own=user["id"] == actor.user_id, administers=administers, others=others)
    if refused is not None:
        raise Conflict.by(refused)
    if user["disabled_at"] is None:
        await tx.run(_DISABLE, user=user["id"], now=tx.now, by=actor.user_id)
    await _end_sessions(tx, user["id"])
    return {"user": user["id"]}


async def enable_user(tx: Transaction, actor: Actor, *, user_id: str) -> dict[str, Any]:
    """Let a user sign in again, with the password of before: no session of before goes on."""
    user = await _locked(tx, actor, user_id)
    if user["disabled_at"] is not None:
        await tx.run(_ENABLE, user=user["id"], now=tx.now, by=actor.user_id)
    return {"user": user["id"]}


async def set_user_password(
    tx: Transaction, actor: Actor, *, user_id: str, password: Hashed
) -> dict[str, Any]:
    """Give a user another password; it ends every session of theirs, and what stood against it:
    attempts to sign in that were wrong."""
    user = await visible.row(tx, actor, Scope.USER_WRITE, models.User, user_id, field="userId")
    await tx.run(_GIVE_PASSWORD, user=user["id"], hash=password, now=tx.now, by=actor.user_id)
    await attempts.clear(
        tx.connection, account=attempts.account(user["username"]), now=tx.now, policy=tx.policy
    )
    await _end_sessions(tx, user["id"])
    return {"user": user["id"]}


async def looked_at(
    pool: asyncpg.Pool[Any],
    actor: Actor,
    now: datetime,
    policy: Policy,
    *,
    current_password: str,
    new_password: str,
) -> dict[str, Any]:
    """The input of changePassword as hashes: that of now, which the one that was typed is of, and
    that of the new one.

    PASSWORD_DIFFERS where it is not, which is counted as a wrong sign-in is; THROTTLED, before any
    hashing, where there were too many. As at the door, no connection is held meanwhile.
    """
    passwords.check_length(new_password, field="newPassword")
    user = await pool.fetchrow(_OWN.sql, *_OWN.bind({"user": actor.user_id}))
    assert user is not None
    account = attempts.account(user["username"])
    await attempts.begin(pool, account=account, address=actor.address or "", now=now, policy=policy)
    if not await passwords.verify(user["password_hash"], current_password):
        raise PasswordDiffers("the password of now is another one", field="currentPassword")
    if new_password == current_password:
        raise BadInput(
            "the new password is that of now", field="newPassword", limit="another one than now"
        )
    new = await passwords.hash_password(new_password, field="newPassword")
    return {"current_password": Hashed(user["password_hash"]), "new_password": Hashed(new)}


async def change_password(
    tx: Transaction, actor: Actor, *, current_password: Hashed, new_password: Hashed
) -> dict[str, Any]:
    """Give oneself another password, see `looked_at`; every other session of one's own ends, this
    one goes on. CONFLICT where the password was changed meanwhile."""
    assert actor.user_id is not None
    changed = await tx.run(
        _CHANGE_PASSWORD,
        user=actor.user_id,
        before=current_password,
        hash=new_password,
        now=tx.now,
    )
    if not changed:
        raise Conflict("the password has been changed meanwhile")
    await attempts.clear(
        tx.connection, account=attempts.account(actor.username), now=tx.now, policy=tx.policy
    )
    await _end_sessions(tx, actor.user_id, but=actor.session_id)
    return {"changed": True}


async def _hold(tx: Transaction, actor: Actor) -> None:
    """Wait until nobody else takes anything from administrators. Whoever was disabled meanwhile
    goes on with nothing."""
    await locks.hold(tx, "administrators")
    if actor.user_id is not None and not await tx.scalar(_IS_ACTIVE, user=actor.user_id):
        raise Unauthenticated("the session has ended")


async def _locked(tx: Transaction, actor: Actor, user_id: str) -> asyncpg.Record:
    return await visible.row(
        tx, actor, Scope.USER_WRITE, models.User, user_id, field="userId", lock=True
    )


async def _administrators(tx: Transaction, user_id: UUID) -> tuple[bool, int]:
    """Whether the user is an active administrator, and how many there are beside."""
    found = {row["user_id"] for row in await tx.all(_ADMINISTRATORS, hospital=tx.hospital_id)}
    return user_id in found, len(found - {user_id})


async def _end_sessions(tx: Transaction, user_id: UUID, *, but: UUID | None = None) -> None:
    ended = await tx.all(_END_OPEN, user=user_id, but=but, now=tx.now)
    tx.ended.extend(row["id"] for row in ended)


_TIME = TIMESTAMP(timezone=True)
_U, _S = models.User.__table__, models.Session.__table__
_ROLE, _MEMBER = models.RoleMembership.__table__, models.WardMembership.__table__
_USER = bindparam("user", type_=Uuid())
_NOW = bindparam("now", type_=_TIME)
_EDITED = {"updated_at": _NOW, "updated_by": bindparam("by", type_=Uuid())}
_ROLES, _PLACES = (func.unnest(bindparam("given", type_=ARRAY(one))) for one in (Text(), Uuid()))
_OWN = Statement(select(_U.c.username, _U.c.password_hash).where(_U.c.id == _USER))
_IS_ACTIVE = select(_U.c.disabled_at.is_(None)).where(_U.c.id == _USER)
_ADMINISTRATORS = (
    select(_ROLE.c.user_id)
    .join(_U, _U.c.id == _ROLE.c.user_id)
    .where(
        _U.c.hospital_id == bindparam("hospital", type_=Uuid()),
        _U.c.disabled_at.is_(None),
        _ROLE.c.role == Role.ADMIN.value,
    )
)
_ALL_WARDS = select(models.Ward.id).where(models.Ward.hospital_id == bindparam("hospital"))
_DROP_ROLES = delete(models.RoleMembership).where(
    _ROLE.c.user_id == _USER, not_(_ROLE.c.role == func.any(bindparam("kept", type_=ARRAY(Text()))))
)
_GIVE_ROLES = (
    insert(models.RoleMembership)
    .from_select(["user_id", "role"], select(_USER, _ROLES))
    .on_conflict_do_nothing()
)
_DROP_WARDS = delete(models.WardMembership).where(
    _MEMBER.c.user_id == _USER,
    not_(_MEMBER.c.ward_id == func.any(bindparam("kept", type_=ARRAY(Uuid())))),
)
_GIVE_WARDS = (
    insert(models.WardMembership)
    .from_select(["user_id", "ward_id"], select(_USER, _PLACES))
    .on_conflict_do_nothing()
)
_CHANGE = (
    update(models.User)
    .where(_U.c.id == _USER)
    .values(
        display_name=func.coalesce(bindparam("name", type_=Text()), _U.c.display_name), **_EDITED
    )
)
_DISABLE = update(models.User).where(_U.c.id == _USER).values(disabled_at=_NOW, **_EDITED)
_ENABLE = update(models.User).where(_U.c.id == _USER).values(disabled_at=null(), **_EDITED)
_HASH = bindparam("hash", type_=Text())
_GIVE_PASSWORD = update(models.User).where(_U.c.id == _USER).values(password_hash=_HASH, **_EDITED)
_CHANGE_PASSWORD = (
    update(models.User)
    .where(_U.c.id == _USER, _U.c.password_hash == bindparam("before", type_=Text()))
    .values(password_hash=_HASH, updated_at=_NOW, updated_by=_USER)
)
_BUT = bindparam("but", type_=Uuid())
_END_OPEN = (
    update(models.Session)
    .where(
        _S.c.user_id == _USER,
        _S.c.revoked_at.is_(None),
        or_(_BUT.is_(None), _S.c.id != _BUT),
    )
    .values(revoked_at=_NOW)
    .returning(_S.c.id)
)
