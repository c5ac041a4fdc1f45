"""Every socket of a hospital dropped at once: they come back, and the database hardly notices."""

from __future__ import annotations

import time
from collections import Counter
from itertools import cycle, islice
from pathlib import Path

import asyncpg
import httpx

from tests.faults.figures import SIZE, measured, share
from tests.faults.statements import counted
from tests.faults.witness.journal import witness
from tests.faults.witness.presence import heard_all, resumed, seated
from tests.faults.witness.scene import scene
from tests.faults.witness.verdict import faults, heard, tally
from tests.first_light.process import serving
from tests.patience import until

KINDS = ("board", "rounds", "desk", "laboratory", "office")
MISSED = 20
"""Results that are written while everybody is away."""
JITTER = 3.0
"""Each comes back at a moment of this by chance, as official graphql-ws clients do by default."""
QUIET = 4.0
STATEMENTS = 50
SOCKETS_SETTING = "WARDLINE_LIMIT_SOCKETS_OF_USER"


async def test_sockets_that_are_dropped_at_once_all_resume(
    demo_url: str, redis_url: str, tmp_path: Path
) -> None:
    settings = {SOCKETS_SETTING: str(SIZE.sockets)}
    async with (
        counted(demo_url) as statements,
        serving(
            tmp_path, "serve", database_url=statements.url, redis_url=redis_url, **settings
        ) as server,
    ):
        async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:
            found = await scene(client)
        sitting = [
            found.station(f"{kind} {number}", server, pause=JITTER)
            for number, kind in enumerate(islice(cycle(KINDS), SIZE.sockets))
        ]
        writers = found.writers(server, labs=2, vitals=0, beds=0)
        async with witness("stations", tmp_path, "stations", stations=sitting) as stations:
            await stations.until(seated(sitting), "every feed is live")
            quiet_from = time.monotonic()
            await stations.comes(lambda _: time.monotonic() > quiet_from + QUIET)
            quiet = statements.between(quiet_from, quiet_from + QUIET)

            await stations.tell("cut")
            async with witness(
                "writers", tmp_path, "writers", writers=writers, total=MISSED
            ) as writing:
                await writing.until(lambda lines: len(lines) == MISSED, "they miss something")
                written = await writing.finish()
            # Nobody hears them, so the clock calls the next at once: that is not of the return.
            await until(lambda: all_looked_after(demo_url))
            mended = time.monotonic()
            await stations.tell("mend")
            await stations.until(
                lambda lines: len({*back_since(lines, mended)}) == len(sitting), "all are back"
            )
            ended = time.monotonic()
            await heard_all(stations, found.feeds(sitting), written)
            seen = await stations.finish()
        times = resumed(seen, sitting, mended)
        told = heard(seen, found.feeds(sitting))
        wrong = faults(written, told)
        assert not wrong, "\n".join(wrong)
        rate = quiet.total() / QUIET
        assert rate, "the statements are not seen"
        during = statements.between(mended, ended)
        extra = during.total() - rate * (ended - mended)
        measured(
            f"{len(sitting)} sockets dropped at once",
            feeds=len(told),
            missed=len(written),
            resumed_median_s=round(share(times, 0.5), 2),
            resumed_last_s=round(max(times), 2),
            statements=round(extra),
            statements_of_a_quiet_second=round(rate, 1),
            **tally(written, told),
        )
        assert extra < STATEMENTS, report(during, quiet)


async def all_looked_after(database_url: str) -> bool:
    """Whether the clock has looked who listens, of every critical result."""
    connection = await asyncpg.connect(database_url)
    try:
        untold = "SELECT 1 FROM critical_results WHERE status = 'OPEN' AND told_at IS NULL"
        return await connection.fetchval(untold) is None
    finally:
        await connection.close()


def back_since(lines: list[dict[str, object]], at: float) -> list[object]:
    """The stations that have been up since a time, as often as they were."""
    return [
        line["station"]
        for line in lines
        if line.get("what") == "up" and isinstance(line["at"], float) and line["at"] > at
    ]


def report(during: Counter[str], quiet: Counter[str]) -> str:
    """Which statements there were, the most frequent first, beside what is usual."""
    return "\n".join(
        f"{count} (of a quiet time {quiet[text]}): {' '.join(text.split())[:150]}"
        for text, count in during.most_common(12)
    )
