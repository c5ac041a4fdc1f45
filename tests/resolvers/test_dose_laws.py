"""Any order, given and held and taken back by chance, against a model of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from models.rules.administrations import AdministrationStatus
from resolvers import medication_moves
from tests.resolvers.bedside import (
    DAY,
    DOSES,
    GIVEN,
    HOUR,
    NOT_GIVEN,
    Bedside,
    ask,
    ordered,
)
from tests.resolvers.conftest import founded

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
