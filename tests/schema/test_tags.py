"""Tags: after any write at all, either the tag has changed or the answer has not."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

import models
from models.rules.roles import Role
from resolvers import ids, user_changes
from resolvers.actors import Actor
from resolvers.policy import DEFAULT_POLICY
from resolvers.reading.documents import GraphQLRequest
from schema.catalogue import CORE
from schema.execution import Engine
from tests.resolvers.conftest import House, founded
from tests.resolvers.laboratory import rules
from tests.resolvers.reading.hospital import ROOMY
from tests.schema.shift import DOINGS, Shift, vitals_recorded

CHARTED = {
    "acknowledgeCriticalResult",
    "admitPatient",
    "assignCareTeamMember",
    "completeMedication",
    "discontinueMedication",
    "dischargePatient",
    "endPregnancy",
    "endCareTeamMembership",
    "holdMedication",
    "markAllergyEnteredInError",
    "markMedicationEnteredInError",
    "markVitalsEnteredInError",
    "orderMedication",
    "resumeMedication",
    "startMedication",
    "recordAdministration",
    "markAdministrationEnteredInError",
    "recordAllergy",
    "recordLabResults",
    "recordPregnancy",
    "recordVitals",
    "registerPatient",
    "reserveBed",
    "setBedStatus",
    *("releaseReservation", "equipBed", "swapBeds", "startLeave", "endLeave"),
    *("cancelAdmission", "cancelTransfer", "cancelDischarge", "setIsolation", "endIsolation"),
    "setSpo2Scale",
    "transferPatient",
    *("addWard", "changeWard", "retireWard", "addBed", "changeBed", "retireBed"),
}
"""Mutations that a Shift does."""
ELSEWHERE = {
    *("signIn", "signOut", "breakGlass", "endEmergencyAccess", "reviewEmergencyAccess"),
    *("addCriticalRule", "changeCriticalRule", "retireCriticalRule", "dryRunCriticalRule"),
    "findArrivingPatient",
    *("setEscalationChain", "resetEscalationChain"),
    *("createUser", "changeUser", "disableUser", "enableUser"),
    *("changePassword", "setUserPassword"),
}
"""Those that change who somebody is and what they see, and no answer else: the rights are in the
tag (tests/http/test_etags.py). A name is another thing: every ward is told of it (below). And rules
and chains, which no answer with a tag shows: a stored verdict names the version that gave it, and
keeps it, as a clock that runs does."""

CHART = """
  id mrn givenName familyName deceasedAt phone
  admission { status reason leaveSince }
  isolations { kind reason expectedEnd }
  admissions(first: 3) { totalCount nodes { admittedAt dischargedAt cancelReason
    stays { startedAt endedAt cancelledAt overrideReason } } }
  allergies { substance criticality }
  allergiesEnteredInError { substance errorReason }
  latestVitals { heartRate recordedBy news2 { total scale parts { heartRate } } }
  vitalsEnteredInError { heartRate enteredInErrorReason enteredInErrorBy }
  spo2Scale spo2ScaleDecisions { scale reason decidedBy endedAt }
  pregnancies { onset abatement recordedBy }
  vitals(first: 3) { totalCount edges { cursor node { heartRate } } }
  labResults(first: 5) { totalCount nodes {
    display value interpretation status history { version: id value }
    criticalResult { status acknowledgedBy } } }
  medications(first: 5, status: [ACTIVE, STOPPED]) { nodes {
    drug status stopReason startsAt holdReason
    currentWarnings { kind message overriddenBy } history { kind by reason }
    administrations(first: 2) { totalCount nodes { status givenBy } } } }
"""
BOARD = f"""
query Board($ward: String!) {{
  ward(code: $ward) {{
    __typename id code name
    occupancy {{
      beds occupied available unavailable reserved onLeave cleaning isolated closed
    }}
    beds {{
      id code status reserved statusSince closedReason isolationFor
      reservedFor {{ id givenName labResults {{ totalCount }} }}
      admission {{ id patient {{ {CHART} }} }}
    }}
  }}
  criticalResults(ward: $ward, status: [OPEN], first: 20) {{
    totalCount
    nodes {{
      id status raisedAt escalationLevel nextEscalationAt rule readBack
      kind urgency toldAt nextEscalationAudience
      steps {{ number kind occurredAt level audience called by station readBack note }}
      patient {{ familyName latestVitals {{ heartRate }} }} labResult {{ value display }}
    }}
  }}
}}
"""


@pytest_asyncio.fixture
async def house(pool: asyncpg.Pool[Any]) -> House:
    found = await founded(pool)
    await rules(found)
    return found


def engine(pool: asyncpg.Pool[Any]) -> Engine:
    return Engine(pool, pool, DEFAULT_POLICY, lambda _: None, limits=ROOMY)


@dataclass
class Reader:
    """Somebody who looks at a board again and again."""

    house: House
    engine: Engine
    actor: Actor
    ward: str
    query: str = BOARD
    tag: str | None = None
    body: bytes = b""
    same: int = 0
    moved: int = 0

    async def look(self) -> tuple[str | None, bytes]:
        """The tag, and the answer of a moment at which it held."""
        found = await self.house.looked_up(self.actor.session_id)
        assert found is not None
        self.actor = found
        request = GraphQLRequest(self.query, None, {"ward": self.ward})
        while True:
            tag = await self.engine.tag(request, self.actor)
            body = await self.engine.execute(request, self.actor)
            # A reservation may have run out in between.
            if await self.engine.tag(request, self.actor) == tag:
                return tag, body

    async def check(self, what: str) -> None:
        """The tag is another one, or the answer is the same."""
        tag, body = await self.look()
        assert tag is not None
        if tag == self.tag:
            assert body == self.body, f"{self.actor.roles} on {self.ward} was not told of: {what}"
            self.same += 1
        else:
            self.moved += 1
        self.tag, self.body = tag, body


@pytest.mark.parametrize("seed", range(4))
async def test_after_any_write_the_tag_is_another_or_the_answer_the_same(
    house: House, pool: asyncpg.Pool[Any], seed: int
) -> None:
    shift = Shift(house, random.Random(seed))
    for ward in ("med", "med", "icu"):
        shift.patients.append(await house.inpatient(ward))
        await house.bed(ward)
    reading = engine(pool)
    readers = [
        Reader(house, reading, await house.signed_in(Role.NURSE, "med"), "MED"),
        Reader(house, reading, await house.signed_in(Role.DOCTOR, "icu"), "ICU"),
        Reader(house, reading, await house.signed_in(Role.ADMIN), "MED"),
    ]
    for _ in range(70):
        what = await shift.step()
        for reader in readers:
            await reader.check(what)
    for reader in readers:
        assert reader.moved > 5
        assert reader.same > 5, "what concerns another ward does not change the tag"


async def test_a_tag_stands_for_one_answer_whoever_writes_meanwhile(
    house: House, pool: asyncpg.Pool[Any]
) -> None:
    """A write that is under way while its patient is moved is not missed either."""
    first = Shift(house, random.Random(7))
    for ward in ("med", "icu", "med"):
        first.patients.append(await house.inpatient(ward))
        await house.bed(ward)
    shifts = [first]
    shifts += [replace(first, draw=random.Random(seed), mrns=[]) for seed in (8, 9, 10)]
    reading = engine(pool)
    reader = Reader(house, reading, await house.signed_in(Role.ADMIN), "MED")
    answers: dict[str | None, bytes] = {}
    done = asyncio.Event()

    async def work(shift: Shift) -> None:
        for _ in range(60):
            with suppress(asyncpg.PostgresError):  # two of them wanted the same
                await shift.step()
            await asyncio.sleep(shift.draw.uniform(0, 0.05))

    async def look() -> None:
        while not done.is_set():
            tag, body = await reader.look()
            assert answers.setdefault(tag, body) == body

    looking = asyncio.create_task(look())
    await asyncio.gather(*(work(shift) for shift in shifts))
    done.set()
    await looking
    assert len(answers) > 5


async def test_every_ward_is_told_of_another_name_of_somebody(
    house: House, pool: asyncpg.Pool[Any]
) -> None:
    """It stands on boards beside what they have written; other rights stand on none."""
    shift = Shift(house, random.Random(3))
    shift.patients.append(await house.inpatient("med"))
    async with house.begin() as tx:
        await vitals_recorded(shift, tx)
    reader = Reader(house, engine(pool), await house.signed_in(Role.NURSE, "med"), "MED")
    user = ids.encode(models.User, house.users[Role.ADMIN])

    async def change(**given: Any) -> None:
        async with house.begin() as tx:
            await user_changes.change_user(tx, shift.admin, user_id=user, **given)
        await reader.check("changeUser")

    await reader.check("nothing")
    moved = reader.moved
    await change(wards=["ICU"], roles=[Role.ADMIN, Role.LAB])
    assert reader.moved == moved
    await change(display_name="Another Name")
    assert reader.moved == moved + 1
    assert b"Another Name" in reader.body


def test_every_mutation_is_done_or_known_to_write_no_chart() -> None:
    """A new one is written into shift.py, so that no board that it changes is a stale one."""
    assert CORE.mutation_type is not None
    assert set(CORE.mutation_type.fields) == CHARTED | ELSEWHERE
    assert len(set(DOINGS)) >= len(CHARTED)
