"""GraphQL over HTTP: statuses, media types, cookies, and bodies that nobody should send."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import orjson
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from app.settings import Settings
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


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def token(app: Starlette, username: str) -> str:
    async with client(app) as found:
        return await sign_in(found, username)


@pytest_asyncio.fixture
async def program(app: Starlette, token: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a bearer token."""
    async with client(app) as found:
        found.headers["authorization"] = f"Bearer {token}"
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


# -- statuses and media types ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "refused"),
    [
        (ME, None),
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query ($x: Int!) { viewer { id } patients(first: $x) { totalCount } }", "BAD_USER_INPUT"),
        ("query A { viewer { id } } query B { viewer { id } }", "OPERATION_RESOLUTION_FAILURE"),
        ("{ patients(first: 501) { totalCount } }", "BAD_USER_INPUT"),
    ],
)
async def test_the_status_is_that_of_the_media_type(
    program: httpx.AsyncClient, query: str, refused: str | None
) -> None:
    """application/json says in the body what went wrong; the newer type in the status as well."""
    for accept, type_, status in (
        (JSON, JSON, 200),
        ("*/*", JSON, 200),
        ("", JSON, 200),
        ("application/*", JSON, 200),
        ("text/html, */*;q=0.1", JSON, 200),
        (f"{GRAPHQL};q=0.5, {JSON}", JSON, 200),
        (GRAPHQL, GRAPHQL, 400),
        (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL, 400),
        (f"{JSON};q=0.1, {GRAPHQL.upper()};q=0.2", GRAPHQL, 400),
        (f"{JSON};q=0, {GRAPHQL}", GRAPHQL, 400),
    ):
        response = await ask(program, query, accept=accept)
        assert response.headers["content-type"] == f"{type_}; charset=utf-8", accept
        assert response.status_code == (status if refused else 200), accept
        assert ("data" in response.json()) is (refused is None)
        if refused:
            assert code(response) == refused


async def test_a_stranger_is_told_so(stranger: httpx.AsyncClient) -> None:
    old, new = await ask(stranger, ME), await ask(stranger, ME, accept=GRAPHQL)
    assert (old.status_code, new.status_code) == (200, 401)
    assert code(old) == code(new) == "UNAUTHENTICATED"
    assert "data" not in old.json()


async def test_a_refused_field_is_no_refused_request(program: httpx.AsyncClient) -> None:
    response = await ask(program, "{ patients { nodes { nationalId } } }", accept=GRAPHQL)
    assert response.status_code == 200
    assert code(response) == "FORBIDDEN"
    assert response.json()["data"] == {"patients": {"nodes": [{"nationalId": None}]}}


async def test_no_answer_is_kept_by_anybody(program: httpx.AsyncClient) -> None:
    response = await ask(program, ME)
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert set(response.headers["vary"].split(", ")) >= {"Cookie", "Authorization", "Origin"}


@pytest.mark.parametrize("accept", ["text/html", "text/plain", "image/*", f"{JSON};q=0"])
async def test_an_answer_nobody_could_read_is_406(program: httpx.AsyncClient, accept: str) -> None:
    response = await ask(program, ME, accept=accept)
    assert response.status_code == 406
    assert code(response) == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("type_", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("APPLICATION/JSON", 200),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/graphql", 415),
        ("", 415),
    ],
)
async def test_the_body_is_json(program: httpx.AsyncClient, type_: str, status: int) -> None:
    """What a form of another site can send without asking is none of it."""
    body = orjson.dumps({"query": ME})
    response = await program.post("/graphql", content=body, headers={"content-type": type_})
    assert response.status_code == status


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
async def test_other_methods_are_405(program: httpx.AsyncClient, method: str) -> None:
    response = await program.request(method, "/graphql", json={"query": ME})
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


# -- GET -------------------------------------------------------------------------------------------


async def test_get_is_for_queries(program: httpx.AsyncClient) -> None:
    response = await program.get(
        "/graphql",
        params={
            "query": "query A { viewer { id } } query B($s: String) { patients(search: $s)"
            " { totalCount } }",
            "operationName": "B",
            "variables": '{"s": "ada"}',
        },
    )
    assert response.json() == {"data": {"patients": {"totalCount": 1}}}


async def test_who_has_signed_out_is_a_stranger(stranger: httpx.AsyncClient, username: str) -> None:
    """Also where this process remembers who it was."""
    never = await ask(stranger, ME)
    stranger.headers["authorization"] = f"Bearer {await sign_in(stranger, username)}"
    assert (await ask(stranger, ME)).json()["data"]["viewer"]
    assert (await ask(stranger, "mutation { signOut { signedOut } }")).status_code == 200
    assert (await ask(stranger, ME)).json() == never.json()


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
async def test_get_changes_nothing(program: httpx.AsyncClient, accept: str) -> None:
    for query, way in (
        ("mutation { signOut { signedOut } }", "a mutation is sent by POST"),
        (
            "subscription { bedChanges { cursor } }",
            (
                "a subscription is answered over a WebSocket (graphql-transport-ws), "
                "or with Accept: text/event-stream"
            ),
        ),
    ):
        response = await program.get(
            "/graphql", params={"query": query}, headers={"accept": accept}
        )
        assert response.status_code == 405
        assert response.headers["allow"] == "POST"
        assert response.json()["errors"][0]["message"] == way
    assert (await ask(program, ME)).json()["data"]["viewer"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "query=",
        "variables={}",
        f"query={ME}&variables=x",
        f"query={ME}&variables=[1]",
        f"query={ME}&extensions=5",
        "query=%ff%fe",
        "query=%00",
    ],
)
async def test_get_of_nonsense(program: httpx.AsyncClient, query: str) -> None:
    response = await program.get(f"/graphql?{query}", headers={"accept": GRAPHQL})
    assert response.status_code == 400
    assert response.json()["errors"]


async def test_a_browser_gets_graphiql(stranger: httpx.AsyncClient) -> None:
    """With a query it gets the answer, whatever else it would accept."""
    html = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    page = await stranger.get("/graphql", headers=html)
    assert page.status_code in (200, 503), "503 where the pages are not built"
    assert page.headers["content-type"].startswith("text/")
    query = {"query": "{ __schema { queryType { name } } }"}
    answer = await stranger.get("/graphql", params=query, headers=html)
    assert answer.json() == {"data": {"__schema": {"queryType": {"name": "Query"}}}}


# -- bodies ----------------------------------------------------------------------------------------

DEEP = 100_000
NASTY: list[bytes] = [
    b"",
    b" ",
    b'"x"',
    b"null",
    b"true",
    b"5",
    b"[]",
    b"{}",
    b"{",
    b'{"query": ',
    b'{"query": "{ viewer { id } }"',
    b"{'query': 'x'}",
    b'[{"query": "{ viewer { id } }"}]',
    b'{"query": null}',
    b'{"query": 5}',
    b'{"query": ["x"]}',
    b'{"query": {"a": 1}}',
    b'{"query": ""}',
    b'{"query": "{ viewer { id } }", "variables": []}',
    b'{"query": "{ viewer { id } }", "variables": "x"}',
    b'{"query": "{ viewer { id } }", "variables": 5}',
    b'{"query": "{ viewer { id } }", "operationName": 5}',
    b'{"query": "{ viewer { id } }", "operationName": ["x"]}',
    b'{"query": "{ viewer { id } }", "operationName": "none"}',
    b'{"query": "{ viewer { id } }", "extensions": "x"}',
    b'{"query": "{ viewer { id } }", "variables": NaN}',
    b'{"query": "\\ud800"}',
    b'{"query": "\\u0000"}',
    b'{"query": "{ viewer { id } }"} x',
    b"\xff\xfe\x00",
    b'{"query": "\xff"}',
    "\ufeff{}".encode(),
    '{"query": "{ viewer { id } }"}'.encode("utf-16"),
    b"[" * DEEP + b"]" * DEEP,
    b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    b'{"query": "' + b"{ a " * 20_000 + b'"}',
    b'{"query": "{ a(b: ' + b"[" * 2_000 + b'"}',
    b'{"variables": {"x": ' + b"9" * 10_000 + b"}}",
    b"1" * 10_000,
]


@pytest.mark.parametrize("body", NASTY, ids=range(len(NASTY)))
async def test_no_body_is_a_fault_of_ours(program: httpx.AsyncClient, body: bytes) -> None:
    for accept in (JSON, GRAPHQL):
        response = await program.post(
            "/graphql", content=body, headers={"content-type": JSON, "accept": accept}
        )
        assert 400 <= response.status_code < 500 or (
            accept == JSON and response.status_code == 200
        ), response.text
        assert response.json()["errors"]
        assert "data" not in response.json()
        assert "INTERNAL_SERVER_ERROR" not in response.text


async def test_deep_and_odd_variables_are_refused_or_ignored(program: httpx.AsyncClient) -> None:
    text = "query ($s: [CriticalResultStatus!]) { criticalResults(status: $s) { totalCount } }"
    for value in (b"[" * 500 + b"]" * 500, b'{"a":' * 500 + b"1" + b"}" * 500, b"1e400", b"-0"):
        body = b'{"query": ' + orjson.dumps(text) + b', "variables": {"s": ' + value + b"}}"
        response = await program.post(
            "/graphql", content=body, headers={"content-type": JSON, "accept": GRAPHQL}
        )
        assert response.status_code == 400
        assert "INTERNAL_SERVER_ERROR" not in response.text
        unused = body.replace(b'{"s"', b'{"unused"')
        response = await program.post("/graphql", content=unused, headers={"content-type": JSON})
        assert "INTERNAL_SERVER_ERROR" not in response.text


async def test_batches_are_not_served(program: httpx.AsyncClient) -> None:
    response = await program.post("/graphql", json=[{"query": ME}, {"query": ME}])
    assert response.status_code == 400
    assert "batch" in response.json()["errors"][0]["message"]


async def test_a_body_too_large_is_413(program: httpx.AsyncClient) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(Settings().limit_body_bytes // 65_536 + 2):
            yield b"x" * 65_536

    response = await program.post("/graphql", content=parts(), headers={"content-type": JSON})
    assert response.status_code == 413


async def test_a_stranger_has_nothing_long_to_say(stranger: httpx.AsyncClient) -> None:
    long = {"query": "{ __typename }", "variables": {"a": "x" * 70_000}}
    response = await stranger.post("/graphql", json=long)
    assert response.status_code == 413
    assert "65536" in response.json()["errors"][0]["message"]
