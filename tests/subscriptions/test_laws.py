"""The law of the live channel: seen = committed and allowed, in order, once; whatever happens.

Two processes' worth of it on one database, real sockets, and whatever hypothesis thinks of.
`FUZZ_EXAMPLES=500` takes longer, and other examples each time.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import asyncpg
import pytest_asyncio
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

import models
from models.rules.roles import Role
from resolvers import ids
from tests.subscriptions.conftest import Serve, furnish
from tests.subscriptions.hearsay import audited
from tests.subscriptions.screens import Person, Screen
from tests.subscriptions.stage import BED, CHART, VITALS, WARDS, Process, Stage

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
SHRINK = EXAMPLES > 0 and os.environ.get("FUZZ_SHRINK", "yes") == "yes"
SETTINGS = settings(
    max_examples=EXAMPLES or 12,
    stateful_step_count=60 if EXAMPLES else 30,
    phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if SHRINK else [])],
    deadline=None,
    derandomize=not EXAMPLES,
    database=None,
    suppress_health_check=list(HealthCheck),
)
SCREEN = st.integers(0, 7)
PROCESS = st.integers(0, 1)
FEED = st.sampled_from([VITALS, VITALS, VITALS, BED, CHART, CHART])
EVENT = st.tuples(FEED, st.integers(0, 1), st.integers(0, 1))
EVENTS = st.lists(EVENT, min_size=1, max_size=5)
PERSON = st.sampled_from(["nurse", "doctor", "admin"])
WARD = st.sampled_from(WARDS)


class Laws(RuleBasedStateMachine):
    """Its rules run in the loop of the processes, one after the other; the processes go on."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, pool: Any, processes: list[Process]
    ) -> None:
        super().__init__()
        self.loop = loop
        self.pool = pool
        self.processes = processes

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(90)

    @initialize()
    def begin(self) -> None:
        self.do(self._begin())

    async def _begin(self) -> None:
        hospital = await furnish(self.pool)
        self.stage = stage = Stage(hospital, self.processes)
        await stage.furnish()
        await stage.hire("nurse", Role.NURSE, "MED1")
        await stage.hire("doctor", Role.DOCTOR)
        await stage.hire("admin", Role.ADMIN)
        nurse, doctor, admin = stage.people.values()
        surgery = ("SURG1", hospital.wards["SURG1"])
        patient = hospital.patients["MED1"]
        asked = (ids.encode(models.Patient, patient), patient)
        stage.screens = [
            Screen("board", nurse),
            Screen("large board", nurse, heavy=True),
            Screen("beds", nurse, feed="bedChanges"),
            Screen("rounds", doctor, patient=asked),
            Screen("surgery", admin, ward=surgery),
            Screen("charts", nurse, feed="chartChanges"),
            Screen("chart", doctor, feed="chartChanges", patient=asked),
            Screen("charts of surgery", admin, feed="chartChanges", ward=surgery),
        ]
        for number, screen in enumerate(stage.screens):
            await stage.resume(screen, number % 2)

    # -- what happens ------------------------------------------------------------------------------

    @rule(events=EVENTS, rung=st.booleans())
    def write(self, events: list[tuple[int, int, int]], rung: bool) -> None:
        self.do(self.stage.write(events))
        self.loop.call_soon_threadsafe(self.stage.ring, rung)

    @rule(early=EVENT, late=EVENT)
    def write_crossed(self, early: tuple[int, int, int], late: tuple[int, int, int]) -> None:
        self.do(self.stage.write_crossed(early, late))

    @rule(screen=SCREEN, by_event=st.booleans())
    def drop(self, screen: int, by_event: bool) -> None:
        self.do(self.stage.drop(self.stage.screens[screen], by_event=by_event))

    @rule(screen=SCREEN, process=PROCESS)
    def resume(self, screen: int, process: int) -> None:
        self.do(self.stage.resume(self.stage.screens[screen], process))

    @rule(process=PROCESS)
    def all_resume(self, process: int) -> None:
        async def resume() -> None:
            for screen in self.stage.screens:
                await self.stage.resume(screen, process)

        self.do(resume())

    @rule(screen=SCREEN)
    def stop_reading(self, screen: int) -> None:
        self.stage.screens[screen].reading.clear()

    @rule(screen=SCREEN)
    def read_on(self, screen: int) -> None:
        self.loop.call_soon_threadsafe(self.stage.screens[screen].reading.set)

    @rule(process=PROCESS)
    def hold_frames(self, process: int) -> None:
        async def hold() -> None:
            engine = self.processes[process].now.engine
            engine.pause = engine.pause or asyncio.Event()

        self.do(hold())

    @rule(process=PROCESS)
    def release_frames(self, process: int) -> None:
        self.loop.call_soon_threadsafe(self.processes[process].release)

    @rule(process=PROCESS, times=st.integers(1, 2))
    def fail_statements(self, process: int, times: int) -> None:
        faults = [asyncpg.CannotConnectNowError("starting") for _ in range(times)]
        self.processes[process].now.engine.faults += faults

    @rule(process=PROCESS, rung=st.booleans())
    def kill(self, process: int, rung: bool) -> None:
        """All its sockets are cut without goodbye; another begins, that hears the bell or not."""

        async def kill() -> None:
            for screen in self.stage.screens:
                if screen.process == process:
                    await self.stage.drop(screen)
            await self.processes[process].stop()
            await self.processes[process].start(rung=rung)

        self.do(kill())

    @rule(most=st.integers(1, 8))
    def trim(self, most: int) -> None:
        self.do(self.stage.trim(most))

    @rule(lost=st.integers(0, 3))
    def restore(self, lost: int) -> None:
        self.do(self.stage.new_epoch(lost))

    @rule()
    def settle(self) -> None:
        self.do(self.stage.quiet())

    # -- rights ------------------------------------------------------------------------------------

    def change(self, statement: str, *values: Any) -> None:
        self.do(self._change(statement, *values))

    async def _change(self, statement: str, *values: Any) -> None:
        await self.stage.pool.execute(statement, *values)
        await self.stage.looked()
        self.stage.grant()

    @rule(ward=WARD)
    def ward(self, ward: str) -> None:
        """A ward is won, or lost."""
        self.do(self.stage.quiet())
        nurse, ward_id = self.stage.people["nurse"], self.stage.hospital.wards[ward]
        if ward_id in nurse.wards:
            nurse.wards.remove(ward_id)
            words = "DELETE FROM ward_memberships WHERE user_id = $1 AND ward_id = $2"
        else:
            nurse.wards.add(ward_id)
            words = "INSERT INTO ward_memberships VALUES ($1, $2)"
        self.change(words, nurse.id, ward_id)

    @rule()
    def role(self) -> None:
        """The role that feeds ask for is lost, or won back."""
        self.do(self.stage.quiet())
        nurse = self.stage.people["nurse"]
        if nurse.roles:
            nurse.roles.clear()
            self.change("DELETE FROM role_memberships WHERE user_id = $1", nurse.id)
        else:
            nurse.roles.add("NURSE")
            self.change("INSERT INTO role_memberships VALUES ($1, 'NURSE')", nurse.id)

    @rule(name=PERSON)
    def attic(self, name: str) -> None:
        """A ward on which nobody lies is won or lost, whatever is under way: that changes the
        rights, and nothing that is heard."""
        person, attic = self.stage.people[name], self.stage.attic
        assert attic is not None
        if attic in person.wards:
            person.wards.remove(attic)
            words = "DELETE FROM ward_memberships WHERE user_id = $1 AND ward_id = $2"
        else:
            person.wards.add(attic)
            words = "INSERT INTO ward_memberships VALUES ($1, $2)"
        self.change(words, person.id, attic)

    @rule(name=PERSON, events=EVENTS)
    def flicker(self, name: str, events: list[tuple[int, int, int]]) -> None:
        """The same while frames are made, which are used only when it is over."""
        for process in (0, 1):
            self.hold_frames(process)
        self.write(events, rung=True)
        self.do(asyncio.sleep(0.06))
        self.attic(name)
        self.write(events, rung=True)
        self.do(asyncio.sleep(0.06))
        for process in (0, 1):
            self.release_frames(process)

    @rule(home=WARD)
    def transfer(self, home: str) -> None:
        """A patient goes to the other ward, or comes back: who may see them changes."""
        self.do(self.stage.transfer(home))

    @rule(ward=WARD)
    def treatment(self, ward: str) -> None:
        """The doctor comes to a patient's care team, or leaves it."""
        self.do(self.stage.quiet())
        doctor, patient = self.stage.people["doctor"], self.stage.hospital.patients[ward]
        if patient in doctor.treated:
            doctor.treated.remove(patient)
            words = (
                "UPDATE care_team_members SET ended_at = now()"
                " WHERE user_id = $1 AND patient_id = $2 AND ended_at IS NULL"
            )
            self.change(words, doctor.id, patient)
        else:
            doctor.treated.add(patient)
            words = (
                "INSERT INTO care_team_members"
                " (id, hospital_id, patient_id, user_id, role, started_at)"
                " VALUES ($4, $3, $2, $1, 'CONSULTANT', now())"
            )
            self.change(words, doctor.id, patient, self.stage.hospital.id, models.new_id())

    @rule(ward=WARD)
    def glass(self, ward: str) -> None:
        """The nurse opens a patient for an hour, or ends that."""
        self.do(self.stage.quiet())
        nurse, patient = self.stage.people["nurse"], self.stage.hospital.patients[ward]
        if patient in nurse.opened:
            nurse.opened.remove(patient)
            words = (
                "UPDATE emergency_accesses SET ended_at = now()"
                " WHERE user_id = $1 AND patient_id = $2 AND ended_at IS NULL"
            )
            self.change(words, nurse.id, patient)
        else:
            nurse.opened.add(patient)
            self.do(self._break(nurse, patient))

    async def _break(self, nurse: Person, patient: Any) -> None:
        words = (
            "INSERT INTO emergency_accesses"
            " (id, hospital_id, user_id, patient_id, reason, opened_at, expires_at)"
            " VALUES ($1, $2, $3, $4, 'found unconscious', now(), now() + interval '1 h')"
        )
        await self._change(words, models.new_id(), self.stage.hospital.id, nurse.id, patient)

    @rule(name=PERSON, event=EVENT)
    def sign_out(self, name: str, event: tuple[int, int, int]) -> None:
        """What is written after it is not heard; who signs in again goes on from there."""
        self.do(self._sign_out(self.stage.people[name], event))

    async def _sign_out(self, person: Person, event: tuple[int, int, int]) -> None:
        await self.stage.quiet()
        await self.stage.hospital.sign_out(person.token)
        await self.stage.looked()
        await self.stage.write([event])
        self.stage.ring(True)
        for screen in self.stage.screens:
            if screen.person is person and screen.connected:
                async with asyncio.timeout(15):
                    while screen.over is None:
                        await asyncio.sleep(0.005)
                assert (screen.over, screen.told) == ("4403", [])
                await self.stage.drop(screen)
        await self.stage.session(person)

    # -- the end -----------------------------------------------------------------------------------

    def teardown(self) -> None:
        self.do(self._end())

    async def _end(self) -> None:
        if not hasattr(self, "stage"):
            return
        try:
            for number, screen in enumerate(self.stage.screens):
                await self.stage.resume(screen, number % 2)
            await self.stage.quiet()
            await audited(self.stage)
        finally:
            for process in self.processes:
                process.release()
            for screen in self.stage.screens:
                await screen.drop()


@pytest_asyncio.fixture(loop_scope="session")
async def processes(serve: Serve, redis_url: str) -> AsyncIterator[list[Process]]:
    found = [Process(serve, redis_url), Process(serve, redis_url)]
    for process in found:
        await process.start()
    yield found
    for process in found:
        await process.stop()


async def test_everybody_sees_what_was_committed_and_allowed_in_order_once(
    pool: Any, processes: list[Process]
) -> None:
    loop = asyncio.get_running_loop()
    await asyncio.to_thread(
        run_state_machine_as_test,
        lambda: Laws(loop, pool, processes),
        settings=SETTINGS,
    )
