"""`wardline serve --workers`: real processes, which are killed, halted and replaced."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
import pytest_asyncio

from app.cli import places
from app.cli.places import Place
from tests.first_light.process import Server, free_port, serving, spawn
from tests.patience import PATIENCE, until

CONNECTIONS = 200
GOOD = json.dumps({"a": "query { __typename }"})


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that every worker reads at its start, and does not start where it is wrong."""
    found = tmp_path_factory.mktemp("manifest") / "documents.json"
    found.write_text(GOOD)
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def pair(
    database_url: str, redis_url: str, manifest: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Server]:
    """Two workers, which the tests may do anything to."""
    async with serving(
        tmp_path_factory.mktemp("pair"),
        *("serve", "--workers", "2"),
        database_url=database_url,
        redis_url=redis_url,
        WARDLINE_TRUSTED_DOCUMENTS=str(manifest),
        MIGRATIONS_DATABASE_URL=database_url,
    ) as server:
        await until(lambda: len(server.workers()) == 2)
        yield server


def _sockets(process: psutil.Process) -> list[psutil._common.pconn]:
    try:
        return list(process.net_connections("tcp"))
    except psutil.Error:
        return []


def pids(server: Server) -> set[int]:
    return {worker.pid for worker in server.workers()}


@asynccontextmanager
async def visitors(server: Server) -> AsyncIterator[list[int]]:
    """Somebody comes again and again, over a connection of its own each time, and is answered."""
    answers: list[int] = []

    async def come() -> None:
        while True:
            async with httpx.AsyncClient(timeout=10) as client:
                answers.append((await client.get(f"{server.url}/livez")).status_code)

    coming = [asyncio.create_task(come()) for _ in range(4)]
    try:
        yield answers
        assert [task.exception() for task in coming if task.done()] == []
    finally:
        for task in coming:
            task.cancel()
        await asyncio.gather(*coming, return_exceptions=True)
    assert {*answers} == {200}


async def test_connections_that_come_one_by_one_are_spread(pair: Server) -> None:
    address = urlsplit(pair.url)
    assert address.hostname is not None
    found = []
    try:
        for _ in range(CONNECTIONS):
            found.append(await asyncio.open_connection(address.hostname, address.port))  # noqa: PERF401

        def each() -> list[int]:
            return [
                sum(
                    one.status == psutil.CONN_ESTABLISHED and one.laddr.port == address.port
                    for one in _sockets(worker)
                )
                for worker in pair.workers()
            ]

        await until(lambda: sum(each()) >= CONNECTIONS)
        # By chance one in a hundred million times one of the two gets less than that.
        assert min(each()) >= CONNECTIONS * 0.3, each()
    finally:
        for _, writer in found:
            writer.close()


async def test_nothing_secret_is_on_a_command_line(
    pair: Server, database_url: str, redis_url: str
) -> None:
    secrets = {urlsplit(url).password for url in (database_url, redis_url)} - {None}
    assert secrets
    for pid in pair.family():
        words = " ".join(psutil.Process(pid).cmdline())
        assert not any(str(secret) in words for secret in secrets)


async def test_the_login_that_owns_the_tables_is_no_business_of_a_worker(pair: Server) -> None:
    """It may change the audit. What answers the network need not know it."""
    assert "MIGRATIONS_DATABASE_URL" in psutil.Process(pair.process.pid).environ()
    for worker in pair.workers():
        assert "MIGRATIONS_DATABASE_URL" not in worker.environ()


async def test_each_tells_its_own_numbers(pair: Server) -> None:
    found: set[str] = set()

    async def look() -> None:
        async with httpx.AsyncClient(timeout=10) as client:
            text = (await client.get(f"{pair.url}/metrics")).text
        found.update(re.findall(r'^wardline_bell_connected\{worker="(.*?)"\}', text, re.MULTILINE))

    async with asyncio.timeout(PATIENCE):
        while len(found) < 2:
            await look()
    assert found == {"1", "2"}


async def test_a_worker_that_is_killed_is_started_again(pair: Server) -> None:
    before = pids(pair)
    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    await until(lambda: len(pids(pair)) == 2 and victim not in pids(pair))
    assert len(pids(pair) & before) == 1, "the other one has nothing to do with it"
    assert "died (signal 9); starting another" in pair.said


async def test_a_rolling_restart_turns_nobody_away(pair: Server) -> None:
    before = pids(pair)
    async with visitors(pair) as answers:
        await until(lambda: len(answers) > 20)
        pair.process.send_signal(signal.SIGHUP)
        # A second one, in the middle of it, changes nothing.
        await until(lambda: pids(pair) - before)
        pair.process.send_signal(signal.SIGHUP)
        await until(lambda: "all workers have been replaced" in pair.said)
        asked = len(answers)
        await until(lambda: len(answers) > asked + 20)
    assert len(pids(pair)) == 2
    assert not pids(pair) & before
    assert "the workers are being replaced already" in pair.said


async def test_a_worker_that_is_asked_to_end_is_replaced(pair: Server) -> None:
    before = pids(pair)
    async with visitors(pair) as answers:
        os.kill(min(before), signal.SIGTERM)
        await until(lambda: len(pids(pair)) == 2 and min(before) not in pids(pair))
        asked = len(answers)
        await until(lambda: len(answers) > asked + 20)


async def test_a_new_worker_that_does_not_start_replaces_nobody(
    pair: Server, manifest: Path
) -> None:
    before = pids(pair)
    manifest.write_text("not json")
    async with visitors(pair) as answers:
        pair.process.send_signal(signal.SIGHUP)
        await until(lambda: "the other workers stay as they are" in pair.said)
        asked = len(answers)
        await until(lambda: len(answers) > asked + 20)
    manifest.write_text(GOOD)
    assert pids(pair) == before


async def test_workers_end_with_a_supervisor_that_is_killed(pair: Server) -> None:
    left = psutil.Process(pair.process.pid).children()
    assert len(left) == 2
    await pair.kill()
    await until(lambda: not any(_runs(one) for one in left))
    assert pair.said.count("the supervisor is gone; stopping") == 2, pair.said


def _runs(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


async def test_a_command_whose_workers_do_not_start_ends(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    wrong = tmp_path / "documents.json"
    wrong.write_text(json.dumps({"a": "query { nothing }"}))
    settings = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PORT": str(free_port()),
        "WARDLINE_WORKERS": "2",
        "WARDLINE_TRUSTED_DOCUMENTS": str(wrong),
    }
    process = await spawn(("serve",), settings, tmp_path / "output")
    assert await asyncio.wait_for(process.wait(), PATIENCE) == 1
    said = (tmp_path / "output").read_text()
    assert "wardline: a worker did not start" in said
    assert "Traceback" not in said


@pytest.fixture
def place(
    database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Place:
    monkeypatch.setenv("WARDLINE_HOME", str(tmp_path))
    address = (socket.AF_INET, ("127.0.0.1", free_port()))
    return Place(1, address, {"database_url": database_url, "redis_url": redis_url})


async def test_a_worker_that_stands_still_is_killed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "SILENT_LOOKS", 5)
    keeping = asyncio.create_task(place.keep())
    try:
        await asyncio.wait_for(place.served.wait(), PATIENCE)
        halted = place._worker
        assert halted is not None
        for _ in range(8):
            place.look()
            await until(lambda: not halted.silent_looks)
        assert place._worker is halted, "who is heard each second stands not still"
        os.kill(halted.pid, signal.SIGSTOP)

        def replaced() -> bool:
            place.look()
            return place._worker is not halted and place._worker.ready.is_set()

        await until(replaced)
        assert halted.code == -signal.SIGKILL
    finally:
        keeping.cancel()
        await place.stop()


async def test_a_worker_that_takes_too_long_is_ended(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "STARTS_WITHIN", 0.05)
    with pytest.raises(ChildProcessError):
        await place.keep()
    assert place._worker is not None
    assert place._worker.code == -signal.SIGKILL
