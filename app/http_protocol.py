"""HTTP protocol: uvicorn's, which says in JSON what is no HTTP, and reads no endless header.

An event stream writes to its connection by the extension in the scope (subscriptions/streams): it
is told there when the client does not take in what it is sent, and when the server goes down.

What is refused here never becomes a request, so it has no correlation id of a client's. Name it as
uvicorn's `http`: `app.http_protocol:HttpProtocol`.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.http_errors import JSON, MOST_URL, error_body
from models.base import new_id
from subscriptions.wire import EXTENSION, Writer

MOST_HEADER_BYTES = 64 * 1024
"""Names and values together; what a browser and two proxies send is under 8 kB."""
MOST_HEADERS = 200
HEAD = b"HTTP/1.1 "


class HttpProtocol(HttpToolsProtocol):
    """Answers 400, 414 and 431 by itself, and closes: what follows can be told apart no more."""

    _refused: tuple[HTTPStatus, str, dict[str, int]] | None = None
    _header_bytes = 0
    _head_bytes = 0
    _in_head = True
    writer: Writer | None = None
    """The event stream that is sent on this connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection begins."""
        super().connection_made(transport)
        self.transport = WholeAnswers(transport)
        self.below = transport
        self._extensions: dict[str, dict[object, object]] = {EXTENSION: cast("Any", self)}

    def connection_lost(self, exc: Exception | None) -> None:
        """A connection is over."""
        super().connection_lost(exc)
        self._extensions = {}
        if self.writer is not None:
            self.writer.gone()

    def pause_writing(self) -> None:
        """The client does not take in what it is sent."""
        super().pause_writing()
        if self.writer is not None:
            self.writer.paused()

    def resume_writing(self) -> None:
        """It has taken most of it."""
        super().resume_writing()
        if self.writer is not None:
            self.writer.resumed()

    def shutdown(self) -> None:
        """The server goes down. It waits for what is being answered, so a stream, which would have
        no end, is told."""
        super().shutdown()
        if self.writer is not None:
            self.writer.going_down()

    def handle_websocket_upgrade(self) -> None:
        """A WebSocket writes as it likes."""
        if isinstance(self.transport, WholeAnswers):
            self.transport = self.transport.below
        super().handle_websocket_upgrade()

    def data_received(self, data: bytes) -> None:
        """Bytes of one request or more. The parser holds a header until it has seen its end, so
        what has come of a head that does not end is counted here."""
        super().data_received(data)
        if self._in_head and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEADER_BYTES + 2 * MOST_URL:
                self._refused = _too_large(MOST_HEADER_BYTES, "bytes of headers")
                self.send_400_response("")

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.scope["extensions"] = self._extensions
        self._header_bytes = self._head_bytes = 0
        self._in_head = True

    def on_headers_complete(self) -> None:
        """The head of a request has been read."""
        self._in_head = False
        super().on_headers_complete()

    def on_url(self, url: bytes) -> None:
        """A part of the target."""
        super().on_url(url)
        # A little more than the application allows, whose answer bears the id of the request.
        if len(self.url) > 2 * MOST_URL:
            limit = f"the address is longer than {MOST_URL} bytes"
            self._refused = (HTTPStatus.REQUEST_URI_TOO_LONG, limit, {"limit": MOST_URL})
            raise ValueError(limit)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header. What is raised here ends the parsing, and comes back in `send_400_response`."""
        super().on_header(name, value)
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > MOST_HEADER_BYTES:
            self._refused = _too_large(MOST_HEADER_BYTES, "bytes of headers")
        elif len(self.headers) > MOST_HEADERS:
            self._refused = _too_large(MOST_HEADERS, "headers")
        if self._refused:
            raise ValueError(self._refused[1])

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 (uvicorn's)
        """Say what is wrong, and close."""
        refused = self._refused or (HTTPStatus.BAD_REQUEST, "this is no HTTP request", {})
        status, message, limit = refused
        body = error_body(message, **limit)
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\n"
            f"content-type: {JSON}; charset=utf-8\r\ncontent-length: {len(body)}\r\n"
            "cache-control: no-store\r\nx-content-type-options: nosniff\r\n"
            f"x-request-id: {new_id()}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + body)
        self.transport.close()


class WholeAnswers(asyncio.Transport):
    """A transport that writes the head of an answer together with what follows it.

    uvicorn writes the head by itself, which costs a system call here, and one at the client's, who
    is woken for nothing. A head that nothing follows at once is written when the loop comes by.
    """

    __slots__ = ("_head", "_loop", "below")

    def __init__(self, below: asyncio.Transport) -> None:
        self.below = below
        self._loop = asyncio.get_running_loop()
        self._head: bytes | None = None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write, or keep a head for a moment."""
        head = self._head
        if head is not None:
            self._head = None
            self.below.writelines((head, data))
        elif isinstance(data, bytes) and data.startswith(HEAD):
            self._head = data
            self._loop.call_soon(self._flush)
        else:
            self.below.write(data)

    def _flush(self) -> None:
        head, self._head = self._head, None
        if head is not None:
            self.below.write(head)

    def close(self) -> None:
        """Close, when all is written."""
        self._flush()
        self.below.close()

    def is_closing(self) -> bool:
        """Whether it is closed, or about to be."""
        return self.below.is_closing()

    def pause_reading(self) -> None:
        """Take nothing in for now."""
        self.below.pause_reading()

    def resume_reading(self) -> None:
        """Take in what comes."""
        self.below.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What is known of the connection."""
        return self.below.get_extra_info(name, default)


def _too_large(limit: int, what: str) -> tuple[HTTPStatus, str, dict[str, int]]:
    status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    return status, f"there are more than {limit} {what}", {"limit": limit}
