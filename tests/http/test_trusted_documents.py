"""A server that serves its manifest and nothing else, over HTTP and over the WebSocket."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest_asyncio
import websockets

from models.rules.roles import Role
from tests.app.serving import PASSWORD, account
from tests.http.served import served
from tests.resolvers.reading.hospital import furnish

SIGN_IN = (
    "mutation ($u: String!, $p: String!) { signIn(input: { username: $u, password: $p })"
    " { token } }"
)
ME = "{ viewer { username } }"
FEED = "subscription { bedChanges { cursor live } }"
UNTRUSTED = "{ viewer { id } }"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def address(database_url: str, redis_url: str, tmp_path_factory: Any) -> AsyncIterator[str]:
    manifest: Path = tmp_path_factory.mktemp("manifest") / "documents.json"
    manifest.write_text(json.dumps({"signIn": SIGN_IN, "me": ME, "feed": FEED}))
    async with served(
        database_url=database_url,
        redis_url=redis_url,
        trusted_documents=manifest,
        trusted_documents_only=True,
    ) as address:
        yield address


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def username(pool: asyncpg.Pool[Any]) -> str:
    return await account(await furnish(pool), Role.NURSE, wards=("MED1",))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def token(address: str, username: str) -> str:
    body = {"documentId": "signIn", "variables": {"u": username, "p": PASSWORD}}
    async with httpx.AsyncClient(base_url=address) as caller:
        response = await caller.post("/graphql", json=body)
    found: str = response.json()["data"]["signIn"]["token"]
    return found


@pytest_asyncio.fixture
async def caller(address: str, token: str) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=address, headers=headers) as found:
        yield found


async def test_a_document_is_named_in_a_body_and_in_an_address(
    caller: httpx.AsyncClient, username: str
) -> None:
    hashed = {
        "persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(ME.encode()).hexdigest()}
    }
    answers = [
        await caller.post("/graphql", json={"documentId": "me"}),
        await caller.get("/graphql", params={"documentId": "me"}),
        await caller.post("/graphql", json={"query": ME}),
        await caller.post("/graphql", json={"extensions": hashed}),
        await caller.get("/graphql", params={"extensions": json.dumps(hashed)}),
    ]
    assert [one.json() for one in answers] == [{"data": {"viewer": {"username": username}}}] * 5


async def test_nothing_else_is_served(caller: httpx.AsyncClient) -> None:
    for body in ({"query": UNTRUSTED}, {"query": "{ __schema { queryType { name } } }"}):
        response = await caller.post("/graphql", json=body)
        assert code(response) == "DOCUMENT_NOT_TRUSTED"
        assert "data" not in response.json()
    unknown = await caller.post(
        "/graphql",
        json={"documentId": "x"},
        headers={"accept": "application/graphql-response+json"},
    )
    assert unknown.status_code == 400
    assert code(unknown) == "PERSISTED_DOCUMENT_NOT_FOUND"
    for body in ({"documentId": 5}, {"documentId": ""}, {"documentId": "me", "query": 5}):
        assert (await caller.post("/graphql", json=body)).status_code == 400


def code(response: httpx.Response) -> str:
    found: str = response.json()["errors"][0]["extensions"]["code"]
    return found


async def test_the_live_channel_serves_them_alone(address: str, token: str, username: str) -> None:
    url = address.replace("http", "ws") + "/graphql"
    async with (
        asyncio.timeout(10),
        websockets.connect(
            url, subprotocols=[websockets.Subprotocol("graphql-transport-ws")]
        ) as socket,
    ):

        async def say(**message: Any) -> None:
            await socket.send(json.dumps(message))

        async def hear() -> Any:
            return json.loads(await socket.recv())

        await say(type="connection_init", payload={"authorization": f"Bearer {token}"})
        assert (await hear())["type"] == "connection_ack"
        await say(type="subscribe", id="1", payload={"documentId": "feed"})
        first = await hear()
        assert (first["id"], first["type"]) == ("1", "next")
        assert first["payload"]["data"]["bedChanges"]["live"] is True
        await say(type="subscribe", id="2", payload={"documentId": "me"})
        assert (await hear())["payload"]["data"] == {"viewer": {"username": username}}
        assert (await hear()) == {"id": "2", "type": "complete"}
        for payload, code in (
            ({"query": UNTRUSTED}, "DOCUMENT_NOT_TRUSTED"),
            ({"documentId": "x"}, "PERSISTED_DOCUMENT_NOT_FOUND"),
            ({"documentId": 5}, "BAD_USER_INPUT"),
            ({"extensions": {"persistedQuery": 1}}, "BAD_USER_INPUT"),
            ({}, "BAD_USER_INPUT"),
        ):
            await say(type="subscribe", id="3", payload=payload)
            refused = await hear()
            assert (refused["id"], refused["type"]) == ("3", "error")
            assert refused["payload"][0]["extensions"]["code"] == code
