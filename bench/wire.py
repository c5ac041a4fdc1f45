"""The least HTTP/1.1 client: one keep-alive connection, answers with Content-Length."""

from __future__ import annotations

import asyncio
import re
from typing import cast

HOST = "127.0.0.1"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Fault(Exception):
    """An answer that was none."""


def request(path: str, body: bytes, token: str | None) -> bytes:
    """The bytes of a POST."""
    sign_in = f"Authorization: Bearer {token}\r\n" if token else ""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\n{sign_in}Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Wire(asyncio.Protocol):
    """One connection; one request at a time."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._start = self._end = 0
        self._answer: asyncio.Future[bytes] | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, port: int) -> Wire:
        """Connect to the server on this machine."""
        _, wire = await asyncio.get_running_loop().create_connection(cls, HOST, port)
        return wire

    async def send(self, sent: bytes) -> bytes:
        """The body of the answer. Raises Fault unless it is 200 without errors."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(sent)
        body = await self._answer
        if b'"errors":' in body:
            raise Fault(body[-300:].decode(errors="replace"))
        return body

    @property
    def closed(self) -> bool:
        """Whether either side has hung up."""
        return self._transport is None or self._transport.is_closing()

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Put the answer together."""
        self._buffer += data
        if self._end == 0:
            head = self._buffer.find(b"\r\n\r\n")
            if head < 0:
                return
            length = LENGTH.search(self._buffer, 0, head)
            if length is None or not self._buffer.startswith(b"HTTP/1.1 200"):
                self._fail(bytes(self._buffer[:400]).decode(errors="replace"))
                return
            self._start = head + 4
            self._end = self._start + int(length[1])
        if len(self._buffer) >= self._end:
            body = bytes(self._buffer[self._start : self._end])
            self._buffer.clear()
            self._end = 0
            if self._answer is not None:
                self._answer.set_result(body)

    def connection_lost(self, _: Exception | None) -> None:
        """Tell whoever waits."""
        self._fail("the connection was closed")

    def _fail(self, why: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(Fault(why))
