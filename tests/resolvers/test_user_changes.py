"""Users as administrators change them, and the own password: what is refused, and what it ends."""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson
import pytest

import models
from models.rules.roles import Role
from models.rules.scopes import Scope
from resolvers import ids, passwords, sessions, user_changes, users
from resolvers.actors import Actor
from resolvers.errors import (
    BadInput,
    Conflict,
    Forbidden,
    NotFound,
    PasswordDiffers,
    Refusal,
    Throttled,
    Unauthenticated,
)
from resolvers.policy import DEFAULT_POLICY, Policy
from resolvers.reading.documents import GraphQLRequest
from schema.execution import Engine
from tests.patience import until
from tests.resolvers.conftest import PASSWORD, founded

if TYPE_CHECKING:
    from tests.resolvers.conftest import House

HERE = "192.0.2.1"
ANOTHER = "another long one"


def public(actor: Actor) -> str:
    assert actor.user_id is not None
    return ids.encode(models.User, actor.user_id)


BEFORE = {"set_user_password": passwords.hashed, "change_password": user_changes.looked_at}


async def work(house: House, actor: Actor, name: str, **given: Any) -> dict[str, Any]:
    """Call a mutation's resolver in a transaction of its own, after what comes before."""
    if name in BEFORE:
        given = await BEFORE[name](house.pool, actor, house.now, house.policy, **given)
    async with house.begin() as tx:
        made: dict[str, Any] = await getattr(user_changes, name)(tx, actor, **given)
    return made


async def rights(house: House, actor: Actor) -> tuple[list[str], list[str]]:
    """The roles and the wards of a user, as they are."""
    roles = await house.pool.fetch(
        "SELECT role FROM role_memberships WHERE user_id = $1 ORDER BY role", actor.user_id
    )
    wards = await house.pool.fetch(
        "SELECT code FROM ward_memberships JOIN wards ON wards.id = ward_id WHERE user_id = $1"
        " ORDER BY code",
        actor.user_id,
    )
    return [row["role"] for row in roles], [row["code"] for row in wards]


async def signs_in(house: House, username: str, password: str) -> sessions.SignedIn:
    return await sessions.sign_in(
        house.pool,
        username=username,
        password=password,
        address=HERE,
        now=house.now,
        policy=house.policy,
    )


async def test_a_user_who_is_created_signs_in(house: House) -> None:
    admin = await house.signed_in(Role.ADMIN)
    name = f"New-{models.new_id()}"
    async with house.begin() as tx:
        produced = await users.create_user(
            tx,
            admin,
            username=name,
            display_name="New",
            password=passwords.Hashed(await passwords.hash_password(ANOTHER)),
            roles=[Role.NURSE],
            wards=["MED"],
        )
    row = await house.row(models.User, produced["user"])
    assert (row["created_by"], row["created_at"]) == (admin.user_id, house.now)
    actor = (await signs_in(house, name, ANOTHER)).actor
    assert await rights(house, actor) == (["NURSE"], ["MED"])


async def test_a_user_gets_other_roles_and_wards_and_keeps_what_is_not_named(house: House) -> None:
    admin, nurse = await house.signed_in(Role.ADMIN), await house.signed_in(Role.NURSE, "med")
    given = {"user_id": public(nurse), "roles": [Role.NURSE, Role.CLERK], "wards": ["ICU"]}
    await work(house, admin, "change_user", **given)
    assert await rights(house, nurse) == (["CLERK", "NURSE"], ["ICU"])
    await work(house, admin, "change_user", user_id=public(nurse), display_name="N. N.")
    assert await rights(house, nurse) == (["CLERK", "NURSE"], ["ICU"])
    assert (await house.row(models.User, nurse.user_id))["display_name"] == "N. N."
    await work(house, admin, "change_user", user_id=public(nurse), wards=[])
    assert await rights(house, nurse) == (["CLERK", "NURSE"], [])
    # The session goes on, with the rights of now.
    found = await house.looked_up(nurse.session_id)
    assert found is not None
    assert (found.ward_ids, found.roles) == ((), {Role.CLERK, Role.NURSE})


async def test_a_change_of_what_was_not_seen_is_refused(house: House) -> None:
    admin, nurse = await house.signed_in(Role.ADMIN), await house.signed_in(Role.NURSE)
    seen = (await house.row(models.User, nurse.user_id))["updated_at"]
    given = {"user_id": public(nurse), "changed_at": seen}
    house.later(seconds=1)
    await work(house, admin, "change_user", **given, display_name="First")
    with pytest.raises(Conflict, match="changed since"):
        await work(house, admin, "change_user", **given, roles=[Role.ADMIN])
    assert await rights(house, nurse) == (["NURSE"], [])


@pytest.mark.parametrize(
    ("given", "refusal", "field"),
    [
        ({"roles": []}, BadInput, "roles"),
        ({"display_name": " "}, BadInput, "displayName"),
        ({"wards": ["NOWHERE"]}, NotFound, "wards"),
        ({"user_id": "usr_none"}, NotFound, "userId"),
    ],
)
async def test_a_change_that_cannot_be(
    house: House, given: dict[str, Any], refusal: type[Refusal], field: str
) -> None:
    admin, nurse = await house.signed_in(Role.ADMIN), await house.signed_in(Role.NURSE)
    with pytest.raises(refusal) as refused:
        await work(house, admin, "change_user", **({"user_id": public(nurse)} | given))
    assert refused.value.extensions["field"] == field


async def test_a_user_of_another_hospital_is_nobody(house: House) -> None:
    other = await founded(house.pool)
    admin, stranger = await house.signed_in(Role.ADMIN), await other.signed_in(Role.NURSE)
    for name, given in (
        ("change_user", {"display_name": "X"}),
        ("disable_user", {}),
        ("enable_user", {}),
        ("set_user_password", {"password": ANOTHER}),
    ):
        with pytest.raises(NotFound):
            await work(house, admin, name, user_id=public(stranger), **given)
    assert await other.looked_up(stranger.session_id) is not None


async def test_who_is_disabled_is_out_and_comes_back_to_no_session_of_before(house: House) -> None:
    admin, nurse = await house.signed_in(Role.ADMIN), await house.signed_in(Role.NURSE)
    async with house.begin() as tx:
        await user_changes.disable_user(tx, admin, user_id=public(nurse))
        assert tx.ended == [nurse.session_id], "open sockets are rung for"
    assert await house.looked_up(nurse.session_id) is None
    since = (await house.row(models.User, nurse.user_id))["disabled_at"]
    house.later(seconds=1)
    await work(house, admin, "disable_user", user_id=public(nurse))
    assert (await house.row(models.User, nurse.user_id))["disabled_at"] == since
    await work(house, admin, "enable_user", user_id=public(nurse))
    assert (await house.row(models.User, nurse.user_id))["disabled_at"] is None
    assert await house.looked_up(nurse.session_id) is None


async def test_nobody_disables_themselves_or_the_last_administrator(house: House) -> None:
    admin = await house.signed_in(Role.ADMIN)
    with pytest.raises(Conflict, match="themselves"):
        await work(house, admin, "disable_user", user_id=public(admin))
    with pytest.raises(Conflict, match="last administrator") as refused:
        await work(house, admin, "change_user", user_id=public(admin), roles=[Role.NURSE])
    assert "createUser" in refused.value.extensions["allowed"]
    assert await rights(house, admin) == (["ADMIN"], [])
    # One who is disabled is none.
    other = await house.signed_in(Role.ADMIN)
    await work(house, admin, "disable_user", user_id=public(other))
    with pytest.raises(Conflict, match="last administrator"):
        await work(house, admin, "change_user", user_id=public(admin), roles=[Role.NURSE])
    await work(house, admin, "enable_user", user_id=public(other))
    await work(house, admin, "change_user", user_id=public(admin), roles=[Role.NURSE])
    assert await rights(house, admin) == (["NURSE"], [])


async def test_of_administrators_who_disable_each_other_at_once_one_stays(house: House) -> None:
    for _ in range(5):
        own = await founded(house.pool)
        one, other = await own.signed_in(Role.ADMIN), await own.signed_in(Role.ADMIN)
        async with asyncio.timeout(30):
            ended = await asyncio.gather(
                work(own, one, "disable_user", user_id=public(other)),
                work(own, other, "change_user", user_id=public(one), roles=[Role.LAB]),
                work(own, other, "disable_user", user_id=public(one)),
                return_exceptions=True,
            )
        assert all(isinstance(each, dict | Conflict | Unauthenticated) for each in ended), ended
        left = await own.pool.fetchval(
            "SELECT count(*) FROM users JOIN role_memberships ON user_id = id"
            " WHERE hospital_id = $1 AND role = 'ADMIN' AND disabled_at IS NULL",
            own.id,
        )
        assert left == 1, ended


async def test_a_password_that_is_set_ends_every_session(house: House, nurse: str) -> None:
    admin = await house.signed_in(Role.ADMIN)
    before = await signs_in(house, nurse, PASSWORD)
    with pytest.raises(BadInput) as refused:
        await work(
            house, admin, "set_user_password", user_id=public(before.actor), password="short"
        )
    assert refused.value.extensions["field"] == "password"
    new = passwords.Hashed(await passwords.hash_password(ANOTHER))
    async with house.begin() as tx:
        await user_changes.set_user_password(tx, admin, user_id=public(before.actor), password=new)
        assert tx.ended == [before.actor.session_id]
    assert await house.looked_up(before.actor.session_id) is None
    with pytest.raises(Unauthenticated):
        await signs_in(house, nurse, PASSWORD)
    await signs_in(house, nurse, ANOTHER)


async def test_the_own_password_is_changed_by_whoever_knows_it(house: House, nurse: str) -> None:
    mine, elsewhere = [await signs_in(house, nurse, PASSWORD) for _ in range(2)]
    given = {"current_password": PASSWORD, "new_password": ANOTHER}
    with pytest.raises(PasswordDiffers) as refused:
        await work(
            house, mine.actor, "change_password", **given | {"current_password": "not this one"}
        )
    assert refused.value.extensions["field"] == "currentPassword"
    for wrong in ("short", PASSWORD):
        with pytest.raises(BadInput) as told:
            await work(house, mine.actor, "change_password", **given | {"new_password": wrong})
        assert told.value.extensions["field"] == "newPassword"
    hashes = await user_changes.looked_at(house.pool, mine.actor, house.now, house.policy, **given)
    async with house.begin() as tx:
        assert await user_changes.change_password(tx, mine.actor, **hashes) == {"changed": True}
        assert tx.ended == [elsewhere.actor.session_id]
    with pytest.raises(Conflict, match="meanwhile"):
        async with house.begin() as tx:
            await user_changes.change_password(tx, elsewhere.actor, **hashes)
    assert await house.looked_up(mine.actor.session_id) is not None
    assert await house.looked_up(elsewhere.actor.session_id) is None
    await signs_in(house, nurse, ANOTHER)


async def test_guesses_at_the_own_password_are_counted_with_those_at_the_door(
    house: House, nurse: str
) -> None:
    """Whoever sits down at an open screen has as many as somebody who signs in, together."""
    house.policy = Policy(sign_in_attempts_per_account=3, sign_in_patience=timedelta(0))
    actor = (await signs_in(house, nurse, PASSWORD)).actor
    given = {"current_password": "not this one", "new_password": ANOTHER}
    for _ in range(2):
        with pytest.raises(PasswordDiffers):
            await work(house, actor, "change_password", **given)
    with pytest.raises(Unauthenticated):
        await signs_in(house, nurse, "nor this one")
    with pytest.raises(Throttled) as refused:
        await work(house, actor, "change_password", **given)
    assert refused.value.extensions["retryAfter"] > 0
    with pytest.raises(Throttled):
        await signs_in(house, nurse, PASSWORD)
    house.later(seconds=house.policy.sign_in_window.total_seconds() + 1)
    with pytest.raises(PasswordDiffers):
        await work(house, actor, "change_password", **given)


async def test_no_connection_is_held_while_a_password_waits_to_be_hashed(
    house: House, nurse: str
) -> None:
    """A line of those who hash must not become one of those who write."""
    actor = (await signs_in(house, nurse, PASSWORD)).actor
    engine = Engine(house.pool, house.pool, DEFAULT_POLICY, lambda _: None)
    given = {"currentPassword": PASSWORD, "newPassword": ANOTHER}
    hashing, release = passwords._THREADS.pool, threading.Event()
    busy = [hashing.submit(release.wait, 60) for _ in range(hashing._max_workers)]
    waiting = asyncio.create_task(engine.execute(GraphQLRequest(CHANGE, None, {"i": given}), actor))
    try:
        await until(lambda: hashing._work_queue.qsize() > 0)
        assert house.pool.get_idle_size() == house.pool.get_size()
    finally:
        release.set()
    assert orjson.loads(await waiting) == {"data": {"changePassword": {"changed": True}}}
    assert all(one.result() for one in busy)


CREATE = """mutation ($i: CreateUserInput!) { createUser(input: $i) { user { id } } }"""
CHANGE = """mutation ($i: ChangePasswordInput!) { changePassword(input: $i) { changed } }"""


async def test_no_password_is_kept_or_told(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """Neither in an answer, nor a log, nor the audit, whether it is taken or refused. A guess
    at one is in the audit."""
    engine = Engine(house.pool, house.pool, DEFAULT_POLICY, lambda _: None)
    admin = await house.signed_in(Role.ADMIN)
    secret, name = f"secret-{models.new_id()}", f"user-{models.new_id()}"
    new = {"username": name, "displayName": "N", "password": secret, "roles": ["NURSE"]}
    own = {"currentPassword": secret, "newPassword": f"{secret}-2"}
    answers = []
    with caplog.at_level("DEBUG"):
        for text, given in ((CREATE, new), (CREATE, new), (CREATE, new | {"roles": []})):
            answers.append(await engine.execute(GraphQLRequest(text, None, {"i": given}), admin))
        answers.append(await engine.execute(GraphQLRequest(CHANGE, None, {"i": own}), admin))
    codes = [orjson.loads(raw).get("errors", [{}])[0].get("extensions") for raw in answers]
    assert [code and code["code"] for code in codes] == [
        None,
        "CONFLICT",
        "BAD_USER_INPUT",
        "PASSWORD_DIFFERS",
    ]
    told = b"".join(answers).decode() + caplog.text
    for table in ("audit_selections", "audit_entries", "idempotency_keys", "users", "events"):
        told += str(await house.pool.fetch(f"SELECT {table}::text FROM {table}"))
    assert name in told, "what is looked at is there"
    assert secret not in told
    outcomes = await house.pool.fetch(
        "SELECT outcome, refused FROM audit_entries JOIN audit_selections AS shared"
        " ON shared.id = selection_id WHERE user_id = $1 ORDER BY audit_entries.id",
        admin.user_id,
    )
    assert [tuple(row) for row in outcomes] == [
        ("DONE", []),
        ("CONFLICT", ["Mutation.createUser(username:)"]),
        ("PASSWORD_DIFFERS", ["Mutation.changePassword(currentPassword:)"]),
    ]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
async def test_administrators_alone_see_and_change_users(house: House, role: Role) -> None:
    actor = house.actor(role)
    assert not actor.rights.reaches(Scope.USER_READ)
    with pytest.raises(Forbidden):
        await work(house, actor, "disable_user", user_id=public(house.actor(Role.NURSE)))


LIST = """query ($search: String, $active: Boolean) { users(search: $search, active: $active) {
  totalCount nodes { username displayName roles wards active disabledAt lastSignInAt } } }"""


async def test_users_are_found_by_a_part_of_a_name(house: House) -> None:
    engine = Engine(house.pool, house.pool, DEFAULT_POLICY, lambda _: None)
    admin, nurse = await house.signed_in(Role.ADMIN), await house.signed_in(Role.NURSE, "med")
    await work(
        house, admin, "change_user", user_id=public(nurse), display_name="Zoë  O'Neil of MED"
    )
    async with house.begin() as tx:
        await user_changes.disable_user(tx, admin, user_id=public(await house.signed_in(Role.LAB)))

    async def found(**given: Any) -> list[dict[str, Any]]:
        raw = await engine.execute(GraphQLRequest(LIST, None, given), admin)
        nodes: list[dict[str, Any]] = orjson.loads(raw)["data"]["users"]["nodes"]
        return nodes

    [one] = await found(search=" ZOË")
    assert one["wards"] == ["MED"]
    assert (one["roles"], one["active"], one["disabledAt"]) == (["NURSE"], True, None)
    assert one["lastSignInAt"] is not None
    assert [each["username"] for each in await found(search=nurse.username[5:20])] == [
        nurse.username
    ]
    assert await found(search="%") == []
    [gone] = await found(active=False)
    assert gone["disabledAt"] is not None
    everybody = await found()
    assert len(await found(active=True)) == len(everybody) - 1 == len(Role) + 2


SESSION = "{ viewer { session { signedInAt lastSeenAt endsAt idleTimeoutSeconds } } }"


async def test_a_viewer_knows_when_the_session_will_end(house: House) -> None:
    policy = Policy(session_idle=timedelta(minutes=7))
    engine = Engine(house.pool, house.pool, policy, lambda _: None)
    actor = await house.signed_in(Role.NURSE)
    await house.signed_in(Role.NURSE)
    row = await house.row(models.Session, actor.session_id)
    told = orjson.loads(await engine.execute(GraphQLRequest(SESSION, None, {}), actor))
    session = told["data"]["viewer"]["session"]
    assert session.pop("idleTimeoutSeconds") == 7 * 60
    times = {"signedInAt": "created_at", "lastSeenAt": "last_seen_at", "endsAt": "expires_at"}
    assert {name: moment(text) for name, text in session.items()} == {
        name: row[column] for name, column in times.items()
    }


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
