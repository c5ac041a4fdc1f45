"""Places: where one worker after the other accepts connections of the same port.

Each place has a listening socket of its own (SO_REUSEPORT), and the kernel spreads connections
over them by their addresses. On one shared socket whoever wakes first takes all that wait: of 200
stations that came one by one, 175 went to one of two workers (docs/decisions/0017).
"""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Any

from app.cli.worker_process import WorkerProcess
from subscriptions.backoff import back_off

STARTS_WITHIN = 60.0
"""A worker that does not serve after this many seconds is ended, and another one tried."""
STOPS_WITHIN = 30.0
"""uvicorn gives open requests ten seconds; then the application's own end needs some."""
SILENT_LOOKS = 30
"""A worker whose loop has stood still for so many seconds is killed: its stations hear nothing, and
do not know it."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0
STEADY = 10.0
"""Who has lived this long, in seconds, is started again at once when it dies."""

_LOG = logging.getLogger("wardline.workers")

Address = tuple[socket.AddressFamily, Any]


def bound(address: Address) -> socket.socket:
    """A socket on an address that several share. It takes connections only once a worker listens
    on it, so none is sent to a worker that is still starting."""
    family, name = address
    found = socket.socket(family)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if family == socket.AF_INET6:
        # As the port was taken by `listen`.
        found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    found.bind(name)
    return found


class Place:
    """Keeps a worker at work: `keep` starts one again whenever it ends."""

    def __init__(self, number: int, address: Address, settings: dict[str, Any]) -> None:
        self.number = number
        self.served = asyncio.Event()
        """A worker of this place has been ready once."""
        self._address = address
        self._settings = settings
        self._listener: socket.socket | None = None
        self._worker: WorkerProcess | None = None
        self._living: set[WorkerProcess] = set()
        self._failures = 0

    async def keep(self) -> None:
        """Keep a worker here until cancelled. Raises ChildProcessError where the very first does
        not come to serve."""
        while True:
            if not await self._filled():
                if not self.served.is_set():
                    raise ChildProcessError
            elif (code := await self._vacant()) == 0:
                _LOG.warning("worker %s has ended; starting another", self.number)
            else:
                _LOG.error("worker %s died (%s); starting another", self.number, _how(code))
            await asyncio.sleep(self._after())

    async def replace(self) -> bool:
        """Put another worker in the place of the one that is there, which drains and ends once the
        new one serves. False where no new one came to serve: the old one stays."""
        old = self._worker
        if old is None or self._listener is None or old.leaving.is_set():
            return True  # A new one is on its way.
        # Both accept on the same socket for a moment: no connection is between them.
        new = await self._start(self._listener)
        if not await new.ready_within(STARTS_WITHIN):
            await self._give_up(new)
            return False
        if self._worker is not old or old.leaving.is_set():
            # It died in between, and another one is on its way.
            await self._end(new)
            return True
        self._worker = new
        _LOG.info("worker %s is process %s now, after %s", self.number, new.pid, old.pid)
        await self._end(old)
        return True

    async def stop(self) -> None:
        """End what is here; `keep` has ended before."""
        self._close()
        await asyncio.gather(*map(self._end, [*self._living]))

    def look(self) -> None:
        """To be called each second: end a worker whose loop stands still."""
        worker = self._worker
        if worker is not None and worker.look() == SILENT_LOOKS:
            _LOG.error("worker %s has said nothing for %s s; ending it", self.number, SILENT_LOOKS)
            worker.end_now()

    async def _filled(self) -> bool:
        """Start a worker; whether it serves."""
        try:
            self._listener = bound(self._address)
            self._worker = await self._start(self._listener)
        except OSError as error:
            _LOG.error("worker %s can not be started: %s", self.number, error.strerror)
            self._close()
            return False
        if await self._worker.ready_within(STARTS_WITHIN):
            _LOG.info("worker %s is process %s", self.number, self._worker.pid)
            self.served.set()
            return True
        await self._give_up(self._worker)
        self._close()
        return False

    async def _vacant(self) -> int:
        """Wait until nobody accepts here any more, and the worker has ended; its exit code."""
        while True:
            worker = self._worker
            assert worker is not None
            await worker.leaving.wait()
            if self._worker is worker:
                # Who comes now goes to the other places, and waits for nobody here.
                self._close()
                code = await worker.ended()
                worker.close()
                self._living.discard(worker)
                return code

    async def _start(self, listener: socket.socket) -> WorkerProcess:
        worker = await WorkerProcess.started(self.number, listener, self._settings)
        self._living.add(worker)
        return worker

    def _after(self) -> float:
        """How long to wait before the next one: longer each time, while they do not live long."""
        worker = self._worker
        if worker is not None and worker.ready.is_set() and worker.age > STEADY:
            self._failures = 0
            return 0.0
        self._failures += 1
        return back_off(self._failures, FIRST_PAUSE, LONGEST_PAUSE)

    async def _give_up(self, worker: WorkerProcess) -> None:
        if worker.code is None:
            _LOG.error("worker %s does not serve after %s s", self.number, STARTS_WITHIN)
        else:
            _LOG.error("worker %s did not start (%s)", self.number, _how(worker.code))
        await worker.kill()
        self._living.discard(worker)

    async def _end(self, worker: WorkerProcess) -> None:
        if not await worker.stop(STOPS_WITHIN):
            _LOG.error("worker %s did not end in %s s; killed", self.number, STOPS_WITHIN)
        self._living.discard(worker)

    def _close(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
