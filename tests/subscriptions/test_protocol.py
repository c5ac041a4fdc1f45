"""The messages of graphql-transport-ws, whatever a client sends."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions import origins, protocol
from subscriptions.feeds import Operation

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
TYPES = ["connection_init", "ping", "pong", "subscribe", "complete", "next", "error"]
MESSAGE = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(TYPES) | ANY_JSON,
        "id": st.text(max_size=140) | ANY_JSON,
        "payload": ANY_JSON
        | st.fixed_dictionaries(
            {},
            optional={
                "query": st.text() | ANY_JSON,
                "variables": ANY_JSON,
                "operationName": ANY_JSON,
                "extensions": ANY_JSON,
            },
        ),
    },
)


def parsed(text: str) -> protocol.Incoming | protocol.Violation:
    try:
        return protocol.parse(text)
    except protocol.Violation as violation:
        return violation


@given(MESSAGE | ANY_JSON)
def test_any_json_is_a_message_or_a_violation(message: Any) -> None:
    found = parsed(json.dumps(message))
    if isinstance(found, protocol.Violation):
        assert found.code == 4400
        assert len(found.reason.encode()) <= 123
        return
    assert isinstance(message, dict)
    if isinstance(found, protocol.Subscribe):
        assert found.operation.query == message["payload"]["query"]
    if isinstance(found, protocol.Subscribe | protocol.Malformed | protocol.Complete):
        assert found.id == message["id"]
        assert json.loads(protocol.complete(found.id)) == {"id": found.id, "type": "complete"}
        head = protocol.next_head(found.id)
        assert json.loads(head + b"{}}") == {"id": found.id, "type": "next", "payload": {}}


@given(st.text())
def test_any_text_is_a_message_or_a_violation(text: str) -> None:
    with pytest.raises(protocol.Violation):
        protocol.parse(text)


def test_a_subscription_is_taken_as_it_is() -> None:
    payload = {"query": "{ a }", "variables": {"x": 1}, "operationName": "A", "extensions": {}}
    message = {"type": "subscribe", "id": "7", "payload": payload}
    assert protocol.parse(json.dumps(message)) == protocol.Subscribe(
        "7", Operation("{ a }", "A", {"x": 1})
    )


@pytest.mark.parametrize(
    ("origin", "host", "expected"),
    [
        ("http://ward.example", "ward.example", True),
        ("http://ward.example:80", "ward.example", True),
        ("https://ward.example", "ward.example:443", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("http://ward.example", "ward.example:8000", False),
        ("http://ward.example.evil", "ward.example", False),
        ("http://evil@ward.example:1", "ward.example", False),
        ("http://ward.example:99999999", "ward.example", False),
        ("file://", "ward.example", False),
        ("", "", False),
        ("null", "null", False),
        ("http://", "", False),
        ("http://[", "[", False),
        ("https://board.example", "ward.example", True),
        ("https://board.example.evil", "ward.example", False),
    ],
)
def test_origins(origin: str, host: str, expected: bool) -> None:
    headers = {"origin": origin, "host": host}
    assert origins.allowed(headers, ["https://board.example"]) is expected


def test_no_origin_is_no_browser() -> None:
    assert not origins.allowed({"host": "ward.example"}, [])
