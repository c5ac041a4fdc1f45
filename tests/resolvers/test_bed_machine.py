"""Beds and stays against a second telling of them: whatever is asked, in whatever order, it is done
or refused as the model says, with the moves that the model allows, and then the tables hold what
the model holds. `FUZZ_EXAMPLES=500` takes longer, and other examples each time."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Coroutine
from typing import Any, ClassVar

import asyncpg
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

import models
from models.rules.beds import BedStatus
from models.rules.isolations import IsolationKind
from models.rules.roles import Role
from resolvers import admissions, beds, cancellations, ids, isolations, leaves, swaps, vitals
from resolvers.errors import Conflict
from tests.resolvers import bed_model
from tests.resolvers.bed_laws import broken
from tests.resolvers.bed_model import DAY, Refused
from tests.resolvers.conftest import House, founded

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
SHRINK = EXAMPLES > 0 and os.environ.get("FUZZ_SHRINK", "yes") == "yes"
SETTINGS = settings(
    max_examples=EXAMPLES or 16,
    stateful_step_count=60 if EXAMPLES else 30,
    phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if SHRINK else [])],
    deadline=None,
    derandomize=not EXAMPLES,
    database=None,
    suppress_health_check=list(HealthCheck),
)
BEDS, PATIENTS = 4, 3
BED, PATIENT = st.integers(0, BEDS - 1), st.integers(0, PATIENTS - 1)
STATUS = st.sampled_from([one for one in BedStatus if one is not BedStatus.MASKED])
KIND = st.sampled_from(IsolationKind)
PAUSE = st.sampled_from([1, 1, 1, 1, 1, 7, DAY - 2, DAY - 1, DAY, DAY + 1])

IN_BEDS = """
    SELECT b.id, b.status, s.patient_id, r.patient_id AS kept_for FROM beds b
    LEFT JOIN bed_stays s ON s.bed_id = b.id AND s.ended_at IS NULL
    LEFT JOIN reservations r ON r.bed_id = b.id AND r.ended_at IS NULL
    WHERE b.hospital_id = $1"""
OF_PATIENTS = """
    SELECT DISTINCT ON (patient_id) patient_id, status FROM admissions
    WHERE hospital_id = $1 ORDER BY patient_id, admitted_at DESC, id DESC"""
STAYS = """
    SELECT count(*) AS all, count(*) FILTER (WHERE cancelled_at IS NOT NULL) AS cancelled
    FROM bed_stays WHERE hospital_id = $1"""


class Beds(RuleBasedStateMachine):
    """Its rules run in the loop of the test, one after the other."""

    did: ClassVar[Counter[str]] = Counter()
    refused: ClassVar[Counter[str]] = Counter()

    def __init__(self, loop: asyncio.AbstractEventLoop, pool: asyncpg.Pool[Any]) -> None:
        super().__init__()
        self.loop = loop
        self.pool = pool

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    @initialize()
    def begin(self) -> None:
        self.do(self._begin())

    async def _begin(self) -> None:
        self.house: House = await founded(self.pool)
        self.actor = self.house.actor(Role.ADMIN)
        self.beds = [await self.house.bed() for _ in range(BEDS)]
        self.patients = [await self.house.patient() for _ in range(PATIENTS)]
        self.admissions: dict[int, str] = {}
        self.isolations: dict[tuple[int, str], str] = {}
        self.model = bed_model.Ward([bed_model.Bed() for _ in range(BEDS)])
        for patient in (0, 1):
            self.model.now += 1
            self.house.later(minutes=1)
            assert self.model.admit(patient, patient) is bed_model.DONE
            self.admissions[patient] = await self.house.admitted(
                self.patients[patient], self.beds[patient]
            )

    async def _try(self, name: str, resolver: Any, expected: Refused, **given: Any) -> Any:
        """Do it, and compare what came of it and what is held then."""
        produced, refused = None, None
        try:
            async with self.house.begin() as tx:
                produced = await resolver(tx, self.actor, **given)
        except Conflict as conflict:
            refused = conflict
        if refused is None:
            assert expected is None, f"{name} was done, where {expected} was allowed instead"
            self.did[name] += 1
        else:
            allowed = refused.extensions.get("allowed")
            assert expected is not None, f"{name} was refused: {refused.message}"
            assert set(allowed or ()) == expected, (name, refused.message)
            self.refused[name] += 1
        await self._compare()
        return produced

    async def _compare(self) -> None:
        house, model = self.house, self.model
        numbers = {ids.decode(models.Patient, one): at for at, one in enumerate(self.patients)}
        rows = {row["id"]: row for row in await self.pool.fetch(IN_BEDS, house.id)}
        for at, public in enumerate(self.beds):
            row, bed = rows[ids.decode(models.Bed, public)], model.beds[at]
            assert row["status"] == bed.status
            assert numbers.get(row["patient_id"]) == model.inside(at)
            assert numbers.get(row["kept_for"]) == bed.kept_for
        found = await self.pool.fetch(OF_PATIENTS, house.id)
        assert {numbers[row["patient_id"]]: row["status"] for row in found} == {
            patient: admission.status for patient, admission in model.latest.items()
        }
        counted = await self.pool.fetchrow(STAYS, house.id)
        assert counted is not None
        assert counted["all"] == len(model.stays)
        assert counted["cancelled"] == sum(stay.cancelled for stay in model.stays)

    def pause(self, minutes: int) -> None:
        self.model.now += minutes
        self.house.later(minutes=minutes)

    # -- what is asked -----------------------------------------------------------------------------

    @rule(patient=PATIENT, bed=BED, minutes=PAUSE)
    def admit(self, patient: int, bed: int, minutes: int) -> None:
        self.pause(minutes)
        expected = self.model.admit(patient, bed)
        given = {"patient_id": self.patients[patient], "bed_id": self.beds[bed]}
        made = self.do(self._try("admit", admissions.admit_patient, expected, **given))
        if made is not None:
            self.admissions[patient] = ids.encode(models.Admission, made["admission"])

    def _known(self, patient: int) -> str:
        """The patient's latest admission, or somebody's: there is one."""
        return self.admissions[patient]

    def _whose(self, patient: int) -> int:
        known = sorted(self.admissions)
        return known[patient % len(known)]

    @rule(patient=PATIENT, bed=BED, minutes=PAUSE)
    def transfer(self, patient: int, bed: int, minutes: int) -> None:
        self.pause(minutes)
        who = self._whose(patient)
        given = {"admission_id": self._known(who), "bed_id": self.beds[bed]}
        expected = self.model.transfer(who, bed)
        self.do(self._try("transfer", admissions.transfer_patient, expected, **given))

    @rule(patient=PATIENT, step=st.integers(1, PATIENTS), minutes=PAUSE)
    def swap(self, patient: int, step: int, minutes: int) -> None:
        self.pause(minutes)
        one, other = self._whose(patient), self._whose(patient + step)
        if one == other:
            return
        given = {"admission_id": self._known(one), "other_admission_id": self._known(other)}
        self.do(self._try("swap", swaps.swap_beds, self.model.swap(one, other), **given))

    @rule(patient=PATIENT, minutes=PAUSE)
    def discharge(self, patient: int, minutes: int) -> None:
        self.pause(minutes)
        who = self._whose(patient)
        expected = self.model.discharge(who)
        given = {"admission_id": self._known(who)}
        self.do(self._try("discharge", admissions.discharge_patient, expected, **given))

    @rule(patient=PATIENT, back=st.booleans(), minutes=PAUSE)
    def leave(self, patient: int, back: bool, minutes: int) -> None:
        self.pause(minutes)
        who = self._whose(patient)
        expected = self.model.end_leave(who) if back else self.model.start_leave(who)
        resolver = leaves.end_leave if back else leaves.start_leave
        self.do(self._try(resolver.__name__, resolver, expected, admission_id=self._known(who)))

    @rule(patient=PATIENT, again=st.booleans(), minutes=PAUSE)
    def go_and_come_back(self, patient: int, again: bool, minutes: int) -> None:
        """Home or on leave, and back: by chance alone it is rare, too."""
        if again:
            self.leave(patient, back=False, minutes=1)
            self.leave(patient, back=True, minutes=minutes)
        else:
            self.discharge(patient, 1)
            self.cancel_discharge(patient, None, minutes)

    @rule(patient=PATIENT, minutes=PAUSE)
    def cancel_admission(self, patient: int, minutes: int) -> None:
        self.pause(minutes)
        who = self._whose(patient)
        self._cancel("admission", who, self.model.cancel_admission(who))

    @rule(patient=PATIENT, minutes=PAUSE)
    def cancel_transfer(self, patient: int, minutes: int) -> None:
        self.pause(minutes)
        who = self._whose(patient)
        self._cancel("transfer", who, self.model.cancel_transfer(who))

    @rule(patient=PATIENT, bed=st.none() | BED, minutes=PAUSE)
    def cancel_discharge(self, patient: int, bed: int | None, minutes: int) -> None:
        self.pause(minutes)
        who = self._whose(patient)
        expected = self.model.cancel_discharge(who, bed)
        self._cancel("discharge", who, expected, bed_id=None if bed is None else self.beds[bed])

    def _cancel(self, what: str, who: int, expected: Refused, **more: Any) -> None:
        resolver = getattr(cancellations, f"cancel_{what}")
        given = {"admission_id": self._known(who), "reason": "in error", **more}
        self.do(self._try(f"cancel {what}", resolver, expected, **given))

    @rule(patient=PATIENT, beds=st.permutations(range(BEDS)), minutes=PAUSE)
    def move_about(self, patient: int, beds: list[int], minutes: int) -> None:
        """A transfer to a clean bed, and perhaps the way back: by chance alone it is rare."""
        self.admit(patient, beds[0], 1)
        self.clean(beds[1])
        self.transfer(patient, beds[1], 1)
        self.cancel_transfer(patient, minutes)

    @rule(patient=PATIENT, does=st.sampled_from((False, False, True)))
    def chart(self, patient: int, does: bool) -> None:
        """Somebody measures something, now and then."""
        if not does:
            return
        self.pause(1)
        who = self._whose(patient)
        self.model.latest[who].charted = True
        self.do(self._chart(self.patients[who]))

    async def _chart(self, patient: str) -> None:
        async with self.house.begin() as tx:
            await vitals.record_vitals(
                tx, self.actor, patient_id=patient, recorded_at=tx.now, heart_rate=70
            )

    @rule(bed=BED, status=STATUS)
    def set_status(self, bed: int, status: BedStatus) -> None:
        self.pause(1)
        expected = self.model.set_status(bed, status.value)
        given = {"bed_id": self.beds[bed], "status": status, "reason": "looked at"}
        self.do(self._try("set status", beds.set_bed_status, expected, **given))

    @rule(bed=BED)
    def clean(self, bed: int) -> None:
        """As it is done every day, so that there are beds to lie in."""
        for status in (BedStatus.HOUSEKEEPING, BedStatus.UNOCCUPIED):
            self.set_status(bed, status)

    @rule(bed=BED, patient=PATIENT)
    def reserve(self, bed: int, patient: int) -> None:
        self.pause(1)
        expected = self.model.reserve(bed, patient)
        given = {"bed_id": self.beds[bed], "patient_id": self.patients[patient]}
        self.do(self._try("reserve", beds.reserve_bed, expected, **given))

    @rule(bed=BED)
    def release(self, bed: int) -> None:
        self.pause(1)
        expected = self.model.release(bed)
        given = {"bed_id": self.beds[bed]}
        self.do(self._try("release", beds.release_reservation, expected, **given))

    @rule(patient=PATIENT, kind=KIND, ends=st.booleans())
    def isolate(self, patient: int, kind: IsolationKind, ends: bool) -> None:
        self.pause(1)
        key = (patient, kind.value)
        if ends and self.isolations:
            key = sorted(self.isolations)[patient % len(self.isolations)]
        else:
            expected = self.model.isolate(*key)
            given = {"patient_id": self.patients[patient], "kind": kind, "reason": "a swab"}
            made = self.do(self._try("isolate", isolations.set_isolation, expected, **given))
            self.isolations[key] = ids.encode(models.Isolation, made["isolation"])
            return
        expected = self.model.end_isolation(*key)
        given = {"isolation_id": self.isolations[key]}
        self.do(self._try("end isolation", isolations.end_isolation, expected, **given))

    @rule(bed=BED, kinds=st.sets(KIND))
    def equip(self, bed: int, kinds: set[IsolationKind]) -> None:
        self.pause(1)
        self.model.beds[bed].fit_for = {kind.value for kind in kinds}
        given = {"bed_id": self.beds[bed], "isolation_for": [*kinds]}
        self.do(self._try("equip", beds.equip_bed, bed_model.DONE, **given))

    def teardown(self) -> None:
        if hasattr(self, "house"):
            assert self.do(broken(self.pool, self.house.id)) == []


async def test_beds_and_stays_do_what_the_model_does(pool: asyncpg.Pool[Any]) -> None:
    loop = asyncio.get_running_loop()
    Beds.did.clear()
    Beds.refused.clear()
    await asyncio.to_thread(run_state_machine_as_test, lambda: Beds(loop, pool), settings=SETTINGS)
    # It has come everywhere, on both sides.
    assert Beds.did.keys() == {
        *("admit", "transfer", "swap", "discharge", "start_leave", "end_leave", "set status"),
        *("cancel admission", "cancel transfer", "cancel discharge", "reserve", "release"),
        *("isolate", "end isolation", "equip"),
    }
    assert Beds.refused.keys() >= Beds.did.keys() - {"isolate", "end isolation", "equip"}
