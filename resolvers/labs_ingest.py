"""Taking laboratory results in: any number of them, in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg
from sqlalchemy import Uuid, and_, bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY

import models
from resolvers.actors import Actor
from resolvers.critical_result_alerts import Alert
from resolvers.labs_intake import Ingested, Intake
from resolvers.labs_judgement import Bench, NewLabResult
from resolvers.labs_versions import joined, known
from resolvers.transaction import Overtaken, Transaction


async def ingest(
    tx: Transaction, actor: Actor, results: Sequence[NewLabResult], *, sender: str
) -> list[Ingested]:
    """Take results in, judge them, and open, join, reopen or withdraw their critical results.

    One outcome a result, in their order. With the same `external_id` of the same `sender`: the same
    content is a DUPLICATE; other content, or another status, is a CORRECTED version on top of the
    one before. A result without an `external_id` is always new. REJECTED are: a patient whom the
    hospital does not have (NOT_FOUND), a value or comparator that is none (BAD_USER_INPUT), and
    (CONFLICT) an `external_id` that names a result of another patient, or a version that was issued
    before the one that is held.

    One that is older on arrival than the policy says is judged and marked, and raises no alert;
    the alert that an earlier version raised in its time follows the correction at any age. A repeat
    that is not worse joins the critical result of its finding, see docs/decisions/0022.

    The caller has decided that the actor may write for these patients. Call it once a transaction:
    it takes its locks in order, and two calls in one might cross those of somebody else. Raises
    Overtaken where a call that takes no such locks (labs_proposals) was first with a number or an
    alert.
    """
    if not results:
        return []
    held = await known(tx, sender, results)
    bench = await Bench.load(tx, results)
    intake = Intake(tx, actor, bench, sender, held)
    outcomes = [intake.place(result) for result in results]
    alerts = await _alerts(tx, intake)
    intake.judge(alerts, await joined(tx, (alert.id for alert in alerts)) if alerts else ())
    if intake.superseded:
        await tx.run(_SUPERSEDE, row_ids=intake.superseded, at=tx.now)
    try:
        await tx.insert_all(models.LabResult, intake.rows())
        await intake.loop.write(tx)
    except asyncpg.UniqueViolationError as violation:
        if violation.constraint_name not in _OVERTAKEN:
            raise
        raise Overtaken from None
    return [intake.outcome(outcome) for outcome in outcomes]


async def _alerts(tx: Transaction, intake: Intake) -> list[Alert]:
    """The critical results of what is being corrected, and all that repeats may join; locked."""
    named, patients = sorted(intake.corrects), sorted(intake.alarming)
    if not named and not patients:
        return []
    return [Alert.of(row) for row in await tx.all(_ALERTS, named=named, patients=patients)]


_OVERTAKEN = frozenset({"uq_lab_results_external", "uq_critical_results_repeat_key"})
"""Whom labs_proposals, which takes no lock, can be faster than."""

_LABS = models.LabResult.__table__
_ROWS = models.CriticalResult.__table__

_ALERTS = (
    select(_ROWS)
    .where(
        or_(
            _ROWS.c.id == bindparam("named", type_=ARRAY(Uuid())).any_(),
            and_(
                _ROWS.c.patient_id == bindparam("patients", type_=ARRAY(Uuid())).any_(),
                _ROWS.c.repeat_key.is_not(None),
            ),
        )
    )
    .order_by(_ROWS.c.id)
    .with_for_update()
)
_SUPERSEDE = (
    update(models.LabResult)
    .where(_LABS.c.id == bindparam("row_ids", type_=ARRAY(Uuid())).any_())
    .values(superseded_at=bindparam("at", type_=_LABS.c.superseded_at.type))
)
