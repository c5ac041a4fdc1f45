"""What happens on the ward: sets of vital signs, one after the other, of its patients in turn."""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from bench import wire
from bench.hospital import PASSWORD
from bench.systems import SIGN_IN

PATH = "/graphql"
AT_ONCE = 4
"""Connections that write at full speed."""

BEDS = """query ($code: String!) {
  ward(code: $code) { beds { code admission { patient { id } } } }
}"""
RECORD = (
    """mutation ($input: RecordVitalsInput!) { recordVitals(input: $input) { vitals { id } } }"""
)


async def asked(port: int, token: str | None, query: str, variables: dict[str, Any]) -> Any:
    """The data of an operation."""
    connection = await wire.Wire.open(port)
    try:
        body = orjson.dumps({"query": query, "variables": variables})
        return orjson.loads(await connection.send(wire.request(PATH, body, token)))["data"]
    finally:
        connection.close()


async def token_of(port: int, username: str) -> str:
    """Of somebody who signs in."""
    given = {"input": {"username": username, "password": PASSWORD}}
    token: str = (await asked(port, None, SIGN_IN, given))["signIn"]["token"]
    return token


@dataclass(slots=True)
class Writer:
    """Records vitals. `last` is the newest heart rate of each bed."""

    port: int
    token: str
    beds: list[tuple[str, str]]
    """Code of the bed, id of who lies in it."""
    last: dict[str, int] = field(default_factory=dict)
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    @classmethod
    async def of_ward(cls, port: int, code: str) -> Writer:
        """A nurse of the ward."""
        token = await token_of(port, "nurse")
        beds = (await asked(port, token, BEDS, {"code": code}))["ward"]["beds"]
        lying = [(bed["code"], bed["admission"]["patient"]["id"]) for bed in beds]
        return cls(port, token, lying)

    async def paced(self, events: int, a_second: float) -> None:
        """One after the other at a steady pace."""
        connection = await wire.Wire.open(self.port)
        begun = time.perf_counter()
        for number in range(events):
            await asyncio.sleep(begun + number / a_second - time.perf_counter())
            await self._record(connection, next(self.numbers))
        connection.close()

    async def rushed(self, events: int) -> None:
        """As fast as the server takes them; a bed's in their order, by one connection."""
        first = next(self.numbers)
        numbers = range(first + 1, first + 1 + events)
        self.numbers = itertools.count(numbers.stop)
        lanes = [
            [number for number in numbers if number % len(self.beds) % AT_ONCE == lane]
            for lane in range(AT_ONCE)
        ]
        async with asyncio.TaskGroup() as tasks:
            for lane in lanes:
                tasks.create_task(self._lane(lane))

    async def _lane(self, numbers: list[int]) -> None:
        connection = await wire.Wire.open(self.port)
        for number in numbers:
            await self._record(connection, number)
        connection.close()

    async def _record(self, connection: wire.Wire, number: int) -> None:
        code, patient = self.beds[number % len(self.beds)]
        # Within what scores nothing: the alarm is not what is measured.
        rate = 55 + number // len(self.beds) % 35
        vitals = {
            "patientId": patient,
            "recordedAt": datetime.now(UTC).isoformat(),
            "heartRate": rate,
            "systolic": 120,
            "diastolic": 80,
            "respiratoryRate": 15,
            "temperature": "36.8",
            "oxygenSaturation": 98,
            "onOxygen": False,
            "consciousness": "ALERT",
        }
        body = orjson.dumps({"query": RECORD, "variables": {"input": vitals}})
        await connection.send(wire.request(PATH, body, self.token))
        self.last[code] = rate
