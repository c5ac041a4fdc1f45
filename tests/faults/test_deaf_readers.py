"""Readers that stop reading: they are let go, and nobody else pays for them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.faults.figures import SIZE, measured, share
from tests.faults.witness.journal import witness
from tests.faults.witness.presence import heard_all, seated
from tests.faults.witness.scene import scene
from tests.faults.witness.verdict import Heard, faults, heard
from tests.first_light.process import Server, serving

LISTENING = ("board", "rounds", "desk", "laboratory", "office", "board 2", "rounds 2", "desk 2")
LET_GO_WITHIN = 20.0
"""Generous: what is promised is 10 s, which the table tells."""
MEGABYTE = 1024 * 1024
MOST_MEMORY = 100 * MEGABYTE


@dataclass
class Watch:
    """What the server holds, looked at again and again from outside."""

    server: Server
    memory: list[int] = field(default_factory=list)
    gone: dict[int, float] = field(default_factory=dict)
    """When a connection was not there any more, by the client's port."""

    def look(self, ports: Sequence[int]) -> None:
        """Look once, for these connections among others."""
        process = psutil.Process(self.server.process.pid)
        self.memory.append(process.memory_info().rss)
        held = {one.raddr.port for one in process.net_connections("tcp") if one.raddr}
        for port in ports:
            if port not in held:
                self.gone.setdefault(port, time.monotonic())


async def test_who_stops_reading_is_let_go_and_costs_others_nothing(
    demo_url: str, redis_url: str, tmp_path: Path
) -> None:
    async with serving(tmp_path, "serve", database_url=demo_url, redis_url=redis_url) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:
            found = await scene(client)
        sitting = [found.station(name, server) for name in LISTENING]
        deaf = [found.station(f"rounds {n}", server, deaf=True) for n in range(SIZE.readers)]
        writers = found.writers(server, labs=6, vitals=6, beds=0, every=0.15)
        watch = Watch(server)
        async with (
            witness("stations", tmp_path, "stations", stations=sitting) as stations,
            witness("stations", tmp_path, "deaf", stations=deaf) as readers,
        ):
            await stations.until(seated(sitting), "every feed is live")
            await readers.until(seated(deaf), "every reader is live")
            ports = [line["port"] for line in readers.lines if line.get("what") == "up"]
            async with witness("writers", tmp_path, "writers", writers=writers) as writing:
                await writing.until(lambda lines: len(lines) > 100, "the writers are under way")
                began = time.monotonic()
                while time.monotonic() < began + 2 * SIZE.phase:
                    watch.look(ports)
                    await asyncio.sleep(0.1)
                assert not watch.gone, "a reader was let go that read"
                memory = max(watch.memory)
                stopped = time.monotonic()
                await readers.tell("deaf")
                while len(watch.gone) < len(deaf) and time.monotonic() < stopped + LET_GO_WITHIN:
                    watch.look(ports)
                    await asyncio.sleep(0.1)
                let_go = time.monotonic()
                written = await writing.finish()
            await heard_all(stations, found.feeds(sitting), written)
            seen = await stations.finish()
        told = heard(seen, found.feeds(sitting))
        wrong = faults(written, told)
        assert not wrong, "\n".join(wrong)
        assert len(watch.gone) == len(deaf), f"{len(deaf) - len(watch.gone)} are still held"
        before = lateness(written, told, began, stopped)
        while_deaf = lateness(written, told, stopped, let_go)
        measured(
            f"{len(deaf)} readers that stop reading",
            closed_median_s=round(share([at - stopped for at in watch.gone.values()], 0.5), 2),
            closed_last_s=round(max(watch.gone.values()) - stopped, 2),
            p99_before_ms=round(share(before, 0.99) * 1000, 1),
            p99_meanwhile_ms=round(share(while_deaf, 0.99) * 1000, 1),
            ratio=round(share(while_deaf, 0.99) / share(before, 0.99), 2),
            memory_more_MB=round((max(watch.memory) - memory) / MEGABYTE, 1),
        )
        assert max(watch.memory) - memory < MOST_MEMORY


def lateness(
    written: Sequence[Mapping[str, Any]], told: Sequence[Heard], began: float, ended: float
) -> list[float]:
    """Of what was acknowledged in a time, from the answer until each feed had heard it."""
    return [
        feed.at[line["id"]] - line["at"]
        for line in written
        if began <= line["at"] < ended
        for feed in told
        if line["id"] in feed.at
    ]
