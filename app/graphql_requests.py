"""Requests: what a client sent, from the bytes of a body or of a URL to a GraphQLRequest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from app.http_errors import JSON, Malformed
from resolvers.reading.documents import GraphQLRequest
from resolvers.reading.persisted_queries import digest_of

PARAMETERS = frozenset({"query", "variables", "extensions", "operationName", "documentId"})
_PLAIN = frozenset({b"application/json", b"application/json; charset=utf-8"})


async def body_of(headers: Mapping[bytes, bytes], receive: Receive, most: int) -> bytes:
    """The body, which must be JSON as it is and at most so long; Malformed (413, 415) if not."""
    type_ = headers.get(b"content-type", b"")
    if type_ not in _PLAIN:
        _check_type(type_.decode("latin-1"))
    if headers.get(b"content-encoding", b"identity").lower() not in (b"identity", b""):
        raise Malformed(415, "the body must not be compressed", {"accept-encoding": "identity"})
    announced = headers.get(b"content-length", b"")
    if announced.isdigit() and int(announced[:20]) > most:
        raise _too_large(most)
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        whole: bytes = message.get("body", b"")
        if len(whole) > most:
            raise _too_large(most)
        return whole
    parts = bytearray()
    while message["type"] == "http.request":
        parts += message.get("body", b"")
        if len(parts) > most:
            raise _too_large(most)
        if not message.get("more_body", False):
            return bytes(parts)
        message = await receive()
    raise ClientDisconnect


def _check_type(sent: str) -> None:
    name, *parameters = (part.strip().lower() for part in sent.split(";"))
    if name != JSON:
        raise Malformed(415, f"the body must be {JSON}", {"accept-post": JSON})
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "charset" and value.strip().strip('"') not in ("utf-8", "utf8"):
            raise Malformed(415, "the body must be in UTF-8", {"accept-post": JSON})


def _too_large(most: int) -> Malformed:
    return Malformed(413, f"the body is larger than {most} bytes", limit=most)


def from_body(body: bytes) -> GraphQLRequest:
    """The request of a POST."""
    return request_of(_json(body, "the body"))


def from_query(query: bytes) -> GraphQLRequest:
    """The request of a GET; a parameter that comes twice is refused, for nobody could say which of
    them a proxy before us has looked at."""
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise Malformed(400, "the address is no text in UTF-8") from None
    parameters = {name: value for name, value in pairs if name in PARAMETERS}
    if len(parameters) != sum(name in PARAMETERS for name, _ in pairs):
        raise Malformed(400, "a parameter of the address comes twice")
    sent: dict[str, Any] = {
        "query": parameters.get("query") or None,
        "documentId": parameters.get("documentId") or None,
        "operationName": parameters.get("operationName") or None,
    }
    for name in ("variables", "extensions"):
        if parameters.get(name):
            sent[name] = _json(parameters[name].encode(), name)
    return request_of(sent)


def _json(text: bytes, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Malformed(400, f"{what}: no JSON in UTF-8") from None


def request_of(sent: Any) -> GraphQLRequest:
    """The request in a value of JSON; Malformed (400) names what is wrong with it."""
    if type(sent) is not dict:
        raise Malformed(400, "a request is one JSON object; batches are not served")
    query, name = sent.get("query"), sent.get("operationName")
    variables, extensions = sent.get("variables"), sent.get("extensions")
    document_id = sent.get("documentId")
    if name is not None and type(name) is not str:
        raise Malformed(400, "operationName: must be a string or null")
    if variables is not None and type(variables) is not dict:
        raise Malformed(400, "variables: must be an object or null")
    if extensions is not None and type(extensions) is not dict:
        raise Malformed(400, "extensions: must be an object or null")
    if document_id is not None and (type(document_id) is not str or not document_id):
        raise Malformed(400, "documentId: must be a string or null")
    if query is not None and type(query) is not str:
        raise Malformed(400, "query: must be a string")
    try:
        digest = None if extensions is None else digest_of(extensions)
    except ValueError as error:
        raise Malformed(400, str(error)) from None
    if not query and document_id is None and digest is None:
        raise Malformed(400, "query: a string is needed")
    cost = extensions is not None and extensions.get("cost") is True
    return GraphQLRequest(
        query or "", name, variables, document_id=document_id, digest=digest, cost=cost
    )
