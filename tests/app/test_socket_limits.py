"""The limits of sockets, from the settings to the server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import fields

import pytest
import pytest_asyncio
import websockets

from app.settings import PREFIX, Settings, load_settings
from app.socket_limits import SocketLimits, socket_limits_of
from subscriptions.limits import DEFAULT_LIMITS
from tests.http.served import served

LARGEST = 1_000
PROTOCOL = websockets.Subprotocol("graphql-transport-ws")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def address(database_url: str, redis_url: str) -> AsyncIterator[str]:
    """A server that lets one stranger in from each address."""
    async with served(
        database_url=database_url,
        redis_url=redis_url,
        limit_stranger_sockets_of_address=1,
        limit_socket_message_bytes=LARGEST,
    ) as found:
        yield f"ws{found.removeprefix('http')}/graphql"


async def test_places_are_counted_by_the_address_that_a_trusted_proxy_tells(address: str) -> None:
    async with websockets.connect(address, subprotocols=[PROTOCOL]):
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(address, subprotocols=[PROTOCOL])
        assert refused.value.response.status_code == 429
        for network in ("10.0.0.1", "2001:db8::1"):
            headers = {"X-Forwarded-For": network}
            async with websockets.connect(
                address, subprotocols=[PROTOCOL], additional_headers=headers
            ):
                headers["X-Forwarded-For"] = network.replace("::1", "::2")
                with pytest.raises(websockets.InvalidStatus) as refused:
                    await websockets.connect(
                        address, subprotocols=[PROTOCOL], additional_headers=headers
                    )
                assert refused.value.response.status_code == 429


async def test_a_message_that_is_too_large_closes_with_1009(address: str) -> None:
    async with websockets.connect(address, subprotocols=[PROTOCOL]) as connection:
        small = '{"type":"ping"}'
        await connection.send(small.ljust(LARGEST))
        assert await connection.recv() == '{"type":"pong"}'
        await connection.send(small.ljust(LARGEST + 1))
        with pytest.raises(websockets.ConnectionClosed):
            await connection.recv()
        assert connection.close_code == 1009


def test_each_setting_is_a_limit_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert socket_limits_of(load_settings()) == DEFAULT_LIMITS
    assert set(SocketLimits.model_fields) < set(Settings.model_fields)
    changed = set()
    for name in SocketLimits.model_fields:
        with monkeypatch.context() as patch:
            patch.setenv(f"{PREFIX}{name.upper()}", "7")
            found = socket_limits_of(load_settings())
        others = [
            one.name
            for one in fields(found)
            if getattr(found, one.name) != getattr(DEFAULT_LIMITS, one.name)
        ]
        assert len(others) == 1, name
        changed.update(others)
    assert len(changed) == len(SocketLimits.model_fields)
