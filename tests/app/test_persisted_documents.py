"""Documents that are named instead of sent: of a manifest, or registered by clients."""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from app import registered_queries
from app.persisted_documents import PersistedDocuments, trusted_documents
from app.registered_queries import PREFIX, RegisteredQueries
from app.settings import SettingsError
from models.rules.roles import Role
from models.rules.scopes import rights
from resolvers.actors import Actor
from resolvers.reading.documents import Documents, GraphQLRequest
from resolvers.reading.request_errors import RequestError
from schema.catalogue import CORE

ME = "{ viewer { username } }"
WARDS = "query Wards { wards { code } }"
DIGEST = hashlib.sha256(ME.encode()).hexdigest()
CHECK = Documents(CORE).read


def nurse() -> Actor:
    roles = frozenset({Role.NURSE})
    return Actor(uuid4(), uuid4(), uuid4(), "nurse", roles, rights(roles))


def manifest(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "documents.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


# -- the manifest ----------------------------------------------------------------------------------


def test_the_manifests_of_relay_and_apollo_are_read(tmp_path: Path) -> None:
    plain = {"me": ME, DIGEST: ME, "wards": WARDS}
    assert trusted_documents(manifest(tmp_path, plain), CHECK) == plain
    apollo = {
        "format": "apollo-persisted-query-manifest",
        "version": 1,
        "operations": [{"id": DIGEST, "name": "Me", "type": "query", "body": ME}],
    }
    assert trusted_documents(manifest(tmp_path, apollo), CHECK) == {DIGEST: ME}
    assert trusted_documents(None, CHECK) == {}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "no JSON"),
        (b"\xff", "no JSON"),
        ([ME], "no object"),
        ({"format": "x", "operations": []}, "format"),
        ({"format": "apollo-persisted-query-manifest", "version": 2}, "version 1"),
        ({"format": "apollo-persisted-query-manifest", "version": 1}, "operations"),
        ({"": ME}, "no id"),
        ({"me": 5}, "document me"),
        ({"me": ME, "broken": "{ nothing }"}, "document broken: Cannot query field 'nothing'"),
        ({"broken": "{"}, "document broken: Syntax Error"),
    ],
)
def test_a_manifest_that_is_wrong_is_told_of_at_the_start(
    tmp_path: Path, content: Any, says: str
) -> None:
    with pytest.raises(SettingsError, match="WARDLINE_TRUSTED_DOCUMENTS: ") as wrong:
        trusted_documents(manifest(tmp_path, content), CHECK)
    assert says in str(wrong.value)


def test_a_manifest_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.json: No such file"):
        trusted_documents(tmp_path / "none.json", CHECK)


# -- trusted documents -----------------------------------------------------------------------------


class Held:
    """A registry without Redis."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    async def find(self, digest: str) -> str | None:
        return self.texts.get(digest)

    async def keep(self, digest: str, text: str, actor: Actor) -> None:
        self.texts[digest] = text


def documents(*, only: bool = False, registry: Any = None, most: int = 1_000) -> PersistedDocuments:
    trusted = {"me": ME, "wards": WARDS}
    return PersistedDocuments(trusted, only=only, check=checked, registry=registry, most=most)


def checked(text: str, actor: Actor) -> bool:
    CHECK(text)
    return actor.username != "spent"


def named(id_: str, query: str = "") -> GraphQLRequest:
    return GraphQLRequest(query, document_id=id_)


def hashed(query: str = "", digest: str = DIGEST) -> GraphQLRequest:
    return GraphQLRequest(query, digest=digest)


async def refused(found: PersistedDocuments, request: GraphQLRequest) -> str:
    with pytest.raises(RequestError) as error:
        await found(request, nurse())
    code: str = error.value.errors[0]["extensions"]["code"]
    return code


@pytest.mark.parametrize("only", [True, False])
async def test_a_document_is_found_by_its_id_and_by_its_hash(only: bool) -> None:
    found = documents(only=only)
    for id_ in ("me", f"sha256:{DIGEST}", DIGEST):
        assert (await found(named(id_), None)).query == ME
    assert (await found(named("me", ME), None)).query == ME
    assert (await found(hashed(), None)).query == ME
    assert await refused(found, named("nobody")) == "PERSISTED_DOCUMENT_NOT_FOUND"
    assert await refused(found, named("me", WARDS)) == "BAD_USER_INPUT"


async def test_where_only_trusted_documents_are_served_no_other_is() -> None:
    found = documents(only=True, registry=Held())
    assert not found.plain(GraphQLRequest(ME))
    assert (await found(GraphQLRequest(ME), None)).query == ME
    other = "{ viewer { id } }"
    digest = hashlib.sha256(other.encode()).hexdigest()
    for request in (
        GraphQLRequest(other),
        GraphQLRequest(ME + " "),
        hashed(other, digest),
        hashed("", digest),
    ):
        assert await refused(found, request) == "DOCUMENT_NOT_TRUSTED"
    open_ = documents()
    assert open_.plain(GraphQLRequest(other))
    assert (await open_(GraphQLRequest(other), None)).query == other


# -- automatic persisted queries -------------------------------------------------------------------

ASKED = "{ viewer { id username } }"
ITS_HASH = hashlib.sha256(ASKED.encode()).hexdigest()


async def test_a_query_is_registered_and_found_again() -> None:
    held = Held()
    found = documents(registry=held)
    assert await refused(found, hashed("", ITS_HASH)) == "PERSISTED_QUERY_NOT_FOUND"
    assert (await found(hashed(ASKED, ITS_HASH), nurse())).query == ASKED
    assert (await found(hashed("", ITS_HASH), None)).query == ASKED


async def test_what_is_not_registered() -> None:
    """A stranger's, one that is too long, one that is not valid, one under another's hash."""
    held = Held()
    found = documents(registry=held, most=200)
    assert (await found(hashed(ASKED, ITS_HASH), None)).query == ASKED
    long = ASKED + " " * 200
    digest = hashlib.sha256(long.encode()).hexdigest()
    assert (await found(hashed(long, digest), nurse())).query == long
    wrong = hashlib.sha256(b"{ nothing }").hexdigest()
    assert await refused(found, hashed("{ nothing }", wrong)) == "GRAPHQL_VALIDATION_FAILED"
    assert await refused(found, hashed(ASKED, DIGEST)) == "PERSISTED_QUERY_HASH_MISMATCH"
    assert held.texts == {}


async def test_who_has_spent_the_budget_registers_nothing() -> None:
    """The answer says so; the document was not looked at."""
    held = Held()
    spent = replace(nurse(), username="spent")
    assert (await documents(registry=held)(hashed(ASKED, ITS_HASH), spent)).query == ASKED
    assert held.texts == {}


async def test_without_a_registry_clients_are_told_to_send_all() -> None:
    found = documents()
    assert await refused(found, hashed("", ITS_HASH)) == "PERSISTED_QUERY_NOT_SUPPORTED"
    assert (await found(hashed(ASKED, ITS_HASH), nurse())).query == ASKED


# -- Redis -----------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url, decode_responses=True)
    await client.flushdb()
    yield client
    await client.aclose()


async def test_what_one_process_registers_another_finds(redis: Redis, redis_url: str) -> None:
    one = RegisteredQueries(redis_url, kept=timedelta(hours=1))
    other = RegisteredQueries(redis_url, kept=timedelta(hours=2))
    assert await other.find(ITS_HASH) is None
    await one.keep(ITS_HASH, ASKED, nurse())
    assert 3_000 < await redis.ttl(PREFIX + ITS_HASH) <= 3_600
    assert await other.find(ITS_HASH) == ASKED
    assert await redis.ttl(PREFIX + ITS_HASH) > 3_600, "one that is used is kept"
    await redis.delete(PREFIX + ITS_HASH)
    assert await other.find(ITS_HASH) == ASKED, "and held in memory"
    await one.aclose()
    await other.aclose()


async def test_redis_is_not_believed(redis: Redis, redis_url: str) -> None:
    """Whoever can write there does not choose what is executed under a hash."""
    await redis.set(PREFIX + ITS_HASH, "mutation { signOut { signedOut } }")
    queries = RegisteredQueries(redis_url, kept=timedelta(hours=1))
    assert await queries.find(ITS_HASH) is None
    await queries.aclose()


async def test_one_user_does_not_fill_redis(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registered_queries, "EACH_HOUR", 3)
    queries = RegisteredQueries(redis_url, kept=timedelta(hours=1))
    actor = nurse()
    for number in range(10):
        text = f"{{ a{number}: viewer {{ id }} }}"
        await queries.keep(hashlib.sha256(text.encode()).hexdigest(), text, actor)
    kept = [key async for key in redis.scan_iter(f"{PREFIX}*") if ":by:" not in key]
    assert len(kept) == 3
    assert 0 < await redis.ttl(f"{PREFIX}by:{actor.user_id}") <= 3_600
    await queries.aclose()


async def test_memory_is_bounded(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registered_queries, "HELD_BYTES", 1_000)
    queries = RegisteredQueries("redis://127.0.0.1:1", kept=timedelta(hours=1))
    for number in range(20):
        await queries.keep(f"{number}", f"{number:100}", nurse())
    assert [await queries.find(f"{number}") is None for number in (9, 10, 19)] == [
        True,
        False,
        False,
    ]
    await queries.aclose()


async def test_what_is_asked_for_often_at_once_is_held_once(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted each time, it would leave less and less room, and in the end none."""
    monkeypatch.setattr(registered_queries, "HELD_BYTES", 4 * len(ASKED))
    await redis.set(PREFIX + ITS_HASH, ASKED)
    queries = RegisteredQueries(redis_url, kept=timedelta(hours=1))
    asked = (queries.find(ITS_HASH) for _ in range(8))
    assert await asyncio.gather(*asked) == [ASKED] * 8
    other = hashlib.sha256(WARDS.encode()).hexdigest()
    await queries.keep(other, WARDS, nurse())
    await redis.flushdb()
    assert (await queries.find(ITS_HASH), await queries.find(other)) == (ASKED, WARDS)
    await queries.aclose()


async def test_without_redis_a_process_knows_what_it_has_heard() -> None:
    """Away or frozen: nothing is raised, and only the first request waits for it."""
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        for port in (1, frozen.getsockname()[1]):
            queries = RegisteredQueries(f"redis://127.0.0.1:{port}", kept=timedelta(hours=1))
            async with asyncio.timeout(5):
                assert await queries.find(ITS_HASH) is None
                await queries.keep(ITS_HASH, ASKED, nurse())
                assert await queries.find(ITS_HASH) == ASKED
                assert not queries._reachable()
                for number in range(1_000):
                    assert await queries.find(str(number)) is None
            await queries.aclose()
