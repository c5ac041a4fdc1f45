"""Raw: a WebSocket whose every byte is the test's own, for what no library would send."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from subscriptions.protocol import SUBPROTOCOL
from tests.patience import PATIENCE

TEXT, BINARY, CONTINUED, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10
MASK = b"\x01\x02\x03\x04"


def frame(opcode: int, payload: bytes, *, fin: bool = True, masked: bool = True) -> bytes:
    """A frame of a client (RFC 6455, section 5.2)."""
    first, bit = opcode | (0x80 if fin else 0), 0x80 if masked else 0
    length = len(payload)
    if length < 126:
        head = struct.pack("!BB", first, bit | length)
    elif length < 65_536:
        head = struct.pack("!BBH", first, bit | 126, length)
    else:
        head = struct.pack("!BBQ", first, bit | 127, length)
    if not masked:
        return head + payload
    mask = (MASK * (length // 4 + 1))[:length]
    hidden = int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")
    return head + MASK + hidden.to_bytes(length, "big")


def text(**message: Any) -> bytes:
    """A message of the protocol in one frame."""
    return frame(TEXT, json.dumps(message).encode())


def hello(token: str) -> bytes:
    """connection_init."""
    return text(type="connection_init", payload={"authorization": f"Bearer {token}"})


def upgrade(host: str, target: bytes = b"/graphql", more: bytes = b"") -> bytes:
    """The head of a request for a WebSocket."""
    return (
        b"GET " + target + b" HTTP/1.1\r\nHost: " + host.encode() + b"\r\n"
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Sec-WebSocket-Protocol: " + SUBPROTOCOL.encode() + b"\r\n" + more + b"\r\n"
    )


class Raw:
    """A connection; `read` gives what the server sends, frame by frame."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    async def read(self, seconds: float = PATIENCE) -> tuple[int, bytes]:
        """The next frame: its opcode and its payload."""
        async with asyncio.timeout(seconds):
            first, length = await self.reader.readexactly(2)
            assert not length & 0x80, "a server does not mask"
            if length == 126:
                (length,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif length == 127:
                (length,) = struct.unpack("!Q", await self.reader.readexactly(8))
            return first & 0x0F, await self.reader.readexactly(length)

    async def message(self) -> Any:
        """The next message of the protocol."""
        while True:
            opcode, payload = await self.read()
            assert opcode != CLOSE, payload
            if opcode == TEXT:
                return json.loads(payload)

    async def closed(self, seconds: float = PATIENCE) -> int:
        """The code of the server's close frame; 1006 where the connection ended without."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                opcode, payload = await self.read(seconds)
                if opcode == CLOSE:
                    return int.from_bytes(payload[:2], "big")
        return 1006

    async def rest(self, seconds: float = PATIENCE) -> bytes:
        """Everything to the end of the connection."""
        async with asyncio.timeout(seconds):
            with suppress(ConnectionError):
                return await self.reader.read()
        return b""


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Raw]:
    """A connection, over which nothing has been said."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        yield Raw(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@asynccontextmanager
async def upgraded(url: str) -> AsyncIterator[Raw]:
    """A WebSocket over which nothing has been said."""
    async with connected(url) as raw:
        raw.write(upgrade(urlsplit(url).netloc))
        async with asyncio.timeout(PATIENCE):
            head = await raw.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        yield raw
