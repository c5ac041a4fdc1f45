"""What keeps none of the rules of a WebSocket is closed with a code, and is no fault of ours."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from subscriptions.fence import EXTRAS_AT_ONCE, SLICE
from tests.patience import until
from tests.subscriptions.raw import (
    BINARY,
    CLOSE,
    CONTINUED,
    PING,
    PONG,
    TEXT,
    connected,
    frame,
    hello,
    text,
    upgrade,
    upgraded,
)

SignIn = Callable[[], Awaitable[str]]
NOT_UTF8 = frame(TEXT, b'{"type":"ping","payload":{"x":"\xff\xfe"}}')
NORMAL = (1000).to_bytes(2, "big")


BREACHES = {
    "no UTF-8": (NOT_UTF8, 1007),
    "no UTF-8, twice": (NOT_UTF8 + NOT_UTF8, 1007),
    "half a letter": (frame(TEXT, b"\xe2", fin=False) + frame(CONTINUED, b"\x82"), 1007),
    "not masked": (frame(TEXT, b"{}", masked=False), 1002),
    "unknown opcode": (frame(3, b""), 1002),
    "reserved bit": (frame(TEXT | 0x40, b"{}"), 1002),
    "goes on with nothing": (frame(CONTINUED, b"{}"), 1002),
    "does not go on": (frame(TEXT, b"{", fin=False) + frame(TEXT, b"}"), 1002),
    "large ping": (frame(PING, b"x" * 126), 1002),
    "ping in pieces": (frame(PING, b"", fin=False), 1002),
    "half a close code": (frame(CLOSE, b"x"), 1002),
    "no close code": (frame(CLOSE, (999).to_bytes(2, "big")), 1002),
    "too large": (frame(TEXT, b" " * 65_537), 1009),
    "too large in pieces": (
        frame(TEXT, b" " * 65_000, fin=False) + frame(CONTINUED, b" " * 537),
        1009,
    ),
    "many pings": (frame(PING, b"") * (EXTRAS_AT_ONCE + 1), 1013),
    "many pongs": (frame(PONG, b"") * (EXTRAS_AT_ONCE + 1), 1013),
    "many empty pieces": (
        frame(TEXT, b"", fin=False) + frame(CONTINUED, b"", fin=False) * 5_000,
        1013,
    ),
    "binary": (frame(BINARY, b"{}"), 4400),
    "close": (frame(CLOSE, NORMAL), 1000),
    "close, twice": (frame(CLOSE, NORMAL) * 2, 1000),
    "no UTF-8, and close": (NOT_UTF8 + frame(CLOSE, NORMAL), 1000),
    "pings, and close": (frame(PING, b"") * 500 + frame(CLOSE, NORMAL), 1000),
}


async def test_each_breach_has_its_code(
    serve: Any, nurse: SignIn, caplog: pytest.LogCaptureFixture
) -> None:
    token = await nurse()
    async with serve() as served:
        for signed_in in (False, True):
            for name, (sent, code) in BREACHES.items():
                async with upgraded(served.url) as raw:
                    if signed_in:
                        raw.write(hello(token))
                        assert await raw.message() == {"type": "connection_ack"}
                    raw.write(sent)
                    assert await raw.closed() == code, name
                await all_gone(served)
                assert not caplog.records, name
        await alive(served, token)


async def test_a_message_in_pieces_is_a_message(serve: Any, nurse: SignIn) -> None:
    token = await nurse()
    async with serve() as served, upgraded(served.url) as raw:
        greeting = json.dumps(
            {"type": "connection_init", "payload": {"authorization": f"Bearer {token}", "é": "ü"}},
            ensure_ascii=False,
        ).encode()
        for at, byte in enumerate(greeting):  # also in the middle of a letter
            raw.write(frame(CONTINUED if at else TEXT, bytes([byte]), fin=False))
            if at == 7:
                raw.write(frame(PING, b"between"))
        raw.write(frame(CONTINUED, b""))
        assert await raw.read() == (PONG, b"between")
        assert await raw.message() == {"type": "connection_ack"}


UPGRADES = [
    (b"/graphql", b"X-Long: " + b"x" * 9_000 + b"\r\n"),
    (b"/graphql?" + b"x" * 9_000, b""),
    (b"/graphql", b"".join(b"X-%d: x\r\n" % number for number in range(150))),
    (b"/graph\xffql", b""),
    (b"/graphql?\xff", b""),
    (b"/graphql", b"Sec-WebSocket-Version: 12\r\n"),
    (b"/graphql", b"Sec-WebSocket-Key: short\r\n"),
    (b"/graphql", b"Sec-WebSocket-Protocol\r\n"),
]


async def test_an_upgrade_that_is_none_is_answered_and_closed(
    serve: Any, nurse: SignIn, caplog: pytest.LogCaptureFixture
) -> None:
    async with serve() as served:
        for target, more in UPGRADES:
            async with connected(served.url) as raw:
                raw.write(upgrade(urlsplit(served.url).netloc, target, more))
                assert (await raw.rest()).startswith(b"HTTP/1.1 4"), (target, more)
            await all_gone(served)
        async with connected(served.url) as raw:
            # HTTP allows it, and nobody reads it.
            raw.write(upgrade(urlsplit(served.url).netloc, b"/graphql", b"X-Latin: \xff\r\n"))
            assert await raw.reader.readline() == b"HTTP/1.1 101 Switching Protocols\r\n"
        await alive(served, await nurse())
    # httptools' own word for what is no HTTP at all; not a stack.
    assert not [record for record in caplog.records if record.exc_info]


async def test_who_sends_much_at_once_makes_us_hold_little(
    serve: Any, nurse: SignIn, quiet: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not heard yet is left where it is, and all of it is heard in the end."""
    held: list[int] = []
    async with serve(limits=quiet) as served, upgraded(served.url) as raw:
        raw.write(hello(await nurse()))
        assert await raw.message() == {"type": "connection_ack"}
        (wire,) = served.server.server_state.connections
        put = wire.queue.put_nowait
        monkeypatch.setattr(
            wire.queue, "put_nowait", lambda item: (put(item), held.append(wire.queue.qsize()))
        )
        count = 900
        raw.write(b"".join(text(type="ping", payload={"n": n}) for n in range(count)))
        answered = [(await raw.message())["payload"]["n"] for _ in range(count)]
        assert answered == list(range(count))
        assert len(held) == count
        assert max(held) <= SLICE // len(text(type="ping", payload={"n": 0}))


FRAMES = st.builds(
    frame,
    st.sampled_from([TEXT, TEXT, TEXT, CONTINUED, BINARY, CLOSE, PING, PONG, 3, 11]),
    st.binary(max_size=200)
    | st.sampled_from([b'{"type":"connection_init"}', b'{"type":"ping"}', b"", NORMAL])
    | st.integers(1000, 5000).map(lambda code: code.to_bytes(2, "big")),
    fin=st.sampled_from([True, True, True, False]),
    masked=st.sampled_from([True] * 9 + [False]),
)
BYTES = st.lists(FRAMES | st.binary(max_size=64), max_size=12).map(b"".join)


async def test_any_bytes_end_in_a_close_or_in_silence(
    serve: Any, nurse: SignIn, caplog: pytest.LogCaptureFixture, quiet: Any
) -> None:
    """Never in a stack, and never in a connection that stays when its client has gone."""
    token = await nurse()
    async with serve(limits=quiet) as served:

        async def one(sent: bytes, signed_in: bool) -> None:
            async with upgraded(served.url) as raw:
                if signed_in:
                    raw.write(hello(token))
                    assert await raw.message() == {"type": "connection_ack"}
                raw.write(sent)
                raw.writer.write_eof()
                await raw.rest()
            await all_gone(served)
            assert not caplog.records, sent

        loop = asyncio.get_running_loop()

        @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
        @given(BYTES, st.booleans())
        def whatever(sent: bytes, signed_in: bool) -> None:
            asyncio.run_coroutine_threadsafe(one(sent, signed_in), loop).result(10)

        await asyncio.to_thread(whatever)
        await alive(served, token)


async def all_gone(served: Any) -> None:
    """Return when the server holds no connection and no socket any more."""
    await until(lambda: not (served.server.server_state.connections or len(served.live.sockets)))


async def alive(served: Any, token: str) -> None:
    """Somebody who keeps the rules is served as ever."""
    async with served.station(token) as station:
        await station.send(type="ping")
        assert await station.receive() == {"type": "pong"}
