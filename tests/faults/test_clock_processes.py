"""One critical result, two processes by one moved clock, and a stop between two steps: each step is
made once, by whichever is there, and what was missed is made when one comes back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx

from tests.faults.test_clock_moved import serving
from tests.first_light.api import RECORD, Api, Person, ago, potassium
from tests.first_light.station import CRITICAL, station
from tests.patience import PATIENCE

STEPS = """query ($id: ID!) {
  node(id: $id) { ... on CriticalResult {
    status escalationLevel nextEscalationAudience chain { version }
    steps { kind level audience called note }
  } }
}"""
STATIONS = "query ($code: String!) { ward(code: $code) { stations { name } } }"
AT_ONCE = [("RAISED", 0), ("TOLD", 0), ("ESCALATED", 1)]
CALLED = [
    None,
    ("ESCALATED", 1, "CHARGE_NURSE"),
    ("ESCALATED", 2, "ON_CALL_DOCTOR"),
    ("ESCALATED", 3, "ATTENDING"),
    ("BREACHED", 4, "REPORT"),
]


async def alarm(who: Person, patient: str, minutes: int) -> str:
    """Raise a critical result by a clock that is so many minutes ahead."""
    result = potassium(patient, "6.9") | {"observedAt": ago(60 - 60 * minutes)}
    answer = await who.run(RECORD, input={"results": [result]})
    (outcome,) = answer["recordLabResults"]["outcomes"]
    found: str = outcome["labResult"]["criticalResult"]["id"]
    return found


async def steps(who: Person, critical: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await who.run(STEPS, id=critical))["node"]["steps"]
    return found


async def until(look: Callable[[], Awaitable[Any]]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (found := await look()):
        assert time.monotonic() < deadline, "it never happened"
        await asyncio.sleep(0.05)
    return found


async def at_level(who: Person, critical: str, level: int) -> list[dict[str, Any]]:
    async def there() -> list[dict[str, Any]]:
        found = await steps(who, critical)
        return found if found[-1]["level"] == level else []

    made: list[dict[str, Any]] = await until(there)
    return made


async def test_each_step_is_made_once_whatever_becomes_of_the_processes(
    demo_url: str, redis_url: str, tmp_path: Path
) -> None:
    """With a station on the ward at first; later with none, when the next is called at once."""
    clock = tmp_path / "clock"
    clock.write_text("0")
    settings = {"DATABASE_URL": demo_url, "REDIS_URL": redis_url}
    settings |= {"WARDLINE_SESSION_IDLE_MINUTES": "180"}

    async with AsyncExitStack() as open_:
        folders = [tmp_path / name for name in ("one", "two", "three")]
        for folder in folders:
            folder.mkdir()
        one = await open_.enter_async_context(serving(folders[0], clock, **settings))
        two = await open_.enter_async_context(serving(folders[1], clock, **settings))
        client = await open_.enter_async_context(httpx.AsyncClient(base_url=one.url, timeout=20))
        api = Api(client)
        nurse, integrator = await api.sign_in("nurse"), await api.sign_in("integrator")
        patient, other = [row["id"] for row in (await nurse.patients("MED1"))[:2]]
        board = await open_.enter_async_context(station(two.sockets, nurse.token))
        feed = await board.feed(CRITICAL, ward="MED1")

        async def seen() -> Any:
            return (await nurse.run(STATIONS, code="MED1"))["ward"]["stations"]

        await until(seen)
        critical = await alarm(integrator, patient, 0)

        async def told() -> Any:
            found = await steps(nurse, critical)
            return found if len(found) > 1 else None

        raised, listeners = await until(told)
        assert (raised["audience"], listeners["kind"]) == (
            "WARD_NURSE_AND_ORDERING_CLINICIAN",
            "TOLD",
        )
        assert len(listeners["called"]) == 1
        assert {*listeners["called"]} <= {*raised["called"]}
        clock.write_text(str(5 * 60))
        await at_level(nurse, critical, 1)
        # Both are killed; two steps are missed.
        for server in (one, two):
            await server.kill()
        clock.write_text(str(30 * 60))
        back = await open_.enter_async_context(serving(folders[2], clock, **settings))
        client.base_url = httpx.URL(back.url)
        made = await at_level(nurse, critical, 3)
        assert [(step["kind"], step["level"], step["audience"]) for step in made[2:]] == CALLED[1:4]
        # Nobody listens any more: a new one does not wait for its first five minutes.
        late = await alarm(integrator, other, 30)
        found = await at_level(nurse, late, 1)
        assert [(step["kind"], step["level"]) for step in found] == AT_ONCE
        assert found[-1]["note"] == "no station of the ward has an open feed"
        clock.write_text(str(60 * 60))
        made = await at_level(nurse, critical, 4)
        assert [(step["kind"], step["level"], step["audience"]) for step in made[2:]] == CALLED[1:]
        answer = (await nurse.run(STEPS, id=critical))["node"]
        assert (answer["status"], answer["nextEscalationAudience"]) == ("OPEN", None)
        # Whoever comes back hears of each of them, in order, once.
        again = await open_.enter_async_context(station(back.sockets, nurse.token))
        rest = await again.subscribe(CRITICAL, ward="MED1", after=feed.cursor)
        heard = await rest.kinds_of(critical, "BREACHED")
        assert heard == ["RAISED", "ESCALATED", "ESCALATED", "ESCALATED", "BREACHED"]
        for server in (one, two, back):
            assert "Traceback" not in server.said
