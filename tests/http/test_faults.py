"""Faults of HTTP itself, on the wire: each is told in JSON, with an id, and none is a 500."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import orjson
import pytest
import pytest_asyncio

from app.http_errors import MOST_URL
from app.http_protocol import MOST_HEADER_BYTES, MOST_HEADERS
from tests.http.served import sent, served

JSON = "application/json"
SCHEMA = "{ __typename }"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def address(database_url: str, redis_url: str) -> AsyncIterator[str]:
    async with served(database_url=database_url, redis_url=redis_url) as address:
        yield address


@pytest_asyncio.fixture
async def caller(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=address) as found:
        yield found


def told(response: httpx.Response) -> str:
    """The message of the one error, of an answer that has all that an error has."""
    assert response.headers["content-type"] == f"{JSON}; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["x-request-id"]
    body = response.json()
    assert "data" not in body
    (error,) = body["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    message: str = error["message"]
    return message


@pytest.mark.parametrize("path", ["/nothing", "/graphql/", "/graphql/x", "//graphql", "/livez/x"])
async def test_no_such_path_is_404(caller: httpx.AsyncClient, path: str) -> None:
    response = await caller.get(httpx.URL(str(caller.base_url), raw_path=path.encode()))
    assert response.status_code == 404
    told(response)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
async def test_no_such_method_is_405(caller: httpx.AsyncClient, method: str) -> None:
    for path, allowed in (("/graphql", "GET, POST"), ("/readyz", "GET, HEAD")):
        response = await caller.request(method, path)
        assert response.status_code == 405
        assert ", ".join(sorted(response.headers["allow"].split(", "))) == allowed
        told(response)


async def test_a_head_has_no_body(caller: httpx.AsyncClient) -> None:
    response = await caller.head("/graphql")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"
    assert response.content == b""


@pytest.mark.parametrize(
    ("headers", "status", "says"),
    [
        ({"accept": "text/html"}, 406, "application/graphql-response+json"),
        ({"accept": f"{JSON};q=0"}, 406, JSON),
        ({"content-type": "text/plain"}, 415, JSON),
        ({"content-type": "multipart/form-data; boundary=x"}, 415, JSON),
        ({"content-type": f"{JSON}; charset=utf-16"}, 415, "UTF-8"),
        ({"content-encoding": "gzip"}, 415, "compressed"),
        ({"content-length": "70000"}, 413, "65536"),
    ],
)
async def test_what_cannot_be_read_or_answered(
    caller: httpx.AsyncClient, headers: dict[str, str], status: int, says: str
) -> None:
    body = orjson.dumps({"query": SCHEMA})
    if "content-length" in headers:
        headers, body = {}, body.ljust(70_000)
    response = await caller.post(
        "/graphql", content=body, headers={"content-type": JSON, **headers}
    )
    assert response.status_code == status
    assert says in told(response)


@pytest.mark.parametrize(
    "body",
    [
        b'{"query": "\xff"}',
        b'"x"',
        b"null",
        b"[" * 100_000,
        b"[" * 30_000 + b"]" * 30_000,
        b'[{"query": "{ __typename }"}]',
        b"",
    ],
    ids=["no UTF-8", "a string", "null", "too long", "deep", "a batch", "nothing"],
)
async def test_bodies_that_nobody_should_send(caller: httpx.AsyncClient, body: bytes) -> None:
    response = await caller.post("/graphql", content=body, headers={"content-type": JSON})
    assert response.status_code == (413 if len(body) > 65_536 else 400)
    told(response)


@pytest.mark.parametrize(
    "target",
    [
        "/graphql?query=%zz",
        "/graphql?query=%",
        "/graphql?query={__typename}%f",
        "/graphql?query=%ff%fe",
        "/graphql?query={__typename}&query={__typename}",
        "/wards/%",
        "/%zz",
    ],
)
async def test_escapes_that_are_none(address: str, target: str) -> None:
    head, _, body = (await sent(address, get(target))).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 "), head
    assert b"x-request-id: " in head
    assert orjson.loads(body)["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("length", [MOST_URL + 1, 3 * MOST_URL])
@pytest.mark.parametrize("path", ["/graphql?query=", "/wards/"])
async def test_an_address_too_long_is_414(address: str, path: str, length: int) -> None:
    head, _, body = (await sent(address, get(path + "a" * length))).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 414 "), head
    assert orjson.loads(body)["errors"][0]["extensions"] == {
        "code": "BAD_REQUEST",
        "limit": str(MOST_URL),
    }


@pytest.mark.parametrize(
    "headers",
    [
        b"X: " + b"a" * (MOST_HEADER_BYTES + 1) + b"\r\n",
        b"".join(b"X-%d: 1\r\n" % number for number in range(MOST_HEADERS + 1)),
    ],
    ids=["long", "many"],
)
async def test_headers_too_large_are_431(address: str, headers: bytes) -> None:
    request = b"GET /graphql HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n"
    head, _, body = (await sent(address, request)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 431 "), head
    assert orjson.loads(body)["errors"][0]["extensions"]["limit"]


@pytest.mark.parametrize("start", [b"/", b"/ HTTP/1.1\r\nX: "], ids=["address", "header"])
async def test_a_head_without_an_end_is_cut_off(address: str, start: bytes) -> None:
    """The answer may be lost with the connection, which is closed on bytes nobody reads."""
    came = await sent(address, b"GET " + start + b"a" * 2_000_000)
    assert came == b"" or came.startswith((b"HTTP/1.1 414 ", b"HTTP/1.1 431 "))


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_400(address: str, request_: bytes) -> None:
    head, _, body = (await sent(address, request_)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 "), head
    assert b"content-type: application/json" in head
    assert orjson.loads(body)["errors"][0]["message"] == "this is no HTTP request"


def get(target: str) -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
