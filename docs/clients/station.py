"""A nursing station: it hears a feed of Wardline for ever, everything, in order, once, whatever
breaks.

    STATION_USERNAME=nurse STATION_PASSWORD=wardline \\
        python station.py --url http://localhost:8000 --ward MED1

prints a line of JSON for the open critical results of the ward, and one for everything that happens
to one; what state the feed is in goes to stderr. STATION_TOKEN is used before a name and password,
which are needed when its session ends. Needs the package `websockets`. What stands behind each
step is told in docs/live.md.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import random
import sys
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import websockets

Message = dict[str, Any]
"""{cursor, live, resync, events}, of any feed."""

SESSION_ENDED = 4403
FIRST_PAUSE = 1.0
AHEAD = 1_000
"""Messages that may have come and not been taken in; with more, the socket is let go."""


class Refused(Exception):
    """The server says that it may not, or can not: the errors of GraphQL."""


@dataclass
class Station:
    """One feed. Times are in seconds.

    `sign_in` gives the token of a new session, at first and whenever the one before has ended.
    `query` has one root field with cursor, live, resync and events, and the variable $after.
    `on_resync` reads the state afresh: when the feed begins, and where its history is gone; events
    wait until it is done. `on_events` puts them over that state, and is told the cursor after which
    to go on then. If either raises OSError or Refused, it is given the same again. `on_phase` is
    told live, behind (it is told what it missed), away or refused, and why.
    """

    url: str
    sign_in: Callable[[], Awaitable[str]]
    query: str
    variables: dict[str, Any]
    on_resync: Callable[[], Awaitable[None]]
    on_events: Callable[[list[Any], str], Awaitable[None]]
    on_phase: Callable[[str, str], None] = lambda _phase, _why: None
    cursor: str | None = None
    silence: float = 20.0
    """After so long without a message the feed is dead: the server sends one within 15 s."""
    longest_pause: float = 30.0
    _token: str = field(default="", init=False)
    _failures: int = field(default=0, init=False)
    _phase: str = field(default="", init=False)

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            phase, why = "away", ""
            try:
                await self._hear()
            except Refused as refused:
                phase, why = "refused", repr(refused)
            except websockets.ConnectionClosed as closed:
                why = repr(closed)
                if closed.rcvd is not None and closed.rcvd.code == SESSION_ENDED:
                    self._token = ""
            except (OSError, websockets.WebSocketException) as error:  # TimeoutError is an OSError
                why = repr(error)
            self._show(phase, why)
            # By chance, so that the stations of a hospital do not all come back at the same moment.
            ceiling = min(self.longest_pause, FIRST_PAUSE * 2**self._failures)
            self._failures += 1
            await asyncio.sleep(random.uniform(0, ceiling))

    async def _hear(self) -> None:
        """Until the subscription ends, and all that it brought is taken in."""
        self._token = self._token or await self.sign_in()
        async with websockets.connect(
            "ws" + self.url.removeprefix("http"),
            subprotocols=[websockets.Subprotocol("graphql-transport-ws")],
            open_timeout=self.silence,
            close_timeout=1,
            ping_interval=None,  # the protocol has pings of its own, and silence is looked for here
            max_size=None,  # what one has missed may come in one large message
        ) as socket:
            messages: asyncio.Queue[Message | None] = asyncio.Queue()
            # Beside what is done with the messages, however slow: pings are answered at once.
            reading = asyncio.create_task(self._read(socket, messages))
            try:
                while (message := await messages.get()) is not None:
                    await self._take(message)
                await reading
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    async def _read(
        self, socket: websockets.ClientConnection, messages: asyncio.Queue[Message | None]
    ) -> None:
        clock = asyncio.get_running_loop().time
        payload = {"query": self.query, "variables": {**self.variables, "after": self.cursor}}
        subscribe = {"type": "subscribe", "id": "1", "payload": payload}
        hello = {"authorization": f"Bearer {self._token}"}
        try:
            async with asyncio.timeout(self.silence) as dead:
                await socket.send(json.dumps({"type": "connection_init", "payload": hello}))
                async for text in socket:
                    match json.loads(text):
                        case {"type": "connection_ack"}:
                            await socket.send(json.dumps(subscribe))
                        case {"type": "ping"}:
                            await socket.send(json.dumps({"type": "pong"}))
                        case {"type": "next", "payload": {"data": dict(data)}}:
                            dead.reschedule(clock() + self.silence)
                            (message,) = data.values()
                            messages.put_nowait(message)
                            if messages.qsize() > AHEAD:
                                return
                        case {"type": "next" | "error", "payload": errors}:
                            raise Refused(errors)
                        case {"type": "complete"}:
                            return
        finally:
            messages.put_nowait(None)

    async def _take(self, message: Message) -> None:
        if message["resync"] or self.cursor is None:
            await self.on_resync()
        if message["events"]:
            await self.on_events(message["events"], message["cursor"])
        self.cursor = message["cursor"]
        self._failures = 0
        self._show("live" if message["live"] else "behind", "")

    def _show(self, phase: str, why: str) -> None:
        if phase != self._phase:
            self._phase = phase
            self.on_phase(phase, why)


SIGN_IN = """mutation ($username: String!, $password: String!) {
  signIn(input: { username: $username, password: $password }) { token }
}"""
STATE = """query ($ward: String) {
  criticalResults(ward: $ward, status: [OPEN], first: 500) {
    nodes { id status raisedAt patient { familyName } labResult { display value unit } }
  }
}"""
FEED = """subscription ($ward: String, $after: String) {
  criticalResults(ward: $ward, after: $after) {
    cursor live resync
    events {
      cursor kind occurredAt
      criticalResult { id status raisedAt patient { familyName } labResult { display value unit } }
    }
  }
}"""


async def ask(url: str, token: str, query: str, **variables: Any) -> Any:
    """The data of a query or a mutation. Raises OSError and Refused."""
    headers = {"content-type": "application/json", "accept": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(f"{url}/graphql", body, headers)

    def post() -> Any:
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return json.load(response)
        except http.client.HTTPException as error:
            raise ConnectionError("the answer was cut off") from error

    answer = await asyncio.to_thread(post)
    if "errors" in answer:
        raise Refused(answer["errors"])
    return answer["data"]


async def show(url: str, ward: str | None, silence: float) -> None:
    """Print what is open in a ward, and everything that happens from then on."""
    given, token = os.environ.get("STATION_TOKEN", ""), ""
    who = {name: os.environ.get(f"STATION_{name.upper()}") for name in ("username", "password")}

    async def sign_in() -> str:
        nonlocal given, token
        token, given = given, ""
        if not token:
            if None in who.values():
                sys.exit("STATION_USERNAME and STATION_PASSWORD are needed for a new session")
            token = (await ask(url, "", SIGN_IN, **who))["signIn"]["token"]
        return token

    async def read_afresh() -> None:
        found = await ask(url, token, STATE, ward=ward)
        print(json.dumps({"open": found["criticalResults"]["nodes"]}), flush=True)

    async def tell(events: list[Any], _cursor: str) -> None:
        for event in events:
            print(json.dumps(event), flush=True)

    def note(phase: str, why: str) -> None:
        print(phase, why, file=sys.stderr, flush=True)

    await Station(
        url=f"{url}/graphql",
        sign_in=sign_in,
        query=FEED,
        variables={"ward": ward},
        on_resync=read_afresh,
        on_events=tell,
        on_phase=note,
        silence=silence,
    ).run()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Print the critical results of a ward, for ever.")
    parser.add_argument("--url", required=True, help="http://host:port or https://host")
    parser.add_argument("--ward", help="the code of a ward; every one that one may hear")
    parser.add_argument("--silence", type=float, default=20.0, help="seconds; a dead feed's")
    asked = parser.parse_args()
    asyncio.run(show(asked.url.rstrip("/"), asked.ward, asked.silence))
