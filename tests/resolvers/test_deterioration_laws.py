"""The laws of the deterioration alert, tried by chance against a second account of them.

At most one alert of a patient is open; every set that asks for somebody is the subject of a step;
one sounds if, and only if, it is the first, is worse, or comes after the response time of what was
acknowledged. The account below knows nothing of the rules but what clinical words say.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

import models
from models.rules.roles import Role
from resolvers import admissions, critical_results, ids
from tests.resolvers.conftest import House
from tests.resolvers.watched import (
    FIVE,
    NINE,
    RED_BREATH,
    RED_PULSE,
    SEVEN,
    SIX,
    WELL,
    Watched,
    watched,
)

COUNTED: Counter[str] = Counter()


@dataclass(frozen=True)
class Asks:
    """What a set of the list asks for, by hand: whether at once, with how many points, of which
    the threes are in these parameters."""

    values: dict[str, Any]
    at_once: bool
    points: int
    threes: frozenset[str] = frozenset()

    @property
    def minutes(self) -> int:
        return 30 if self.at_once else 60

    def beats(self, other: Asks) -> bool:
        if self.at_once != other.at_once:
            return self.at_once
        return self.points > other.points or not self.threes <= other.threes

    @property
    def rank(self) -> tuple[bool, int, int]:
        return (self.at_once, self.points, len(self.threes))


PULSE, BREATH = frozenset({"pulse"}), frozenset({"breath"})
SETS = {
    "well": None,
    "five": Asks(FIVE, at_once=False, points=5),
    "six": Asks(SIX, at_once=False, points=6),
    "seven": Asks(SEVEN, at_once=True, points=7),
    "nine": Asks(NINE, at_once=True, points=9),
    "pulse": Asks(RED_PULSE, at_once=False, points=3, threes=PULSE),
    "breath": Asks(RED_BREATH, at_once=False, points=3, threes=BREATH),
    "pulse alone": Asks({"heart_rate": 140}, at_once=False, points=3, threes=PULSE),
    "both alone": Asks(
        {"heart_rate": 140, "respiratory_rate": 30},
        at_once=False,
        points=6,
        threes=PULSE | BREATH,
    ),
}
COMPLETE = {"five", "six", "seven", "nine", "pulse", "breath"}


@dataclass
class Told:
    """An alert in the account."""

    speaks: UUID
    joined: list[UUID]
    state: str = "OPEN"
    answered: datetime | None = None


@dataclass
class Account:
    """What should have happened."""

    names: dict[UUID, str] = field(default_factory=dict)
    errors: set[UUID] = field(default_factory=set)
    alerts: list[Told] = field(default_factory=list)
    steps: list[tuple[str, UUID]] = field(default_factory=list)

    def asks(self, row: UUID) -> Asks:
        found = SETS[self.names[row]]
        assert found is not None
        return found

    def open(self) -> Told | None:
        [*found] = [one for one in self.alerts if one.state == "OPEN"]
        assert len(found) <= 1
        return found[0] if found else None

    def covered(self, alert: Told, now: datetime) -> bool:
        """Whether somebody is still coming for what was acknowledged."""
        assert alert.answered is not None
        return now < alert.answered + timedelta(minutes=self.asks(alert.speaks).minutes)

    def recorded(self, name: str, row: UUID, now: datetime) -> None:
        self.names[row] = name
        new = SETS[name]
        if new is None:
            return
        alert = self.open()
        if alert is None:
            answered = [one for one in self.alerts if one.state == "ACKNOWLEDGED"]
            last = max(answered, key=lambda one: one.answered or now, default=None)
            if last is None or not self.covered(last, now):
                self.alerts.append(Told(row, [row]))
                self.steps.append(("RAISED", row))
                return
            alert = last
        alert.joined.append(row)
        if not new.beats(self.asks(alert.speaks)):
            self.steps.append(("REPEATED", row))
            return
        self.steps.append(("WORSENED" if alert.state == "OPEN" else "REOPENED", row))
        alert.speaks, alert.state, alert.answered = row, "OPEN", None

    def acknowledged(self, now: datetime) -> None:
        alert = self.open()
        assert alert is not None
        alert.state, alert.answered = "ACKNOWLEDGED", now
        self.steps.append(("ACKNOWLEDGED", alert.speaks))

    def taken_back(self, row: UUID, now: datetime) -> None:
        self.errors.add(row)
        for alert in self.alerts:
            if alert.speaks == row and alert.state != "WITHDRAWN":
                self._without(alert, now)

    def _without(self, alert: Told, now: datetime) -> None:
        row = alert.speaks
        standing = [one for one in alert.joined if one not in self.errors]
        if not standing:
            alert.state, alert.answered = "WITHDRAWN", None
            self.steps.append(("WITHDRAWN", row))
            return
        worst = max(standing, key=lambda one: (self.asks(one).rank, alert.joined.index(one)))
        if alert.state == "ACKNOWLEDGED":
            if not self.covered(alert, now):
                return
            was, is_now = (self.names[one] in COMPLETE for one in (row, worst))
            if self.asks(row).rank != self.asks(worst).rank or was is not is_now:
                if self.open() is not None:
                    return
                self.steps.append(("REOPENED", worst))
                alert.speaks, alert.state, alert.answered = worst, "OPEN", None
                return
        alert.speaks = worst
        self.steps.append(("REPEATED", worst))


OPERATIONS = st.sampled_from(
    [
        *[("set", name) for name in SETS],
        *[("set", name) for name in ("five", "six", "seven")],
        *[("wait", minutes) for minutes in (1, 28, 29, 30, 59, 60)],
        *[("acknowledge", None)] * 6,
        *[("take back", back) for back in range(4)],
        ("move", None),
        ("tick", None),
    ]
)


@settings(
    max_examples=30,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
@example(
    operations=[
        *[("set", "five"), ("take back", 0)],  # withdrawn
        *[("set", "pulse"), ("move", None), ("set", "nine"), ("set", "seven")],
        *[("acknowledge", None), ("take back", 1)],  # opened again on seven
        *[("set", "nine"), ("tick", None), ("acknowledge", None), ("wait", 30), ("set", "five")],
    ]
)
@given(operations=st.lists(OPERATIONS, min_size=16, max_size=24))
async def test_the_alert_is_what_the_account_says(
    house: House, operations: list[tuple[str, Any]]
) -> None:
    patient, account = await watched(house), Account()
    for kind, detail in operations:
        COUNTED[kind] += await operate(house, patient, account, kind, detail)
        await compare(house, patient, account)
    COUNTED.update(step for step, _ in account.steps)


async def operate(house: House, patient: Watched, account: Account, kind: str, detail: Any) -> bool:
    """Do it in the hospital and in the account; false where there is nothing to do it with."""
    if kind == "set":
        house.later(seconds=1)
        asks = SETS[detail]
        row = await patient.record(**(WELL if asks is None else asks.values))
        account.recorded(detail, row, house.now)
    elif kind == "wait":
        # To the very minute after whatever happened last.
        house.later(minutes=detail)
    elif kind == "acknowledge":
        alert = account.open()
        if alert is None:
            return False
        rows = [one for one in await patient.alerts() if one["status"] == "OPEN"]
        await patient.acknowledge(rows[0]["id"], account.asks(alert.speaks).points)
        account.acknowledged(house.now)
    elif kind == "take back":
        standing = [row for row in account.names if row not in account.errors]
        if len(standing) <= detail:
            return False
        await patient.take_back(standing[-1 - detail])
        account.taken_back(standing[-1 - detail], house.now)
    elif kind == "move":
        await move(house, patient)
    else:
        async with house.begin() as tx:
            await critical_results.escalate_due(tx)
    return True


async def move(house: House, patient: Watched) -> None:
    row = await house.pool.fetchrow(
        "SELECT admission_id, ward_id FROM bed_stays WHERE patient_id = $1 AND ended_at IS NULL",
        ids.decode(models.Patient, patient.patient),
    )
    assert row is not None
    house.later(seconds=1)
    bed = await house.bed("icu" if row["ward_id"] == house.wards["med"] else "med")
    async with house.begin() as tx:
        await admissions.transfer_patient(
            tx,
            house.actor(Role.CLERK),
            admission_id=ids.encode(models.Admission, row["admission_id"]),
            bed_id=bed,
        )


NOT_OF_A_SET = {"ESCALATED", "BREACHED", "MOVED", "TOLD"}


async def compare(house: House, patient: Watched, account: Account) -> None:
    rows = await patient.alerts()
    assert [(row["status"], row["vital_signs_id"]) for row in rows] == [
        (alert.state, alert.speaks) for alert in account.alerts
    ]
    kept = await house.pool.fetch(
        """SELECT s.kind, s.vital_signs_id FROM critical_result_steps s
             JOIN critical_results c ON c.id = s.critical_result_id
            WHERE c.patient_id = $1 ORDER BY s.occurred_at, c.created_at, s.number""",
        ids.decode(models.Patient, patient.patient),
    )
    steps = [(row["kind"], row["vital_signs_id"]) for row in kept]
    assert [one for one in steps if one[0] not in NOT_OF_A_SET] == account.steps
    asking = {row for row, name in account.names.items() if SETS[name] is not None}
    assert asking <= {row for _, row in steps}
    lies_on = await house.pool.fetchval(
        "SELECT ward_id FROM bed_stays WHERE patient_id = $1 AND ended_at IS NULL",
        ids.decode(models.Patient, patient.patient),
    )
    assert all(row["ward_id"] == lies_on for row in rows if row["status"] == "OPEN")
    heard = Counter(row["kind"] for row in await patient.heard())
    for kind in ("Raised", "Repeated", "Worsened", "Reopened", "Withdrawn", "Acknowledged"):
        told = sum(step == kind.upper() for step, _ in account.steps)
        assert heard[f"CriticalResult{kind}"] == told


def test_everything_happened() -> None:
    """What was drawn leaves no law alone."""
    if COUNTED:
        wanted = ("RAISED", "REPEATED", "WORSENED", "REOPENED", "WITHDRAWN", "ACKNOWLEDGED")
        assert min(COUNTED[kind] for kind in wanted) >= 1, COUNTED
