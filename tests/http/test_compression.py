"""Compression: what is long, for who asks for it, and never the answer that holds a token."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import brotli
import httpx
import orjson
import pytest
import pytest_asyncio
import zstandard
from starlette.applications import Starlette

from app.compression import LONG, WORTHWHILE, compressed
from models.rules.roles import Role
from tests.app.serving import BASE, PASSWORD, account, client, running
from tests.resolvers.reading.hospital import furnish

SCHEMA = '{ __type(name: "Patient") { fields { name type { name kind ofType { name kind } } } } }'
UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body),
    "br": brotli.decompress,
    "gzip": lambda body: zlib.decompress(body, wbits=31),
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def app(database_url: str, redis_url: str) -> AsyncIterator[Starlette]:
    async with running(database_url=database_url, redis_url=redis_url) as app:
        yield app


@pytest_asyncio.fixture
async def caller(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    async with client(app) as found:
        del found.headers["accept-encoding"]
        yield found


async def raw(caller: httpx.AsyncClient, query: str, accept: str) -> tuple[httpx.Response, bytes]:
    """The answer and its bytes as they came."""
    request = caller.build_request(
        "POST", "/graphql", json={"query": query}, headers={"accept-encoding": accept}
    )
    response = await caller.send(request, stream=True)
    body = b"".join([part async for part in response.aiter_raw()])
    await response.aclose()
    return response, body


@pytest.mark.parametrize("coding", UNPACK)
async def test_a_long_answer_is_compressed_as_asked(caller: httpx.AsyncClient, coding: str) -> None:
    plain, whole = await raw(caller, SCHEMA, "identity")
    assert "content-encoding" not in plain.headers
    assert len(whole) > WORTHWHILE
    response, body = await raw(caller, SCHEMA, coding)
    assert response.headers["content-encoding"] == coding
    assert int(response.headers["content-length"]) == len(body) < len(whole) / 2
    assert UNPACK[coding](body) == whole
    for one in (plain, response):
        assert "Accept-Encoding" in one.headers["vary"].split(", ")


async def test_a_short_answer_is_not(caller: httpx.AsyncClient) -> None:
    response, body = await raw(caller, "{ __typename }", "zstd, br, gzip")
    assert "content-encoding" not in response.headers
    assert orjson.loads(body) == {"data": {"__typename": "Query"}}


async def test_a_very_long_one_is_compressed_beside_the_loop() -> None:
    body = bytes(range(256)) * (LONG // 128)
    for coding, unpack in UNPACK.items():
        assert unpack(await compressed(body, coding)) == body


async def test_the_answer_with_a_token_in_it_is_sent_as_it_is(
    caller: httpx.AsyncClient, pool: asyncpg.Pool[Any]
) -> None:
    """A secret compressed beside a text that somebody chooses can be guessed by its length."""
    username = await account(await furnish(pool), Role.NURSE, wards=("MED1",))
    padding = " ".join(f"a{number}: token" for number in range(100))
    query = (
        f'mutation {{ signIn(input: {{ username: "{username}", password: "{PASSWORD}" }})'
        f" {{ {padding} }} }}"
    )
    caller.headers["origin"] = BASE
    response, body = await raw(caller, query, "zstd, br, gzip")
    assert len(body) > WORTHWHILE
    assert orjson.loads(body)["data"]["signIn"]["a7"]
    assert "content-encoding" not in response.headers
