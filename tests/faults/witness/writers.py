"""Writers: a process that posts mutations over HTTP and writes down which were acknowledged.

It knows the API's public names alone. What was not answered, or was answered by an error, it asks
again under the same idempotency key until it knows. A bed's status has no key: to set the status
that a bed has already changes nothing, so each bed has one writer, which sets two in turn.

Specification: `{journal, total, writers: [{name, port, token, kind, subjects, every}]}`; `every` is
the pause in seconds between two mutations of a writer. It ends after `total` mutations, or when
stdin ends. A line: `{writer, number, kind, id, subject, attempts: [[sent, answered, what]…]}`,
the times of attempts by the wall clock, as the API tells its own.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import uvloop

from tests.faults.witness.journal import Journal, commands, specification

ANSWERED_WITHIN = 40.0
LAB = """mutation ($input: RecordLabResultsInput!) { recordLabResults(input: $input) {
  outcomes { outcome code labResult { criticalResult { id } } } } }"""
VITALS = """mutation ($input: RecordVitalsInput!) {
  recordVitals(input: $input) { vitals { id } } }"""
BED = "mutation ($input: SetBedStatusInput!) { setBedStatus(input: $input) { bed { id } } }"
WORTH_ANOTHER_TRY = {"UNAVAILABLE", "INTERNAL_SERVER_ERROR", "TIMEOUT", "THROTTLED"}
RUN = uuid4().hex[:8]
"""In every key, so that a second run on the same hospital does not repeat the first."""
STATUSES = ("CONTAMINATED", "HOUSEKEEPING")
"""Each may follow the other; the bed is in the second when the writing begins."""


class Lost(Exception):
    """The connection ended before the answer: nobody knows what became of it."""


class Wire:
    """One connection of HTTP/1.1, opened again when it is gone."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._token = token
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer. Raises Lost."""
        try:
            async with asyncio.timeout(ANSWERED_WITHIN):
                return await self._post(body)
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError) as error:
            self.close()
            raise Lost(type(error).__name__) from None

    async def _post(self, body: bytes) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        head = (
            f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self._token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        first, *headers = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        said = dict(line.lower().split(": ", 1) for line in headers if line)
        answer = await reader.readexactly(int(said["content-length"]))
        if said.get("connection") == "close":
            self.close()
        return int(first.split(" ")[1]), answer

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


@dataclass
class Writer:
    """One of them; one mutation at a time."""

    name: str
    port: int
    token: str
    kind: str
    subjects: list[str]
    every: float
    journal: Journal
    counter: Counter
    number: int = 0
    changed: dict[str, int] = field(default_factory=dict)

    async def work(self) -> None:
        """Write until there is no more to write."""
        wire = Wire(self.port, self.token)
        await asyncio.sleep(random.uniform(0, self.every))
        while self.counter.next():
            self.number += 1
            subject = self.subjects[self.number % len(self.subjects)]
            body = json.dumps(self._request(subject)).encode()
            attempts: list[tuple[float, float, str]] = []
            while True:
                sent = time.time()
                what, found = await self._attempt(wire, body)
                attempts.append((sent, time.time(), what))
                if found is not None:
                    break
                await asyncio.sleep(random.uniform(0.02, 0.1))
            self.journal.note(
                writer=self.name,
                number=self.number,
                kind=self.kind,
                id=found,
                subject=subject,
                attempts=attempts,
                at=time.monotonic(),
            )
            if self.every:
                await asyncio.sleep(max(0.0, sent + self.every - time.time()))
        wire.close()

    async def _attempt(self, wire: Wire, body: bytes) -> tuple[str, str | None]:
        """What was answered, and the id of what is there now."""
        try:
            status, answer = await wire.post(body)
        except Lost as lost:
            return f"lost {lost}", None
        told = json.loads(answer)
        if status != 200 or "errors" in told:
            code = told["errors"][0]["extensions"]["code"]
            if status == 200 and code not in WORTH_ANOTHER_TRY:
                raise AssertionError(f"{self.kind} is refused: {told['errors'][0]}")
            return code, None
        return "ok", self._id(told["data"])

    def _request(self, subject: str) -> dict[str, Any]:
        key, when = f"{RUN}-{self.name}-{self.number}", (datetime.now(UTC) - timedelta(seconds=30))
        if self.kind == "critical":
            result = {
                "patientId": subject,
                "code": "2823-3",
                "value": "6.9",
                "unit": "mmol/L",
                "observedAt": when.isoformat(),
                "externalId": key,
            }
            given: dict[str, Any] = {"results": [result], "idempotencyKey": key}
            return {"query": LAB, "variables": {"input": given}}
        if self.kind == "vitals":
            given = {"patientId": subject, "recordedAt": when.isoformat(), "heartRate": 71}
            return {"query": VITALS, "variables": {"input": {**given, "idempotencyKey": key}}}
        self.changed[subject] = self.changed.get(subject, 0) + 1
        status = STATUSES[(self.changed[subject] + 1) % 2]
        return {"query": BED, "variables": {"input": {"bedId": subject, "status": status}}}

    def _id(self, data: dict[str, Any]) -> str:
        found: str
        if self.kind == "critical":
            (outcome,) = data["recordLabResults"]["outcomes"]
            found = outcome["labResult"]["criticalResult"]["id"]
        elif self.kind == "vitals":
            found = data["recordVitals"]["vitals"]["id"]
        else:
            bed = data["setBedStatus"]["bed"]["id"]
            found = f"{bed}#{self.changed[bed]}"
        return found


@dataclass
class Counter:
    """How many are still to be written."""

    left: int

    def next(self) -> bool:
        """Whether there is one more; it is taken."""
        self.left -= 1
        return self.left >= 0


async def main() -> None:
    """Write until all is written or stdin ends; what was begun is brought to its end."""
    spec = specification()
    counter = Counter(spec.get("total") or 10**9)
    journal = Journal(spec["journal"])
    async with asyncio.TaskGroup() as group:

        async def listen() -> None:
            async for _ in commands():
                pass
            counter.left = 0

        listening = group.create_task(listen())
        writers = [
            group.create_task(Writer(**one, journal=journal, counter=counter).work())
            for one in spec["writers"]
        ]
        await asyncio.gather(*writers)
        listening.cancel()


if __name__ == "__main__":
    uvloop.run(main())
