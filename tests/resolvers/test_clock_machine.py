"""The clock of critical results against a second telling of it: raised, told, called, answered,
corrected, moved, by chains that are set meanwhile, with two processes looking at once."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

import models
from models.rules.escalation import Audience, Urgency
from models.rules.results import ResultStatus
from models.rules.roles import Role
from resolvers import admissions, critical_result_listeners, critical_results, escalation_chains
from resolvers.critical_result_listeners import Listener
from resolvers.errors import Conflict, ReadBackDiffers
from resolvers.transaction import transaction
from tests.resolvers.conftest import House, founded
from tests.resolvers.laboratory import rules
from tests.resolvers.test_critical_results import acknowledge, take
from tests.resolvers.test_escalation_chains import Given

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
SETTINGS = settings(
    max_examples=EXAMPLES or 12,
    stateful_step_count=60 if EXAMPLES else 40,
    phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if EXAMPLES else [])],
    deadline=None,
    derandomize=not EXAMPLES,
    database=None,
    suppress_health_check=list(HealthCheck),
)
N, C, D, A, R = (one.value for one in Audience)
SHIPS = ((0, N), (5, C), (15, D), (30, A), (60, R))
CHAINS = (SHIPS, ((0, N), (2, D), (20, R)), ((0, N), (1, A), (2, D), (3, C), (60, R)))
"""What is set; the first is as it ships, and set all the same."""
CRITICAL = {"6.9", "7.4"}
MICROSECOND = timedelta(microseconds=1)
NUMBER = st.integers(0, 5)
PAUSES = [timedelta(seconds=one) for one in (1, 60, 119, 120, 300, 899, 900, 1800, 3600)]
PAUSE = st.sampled_from([*PAUSES, MICROSECOND, timedelta(minutes=5) - MICROSECOND])


@dataclass
class Alarm:
    """A critical result in the account. `level` None: no clock runs any more."""

    patient: str
    admission: str | None
    value: str
    raised: datetime
    chain: tuple[tuple[int, str], ...]
    ward: str | None
    status: str = "OPEN"
    level: int = 0
    told: bool = False
    steps: list[tuple[str, int, str | None]] = field(default_factory=list)
    id: UUID | None = None

    def note(self, kind: str, audience: str | None = None) -> None:
        self.steps.append((kind, self.level, audience))

    @property
    def runs(self) -> bool:
        return self.status == "OPEN" and self.level < len(self.chain) - 1

    def due(self) -> datetime:
        return self.raised + timedelta(minutes=self.chain[self.level + 1][0])

    def call(self) -> None:
        self.level += 1
        audience = self.chain[self.level][1]
        self.note("BREACHED" if audience == R else "ESCALATED", audience)

    def sound(self, kind: str, now: datetime, chain: tuple[tuple[int, str], ...]) -> None:
        """Opened anew: a clock that runs goes on, one that stood still begins by this chain."""
        if not self.runs:
            self.raised, self.level, self.chain = now, 0, chain
        self.status, self.told = "OPEN", False
        self.note(kind, self.chain[self.level][1])


class Clock(RuleBasedStateMachine):
    """Its rules run in the loop of the test, one after the other."""

    met: ClassVar[Counter[str]] = Counter()

    def __init__(self, loop: asyncio.AbstractEventLoop, pool: asyncpg.Pool[Any]) -> None:
        super().__init__()
        self.loop = loop
        self.pool = pool

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    @initialize()
    def begin(self) -> None:
        self.alarms: list[Alarm] = []
        self.set: dict[str | None, tuple[tuple[int, str], ...]] = {}
        self.listens: set[str | None] | None = set()
        self.do(self._begin())

    async def _begin(self) -> None:
        self.house: House = await founded(self.pool)
        await rules(self.house)
        self.nurses = {}
        for ward in ("med", "icu"):
            self.nurses[ward] = (await self.house.signed_in(Role.NURSE, ward)).user_id
        self.nurses[None] = (await self.house.signed_in(Role.ADMIN)).user_id

    def chain(self, ward: str | None) -> tuple[tuple[int, str], ...]:
        return self.set.get(ward) or self.set.get(None) or SHIPS

    def one(self, number: int) -> Alarm | None:
        return self.alarms[number % len(self.alarms)] if self.alarms else None

    # What happens

    @rule(ward=st.sampled_from(["med", "med", "icu", None]), value=st.sampled_from(["6.9", "7.4"]))
    def raise_one(self, ward: str | None, value: str) -> None:
        self.do(self._raise(ward, value))

    async def _raise(self, ward: str | None, value: str) -> None:
        patient, admission = await self.house.patient(), None
        if ward is not None:
            admission = await self.house.admitted(patient, await self.house.bed(ward))
        made = Alarm(patient, admission, value, self.house.now, self.chain(ward), ward)
        made.id = (await take(self.house, patient, value, external_id=patient)).critical_result_id
        made.note("RAISED", N)
        self.alarms.append(made)

    @rule(number=NUMBER, right=st.booleans())
    def answer(self, number: int, right: bool) -> None:
        alarm = self.one(number)
        if alarm is not None:
            self.do(self._answer(alarm, alarm.value if right else "1", right))

    async def _answer(self, alarm: Alarm, read_back: str, right: bool) -> None:
        assert alarm.id is not None
        refusal: type[Exception] | None = None
        try:
            await acknowledge(self.house, alarm.id, read_back, role=Role.ADMIN)
        except (Conflict, ReadBackDiffers) as error:
            refusal = type(error)
        if alarm.status != "OPEN":
            assert refusal is Conflict
            return
        assert refusal is (None if right else ReadBackDiffers)
        alarm.note("ACKNOWLEDGED" if right else "READ_BACK_REFUSED")
        alarm.status = "ACKNOWLEDGED" if right else "OPEN"

    @rule(number=NUMBER, value=st.sampled_from(["6.9", "7.4", "4.0"]))
    def correct(self, number: int, value: str) -> None:
        alarm = self.one(number)
        if alarm is None or alarm.value == value:
            return
        self.house.later(microseconds=1)
        self.do(self._correct(alarm, value))
        alarm.value = value
        if value in CRITICAL:
            alarm.sound("REOPENED", self.house.now, self.chain(alarm.ward))
        elif alarm.status != "WITHDRAWN":
            alarm.note("WITHDRAWN")
            alarm.status = "WITHDRAWN"

    async def _correct(self, alarm: Alarm, value: str) -> None:
        more: dict[str, Any] = {"external_id": alarm.patient, "status": ResultStatus.CORRECTED}
        await take(self.house, alarm.patient, value, **more)

    @rule(number=NUMBER, ward=st.sampled_from(["med", "icu"]))
    def move(self, number: int, ward: str) -> None:
        alarm = self.one(number)
        if alarm is None or alarm.admission is None:
            return
        self.do(self._move(alarm, ward))
        if alarm.ward != ward and alarm.status == "OPEN":
            # Those of the other ward are called at the level of now.
            alarm.note("MOVED", alarm.chain[alarm.level][1])
            alarm.told = False
        # What is answered stays where it was answered for, until it opens again.
        alarm.ward = ward

    async def _move(self, alarm: Alarm, ward: str) -> None:
        bed = await self.house.bed(ward)
        async with self.house.begin() as tx:
            await admissions.transfer_patient(
                tx, self.house.actor(Role.CLERK), admission_id=str(alarm.admission), bed_id=bed
            )

    @rule(ward=st.sampled_from(["med", "icu", None]), number=st.integers(0, 3))
    def set_chain(self, ward: str | None, number: int) -> None:
        self.do(self._set_chain(ward, number))

    async def _set_chain(self, ward: str | None, number: int) -> None:
        given: dict[str, Any] = {"urgency": Urgency.CRITICAL, "ward": ward and ward.upper()}
        actor = self.house.actor(Role.ADMIN)
        async with self.house.begin() as tx:
            if number < len(CHAINS):
                chain = CHAINS[number]
                steps = [Given(minutes, Audience(one)) for minutes, one in chain]
                await escalation_chains.set_escalation_chain(tx, actor, steps=steps, **given)
                self.set[ward] = chain
            elif self.set.pop(ward, None):
                await escalation_chains.reset_escalation_chain(tx, actor, **given)

    @rule(wards=st.one_of(st.none(), st.sets(st.sampled_from(["med", "icu", None]))))
    def listen(self, wards: set[str | None] | None) -> None:
        self.listens = wards

    @rule(pause=PAUSE, processes=st.integers(1, 2))
    def look(self, pause: timedelta, processes: int) -> None:
        """Time passes, and then the clock of each process looks, at once."""
        self.house.now += pause
        self.do(self._look(processes))
        for alarm in self.alarms:
            if alarm.status == "OPEN" and not alarm.told:
                alarm.told = True
                alarm.note("TOLD")
                # The administrator who listens to all wards is a station of none.
                heard = self.listens is not None and alarm.ward in self.listens
                if not heard and alarm.level == 0:
                    alarm.call()
            while alarm.runs and alarm.due() <= self.house.now:
                alarm.call()

    async def _look(self, processes: int) -> None:
        there = None
        if self.listens is not None:
            wards = {ward: None if ward is None else self.house.wards[ward] for ward in self.nurses}
            there = [Listener(wards[ward], self.nurses[ward]) for ward in self.listens]

        async def process() -> None:
            async with transaction(self.pool, self.house.id, self.house.now) as tx:
                await critical_result_listeners.tell(tx, there)
                await critical_results.escalate_due(tx)

        await asyncio.gather(*(process() for _ in range(processes)))
        # What one found held by the other is made a second later.
        await process()

    # What must be so

    def teardown(self) -> None:
        if hasattr(self, "house"):
            self.do(self._compare())

    @rule()
    def compare(self) -> None:
        self.do(self._compare())

    async def _compare(self) -> None:
        for alarm in self.alarms:
            assert alarm.id is not None
            row = await self.house.row(models.CriticalResult, alarm.id)
            steps = await self.pool.fetch(
                "SELECT * FROM critical_result_steps WHERE critical_result_id = $1 ORDER BY number",
                alarm.id,
            )
            assert [(one["kind"], one["level"], one["audience"]) for one in steps] == alarm.steps
            assert [one["number"] for one in steps] == list(range(1, len(steps) + 1))
            assert (row["status"], row["escalation_level"]) == (alarm.status, alarm.level)
            due = alarm.due() if alarm.runs else None
            assert row["next_escalation_at"] == due
            assert (row["told_at"] is not None) is alarm.told
            if alarm.status == "OPEN" and alarm.ward is not None:
                assert row["ward_id"] == self.house.wards[alarm.ward]
            heard = [f"CriticalResult{_camel(kind)}" for kind, _, _ in alarm.steps]
            told = await self.house.events(alarm.id)
            # A move is told to both wards.
            assert [one for one in told if not one.endswith("Moved")] == [
                one for one in heard if not one.endswith(("Told", "Moved"))
            ]
            self.met.update(kind for kind, _, _ in alarm.steps)


def _camel(kind: str) -> str:
    return "".join(word.capitalize() for word in kind.split("_"))


async def test_the_clock_does_what_the_account_says(pool: asyncpg.Pool[Any]) -> None:
    loop = asyncio.get_running_loop()
    Clock.met.clear()
    await asyncio.to_thread(run_state_machine_as_test, lambda: Clock(loop, pool), settings=SETTINGS)
    assert Clock.met.keys() == {
        *("RAISED", "TOLD", "ESCALATED", "BREACHED", "READ_BACK_REFUSED", "ACKNOWLEDGED"),
        *("REOPENED", "WITHDRAWN", "MOVED"),
    }
