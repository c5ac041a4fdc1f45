"""kill -9 of a worker in the middle of thousands of mutations, three times."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults.figures import LONG, SIZE, measured
from tests.faults.witness.journal import witness
from tests.faults.witness.presence import heard_all, resumed, seated
from tests.faults.witness.scene import STATIONS, rows, rows_of, scene
from tests.faults.witness.verdict import done_though_refused, faults, heard, tally
from tests.first_light.process import Server, serving
from tests.patience import until

KILLS = 3
ALONE = "the only worker killed (-9) three times"
NOTICED = 0.5
"""Seconds in which a station sees that its connection is gone."""


@pytest.mark.parametrize("workers", [1, 2] if LONG else [1])
async def test_three_kills_in_the_middle_lose_nothing_and_double_nothing(
    demo_url: str, redis_url: str, tmp_path: Path, workers: int
) -> None:
    words = ("serve", "--workers", str(workers))
    async with serving(tmp_path, *words, database_url=demo_url, redis_url=redis_url) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:
            found = await scene(client)
        before = await rows(server, found.people["admin"])
        sitting = [found.station(name, server) for name in STATIONS]
        sitting += [found.station(f"board {number}", server, drops=2.0) for number in range(2)]
        writers = found.writers(server, labs=10, vitals=4, beds=2)
        async with witness("stations", tmp_path, "stations", stations=sitting) as stations:
            await stations.until(seated(sitting), "every feed is live")
            async with witness(
                "writers", tmp_path, "writers", writers=writers, total=SIZE.mutations
            ) as writing:
                killed, back = [], []
                for number in range(KILLS):
                    await writing.until(written_of(number + 1), "written before the next kill")
                    killed.append(time.monotonic())
                    await kill(server, workers)
                    back.append(time.monotonic())
                await writing.until(written_of(KILLS + 1), "all is written")
                written = await writing.finish()
            wrote_for = written[-1]["at"] - written[0]["at"]
            await heard_all(stations, found.feeds(sitting), written)
            seen = await stations.finish()
        assert await rows(server, found.people["admin"]) - before == rows_of(written)
        told = heard(seen, found.feeds(sitting))

        # Somebody who was away all the time is given the same, in the same order.
        late = {**found.station("rounds late", server), "cursors": first_cursors(seen, "rounds")}
        async with witness("stations", tmp_path, "late", stations=[late]) as away:
            await heard_all(away, found.feeds([late]), written)
            told += heard(await away.finish(), found.feeds([late]))

        wrong = faults(written, told) + done_though_refused(written, told)
        assert not wrong, "\n".join(wrong)
        times = [
            max(resumed(seen, thrown_out(seen, sitting, at), at), default=0.0) for at in killed
        ]
        if workers == 1:
            after = [at + one - up for at, one, up in zip(killed, times, back, strict=True)]
            measured(ALONE, resumed_after_start_s=round(max(after), 2))
        measured(
            f"one of {workers} workers killed (-9) three times" if workers > 1 else ALONE,
            mutations=len(written),
            asked_again=sum(len(line["attempts"]) > 1 for line in written),
            **tally(written, told),
            mutations_per_s=round(len(written) / wrote_for),
            resumed_after_kill_s=round(max(times), 2),
        )


async def kill(server: Server, workers: int) -> None:
    """kill -9 of one of the workers, until there are as many again."""
    if workers == 1:
        await server.kill()
        await server.start_again()
        return
    victim = random.choice(server.workers())
    victim.kill()
    victim.wait()
    await until(lambda: len(server.workers()) >= workers)


def thrown_out(
    lines: list[dict[str, Any]], sitting: list[dict[str, Any]], at: float
) -> list[dict[str, Any]]:
    """The stations that lost their connection when a worker was killed."""
    lost = {
        line["station"]
        for line in lines
        if line.get("what") == "lost" and at <= line["at"] < at + NOTICED
    }
    return [one for one in sitting if one["name"] in lost]


def first_cursors(lines: list[dict[str, Any]], station: str) -> dict[str, str]:
    """Where each feed of a station began."""
    found: dict[str, str] = {}
    for line in lines:
        if line["station"] == station and "cursor" in line:
            found.setdefault(line["feed"], line["cursor"])
    return found


def written_of(part: int) -> Callable[[list[dict[str, Any]]], bool]:
    """The condition that so many parts of the mutations are acknowledged; a kill ends a part."""
    due = SIZE.mutations * part // (KILLS + 1)
    return lambda lines: len(lines) >= due
