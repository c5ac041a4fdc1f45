"""kill -9 of PostgreSQL under load; its supervisor starts it again at once."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from app.embedded import Servers
from tests.faults.figures import LONG, SIZE, measured
from tests.faults.witness.journal import witness
from tests.faults.witness.presence import heard_all, seated
from tests.faults.witness.scene import STATIONS, rows, rows_of, scene
from tests.faults.witness.verdict import done_though_refused, faults, heard, tally
from tests.first_light.process import serving

KILLS = 3 if LONG else 1
TRANSIENT = {"lost", "UNAVAILABLE", "TIMEOUT"}
"""What a mutation is answered while there is no database: each says that it may be asked again."""


async def test_a_killed_database_loses_nothing_and_no_answer_is_both(
    servers: Servers, demo_url: str, redis_url: str, tmp_path: Path
) -> None:
    async with serving(tmp_path, "serve", database_url=demo_url, redis_url=redis_url) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:
            found = await scene(client)
        before = await rows(server, found.people["admin"])
        sitting = [found.station(name, server) for name in STATIONS]
        sitting.append(found.station("board drops", server, drops=2.0))
        writers = found.writers(server, labs=10, vitals=4, beds=2)
        async with witness("stations", tmp_path, "stations", stations=sitting) as stations:
            await stations.until(seated(sitting), "every feed is live")
            killed = []
            async with witness("writers", tmp_path, "writers", writers=writers) as writing:
                for _ in range(KILLS):
                    await asyncio.sleep(SIZE.phase)  # under load, which is all that this is for
                    last = len(writing.lines)
                    killed.append(time.time())
                    os.kill(servers.postgres.pid, signal.SIGKILL)
                    await writing.until(
                        lambda lines, last=last: len(lines) > last + 200, "written after the kill"
                    )
                written = await writing.finish()
            await heard_all(stations, found.feeds(sitting), written)
            seen = await stations.finish()
        assert await rows(server, found.people["admin"]) - before == rows_of(written)
        told = heard(seen, found.feeds(sitting))
        wrong = faults(written, told) + done_though_refused(written, told)
        answers = Counter(
            what.split(" ")[0] for line in written for _, _, what in line["attempts"][:-1]
        )
        wrong += [
            f"{count} mutations were answered {what}"
            for what, count in answers.items()
            if what not in TRANSIENT
        ]
        assert not wrong, "\n".join(wrong)
        password = urlsplit(demo_url).password
        assert password
        assert password not in server.said
        attempts = [attempt for line in written for attempt in line["attempts"]]
        measured(
            "PostgreSQL killed (-9) under load",
            kills=KILLS,
            mutations=len(written),
            asked_again=sum(len(line["attempts"]) > 1 for line in written),
            answers=dict(answers),
            **tally(written, told),
            both=len(done_though_refused(written, told)),
            back_s=round(
                max(
                    min(answered for sent, answered, what in attempts if sent > at and what == "ok")
                    - at
                    for at in killed
                ),
                2,
            ),
        )
