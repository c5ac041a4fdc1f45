"""The id of a request: taken where it is safe to write down, made where it is not."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.application import Application
from app.correlation import CorrelationFilter, correlation_of
from resolvers import faults
from tests.app.serving import client

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    "given", ["a", "018f-42", "Root=1-67891233-abcdef012345678912345678", "x" * 128, "a:b/c+d@e~f"]
)
def test_an_id_that_is_safe_is_taken(given: str) -> None:
    assert correlation_of({b"x-request-id": given.encode()}) == given


@pytest.mark.parametrize(
    "given", [b"", b"x" * 129, b"a b", b"a\nb", b"a;b", b"\xff", "é".encode(), b"<script>", b"%0a"]
)
def test_one_that_is_not_is_replaced(given: bytes) -> None:
    assert UUID(correlation_of({b"x-request-id": given}))


@pytest.mark.parametrize(
    ("parent", "taken"),
    [
        (f"00-{TRACE}-00f067aa0ba902b7-01", True),
        (f"cc-{TRACE}-00f067aa0ba902b7-01-of-the-future", True),
        (f"ff-{TRACE}-00f067aa0ba902b7-01", False),
        (f"00-{'0' * 32}-00f067aa0ba902b7-01", False),
        (f"00-{TRACE}-{'0' * 16}-01", False),
        (f"00-{TRACE.upper()}-00f067aa0ba902b7-01", False),
        ("00-x", False),
    ],
)
def test_the_trace_of_a_traceparent_is_the_id(parent: str, taken: bool) -> None:
    assert (correlation_of({b"traceparent": parent.encode()}) == TRACE) is taken
    both = {b"traceparent": parent.encode(), b"x-request-id": b"mine"}
    assert correlation_of(both) == "mine"


@pytest_asyncio.fixture
async def broken() -> AsyncIterator[httpx.AsyncClient]:
    async def breaks(_request: Request) -> Response:
        raise LookupError("of Ada Lovelace")

    async def direct(_scope: object, _receive: object, _send: object) -> None:
        raise LookupError("of Ada Lovelace")

    async def away(_request: Request) -> Response:
        raise ConnectionRefusedError("at 10.0.0.7")

    async def direct_away(_scope: object, _receive: object, _send: object) -> None:
        raise ConnectionRefusedError("at 10.0.0.7")

    app = Application(
        [Route("/breaks", breaks), Route("/away", away)],
        direct={"/direct": direct, "/direct-away": direct_away},
    )
    async with client(app) as found:
        yield found


@pytest.mark.parametrize("path", ["/breaks", "/direct"])
async def test_a_fault_has_the_number_of_its_request(
    broken: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    """In the header, in the body and in the log, which has nothing of the exception's text."""
    response = await broken.get(path, headers={"x-request-id": "ward-7"})
    assert response.status_code == 500
    assert response.headers["x-request-id"] == "ward-7"
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "correlationId": "ward-7"}
    assert "LookupError (correlation ward-7)" in caplog.text
    assert "Ada" not in caplog.text + response.text
    assert faults.CORRELATION.get() is None


@pytest.mark.parametrize("path", ["/away", "/direct-away"])
async def test_without_the_database_a_request_is_told_to_try_again(
    broken: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    """It is not a fault of ours: one line of the log, without a stack."""
    response = await broken.get(path, headers={"x-request-id": "ward-7"})
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "UNAVAILABLE", "retryAfter": 1}
    (line,) = [one.getMessage() for one in caplog.records if one.name == "wardline.faults"]
    assert line.startswith("ConnectionRefusedError at ")
    assert line.endswith("(correlation ward-7)")
    assert "10.0.0.7" not in caplog.text + response.text


async def test_every_answer_bears_its_id(broken: httpx.AsyncClient) -> None:
    first, second = await broken.get("/nothing"), await broken.get("/nothing")
    assert UUID(first.headers["x-request-id"]) != UUID(second.headers["x-request-id"])


def test_every_line_of_the_log_bears_the_id_of_its_request() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "said", None, None)
    assert CorrelationFilter().filter(record)
    assert record.__dict__["correlation"] == "-"
    token = faults.CORRELATION.set("ward-7")
    try:
        CorrelationFilter().filter(record)
    finally:
        faults.CORRELATION.reset(token)
    assert record.__dict__["correlation"] == "ward-7"
