"""Histories by chance of one patient's potassium, against a second telling of what is due.

Results, corrections, read-backs, time and moves between wards are drawn and done over the API, in
one statement or in a transaction as it comes; what then stands in the database is held against
`Telling`, which is written from the clinical rule and shares nothing with the product's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import models
from models.rules.roles import Role
from resolvers import critical_results, ids
from resolvers.errors import Conflict, ReadBackDiffers
from tests.resolvers.laboratory import alerts, moved, rules, steps
from tests.resolvers.recording import BRIEFLY, recorder

if TYPE_CHECKING:
    from tests.resolvers.conftest import House

WINDOW, LATE = timedelta(hours=4), timedelta(hours=24)
LOW, HIGH = Decimal("2.5"), Decimal("6.5")
"""Of an adult: critical from here on, outwards."""


def beyond(value: Decimal | None) -> tuple[str, Decimal] | None:
    """On which side a value is critical, and how far out it lies."""
    if value is None or LOW < value < HIGH:
        return None
    return ("high", value) if value >= HIGH else ("low", -value)


@dataclass(eq=False)
class Alarm:
    """What a critical result is to be; `takes`: repeats may join it."""

    side: str
    spoken: str
    since: datetime
    ward: str
    steps: list[str] = field(default_factory=lambda: ["RAISED"])
    status: str = "OPEN"
    takes: bool = True


@dataclass
class Telling:
    """Results by the sender's number: the value (None: taken back), when it was observed, in which
    order they were told last, and the alarm that each belongs to."""

    now: datetime
    ward: str = "med"
    values: dict[str, Decimal | None] = field(default_factory=dict)
    observed: dict[str, datetime] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)
    alarm_of: dict[str, Alarm] = field(default_factory=dict)
    alarms: list[Alarm] = field(default_factory=list)

    def tell(self, name: str, value: Decimal | None) -> None:
        """A result, or the next version of it."""
        if name in self.values and self.values[name] == value:
            return
        was = beyond(self.values.get(name))
        self.values[name] = value
        self.told[name] = max(self.told.values(), default=0) + 1
        found, alarm = beyond(value), self.alarm_of.get(name)
        if alarm is None:
            if found is not None and self.now - self.observed[name] <= LATE:
                self._arrive(name, *found)
        elif alarm.spoken == name:
            self._correct(alarm, name, found, was)
        elif found is not None and alarm.status == "WITHDRAWN":
            self._reopen(alarm, name, found[0])
        elif found is not None and (was is None or found[0] != alarm.side):
            self._leave(name, *found)
        elif found is not None and found[1] > self._far(alarm.spoken, alarm.side):
            self._sound(alarm, name, "WORSENED")

    def move(self, ward: str) -> None:
        """The patient changes wards."""
        self.ward = ward
        for alarm in self.alarms:
            if alarm.status == "OPEN" and alarm.ward != ward:
                alarm.ward = ward
                alarm.steps.append("MOVED")

    def read_back(self, alarm: Alarm, *, right: bool) -> None:
        """Somebody reads back what it speaks of, or something else."""
        if alarm.status != "OPEN":
            return
        alarm.steps.append("ACKNOWLEDGED" if right else "READ_BACK_REFUSED")
        if right:
            alarm.status, alarm.since = "ACKNOWLEDGED", self.now

    def _far(self, name: str, side: str) -> Decimal:
        found = beyond(self.values[name])
        return found[1] if found is not None and found[0] == side else Decimal("-Infinity")

    def _arrive(self, name: str, side: str, far: Decimal) -> None:
        for alarm in [one for one in self.alarms if one.takes and one.side == side]:
            if self.now >= alarm.since + WINDOW:
                alarm.takes = False
                continue
            self.alarm_of[name] = alarm
            if far > self._far(alarm.spoken, side):
                self._sound(alarm, name, "WORSENED")
            else:
                alarm.steps.append("REPEATED")
                alarm.ward = self.ward
            return
        self.alarm_of[name] = Alarm(side, name, self.now, self.ward)
        self.alarms.append(self.alarm_of[name])

    def _leave(self, name: str, side: str, far: Decimal) -> None:
        del self.alarm_of[name]
        self._arrive(name, side, far)

    def _sound(self, alarm: Alarm, name: str, kind: str) -> None:
        alarm.steps.append(kind if alarm.status == "OPEN" else "REOPENED")
        alarm.status, alarm.spoken, alarm.since, alarm.ward = "OPEN", name, self.now, self.ward

    def _reopen(self, alarm: Alarm, name: str, side: str) -> None:
        """On a side where it was not: nothing joins it if another takes in there."""
        alarm.takes = not any(
            one.takes and one.side == side for one in self.alarms if one is not alarm
        )
        alarm.side = side
        self._sound(alarm, name, "REOPENED")

    def _correct(
        self,
        alarm: Alarm,
        name: str,
        found: tuple[str, Decimal] | None,
        was: tuple[str, Decimal] | None,
    ) -> None:
        """The result of which it speaks."""
        if alarm.status == "WITHDRAWN":
            if found is not None:
                self._reopen(alarm, name, found[0])
            return
        joined = [one for one, its in self.alarm_of.items() if its is alarm and one != name]
        # Of those that are equally bad, the one that has stood there longest.
        joined.sort(key=lambda one: (-self._far(one, alarm.side), self.told[one]))
        worst = self._far(joined[0], alarm.side) if joined else Decimal("-Infinity")
        if self._far(name, alarm.side) < worst:
            self._fall_back(alarm, joined[0], was)
            if found is not None and found[0] != alarm.side:
                self._leave(name, *found)
        elif found is None:
            alarm.steps.append("WITHDRAWN")
            alarm.status, alarm.takes, alarm.ward = "WITHDRAWN", False, self.ward
        elif found[0] != alarm.side:
            self._reopen(alarm, name, found[0])
        else:
            self._sound(alarm, name, "REOPENED")

    def _fall_back(self, alarm: Alarm, name: str, was: tuple[str, Decimal] | None) -> None:
        assert was is not None
        if alarm.status == "OPEN":
            alarm.steps.append("REPEATED")
            alarm.spoken, alarm.ward = name, self.ward
        elif self._far(name, alarm.side) == was[1]:
            alarm.spoken = name  # what was read back is still true
        else:
            self._sound(alarm, name, "REOPENED")


VALUES = st.sampled_from([*map(Decimal, ("1.9", "2.4", "4.0", "6.5", "6.9", "7.4"))])
DOINGS = st.one_of(
    st.tuples(st.just("tell"), st.sampled_from("abcd"), VALUES),
    st.tuples(st.just("tell"), st.sampled_from("abcd"), VALUES),
    st.tuples(st.just("tell"), st.sampled_from("abcd"), st.none()),
    st.tuples(st.just("read back"), st.integers(0, 3), st.sampled_from([True, True, False])),
    st.tuples(st.just("wait"), st.sampled_from([1, 239, 240, 240, 1_440]), st.none()),
    st.tuples(st.just("move"), st.sampled_from(["med", "icu"]), st.none()),
)


@given(doings=st.lists(DOINGS, min_size=8, max_size=18))
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_what_sounds_joins_and_is_taken_back(
    house: House, monkeypatch: pytest.MonkeyPatch, doings: list[tuple[str, Any, Any]]
) -> None:
    await rules(house)
    patient = await house.inpatient()
    who = recorder(house, monkeypatch)
    who.document = BRIEFLY
    telling = Telling(house.now)
    run = str(models.new_id())
    for kind, which, what in doings:
        house.later(seconds=1)
        telling.now = house.now
        match kind:
            case "tell":
                at = telling.observed.setdefault(which, house.now)
                status = "CANCELLED" if what is None else "FINAL"
                value = None if what is None else str(what)
                more = {"externalId": f"{run}/{which}", "observedAt": at.isoformat()}
                await who.outcomes(who.potassium(patient, value, status=status, **more))
                telling.tell(which, what)
            case "read back" if which < len(telling.alarms):
                await _read_back(house, patient, telling, which, right=what)
                telling.read_back(telling.alarms[which], right=what)
            case "wait":
                house.later(minutes=which)
            case "move":
                await moved(house, patient, which)
                telling.move(which)
        await _hold(house, patient, telling, run)


async def _read_back(
    house: House, patient: str, telling: Telling, which: int, *, right: bool
) -> None:
    alarm = telling.alarms[which]
    row = (await alerts(house, patient))[which]
    value = telling.values[alarm.spoken] or Decimal(4)
    try:
        async with house.begin() as tx:
            await critical_results.acknowledge_critical_result(
                tx,
                house.actor(Role.NURSE, wards=("med", "icu")),
                critical_result_id=ids.encode(models.CriticalResult, row["id"]),
                read_back=value if right else value + 1,
            )
    except Conflict:
        assert alarm.status != "OPEN"
    except ReadBackDiffers:
        assert alarm.status == "OPEN"
        assert not right


async def _hold(house: House, patient: str, telling: Telling, run: str) -> None:
    """That everything stands as it is told."""
    found = await alerts(house, patient)
    assert len(found) == len(telling.alarms)
    for row, alarm in zip(found, telling.alarms, strict=True):
        assert await steps(house, row["id"]) == alarm.steps
        spoken = await house.row(models.LabResult, row["lab_result_id"])
        assert (row["status"], spoken["external_id"]) == (alarm.status, f"{run}/{alarm.spoken}")
        assert (row["ward_id"], spoken["superseded_at"]) == (house.wards[alarm.ward], None)
        assert (row["repeat_key"] is not None) is alarm.takes
        heard = [kind.removeprefix("CriticalResult") for kind in await house.events(row["id"])]
        assert [kind for kind in heard if kind != "Moved"] == [
            step.title().replace("_", "") for step in alarm.steps if step != "MOVED"
        ]
    joined = await house.pool.fetch(
        "SELECT external_id, critical_result_id FROM lab_results WHERE superseded_at IS NULL"
        " AND critical_result_id IS NOT NULL AND patient_id = $1",
        ids.decode(models.Patient, patient),
    )
    numbers = {id(alarm): row["id"] for row, alarm in zip(found, telling.alarms, strict=True)}
    assert {row["external_id"]: row["critical_result_id"] for row in joined} == {
        f"{run}/{name}": numbers[id(alarm)] for name, alarm in telling.alarm_of.items()
    }
