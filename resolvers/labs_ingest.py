"""Taking laboratory results in: any number of them, in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import asyncpg
from sqlalchemy import Uuid, bindparam, select, update
from sqlalchemy.dialects.postgresql import ARRAY

import models
from resolvers.actors import Actor
from resolvers.critical_result_steps import Alert
from resolvers.labs_intake import Ingested, Intake
from resolvers.labs_judgement import Bench, NewLabResult
from resolvers.labs_versions import known
from resolvers.transaction import Overtaken, Transaction


async def ingest(
    tx: Transaction, actor: Actor, results: Sequence[NewLabResult], *, sender: str
) -> list[Ingested]:
    """Take results in, judge them, and open, reopen or withdraw their critical results.

    One outcome a result, in their order. With the same `external_id` of the same `sender`: the same
    content is a DUPLICATE; other content, or another status, is a CORRECTED version on top of the
    one before. A result without an `external_id` is always new. REJECTED are: a patient whom the
    hospital does not have (NOT_FOUND), a value or comparator that is none (BAD_USER_INPUT), and
    (CONFLICT) an `external_id` that names a result of another patient, or a version that was issued
    before the one that is held.

    One that is older on arrival than the policy says is judged and marked, and raises no alert;
    the alert that an earlier version raised in its time follows the correction at any age.

    The caller has decided that the actor may write for these patients. Call it once a transaction:
    it takes its locks in order, and two calls in one might cross those of somebody else. Raises
    Overtaken where a call that takes no such locks (labs_proposals) was first with a number.
    """
    if not results:
        return []
    held = await known(tx, sender, results)
    bench = await Bench.load(tx, results)
    intake = Intake(tx, actor, bench, sender, held)
    outcomes = [intake.place(result) for result in results]
    intake.judge(await _alerts(tx, intake) if intake.superseded else {})
    if intake.superseded:
        await tx.run(_SUPERSEDE, row_ids=intake.superseded, at=tx.now)
    try:
        await tx.insert_all(models.LabResult, intake.rows())
    except asyncpg.UniqueViolationError as violation:
        if violation.constraint_name != "uq_lab_results_external":
            raise
        raise Overtaken from None
    await intake.loop.write(tx)
    return [intake.outcome(outcome) for outcome in outcomes]


async def _alerts(tx: Transaction, intake: Intake) -> dict[UUID, Alert]:
    """The critical results of what is being corrected, by the first version; locked."""
    root_of = intake.roots()
    rows = await tx.all(_ALERTS, lab_result_ids=intake.superseded)
    return {root_of[row["lab_result_id"]]: Alert.of(row) for row in rows}


_LABS = models.LabResult.__table__
_ROWS = models.CriticalResult.__table__

_ALERTS = (
    select(_ROWS)
    .where(_ROWS.c.lab_result_id == bindparam("lab_result_ids", type_=ARRAY(Uuid())).any_())
    .order_by(_ROWS.c.id)
    .with_for_update()
)
_SUPERSEDE = (
    update(models.LabResult)
    .where(_LABS.c.id == bindparam("row_ids", type_=ARRAY(Uuid())).any_())
    .values(superseded_at=bindparam("at", type_=_LABS.c.superseded_at.type))
)
