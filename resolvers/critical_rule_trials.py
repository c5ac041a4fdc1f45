"""A critical rule on trial: what it would have said of the results that are stored."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import (
    TIMESTAMP,
    BigInteger,
    Date,
    Integer,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    cast,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

import models
from models.rules.critical_results import TAKEN_BACK
from models.rules.patients import Sex
from models.rules.results import Interpretation, ResultStatus
from models.rules.scopes import Reach, Scope
from resolvers import critical_rules, locks
from resolvers.actors import Actor
from resolvers.critical_rule_versions import CriticalRuleInput, proposed, ward_named
from resolvers.errors import BadInput, Throttled
from resolvers.labs_judgement import NewLabResult, Subject, judgement
from resolvers.reading import scope as scoping
from resolvers.reading import shapes
from resolvers.reading.sources import looked_up
from resolvers.transaction import Transaction

MOST_DAYS = 365
MOST_TOLD = 200
"""Results that are told one by one, the newest."""
MOST_JUDGED = 100_000
"""Results that a trial looks at: some fifteen seconds of a core."""
AT_ONCE = 500
"""Results that are read at once."""
PATIENCE = 50
"""Results between which others get their turn: a few milliseconds."""
RETRY = 10
"""Seconds after which somebody else's trial may be over."""
_NO_KEY = ""


async def dry_run_critical_rule(
    tx: Transaction,
    actor: Actor,
    *,
    rule: CriticalRuleInput,
    days: int,
    key: str | None = None,
    ward: str | None = None,
) -> dict[str, Any]:
    """Judge the results of the last `days` twice, under the rules in force and with this one among
    them (with `key`, in the place of that one), by what judges new results.

    Of the results in the actor's reach, each as it was when it came in: the age is that of the
    observation, the ward that on which the patient lay when the result arrived. BAD_USER_INPUT and
    CONFLICT as to add the rule, and where there are more than MOST_JUDGED results; THROTTLED while
    another one of the hospital is under way.
    """
    actor.reaches(Scope.CRITICAL_RULE_WRITE)
    reaches = actor.reaches(Scope.LAB_READ)
    if not await tx.scalar(_TRY, key=locks.key(tx.hospital_id.bytes, "critical rule trial")):
        raise Throttled("another rule is on trial: try again", retry_after=RETRY)
    if not 1 <= days <= MOST_DAYS:
        raise BadInput("days is out of range", field="days", limit=f"1 to {MOST_DAYS}")
    only = await ward_named(tx, actor, ward, "ward")
    checked, others = await proposed(tx, actor, key or _NO_KEY, rule)
    trial = replace(checked, id=models.new_id())
    in_force = await critical_rules.in_force(tx, trial.codes)
    tally, seen = _Tally(trial.id), 0
    async for row in _stored(tx, actor, reaches, list(trial.codes), days):
        seen += 1
        if seen % PATIENCE == 0:
            await asyncio.sleep(0)
        if ward is not None and row["ward_id"] != only:
            continue
        result, subject = _as_new(row), _as_it_was(row)
        codes_now = [one for one in in_force if result.code in one.codes]
        codes_then = [one for one in (*others, trial) if result.code in one.codes]
        before = judgement(codes_now, result, subject)
        after = judgement(codes_then, result, subject)
        raised = after.critical and after.rule_id == trial.id
        if not raised and result.code in trial.codes:
            tally.overrule(judgement([trial], result, subject).rule_id)
        tally.add(row, before.critical, after.critical, raised, after.interpretation)
    return tally.told()


class _Tally:
    """What came of a trial so far."""

    def __init__(self, trial: UUID | None) -> None:
        self._trial = trial
        self._numbers = Counter[str]()
        self._counts = Counter[tuple[date, UUID | None]]()
        self._results: list[dict[str, Any]] = []

    def add(
        self,
        row: asyncpg.Record,
        before: bool,
        after: bool,
        raised: bool,
        meaning: Interpretation,
    ) -> None:
        """Count one result."""
        self._numbers["judged"] += 1
        self._numbers["not_judged"] += meaning is Interpretation.NOT_JUDGED
        self._numbers["no_longer_critical"] += before and not after
        if not raised:
            return
        self._numbers["raised"] += 1
        self._numbers["already_critical"] += before
        self._counts[row["day"], row["ward_id"]] += 1
        if len(self._results) < MOST_TOLD:
            self._results.append({"lab_result": row["id"], "already_critical": before})

    def overrule(self, alone: UUID | None) -> None:
        """Count a result that the rule does not raise, though the rule `alone` might have."""
        self._numbers["overruled"] += alone == self._trial

    def told(self) -> dict[str, Any]:
        """As the payload tells it."""
        names = (
            "judged",
            "not_judged",
            "raised",
            "already_critical",
            "no_longer_critical",
            "overruled",
        )
        days = sorted(self._counts.items(), key=lambda item: (item[0][0], str(item[0][1])))
        return {
            **{name: self._numbers[name] for name in names},
            "counts": [
                {"day": day, "ward": ward, "raised": raised} for (day, ward), raised in days
            ],
            "results": self._results,
        }


async def _stored(
    tx: Transaction, actor: Actor, reaches: frozenset[Reach], codes: list[str], days: int
) -> AsyncIterator[asyncpg.Record]:
    """The newest versions of the results for the codes, newest first."""
    before: datetime = tx.now + timedelta(days=1)
    last, found = UUID(int=0), 0
    while True:
        some = await tx.all(
            _results(reaches),
            codes=codes,
            since=tx.now - timedelta(days=days),
            before=before,
            last=last,
            most=AT_ONCE,
            **scoping.binds(actor),
        )
        found += len(some)
        if found > MOST_JUDGED:
            raise BadInput(
                f"there are more than {MOST_JUDGED} results of these days",
                field="days",
                limit="fewer days",
            )
        for row in some:
            yield row
        if len(some) < AT_ONCE:
            return
        before, last = some[-1]["observed_at"], some[-1]["id"]
        await asyncio.sleep(0)


def _as_new(row: asyncpg.Record) -> NewLabResult:
    """The result as it was sent."""
    return NewLabResult(
        index=0,
        patient_id=row["patient_id"],
        code=row["code"],
        display=row["code"],
        observed_at=row["observed_at"],
        value=row["value"],
        comparator=row["comparator"],
        text=row["text"],
        unit=row["unit"],
        reference_low=row["reference_low"],
        reference_high=row["reference_high"],
        sender_flag=row["sender_flag"],
        specimen=row["specimen"],
        status=ResultStatus(row["status"]),
    )


def _as_it_was(row: asyncpg.Record) -> Subject:
    return Subject(row["birth_date"], Sex(row["sex"]), row["ward_id"])


# One at a time in a hospital: each takes a connection and a core for as long as it lasts.
_TRY = select(func.pg_try_advisory_xact_lock(bindparam("key", type_=BigInteger())))
_COLUMNS = (
    "id", "patient_id", "code", "value", "comparator", "text", "unit", "reference_low",
    "reference_high", "sender_flag", "specimen", "status", "observed_at",
)  # fmt: skip
_MOMENT = TIMESTAMP(timezone=True)


@lru_cache(maxsize=16)
def _results(reaches: frozenset[Reach]) -> Select[Any]:
    result = models.LabResult.__table__.alias("stored")
    patient = models.Patient.__table__.alias("patient")
    hospital = models.Hospital.__table__.alias("hospital")
    stay = models.BedStay.__table__.alias("lay")
    before, last = bindparam("before", type_=_MOMENT), bindparam("last", type_=Uuid())
    zone = looked_up(hospital.c.time_zone, hospital, hospital.c.id == result.c.hospital_id)
    ward = looked_up(
        stay.c.ward_id,
        stay,
        stay.c.patient_id == result.c.patient_id,
        stay.c.started_at <= result.c.created_at,
        or_(stay.c.ended_at.is_(None), stay.c.ended_at > result.c.created_at),
    )
    return (
        select(
            *(result.c[name] for name in _COLUMNS),
            patient.c.birth_date,
            patient.c.sex,
            ward.label("ward_id"),
            cast(func.timezone(zone, result.c.observed_at), Date()).label("day"),
        )
        .join_from(result, patient, patient.c.id == result.c.patient_id)
        .where(
            scoping.of_hospital(result),
            scoping.visible(models.LabResult, result, reaches),
            result.c.superseded_at.is_(None),
            result.c.code == bindparam("codes", type_=ARRAY(Text())).any_(),
            result.c.status.not_in(shapes.words(sorted(TAKEN_BACK))),
            result.c.observed_at >= bindparam("since", type_=_MOMENT),
            or_(
                result.c.observed_at < before,
                and_(result.c.observed_at == before, result.c.id < last),
            ),
        )
        .order_by(result.c.observed_at.desc(), result.c.id.desc())
        .limit(bindparam("most", type_=Integer()))
    )
