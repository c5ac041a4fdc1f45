"""A backup, and what stations, sessions and the audit are like after the database came back."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from app import archives
from subscriptions import log
from tests.app.commands import Commands
from tests.first_light.api import RECORD_VITALS, Api, Person, ago
from tests.first_light.process import serving
from tests.first_light.station import CRITICAL, station

BREAK_GLASS = """mutation ($input: BreakGlassInput!) {
  breakGlass(input: $input) { emergencyAccess { id } }
}"""
END = """mutation ($input: EndEmergencyAccessInput!) {
  endEmergencyAccess(input: $input) { emergencyAccess { endedAt } }
}"""
OPEN = '{ criticalResults(ward: "MED1", status: [OPEN], first: 100) { nodes { id } } }'
SIGN_OUT = "mutation { signOut { signedOut } }"
# What may be done to each table, column and function, and by whom.
RIGHTS = """
SELECT name, ARRAY(SELECT unnest(acl)::text ORDER BY 1) AS acl FROM (
    SELECT relname::text AS name, relacl AS acl FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S', 'v')
    UNION ALL SELECT oid::regprocedure::text, coalesce(proacl, acldefault('f', proowner))
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT attrelid::regclass || '.' || attname, attacl FROM pg_attribute
    WHERE attacl IS NOT NULL AND attrelid::regclass::text NOT LIKE 'pg_%'
    UNION ALL SELECT 'to come: ' || defaclobjtype::text, defaclacl FROM pg_default_acl
) AS given ORDER BY name
"""
OBJECTS = """
SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
ORDER BY 1
"""
CUT_OFF = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
OURS = "datname = current_database() AND application_name = 'wardline'"
HEAD = (
    "SELECT position || ':' || encode(hash, 'hex') FROM audit_seals ORDER BY position DESC LIMIT 1"
)
PATIENTS = "SELECT md5(string_agg(patient::text, ',' ORDER BY id)) FROM patients AS patient"
ODD = (
    """CREATE FUNCTION odd(int) RETURNS bool LANGUAGE plpgsql
    AS 'BEGIN RETURN EXISTS (SELECT FROM hospitals); END'""",
    "CREATE TABLE aa_odd (number int CHECK (odd(number)))",
    "INSERT INTO aa_odd VALUES (1) RETURNING 1",
)


async def rows(url: str, query: str, *values: Any) -> list[Any]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(query, *values)]
    finally:
        await connection.close()


async def one(url: str, query: str, *values: Any) -> Any:
    ((found,),) = await rows(url, query, *values)
    return found


def given(url: str, redis: str) -> dict[str, str]:
    return {"DATABASE_URL": url, "REDIS_URL": redis}


async def refused(person: Person) -> bool:
    """Whether a session has ended."""
    answer = await person.post("{ viewer { username } }")
    return "errors" in answer and answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_restored_hospital_resyncs_and_brings_back_no_right(
    demo_url: str, redis_url: str, wardline: Commands, tmp_path: Path
) -> None:
    """By a server that held the log's end in memory: it is frozen meanwhile, and its connections
    are cut. Then once more by one that begins."""
    file, environment = tmp_path / "hospital.backup", given(demo_url, redis_url)
    vitals = {"recordedAt": ago(0), "heartRate": 71, "idempotencyKey": "sent twice"}
    async with (
        serving(tmp_path, "serve", database_url=demo_url, redis_url=redis_url) as server,
        httpx.AsyncClient(base_url=server.url, timeout=20) as client,
    ):
        api = Api(client)
        nurse, integrator = await api.sign_in("nurse"), await api.sign_in("integrator")
        doctor, leaver = await api.sign_in("doctor"), await api.sign_in("charge")
        patient = (await nurse.patients("MED1"))[0]["id"]
        elsewhere = (await doctor.patients("ICU"))[0]["id"]
        glass = {"patientId": elsewhere, "reason": "cardiac arrest on the corridor"}
        opened = await nurse.run(BREAK_GLASS, input=glass)
        access = opened["breakGlass"]["emergencyAccess"]["id"]
        once = await nurse.run(RECORD_VITALS, input={"patientId": patient, **vitals})
        async with station(server.sockets, nurse.token) as board:
            feed = await board.feed(CRITICAL, ward="MED1")
            kept = [await integrator.raise_alarm(patient) for _ in range(3)]
            await feed.until(3)
            early = feed.cursor
            rights, objects = await rows(demo_url, RIGHTS), await rows(demo_url, OBJECTS)
            told = await wardline.run("backup", str(file), environment=environment)
            assert file.stat().st_mode & 0o777 == 0o600, "it holds every patient's data"
            assert told.code == 0, told.err
            assert file.stat().st_mode & 0o777 == 0o600
            lost = [await integrator.raise_alarm(patient) for _ in range(3)]
            await feed.until(6)
            late = feed.cursor
            # What happens after the backup and must not be undone by it.
            await nurse.run(END, input={"emergencyAccessId": access})
            await leaver.run(SIGN_OUT)
            await sealed(demo_url)
            before = await one(demo_url, "SELECT epoch FROM event_counters")
            busy = await wardline.run("restore", str(file), "--yes", environment=environment)
            assert (busy.code, "stop every process of it first" in busy.err) == (1, True)
            assert await one(demo_url, "SELECT epoch FROM event_counters") == before

            os.kill(server.process.pid, signal.SIGSTOP)
            try:
                await rows(demo_url, CUT_OFF)
                unsure = await wardline.run("restore", str(file), environment=environment)
                assert (unsure.code, "say so with --yes" in unsure.err) == (1, True)
                head = await one(demo_url, HEAD)
                done = await wardline.run("restore", str(file), "--yes", environment=environment)
            finally:
                os.kill(server.process.pid, signal.SIGCONT)
            assert done.code == 0, done.err
            assert "Logs with a new epoch: 1." in done.out
            assert f"was sealed up to {head}, and now is sealed up to " in done.out
            # Its session has ended; or it is told to come again, and learns it then.
            assert await board.closed() in {4403, 1013}
        assert await rows(demo_url, RIGHTS) == rights
        assert await rows(demo_url, OBJECTS) == objects
        assert await one(demo_url, "SELECT epoch FROM event_counters") != before
        still_open = "SELECT count(*) FROM emergency_accesses WHERE ended_at IS NULL"
        assert await one(demo_url, still_open) == 0
        for person in (nurse, doctor, integrator, leaver):
            assert await refused(person)
        nurse, integrator = await api.sign_in("nurse"), await api.sign_in("integrator")
        # The work and its key came back together, so the same request is not done again.
        assert await nurse.run(RECORD_VITALS, input={"patientId": patient, **vitals}) == once
        open_ones = await nurse.run(OPEN)
        found = {alarm["id"] for alarm in open_ones["criticalResults"]["nodes"]}
        assert found >= {*kept}
        assert not found & {*lost}
        async with station(server.sockets, nurse.token) as board:
            feeds = [await board.subscribe(CRITICAL, ward="MED1", after=c) for c in (early, late)]
            for feed in feeds:
                first = await feed.live()
                assert (first["resync"], first["events"]) == (True, [])
            raised = [await integrator.raise_alarm(patient) for _ in range(4)]
            for feed in feeds:
                events = await feed.until(4)
                assert [event["criticalResult"]["id"] for event in events] == raised
            # The positions of what was lost mean others now: this is what the epoch is for.
            given_anew = [position(event["cursor"]) for event in events]
            assert position(early) < given_anew[0] <= position(late)
            last = feed.cursor
        await server.interrupt()

        done = await wardline.run("restore", "--finish", environment=environment)
        assert done.code == 0, done.err
        await server.start_again()
        assert await refused(nurse)
        nurse = await api.sign_in("nurse")
        async with station(server.sockets, nurse.token) as board:
            again = await board.subscribe(CRITICAL, ward="MED1", after=last)
            assert (await again.live())["resync"] is True
        await sealed(demo_url)
        # The chain is whole but for one thing: whoever noted the head of what is gone sees that.
        cut = await wardline.run("audit", "verify", "--from-head", head, environment=environment)
        assert cut.code == 1
        wrong = cut.out.splitlines()[cut.out.splitlines().index("The audit is not whole.") + 1 :]
        assert [line.partition(" x ")[0] for line in wrong] == ["1"], cut.out
        assert "head" in wrong[0]


def position(cursor: str) -> int:
    found = log.decode(cursor)
    assert found is not None
    return found.position


async def sealed(url: str) -> None:
    """Wait until the server has sealed what there is."""
    last = await one(url, "SELECT max(id) FROM audit_entries")
    deadline = time.monotonic() + 20
    while await one(url, "SELECT coalesce(max(entry_id), 0) FROM audit_seals") < last:
        assert time.monotonic() < deadline, "the audit is not sealed"
        await asyncio.sleep(0.05)


async def test_what_fails_in_the_middle_changes_nothing(
    demo_url: str, empty_database: str, tmp_path: Path
) -> None:
    url, whole, file = empty_database, tmp_path / "whole", tmp_path / "other"
    server = await one(url, "SELECT current_setting('server_version_num')::int / 10000")
    tools = await archives.programs(server, embedded=True)

    async def restore(file: Path) -> None:
        await archives.restore(tools, url, server, file)

    await archives.write(tools, demo_url, whole)
    await restore(whole)  # where there is nothing, too
    assert await one(url, PATIENTS) == await one(demo_url, PATIENTS)
    assert await rows(url, RIGHTS) == await rows(demo_url, RIGHTS)
    epoch = await one(url, "SELECT epoch FROM event_counters")
    await rows(url, "UPDATE patients SET given_name = 'Somebody else' RETURNING 1")
    state = await one(url, PATIENTS)

    content = whole.read_bytes()
    file.write_bytes(content[: len(content) * 9 // 10])
    with pytest.raises(archives.ArchiveFailed, match="can not be read to its end"):
        await restore(file)
    file.write_bytes(b"PGDMP and then something else")
    with pytest.raises(archives.ArchiveFailed, match="can not be read"):
        await restore(file)
    with pytest.raises(archives.ArchiveFailed, match="can not be read"):
        await archives.revision(tools, file)
    # One that PostgreSQL refuses at the first of its tables: a check asks for a table that it does
    # not find by that name.
    for command in ODD:
        await rows(url, command)
    file.unlink()
    await archives.write(tools, url, file)
    with pytest.raises(archives.ArchiveFailed, match="it refuses with 42P01; nothing was changed"):
        await restore(file)
    with pytest.raises(FileExistsError):
        await archives.write(tools, url, file)
    # One that is stopped by hand, once it has begun.
    restoring = asyncio.create_task(restore(whole))
    while not await one(url, "SELECT count(*) FROM pg_stat_activity WHERE " + OURS):
        assert not restoring.done(), "it was over before it could be stopped"
    restoring.cancel()
    with pytest.raises(asyncio.CancelledError):
        await restoring
    assert await one(url, PATIENTS) == state
    assert await one(url, "SELECT epoch FROM event_counters") == epoch

    # And the whole one takes away what was not there then.
    await restore(whole)
    assert await one(url, PATIENTS) == await one(demo_url, PATIENTS)
    assert await one(url, "SELECT epoch FROM event_counters") != epoch
    assert await one(url, "SELECT to_regclass('aa_odd') IS NULL AND to_regproc('odd') IS NULL")
    assert {one.name for one in tmp_path.iterdir()} == {"whole", "other"}, "no draft is left"


@pytest.mark.parametrize(
    ("url", "address", "password"),
    [
        ("postgresql://ann:p%40ss@db.example:5433/ward", "ann@db.example:5433/ward", "p@ss"),
        ("postgres://db.example/ward?user=ann&password=p%2Fs", "db.example/ward?user=ann", "p/s"),
        (
            "postgresql://ann@/ward?host=/run/db&sslmode=require",
            "ann@/ward?host=%2Frun%2Fdb&sslmode=require",
            None,
        ),
        ("postgresql://ann:@[::1]/ward", "ann@[::1]/ward", None),
    ],
)
def test_no_password_is_on_a_command_line(url: str, address: str, password: str | None) -> None:
    found, environment = archives._address(url)
    assert found.partition("://")[2] == address
    assert environment.get("PGPASSWORD") == password


async def test_programs_that_are_older_than_the_server_are_not_used() -> None:
    there = await archives.programs(15, embedded=True)
    assert there.major >= 18
    with pytest.raises(archives.ArchiveFailed, match=f"those of {there.major} are older"):
        await archives.programs(there.major + 1, embedded=True)
