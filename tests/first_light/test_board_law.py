"""Zulip's law: a snapshot taken before, plus the events, is the snapshot taken after.

The web client's own stores and reducers hear a real server, on a socket that is cut again and
again, while everything happens on the ward that its board can show.
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from subscriptions.origins import COOKIE
from tests.first_light.api import ACKNOWLEDGE, RECORD, Api, Person, potassium
from tests.first_light.process import Server
from tests.first_light.stays import ADMIT, DISCHARGE, RESERVE, SET_STATUS, TRANSFER

WEB = Path(__file__).resolve().parents[2] / "web"
WRITES = 60
WARDS = ("MED1", "SURG1")
SETTLES_WITHIN = 20.0
ISOLATED = """query ($ward: String!) {
  ward(code: $ward) { beds { admission { patient { id isolations { id } } } } }
}"""


@dataclass
class Ward:
    """Who does things on two wards, and what has become of it."""

    nurse: Person
    clerk: Person
    integrator: Person
    chance: random.Random
    done: dict[str, int] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)
    """Patients who came to a bed or left one."""
    isolated: set[str] = field(default_factory=set)
    alarms: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """Value, external id and patient of the critical results that are open."""

    async def act(self) -> None:
        """One thing that may happen, if it can now."""
        name, act = self.chance.choice(
            [
                ("vitals", self.measure),
                ("vitals", self.measure),
                ("raise", self.alarm),
                ("raise", self.alarm),
                ("acknowledge", self.acknowledge),
                ("refuse", self.misread),
                ("correct", self.correct),
                ("withdraw", self.withdraw),
                ("admit", self.admit),
                ("transfer", self.transfer),
                ("transfer", self.transfer),
                ("discharge", self.discharge),
                ("status", self.clean),
                ("status", self.clean),
                ("reserve", self.reserve),
            ]
        )
        if await act():
            self.done[name] = self.done.get(name, 0) + 1

    async def beds(self, *, free: bool) -> list[dict[str, Any]]:
        ward = self.chance.choice(WARDS)
        return [bed for bed in await self.clerk.beds(ward) if (bed["admission"] is None) == free]

    async def lying(self) -> dict[str, Any] | None:
        taken = [
            bed["admission"]
            for bed in await self.beds(free=False)
            if bed["admission"]["patient"]["id"] not in self.isolated
        ]
        return self.chance.choice(taken) if taken else None

    async def spare_isolated(self, nurse: Person) -> None:
        """Leave those alone who may not lie in any bed."""
        wards = [(await nurse.run(ISOLATED, ward=ward))["ward"] for ward in WARDS]
        beds = [bed for ward in wards for bed in ward["beds"]]
        patients = [bed["admission"]["patient"] for bed in beds if bed["admission"]]
        self.isolated = {one["id"] for one in patients if one["isolations"]}

    async def empty(self) -> str | None:
        """A bed that can be taken, made so if need be."""
        usable = [
            bed
            for bed in await self.beds(free=True)
            if bed["reservedFor"] is None and bed["status"] != "CLOSED"
        ]
        if not usable:
            return None
        bed = self.chance.choice(usable)
        if bed["status"] != "UNOCCUPIED":
            await self.clerk.run(SET_STATUS, input={"bedId": bed["id"], "status": "UNOCCUPIED"})
        found: str = bed["id"]
        return found

    async def measure(self) -> bool:
        stay = await self.lying()
        if stay is None:
            return False
        await self.integrator.record_pulse(stay["patient"]["id"], self.chance.randint(50, 120))
        return True

    async def alarm(self) -> bool:
        stay = await self.lying()
        if stay is None:
            return False
        patient, number = stay["patient"]["id"], uuid4().hex
        value = f"{self.chance.randint(66, 79) / 10}"
        outcome = await self.integrator.record_potassium(patient, value, number)
        alarm = outcome["labResult"]["criticalResult"]["id"]
        self.alarms[alarm] = (value, number, patient)
        return True

    def an_alarm(self) -> str | None:
        return self.chance.choice(sorted(self.alarms)) if self.alarms else None

    async def acknowledge(self, read_back: str | None = None) -> bool:
        alarm = self.an_alarm()
        if alarm is None:
            return False
        said = {"criticalResultId": alarm, "readBack": read_back or self.alarms[alarm][0]}
        answer = await self.nurse.post(ACKNOWLEDGE, input=said)
        if "errors" not in answer:
            del self.alarms[alarm]
        return True

    async def misread(self) -> bool:
        return await self.acknowledge("1.1")

    async def _again(self, value: str, status: str) -> bool:
        alarm = self.an_alarm()
        if alarm is None:
            return False
        _, number, patient = self.alarms.pop(alarm)
        result = potassium(patient, value, number) | {"status": status}
        (outcome,) = (await self.integrator.run(RECORD, input={"results": [result]}))[
            "recordLabResults"
        ]["outcomes"]
        assert outcome["outcome"] != "REJECTED", outcome
        opened = (outcome["labResult"] or {}).get("criticalResult")
        if opened is not None and status == "CORRECTED":
            self.alarms[opened["id"]] = (value, number, patient)
        return True

    async def correct(self) -> bool:
        return await self._again(self.chance.choice(["8.1", "4.2"]), "CORRECTED")

    async def withdraw(self) -> bool:
        return await self._again("7.0", "ENTERED_IN_ERROR")

    async def admit(self) -> bool:
        bed = await self.empty()
        if bed is None:
            return False
        patient = await self.clerk.register("Law")
        self.moved.add(patient)
        await self.clerk.run(ADMIT, input={"patientId": patient, "bedId": bed})
        return True

    async def transfer(self) -> bool:
        stay, bed = await self.lying(), await self.empty()
        if stay is None or bed is None:
            return False
        self.moved.add(stay["patient"]["id"])
        await self.clerk.run(TRANSFER, input={"admissionId": stay["id"], "bedId": bed})
        return True

    async def discharge(self) -> bool:
        stay = await self.lying()
        if stay is None:
            return False
        self.moved.add(stay["patient"]["id"])
        await self.clerk.run(DISCHARGE, input={"admissionId": stay["id"]})
        return True

    async def clean(self) -> bool:
        bed = await self.empty()
        if bed is None:
            return False
        status = self.chance.choice(["HOUSEKEEPING", "ISOLATED", "CONTAMINATED"])
        await self.clerk.run(SET_STATUS, input={"bedId": bed, "status": status})
        return True

    async def reserve(self) -> bool:
        bed = await self.empty()
        if bed is None:
            return False
        patient = await self.clerk.register("Expected")
        await self.clerk.run(RESERVE, input={"bedId": bed, "patientId": patient})
        return True


@asynccontextmanager
async def watching(
    server: Server, ward: str, nurse: Person
) -> AsyncIterator[Callable[[str], Awaitable[Any]]]:
    """The board in a process of node: `await ask("show")`."""
    own = WEB.parent / ".venv" / "node" / "node"
    node = shutil.which("node") or (str(own) if own.exists() else None)
    if node is None or not (WEB / "node_modules" / "vite").is_dir():
        pytest.skip("no node here, or not the web client's packages (make web installs them)")
    if not (WEB / "src" / "generated" / "graphql.ts").is_file():
        pytest.skip("the web client's documents are not generated here (make web does it)")
    process = await asyncio.create_subprocess_exec(
        node,
        *(str(Path(__file__).with_name("board.mjs")), str(WEB)),
        *(server.url, ward, nurse.token, COOKIE),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**24,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    reader, writer = process.stdout, process.stdin

    async def ask(what: str) -> Any:
        writer.write(f"{what}\n".encode())
        await writer.drain()
        return await told()

    async def told() -> Any:
        async with asyncio.timeout(40):
            return json.loads(await reader.readline())

    try:
        assert (await told())["ready"]
        yield ask
    finally:
        writer.close()
        async with asyncio.timeout(10):
            await process.wait()


def shown(board: Any, *, without: set[str] = frozenset()) -> Any:  # type: ignore[assignment]
    """What is to be seen, in an order of its own; criticals without those of some patients."""
    criticals = [one for one in board["criticals"] if one["patient"]["id"] not in without]
    return {
        "beds": board["beds"],
        "criticals": sorted(criticals, key=lambda one: str(one["id"])),
        "total": board["criticalTotal"] if not without else None,
    }


async def test_a_board_with_the_events_since_is_the_board_of_now(server: Server, api: Api) -> None:
    nurse = await api.sign_in("nurse")
    people = [await api.sign_in(name) for name in ("clerk", "integrator")]
    ward = Ward(nurse, *people, random.Random(4))
    await ward.spare_isolated(nurse)
    async with watching(server, "MED1", nurse) as ask:
        before = await ask("show")
        for number in range(WRITES):
            if number % 12 == 7:
                await ask("drop")
            await ward.act()
        deadline = time.monotonic() + SETTLES_WITHIN
        while True:
            board = await ask("show")
            settled = all(
                (
                    shown(board["store"]) == shown(board["fresh"]),
                    shown(board["plain"], without=ward.moved)
                    == shown(board["fresh"], without=ward.moved),
                )
            )
            if settled or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.1)
        assert shown(board["store"]) == shown(board["fresh"])
        # What comes with a patient or goes with them are their open results, of which no event
        # tells the board that they are another ward's now: so the store reads afresh at a move.
        plain = shown(board["plain"], without=ward.moved)
        assert plain == shown(board["fresh"], without=ward.moved)
        assert board["gaps"] == 0
        for feed, cursors in board["heard"].items():
            assert len(cursors) == len(set(cursors)) > 0, feed
        assert board["connections"] > 1
        assert shown(board["fresh"]) != shown(before["fresh"])
        assert len(ward.done) == 11, ward.done
