"""graphql-transport-ws: its messages and close codes, without any I/O.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md. Where the specification would close
the socket because one operation in it is malformed, the operation alone gets an `error`: one bad
widget must not silence the critical results beside it. What is not even a message of the protocol
still closes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import orjson

from resolvers.reading.persisted_queries import digest_of
from subscriptions.feeds import Operation

SUBPROTOCOL = "graphql-transport-ws"
MAX_ID = 128
"""Characters of an operation's id."""


class CloseCode(IntEnum):
    """Why a socket is closed. graphql-ws comes back after 4403, 4408, 1012 and 1013. A browser
    says GOING_AWAY of a page that is left; ABNORMAL is said by nobody."""

    NORMAL = 1000
    GOING_AWAY = 1001
    ABNORMAL = 1006
    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013
    BAD_REQUEST = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL_NOT_ACCEPTABLE = 4406
    INIT_TIMEOUT = 4408
    SUBSCRIBER_EXISTS = 4409
    TOO_MANY_INITS = 4429


class Violation(Exception):
    """The client broke the protocol: close with the code."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Init:
    """connection_init."""

    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ping:
    """ping; its payload comes back in the pong."""

    payload: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Pong:
    """pong."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """subscribe: an operation of any kind."""

    id: str
    operation: Operation


@dataclass(frozen=True, slots=True)
class Malformed:
    """subscribe with a good id and something that is no operation; `field` says where."""

    id: str
    field: str


@dataclass(frozen=True, slots=True)
class Complete:
    """complete: the client wants no more of it."""

    id: str


Incoming = Init | Ping | Pong | Subscribe | Malformed | Complete


def parse(text: str | None) -> Incoming:
    """The message in a text frame (None: the frame was binary). Raises Violation, whose reason
    repeats nothing that was sent."""
    if text is None:
        raise _bad("the message is not text")
    try:
        message = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        raise _bad("the message is not JSON") from None
    if not isinstance(message, dict):
        raise _bad("the message is not an object")
    match message.get("type"):
        case "connection_init":
            return Init(_payload(message) or {})
        case "ping":
            return Ping(_payload(message))
        case "pong":
            _payload(message)
            return Pong()
        case "subscribe":
            return _subscribe(_id(message), message.get("payload"))
        case "complete":
            return Complete(_id(message))
        case _:
            raise _bad("the message has no type that a client sends")


def _bad(reason: str) -> Violation:
    return Violation(CloseCode.BAD_REQUEST, reason)


def _payload(message: dict[str, Any]) -> dict[str, Any] | None:
    payload = message.get("payload")
    if payload is not None and not isinstance(payload, dict):
        raise _bad("the payload is not an object")
    return payload


def _id(message: dict[str, Any]) -> str:
    found = message.get("id")
    if not isinstance(found, str) or not 0 < len(found) <= MAX_ID:
        raise _bad(f"the id is not a string of 1 to {MAX_ID} characters")
    return found


def _subscribe(operation_id: str, payload: Any) -> Subscribe | Malformed:
    if not isinstance(payload, dict):
        return Malformed(operation_id, "payload")
    query, variables = payload.get("query"), payload.get("variables")
    name, extensions = payload.get("operationName"), payload.get("extensions")
    document_id = payload.get("documentId")
    if document_id is not None and (not isinstance(document_id, str) or not document_id):
        return Malformed(operation_id, "documentId")
    if variables is not None and not isinstance(variables, dict):
        return Malformed(operation_id, "variables")
    if name is not None and not isinstance(name, str):
        return Malformed(operation_id, "operationName")
    if extensions is not None and not isinstance(extensions, dict):
        return Malformed(operation_id, "extensions")
    try:
        digest = digest_of(extensions or {})
    except ValueError:
        return Malformed(operation_id, "extensions")
    if query is None and (document_id or digest):
        query = ""
    if not isinstance(query, str):
        return Malformed(operation_id, "query")
    cost = extensions is not None and extensions.get("cost") is True
    operation = Operation(query, name, variables, document_id=document_id, digest=digest, cost=cost)
    return Subscribe(operation_id, operation)


ACK = b'{"type":"connection_ack"}'
PING = b'{"type":"ping"}'


def pong(payload: dict[str, Any] | None) -> bytes:
    """The answer to a ping."""
    if payload is None:
        return b'{"type":"pong"}'
    return orjson.dumps({"type": "pong", "payload": payload})


def next_head(operation_id: str) -> bytes:
    """What stands before an ExecutionResult that is already JSON; `}` stands after it."""
    return b'{"id":%b,"type":"next","payload":' % orjson.dumps(operation_id)


def error(operation_id: str, errors: list[dict[str, Any]]) -> bytes:
    """The end of an operation that could not be run."""
    return orjson.dumps({"id": operation_id, "type": "error", "payload": errors})


def complete(operation_id: str) -> bytes:
    """The end of an operation."""
    return orjson.dumps({"id": operation_id, "type": "complete"})
