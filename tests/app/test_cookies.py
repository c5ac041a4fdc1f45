"""Who asks over HTTP: the token of a program, the cookie of a browser on the own origin."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from models.rules.roles import Role
from tests.app.serving import BASE, PASSWORD, account, client, running
from tests.resolvers.reading.hospital import Hospital, furnish

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
OWN = {"origin": BASE}
COOKIE = "wardline_session"
SIGN_IN = (
    "mutation ($u: String!, $p: String!) { signIn(input: { username: $u, password: $p })"
    " { token viewer { username } } }"
)
ME = "{ viewer { username } }"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def app(database_url: str, redis_url: str) -> AsyncIterator[Starlette]:
    async with running(database_url=database_url, redis_url=redis_url) as app:
        yield app


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hospital(pool: asyncpg.Pool[Any]) -> Hospital:
    return await furnish(pool)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def username(hospital: Hospital) -> str:
    return await account(hospital, Role.NURSE, wards=("MED1",))


@pytest_asyncio.fixture
async def stranger(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    async with client(app) as found:
        yield found


async def sign_in(caller: httpx.AsyncClient, username: str, **headers: str) -> str:
    response = await caller.post(
        "/graphql",
        json={"query": SIGN_IN, "variables": {"u": username, "p": PASSWORD}},
        headers=headers,
    )
    found: str = response.json()["data"]["signIn"]["token"]
    return found


async def ask(caller: httpx.AsyncClient, query: str, **headers: str) -> httpx.Response:
    return await caller.post("/graphql", json={"query": query}, headers=headers)


def code(response: httpx.Response) -> str:
    body = response.json()
    found: str = body["errors"][0]["extensions"]["code"]
    return found


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Bearer x", "Bearer é", "Basic eA==", "bearer", "x", "Bearer a b"],
)
async def test_what_is_no_token_is_nobody(stranger: httpx.AsyncClient, header: str) -> None:
    response = await stranger.post(
        "/graphql", json={"query": ME}, headers={"authorization": header.encode()}
    )
    assert code(response) == "UNAUTHENTICATED"


async def test_the_cookie_is_for_a_browser_on_the_own_origin(
    stranger: httpx.AsyncClient, username: str
) -> None:
    body = {"query": SIGN_IN, "variables": {"u": username, "p": PASSWORD}}
    for origin in (None, "http://evil.example", "null", "http://board.example.evil.example"):
        headers = {} if origin is None else {"origin": origin}
        response = await stranger.post("/graphql", json=body, headers=headers)
        assert response.json()["data"]["signIn"]["token"]
        assert "set-cookie" not in response.headers, origin
    response = await stranger.post("/graphql", json=body, headers=OWN)
    token = response.json()["data"]["signIn"]["token"]
    cookie = response.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}={token};")
    flags = {flag.strip().lower().partition("=")[0] for flag in cookie.split(";")[1:]}
    assert {"httponly", "samesite", "max-age", "path"} <= flags
    assert "samesite=strict" in cookie.lower()
    assert "secure" not in flags, "over plain HTTP the browser would drop it"


async def test_the_cookie_is_secure_over_tls(app: Starlette, username: str) -> None:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="https://board.example") as browser:
        response = await browser.post(
            "/graphql",
            json={"query": SIGN_IN, "variables": {"u": username, "p": PASSWORD}},
            headers={"origin": "https://board.example"},
        )
    assert "secure" in response.headers["set-cookie"].lower()


async def test_the_cookie_counts_from_the_own_pages_alone(
    stranger: httpx.AsyncClient, username: str
) -> None:
    cookie = {"cookie": f"{COOKIE}={await sign_in(stranger, username)}"}
    own = await ask(stranger, ME, **cookie, **OWN)
    assert own.json() == {"data": {"viewer": {"username": username}}}
    for origin in (
        {},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://evil.example"},
        {"origin": "http://board.example:81"},
        {"origin": "ftp://board.example"},
        {"x-wardline-client": "1"},
    ):
        assert code(await ask(stranger, ME, **cookie, **origin)) == "UNAUTHENTICATED", origin


async def test_the_cookie_on_get_needs_the_header_of_the_own_page(
    stranger: httpx.AsyncClient, username: str
) -> None:
    cookie = {"cookie": f"{COOKIE}={await sign_in(stranger, username)}"}
    query = {"query": ME}
    bare = await stranger.get("/graphql", params=query, headers=cookie)
    assert code(bare) == "UNAUTHENTICATED"
    for name in ("X-Wardline-Client", "Apollo-Require-Preflight", "GraphQL-Require-Preflight"):
        named = await stranger.get("/graphql", params=query, headers={**cookie, name: "1"})
        assert named.json()["data"]["viewer"] == {"username": username}
    foreign = await stranger.get(
        "/graphql",
        params=query,
        headers={**cookie, "x-wardline-client": "board", "origin": "http://evil.example"},
    )
    assert code(foreign) == "UNAUTHENTICATED"


async def test_a_token_goes_before_the_cookie(
    stranger: httpx.AsyncClient, username: str, hospital: Hospital
) -> None:
    clerk = await account(hospital, Role.CLERK)
    cookie = {"cookie": f"{COOKIE}={await sign_in(stranger, clerk)}"}
    bearer = {"authorization": f"Bearer {await sign_in(stranger, username)}"}
    response = await ask(stranger, ME, **cookie, **bearer, **OWN)
    assert response.json()["data"]["viewer"] == {"username": username}


async def test_signing_out_ends_the_session_and_clears_the_cookie(
    stranger: httpx.AsyncClient, username: str
) -> None:
    cookie = {"cookie": f"{COOKIE}={await sign_in(stranger, username)}"}
    response = await ask(stranger, "mutation { signOut { signedOut } }", **cookie, **OWN)
    assert response.json()["data"] == {"signOut": {"signedOut": True}}
    cleared = response.headers["set-cookie"].lower()
    assert cleared.startswith(f'{COOKIE}="";')
    assert "max-age=0" in cleared
    assert response.headers["clear-site-data"] == '"cache"', "boards that the browser holds as well"
    assert code(await ask(stranger, ME, **cookie, **OWN)) == "UNAUTHENTICATED"


async def test_a_wrong_password_opens_nothing(
    stranger: httpx.AsyncClient, hospital: Hospital
) -> None:
    name = await account(hospital, Role.NURSE)
    said = []
    for user, password in (
        (name, "guess-4711"),
        ("nobody", PASSWORD),
        (name.upper() + "x", PASSWORD),
    ):
        response = await stranger.post(
            "/graphql",
            json={"query": SIGN_IN, "variables": {"u": user, "p": password}},
            headers=OWN,
        )
        assert code(response) == "UNAUTHENTICATED"
        assert "set-cookie" not in response.headers
        for secret in (user, password):
            assert secret not in response.text
        said.append(response.json()["errors"][0]["message"])
    assert len(set(said)) == 1, "nobody learns which of the two was wrong"


async def test_signing_in_is_in_the_audit_with_the_new_session(
    stranger: httpx.AsyncClient, hospital: Hospital
) -> None:
    name = await account(hospital, Role.NURSE)
    await sign_in(stranger, name)
    rows = await hospital.pool.fetch(
        "SELECT a.*, c.operation, s.id AS opened FROM audit_entries a"
        " JOIN audit_selections c ON c.id = a.selection_id JOIN users u ON u.id = a.user_id"
        " JOIN sessions s ON s.id = a.session_id WHERE u.username = $1",
        name,
    )
    assert len(rows) == 1
    assert rows[0]["operation"] == "SIGN_IN"
    assert rows[0]["session_id"] == rows[0]["opened"]
    assert PASSWORD not in str(dict(rows[0]))
