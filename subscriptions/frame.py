"""Frame: an ExecutionResult on its way to everybody who gets the same bytes."""

from __future__ import annotations

import struct


class Frame:
    """Encoded once, whoever it goes to.

    `payload` is the ExecutionResult as JSON, in one line; `cursor` is up to where a feed has been
    told with it (None: it is no feed's). `tail` is what every WebSocket message of it ends with:
    only the id of the operation before it differs from socket to socket.
    """

    __slots__ = ("_headers", "cursor", "payload", "stream", "tail")

    def __init__(self, payload: bytes, cursor: str | None = None) -> None:
        self.payload = payload
        self.cursor = cursor
        self.tail = payload + b"}"
        self.stream: bytes | None = None
        """As an event of a stream (subscriptions/streams), once somebody has asked for it."""
        self._headers: dict[int, bytes] = {}

    def header(self, head: int) -> bytes:
        """The WebSocket header of the message that begins with so many bytes of its own."""
        header = self._headers.get(head)
        if header is None:
            header = self._headers[head] = text_header(head + len(self.tail))
        return header


def text_header(length: int) -> bytes:
    """The header of an unmasked, unfragmented text frame (RFC 6455, section 5.2)."""
    if length < 126:
        return struct.pack("!BB", _TEXT, length)
    if length < 65_536:
        return struct.pack("!BBH", _TEXT, 126, length)
    return struct.pack("!BBQ", _TEXT, 127, length)


_TEXT = 0x81
