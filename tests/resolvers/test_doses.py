"""The administration record: which dose was meant, what is too soon, and what waits."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import models
from models.rules import schedules
from models.rules.administrations import AdministrationStatus
from models.rules.roles import Role
from models.rules.schedules import Schedule
from resolvers import administrations, ids, medication_moves, medications
from resolvers.errors import BadInput, Conflict
from resolvers.policy import DEFAULT_POLICY
from resolvers.reading.documents import GraphQLRequest
from schema.execution import Engine
from tests.resolvers.conftest import House, founded

GIVEN, NOT_GIVEN = AdministrationStatus.GIVEN, AdministrationStatus.NOT_GIVEN
HOUR, DAY, TICK = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
DOSES = """query ($id: ID!, $from: DateTime, $to: DateTime) { node(id: $id) {
  ... on MedicationOrder { doses(from: $from, to: $to) {
    dueAt lateAt state medication { id } administration { id givenAt reason } } } } }"""
DUE = """query ($ward: String!, $until: DateTime) { medicationsDue(ward: $ward, until: $until) {
  dueAt state medication { id drug } patient { id } } }"""


@dataclass
class Bedside:
    """An order, and what is done with it at the house's time."""

    house: House
    order: str
    patient: str

    async def record(self, status: AdministrationStatus = GIVEN, **more: Any) -> UUID:
        if status is NOT_GIVEN:
            more |= {"reason": "asleep"}
        async with self.house.begin() as tx:
            produced = await administrations.record_administration(
                tx,
                self.house.actor(Role.NURSE),
                medication_id=self.order,
                status=status,
                **more,
            )
        found: UUID = produced["administration"]
        return found

    async def due_of(self, administration: UUID) -> datetime | None:
        row = await self.house.row(models.MedicationAdministration, administration)
        found: datetime | None = row["due_at"]
        return found

    async def take_back(self, administration: UUID) -> None:
        async with self.house.begin() as tx:
            await administrations.mark_administration_entered_in_error(
                tx,
                self.house.actor(Role.NURSE),
                administration_id=ids.encode(models.MedicationAdministration, administration),
                reason="another patient",
            )

    async def move(self, what: Any, **more: Any) -> None:
        async with self.house.begin() as tx:
            await what(tx, self.house.actor(Role.DOCTOR), medication_id=self.order, **more)

    async def refused(self, *args: Any, **more: Any) -> datetime | None:
        """When it is allowed next, of what is refused now."""
        with pytest.raises(Conflict) as refused:
            await self.record(*args, **more)
        told = refused.value.extensions.get("nextAllowedAt")
        return None if told is None else datetime.fromisoformat(told)


async def ordered(
    house: House, patient: str | None = None, role: Role = Role.DOCTOR, **more: Any
) -> Bedside:
    lying = patient or await house.inpatient()
    async with house.begin() as tx:
        produced = await medications.order_medication(
            tx,
            house.actor(role),
            patient_id=lying,
            drug=f"drug {models.new_id()}",
            dose=Decimal(1),
            dose_unit="mg",
            # Several drugs of a patient, of which nobody asks whether they go together.
            override_reason="needed",
            **more,
        )
    return Bedside(house, ids.encode(models.MedicationOrder, produced["medication"]), lying)


def at(house: House, hours: float, days: int = 0) -> datetime:
    """Put the house's clock to an hour of the day on which a test begins, in UTC."""
    house.now = datetime(2026, 11, 2, tzinfo=UTC) + hours * HOUR + days * DAY
    return house.now


async def ask(house: House, text: str, role: Role = Role.NURSE, **variables: Any) -> Any:
    engine = Engine(house.pool, house.pool, DEFAULT_POLICY, lambda _: None)
    sent = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in variables.items()
    }
    raw = await engine.execute(GraphQLRequest(text, None, sent), await house.signed_in(role, "med"))
    body = orjson.loads(raw)
    assert "errors" not in body, body
    return body["data"]


async def test_the_nearest_dose_that_waits_is_meant(house: House) -> None:
    at(house, 7)
    order = await ordered(house, frequency="BID")  # 08:00 and 20:00
    eight, twenty = at(house, 8), at(house, 20)
    at(house, 7)
    assert await order.due_of(await order.record()) == eight
    at(house, 19)
    assert await order.due_of(await order.record(NOT_GIVEN)) == twenty
    # Neither given nor to be given: the next is that of the morning.
    at(house, 21)
    assert await order.refused() == eight + DAY - HOUR


async def test_a_dose_is_given_an_hour_early_and_not_before(house: House) -> None:
    at(house, 1)
    order = await ordered(house, frequency="QD")
    eight = at(house, 8)
    at(house, 7 - 1e-6)
    assert await order.refused() == eight - HOUR
    assert await order.refused(due_at=eight) == eight - HOUR
    # That it will not be given may be said before.
    assert await order.due_of(await order.record(NOT_GIVEN, due_at=eight)) == eight
    at(house, 7)
    assert await order.refused(due_at=eight) == eight + DAY - HOUR
    later = await ordered(house, order.patient, frequency="QD")
    assert await later.due_of(await later.record(due_at=eight)) == eight


async def test_giving_twice_within_the_interval_is_refused(house: House) -> None:
    at(house, 7)
    order = await ordered(house, frequency="Q6H")  # 00, 06, 12, 18
    late = at(house, 16)
    await order.record(due_at=at(house, 12), given_at=at(house, 16))
    # Six hours, less the hour that the one may be late and the other early.
    at(house, 17)
    assert await order.refused() == late + 4 * HOUR
    at(house, 20 - 1e-6)
    assert await order.refused() == late + 4 * HOUR
    at(house, 20)
    assert await order.due_of(await order.record()) == at(house, 18)


async def test_as_needed_is_refused_above_its_maximum(house: House) -> None:
    begin = at(house, 7)
    order = await ordered(house, as_needed=True, as_needed_reason="pain", max_per_day=2)
    await order.record()
    assert await order.due_of(await order.record()) is None
    house.later(hours=1)
    assert await order.refused() == begin + DAY
    await order.record(NOT_GIVEN)  # is none of them
    house.now = begin + DAY - TICK
    assert await order.refused() == begin + DAY
    house.now = begin + DAY
    taken = await order.record()
    house.later(minutes=1)
    await order.record()
    assert await order.refused() == begin + 2 * DAY
    await order.take_back(taken)
    await order.record()


async def test_as_needed_every_six_hours_waits_for_them(house: House) -> None:
    begin = at(house, 7)
    order = await ordered(
        house, as_needed=True, as_needed_reason="pain", max_per_day=4, frequency="Q6H"
    )
    await order.record()
    house.now = begin + 6 * HOUR - TICK
    assert await order.refused() == begin + 6 * HOUR
    house.now = begin + 6 * HOUR
    await order.record()


async def test_a_dose_that_is_no_dose_is_refused(house: House) -> None:
    at(house, 7)
    order = await ordered(house, frequency="BID")
    free = await ordered(house, order.patient)
    for which, due in ((order, at(house, 9)), (free, at(house, 8)), (order, at(house, 8, -1))):
        at(house, 8)
        with pytest.raises(BadInput) as refused:
            await which.record(due_at=due)
        assert refused.value.extensions["field"] == "dueAt"
        assert refused.value.extensions["limit"]
    await free.record()
    await free.record()


@pytest.mark.parametrize("year", [2200, 9999])
async def test_a_time_that_nobody_lives_to_see_is_refused(house: House, year: int) -> None:
    never = datetime(year, 12, 30, 23, tzinfo=UTC)
    at(house, 8)
    order = await ordered(house, frequency="BID")
    with pytest.raises(BadInput, match="no dose is due then"):
        await order.record(due_at=never)
    for named, field_ in (("starts_at", "startsAt"), ("ends_at", "endsAt")):
        with pytest.raises(BadInput) as refused:
            await ordered(house, order.patient, frequency="BID", **{named: never})
        assert refused.value.extensions["field"] == field_
        assert refused.value.extensions["limit"] == "<= 100 years from now"
    later = house.now.replace(year=house.now.year + 99)
    await ordered(house, order.patient, frequency="BID", starts_at=later)


async def test_what_was_entered_in_error_frees_the_dose_and_stays(house: House) -> None:
    at(house, 8)
    order = await ordered(house, frequency="BID")
    first = await order.record()
    assert await order.refused(due_at=house.now) == at(house, 19)
    at(house, 8.5)
    await order.take_back(first)
    row = await house.row(models.MedicationAdministration, first)
    assert (row["status"], row["recorded_as"]) == ("ENTERED_IN_ERROR", "GIVEN")
    assert row["entered_in_error_by"] == house.users[Role.NURSE]
    assert row["entered_in_error_at"] == house.now
    with pytest.raises(Conflict):
        await order.take_back(first)
    assert await order.due_of(await order.record()) == at(house, 8)


async def test_of_ten_nurses_with_one_dose_one_gives_it(house: House) -> None:
    at(house, 8)
    order = await ordered(house, frequency="BID")
    found = await asyncio.gather(*(order.record() for _ in range(10)), return_exceptions=True)
    refused = [one for one in found if isinstance(one, Conflict)]
    assert (len(refused), len(found)) == (9, 10)
    assert {one.extensions["nextAllowedAt"] for one in refused} == {at(house, 19).isoformat()}
    count = await house.pool.fetchval(
        "SELECT count(*) FROM medication_administrations WHERE medication_order_id = $1",
        ids.decode(models.MedicationOrder, order.order),
    )
    assert count == 1


@pytest.mark.parametrize("begins", ["2026-03-27T12:00:00+00:00", "2026-10-23T12:00:00+00:00"])
@pytest.mark.parametrize("frequency", ["TID", "QOD"])
async def test_the_database_finds_the_doses_that_the_rule_finds(
    house: House, begins: str, frequency: str
) -> None:
    """Over both jumps of the clock, at times that come twice or not at all."""
    await house.pool.execute(
        "UPDATE hospitals SET time_zone = 'Europe/Berlin' WHERE id = $1", house.id
    )
    house.now = datetime.fromisoformat(begins)
    of_day = ["02:30", "03:30", "23:59"] if frequency == "TID" else ["02:30"]
    order = await ordered(house, frequency=frequency, times=of_day)
    zone = ZoneInfo("Europe/Berlin")
    schedule = Schedule(tuple(of_day), house.now, None, zone, frequency == "QOD")
    since, until = house.now - DAY, house.now + 6 * DAY
    data = await ask(house, DOSES, id=order.order, **{"from": since, "to": until})
    told = [datetime.fromisoformat(one["dueAt"]) for one in data["node"]["doses"]]
    assert told == list(schedules.due(schedule, since, until))
    assert told


async def test_the_ward_is_told_what_waits(house: House) -> None:
    """At the time of now, which is what a ward asks about."""
    now = datetime.now(UTC)
    house.now = now - 2 * DAY
    minute = now.hour * 60 + now.minute
    # Three hours ago, in half an hour, in five hours.
    times = [f"{m // 60:02}:{m % 60:02}" for m in ((minute + d) % 1440 for d in (-180, 30, 300))]
    order = await ordered(house, frequency="TID", times=times)
    there = await house.inpatient("icu")
    elsewhere = await ordered(house, there, Role.PHARMACIST, frequency="TID", times=times)
    held = await ordered(house, order.patient, frequency="TID", times=times)
    await held.move(medication_moves.hold_medication, reason="nil by mouth")
    stopped = await ordered(house, order.patient, frequency="TID", times=times)
    await stopped.move(medication_moves.discontinue_medication, reason="rash")

    async def told(role: Role = Role.NURSE, **more: Any) -> list[tuple[str, int]]:
        found = (await ask(house, DUE, role, ward="MED", **more))["medicationsDue"]
        assert {one["medication"]["id"] for one in found} <= {order.order}
        assert all(one["patient"]["id"] == order.patient for one in found)
        minutes = [
            round((datetime.fromisoformat(one["dueAt"]) - now) / timedelta(minutes=1), 0)
            for one in found
        ]
        return [(one["state"], int(m)) for one, m in zip(found, minutes, strict=True)]

    assert sorted(m for _, m in await told()) == pytest.approx([-1410, -1140, -180, 30], abs=1)
    assert [s for s, _ in await told()] == ["LATE"] * 3 + ["DUE"]
    assert len(await told(until=now + 6 * HOUR)) == 5
    # A day ahead at most.
    assert len(await told(until=now + 9 * DAY)) == 6
    house.now = now
    [due] = [
        datetime.fromisoformat(one["dueAt"])
        for one in (await ask(house, DUE, ward="MED"))["medicationsDue"]
        if one["state"] == "DUE"
    ]
    await order.record(due_at=due)
    assert [s for s, _ in await told()] == ["LATE"] * 3
    assert (await ask(house, DUE, ward="ICU"))["medicationsDue"] == []
    everywhere = (await ask(house, DUE, Role.PHARMACIST, ward="ICU"))["medicationsDue"]
    assert {one["medication"]["id"] for one in everywhere} == {elsewhere.order}


# -- any order, against a model of it --------------------------------------------------------------

TIMES = {"QD": [8], "BID": [8, 20], "Q6H": [0, 6, 12, 18], "QOD": [8]}
LONGEST = timedelta(days=12)
APART = {"QD": 22, "BID": 10, "Q6H": 4, "QOD": 46}


@dataclass
class Model:
    """What should be so, hour by hour; no line of the rules."""

    frequency: str | None
    begins: datetime
    most: int | None = None
    holds: list[list[datetime | None]] = field(default_factory=list)
    ended: datetime | None = None
    records: list[dict[str, Any]] = field(default_factory=list)

    def held(self, when: datetime) -> bool:
        return any(
            start <= when and (end is None or when < end)  # type: ignore[operator]
            for start, end in self.holds
        )

    def doses(self) -> list[datetime]:
        if self.frequency is None:
            return []
        midnight = self.begins.replace(hour=0, minute=0, second=0, microsecond=0)
        days = range(0, LONGEST.days + 1, 2 if self.frequency == "QOD" else 1)
        found = [midnight + d * DAY + h * HOUR for d in days for h in TIMES[self.frequency]]
        return [one for one in found if self.begins <= one < (self.ended or self.begins + LONGEST)]

    def settled(self) -> set[datetime]:
        return {one["due"] for one in self.records if one["stands"]}

    def dose(self, now: datetime, status: AdministrationStatus) -> datetime | None:
        """The dose that is meant; None: none is."""
        found = [
            one
            for one in self.doses()
            if now - DAY <= one <= now + HOUR
            and one not in self.settled()
            and (status is NOT_GIVEN or not self.held(one))
        ]
        return min(found, key=lambda one: (abs(one - now), one), default=None)

    def free(self, now: datetime) -> bool:
        """Whether another may be given beside those that were."""
        times = [one["at"] for one in self.records if one["stands"] and one["status"] is GIVEN]
        if self.frequency is not None:
            return all(abs(now - one) >= APART[self.frequency] * HOUR for one in times)
        assert self.most is not None
        return sum(now - DAY < one <= now for one in times) < self.most

    def wanted(self, now: datetime, status: AdministrationStatus) -> bool:
        """Whether it is recorded."""
        if self.ended is not None or (status is GIVEN and self.held(now)):
            return False
        if self.frequency is not None and self.dose(now, status) is None:
            return False
        return status is NOT_GIVEN or self.free(now)

    def shown(self, now: datetime) -> list[tuple[datetime | None, str]]:
        waiting = [
            (one, "HELD" if self.held(one) else "LATE" if one + HOUR < now else "DUE")
            for one in self.doses()
            if one not in self.settled()
        ]
        done = [
            (one["due"], one["status"].value, one["due"] or one["at"])
            for one in self.records
            if one["stands"]
        ]
        every = [(when, state, when) for when, state in waiting] + done
        return [(due, state) for due, state, _ in sorted(every, key=lambda one: (one[2], one[1]))]


@settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
async def test_an_order_is_recorded_as_its_model_says(
    pool: asyncpg.Pool[Any], data: st.DataObject
) -> None:
    house = await founded(pool)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    house.now = today - 9 * DAY + data.draw(st.integers(0, 23)) * HOUR
    frequency = data.draw(st.sampled_from([*TIMES, None]))
    prn = {"as_needed": True, "as_needed_reason": "pain", "max_per_day": 2}
    times = [f"{hour:02}:00" for hour in TIMES.get(frequency or "", [])]
    chosen = {"frequency": frequency, "times": times} if frequency else prn
    order = await ordered(house, **chosen)
    model = Model(frequency, house.now, most=2)
    made: list[tuple[UUID, dict[str, Any]]] = []
    for _ in range(data.draw(st.integers(4, 14))):
        house.later(minutes=data.draw(st.sampled_from([7, 60, 120, 240, 355, 720, 1500])))
        what = data.draw(
            st.sampled_from(["give", "give", "give", "not", "hold", "resume", "back", "stop"])
        )
        await _step(what, order, model, made, data)
    since, until = model.begins - HOUR, model.begins + LONGEST
    shown = (await ask(house, DOSES, id=order.order, **{"from": since, "to": until}))["node"]
    told = [
        (None if one["dueAt"] is None else datetime.fromisoformat(one["dueAt"]), one["state"])
        for one in shown["doses"]
    ]
    wanted = model.shown(datetime.now(UTC))
    assert sorted(told, key=str) == sorted(wanted, key=str)


async def _step(
    what: str,
    order: Bedside,
    model: Model,
    made: list[tuple[UUID, dict[str, Any]]],
    data: st.DataObject,
) -> None:
    house, now = order.house, order.house.now
    open_hold = bool(model.holds) and model.holds[-1][1] is None
    match what:
        case "give" | "not":
            status = GIVEN if what == "give" else NOT_GIVEN
            if not model.wanted(now, status):
                allowed = await order.refused(status)
                assert allowed is None or allowed >= now
                return
            due = model.dose(now, status)
            found = await order.record(status)
            assert await order.due_of(found) == due
            made.append((found, {"at": now, "due": due, "status": status, "stands": True}))
            model.records.append(made[-1][1])
        case "hold" if model.ended is None and not open_hold:
            await order.move(medication_moves.hold_medication, reason="nil by mouth")
            model.holds.append([now, None])
        case "resume" if model.ended is None and open_hold:
            await order.move(medication_moves.resume_medication)
            model.holds[-1][1] = now
        case "back" if made:
            row, record = made[data.draw(st.integers(0, len(made) - 1))]
            if record["stands"]:
                await order.take_back(row)
                record["stands"] = False
        case "stop" if model.ended is None and data.draw(st.integers(0, 4)) == 0:
            await order.move(medication_moves.discontinue_medication, reason="done")
            model.ended = now
    assert house.now == now
