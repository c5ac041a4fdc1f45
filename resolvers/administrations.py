"""Administrations: recording what was given, and taking back what was recorded by mistake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.types import TIMESTAMP, Text, Uuid

import models
from models.rules import administrations, schedules
from models.rules.administrations import RECORDED, AdministrationStatus
from models.rules.medications import Frequency, MedicationStatus
from models.rules.schedules import LOOKED_BACK, TOLERANCE, Schedule
from models.rules.scopes import Scope
from resolvers import doses, inputs, rows, visible
from resolvers.actors import Actor
from resolvers.errors import BadInput, Conflict
from resolvers.reading.shapes import words
from resolvers.transaction import Transaction

_TICK = timedelta(microseconds=1)
_AHEAD = timedelta(days=3)
"""How far the next dose is looked for: beyond two of every other day."""
_BEFORE = timedelta(days=2)
"""What was recorded earlier than this before a dose has no bearing on it: LOOKED_BACK is less, and
so is the greatest spacing, of every other day."""


async def record_administration(
    tx: Transaction,
    actor: Actor,
    *,
    medication_id: str,
    status: AdministrationStatus,
    due_at: datetime | None = None,
    given_at: datetime | None = None,
    dose: Decimal | None = None,
    dose_unit: str | None = None,
    reason: str | None = None,
) -> dict[str, Any]:
    """Record that a dose was given (null: the dose that was ordered), or was not and why.

    Of an order with times it is the dose of `due_at`; null: the nearest that waits. A dose is
    recorded once. What comes too soon after another, before its time, or as needed above the
    maximum in 24 hours, is a CONFLICT whose `nextAllowedAt` is when there may be one.
    """
    order = await visible.row(
        tx,
        actor,
        Scope.ADMINISTRATION_RECORD,
        models.MedicationOrder,
        medication_id,
        field="medicationId",
        # So that of two nurses with one dose the second finds what the first recorded.
        lock=True,
    )
    said = inputs.optional_text(reason, "reason", most=inputs.FREE_TEXT, lines=True)
    if status is AdministrationStatus.NOT_GIVEN and said is None:
        raise BadInput("a dose that was not given needs a reason", field="reason")
    Conflict.unless_allowed(
        administrations.administer(MedicationStatus(order["status"]), status, said)
    )
    given = inputs.positive(dose, "dose", below=doses.LARGEST)
    if given is None and status is AdministrationStatus.GIVEN:
        given, unit = order["dose"], order["dose_unit"]
    else:
        unit = doses.unit(given, dose_unit or order["dose_unit"])
    at = tx.now if given_at is None else inputs.past(given_at, "givenAt", tx.now)
    round_ = await _Round.of(tx, order, status, at, due_at)
    administration = await rows.add(
        tx,
        actor,
        models.MedicationAdministration,
        medication_order_id=order["id"],
        patient_id=order["patient_id"],
        status=status.value,
        given_at=at,
        due_at=round_.dose(due_at),
        dose=given,
        dose_unit=None if given is None else unit,
        reason=said,
        given_by=actor.user_id,
    )
    return {"administration": administration}


async def mark_administration_entered_in_error(
    tx: Transaction, actor: Actor, *, administration_id: str, reason: str
) -> dict[str, Any]:
    """Take back what was recorded by mistake; what it was stays, and its dose is free again."""
    row = await visible.row(
        tx,
        actor,
        Scope.ADMINISTRATION_RECORD,
        models.MedicationAdministration,
        administration_id,
        field="administrationId",
        lock=True,
    )
    said = inputs.text(reason, "reason", most=inputs.FREE_TEXT, lines=True)
    Conflict.unless_allowed(administrations.take_back(AdministrationStatus(row["status"])))
    tx.chart(row["patient_id"])
    await tx.run(
        _TAKE_BACK,
        administration=row["id"],
        was=row["status"],
        said=said,
        now=tx.now,
        by=actor.user_id,
    )
    return {"administration": row["id"]}


@dataclass(frozen=True, slots=True)
class _Round:
    """An order at the moment `at` when something of it was done: its schedule, and from `_BEFORE`
    then on what is recorded of it, and in which stretches it was held."""

    order: asyncpg.Record
    status: AdministrationStatus
    at: datetime
    schedule: Schedule | None
    recorded: Sequence[asyncpg.Record]
    steps: Sequence[asyncpg.Record]

    @classmethod
    async def of(
        cls,
        tx: Transaction,
        order: asyncpg.Record,
        status: AdministrationStatus,
        at: datetime,
        due_at: datetime | None,
    ) -> _Round:
        if due_at is not None and due_at.tzinfo is None:
            raise BadInput(
                "dueAt has no offset from UTC", field="dueAt", limit="ISO 8601 with offset"
            )
        named, since = due_at or at, at - _BEFORE
        of_order = {"medication": order["id"], "since": since}
        zone = await tx.first(_ZONE, hospital=tx.hospital_id)
        assert zone is not None
        return cls(
            order,
            status,
            at,
            schedule_of(order, ZoneInfo(zone["time_zone"])),
            await tx.all(_RECORDED, **of_order, named=named),
            await tx.all(_STEPS, **of_order | {"since": min(since, named)}),
        )

    def dose(self, due_at: datetime | None) -> datetime | None:
        """Which dose was meant; a refusal where none can be."""
        if self.status not in RECORDED:
            return None
        if self.schedule is None:
            if due_at is not None:
                raise BadInput(
                    "the order has no times at which a dose is due", field="dueAt", limit="null"
                )
            ends = self.order["ends_at"]
            given = self.status is AdministrationStatus.GIVEN
            if given and ends is not None and self.at >= ends:
                raise self._refused("the end of the order has passed", None)
            self._spaced()
            return None
        found = self._nearest() if due_at is None else self._named(due_at)
        if self.status is AdministrationStatus.GIVEN:
            if self.at < found - TOLERANCE:
                raise self._refused("it is too early for this dose", found - TOLERANCE)
            self._spaced()
        return found

    def _named(self, due_at: datetime) -> datetime:
        assert self.schedule is not None
        never = due_at - self.at > inputs.FURTHEST
        if never or not self._due(due_at, due_at + _TICK):
            raise BadInput("no dose is due then", field="dueAt", limit="a due time of the order")
        if due_at in self._settled():
            raise self._refused("this dose is recorded already", self._next())
        return due_at

    def _nearest(self) -> datetime:
        waiting = self._waiting(self.at - LOOKED_BACK, self.at + TOLERANCE + _TICK)
        found = administrations.nearest(waiting, self.at, TOLERANCE)
        if found is None:
            raise self._refused("no dose waits to be given", self._next())
        return found

    def _spaced(self) -> None:
        """A dose is far enough from the others, and within the maximum."""
        if self.status is not AdministrationStatus.GIVEN:
            return
        order = self.order
        times = () if self.schedule is None else self.schedule.times
        apart = schedules.spacing(order["frequency"], times, as_needed=order["as_needed"])
        given = [one["given_at"] for one in self.recorded if one["status"] == self.status.value]
        most = order["max_per_day"] if order["as_needed"] else None
        allowed = schedules.next_allowed(given, self.at, apart=apart, most=most)
        if allowed == self.at:
            return
        ends = order["ends_at"]
        when = allowed if ends is None or allowed < ends else None
        if schedules.full(given, self.at, most):
            raise self._refused(f"the maximum of {most} in 24 hours is reached", when)
        raise self._refused("it is too soon after the doses that were given", when)

    def _next(self) -> datetime | None:
        """When the next dose that waits may be given; None: there is none."""
        waiting = self._waiting(self.at - LOOKED_BACK, self.at + _AHEAD)
        return None if not waiting else max(waiting[0] - TOLERANCE, self.at)

    def _waiting(self, since: datetime, until: datetime) -> list[datetime]:
        settled = self._settled()
        return [one for one in self._due(since, until) if one not in settled]

    def _settled(self) -> set[datetime]:
        return {one["due_at"] for one in self.recorded}

    def _due(self, since: datetime, until: datetime) -> list[datetime]:
        """Due times; of a held order those alone that may be said not to have been given."""
        assert self.schedule is not None
        allowed = {MedicationStatus.ACTIVE.value}
        if self.status is AdministrationStatus.NOT_GIVEN:
            allowed.add(MedicationStatus.ON_HOLD.value)
        found = schedules.due(self.schedule, since, until)
        return [one for one in found if self._status_at(one) in allowed]

    def _status_at(self, at: datetime) -> str:
        """What the order was then, or is, where that is still to come."""
        past = [step["status"] for step in self.steps if step["occurred_at"] <= at]
        found: str = past[-1] if past else self.order["status"]
        return found

    def _refused(self, why: str, allowed: datetime | None) -> Conflict:
        return Conflict(why, nextAllowedAt=None if allowed is None else allowed.isoformat())


def schedule_of(order: asyncpg.Record, zone: ZoneInfo) -> Schedule | None:
    """The schedule of an order; None where it has no times."""
    times = schedules.times(order["frequency"], order["times"], as_needed=order["as_needed"])
    if not times:
        return None
    begins = order["starts_at"] or order["ordered_at"]
    ends = [one for one in (order["ends_at"], order["stopped_at"]) if one is not None]
    every_other_day = order["frequency"] == Frequency.QOD
    return Schedule(times, begins, min(ends, default=None), zone, every_other_day)


_DONE = models.MedicationAdministration.__table__
_STEP = models.MedicationOrderStep.__table__
_HOSPITAL = models.Hospital.__table__
_OF_ORDER = bindparam("medication", type_=Uuid())
_ZONE = select(_HOSPITAL.c.time_zone).where(_HOSPITAL.c.id == bindparam("hospital"))
_TIME = TIMESTAMP(timezone=True)
_SINCE, _NAMED = bindparam("since", type_=_TIME), bindparam("named", type_=_TIME)
_RECORDED = select(_DONE.c.status, _DONE.c.given_at, _DONE.c.due_at).where(
    _DONE.c.medication_order_id == _OF_ORDER,
    _DONE.c.status.in_(words(RECORDED)),
    or_(_DONE.c.given_at >= _SINCE, _DONE.c.due_at >= _SINCE, _DONE.c.due_at == _NAMED),
)
_LAST_BEFORE = (
    select(func.max(_STEP.c.occurred_at))
    .where(_STEP.c.medication_order_id == _OF_ORDER, _STEP.c.occurred_at <= _SINCE)
    .scalar_subquery()
)
_STEPS = (
    select(_STEP.c.status, _STEP.c.occurred_at)
    .where(
        _STEP.c.medication_order_id == _OF_ORDER,
        _STEP.c.occurred_at >= func.coalesce(_LAST_BEFORE, _SINCE),
    )
    .order_by(_STEP.c.occurred_at, _STEP.c.id)
)
_NOW = bindparam("now", type_=_TIME)
_BY = bindparam("by", type_=Uuid())
_TAKE_BACK = (
    update(models.MedicationAdministration)
    .where(_DONE.c.id == bindparam("administration"))
    .values(
        status=AdministrationStatus.ENTERED_IN_ERROR.value,
        recorded_as=bindparam("was", type_=Text()),
        entered_in_error_at=_NOW,
        entered_in_error_by=_BY,
        entered_in_error_reason=bindparam("said", type_=Text()),
        updated_at=_NOW,
        updated_by=_BY,
    )
)
