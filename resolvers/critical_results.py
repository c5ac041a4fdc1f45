"""Critical results: reading one back, and calling the next person when nobody does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import asyncpg
from sqlalchemy import bindparam, func, literal, null, select

import models
from models.events import Feed
from models.rules import escalation
from models.rules.critical_results import (
    CriticalResultKind,
    CriticalResultStatus,
    CriticalResultStepKind,
    acknowledge,
)
from models.rules.refusals import Refusal as RuledOut
from models.rules.scopes import Scope
from resolvers import batches, inputs, visible, vitals_scores
from resolvers.actors import Actor
from resolvers.critical_result_alerts import Alert
from resolvers.critical_result_steps import Loop
from resolvers.database import Connection, Statement
from resolvers.errors import BadInput, Conflict, Forbidden, ReadBackDiffers
from resolvers.escalation_chains import Chains
from resolvers.transaction import Transaction

MOST_DUE = 500
"""Critical results that one tick moves on; the rest are due again a second later."""


async def acknowledge_critical_result(
    tx: Transaction,
    actor: Actor,
    *,
    critical_result_id: str,
    read_back: Decimal,
    note: str | None = None,
) -> dict[str, Any]:
    """Close a critical result whose value was read back right.

    Right is the number as sent, or the same in the unit that the rules judge by; 6.90 reads as 6.9.
    A result of text alone has no number: there `note` must read its text back (case and spacing do
    not count), and `read_back` is kept as it came but not compared. Of vital signs the total of
    NEWS2 is read back, or the highest single score where a parameter is missing and there is none.

    Raises ReadBackDiffers where it is not the result's, and the attempt is kept; Conflict where it
    is acknowledged already (by whom and when) or withdrawn; BadInput for a number that is none, or
    for a result of text without a note.
    """
    _check(read_back)
    note = inputs.optional_text(note, "note", most=inputs.FREE_TEXT, lines=True)
    row = await visible.row(
        tx,
        actor,
        Scope.CRITICAL_RESULT_ACKNOWLEDGE,
        models.CriticalResult,
        critical_result_id,
        field="criticalResultId",
        lock=True,
    )
    if actor.user_id is None:
        raise Forbidden("a critical result is acknowledged by a person")
    alert = Alert.of(row)
    if alert.status is not CriticalResultStatus.OPEN:
        raise await _closed(tx, alert)
    if alert.kind is CriticalResultKind.DETERIORATION:
        result = await tx.first(_SCORE, vital_signs_id=alert.vital_signs_id)
    else:
        result = await tx.first(_RESULT, lab_result_id=alert.lab_result_id)
    assert result is not None
    loop = Loop(tx, actor)
    if _matches(alert, result, read_back, note):
        loop.acknowledge(alert, actor.user_id, read_back, note)
        await loop.write(tx)
        return {"critical_result": alert.id}
    loop.refuse_read_back(alert, read_back, note)
    await loop.write(tx)
    raise ReadBackDiffers(
        "what was read back is not the result: it stays open, and the attempt is recorded",
        field="readBack" if result["value"] is not None else "note",
    )


def _check(read_back: Decimal) -> None:
    _, digits, exponent = read_back.as_tuple()
    if not isinstance(exponent, int):
        raise BadInput("readBack is not a number", field="readBack", limit="a finite number")
    if len(digits) > 40 or abs(exponent) > 40:
        raise BadInput("readBack has too many digits", field="readBack", limit="<= 40 digits")


def _matches(alert: Alert, result: asyncpg.Record, read_back: Decimal, note: str | None) -> bool:
    if result["value"] is None:
        if note is None:
            raise BadInput(
                "the result is a text, which no number reads back: note must repeat it",
                field="note",
                limit="the text of the result",
            )
        text: str | None = result["text"]
        return text is None or note.casefold().split() == text.casefold().split()
    for spoken in (result["value"], result["canonical_value"]):
        answer = acknowledge(alert.status, spoken, read_back)
        if isinstance(answer, RuledOut):
            raise Conflict.by(answer)
        if answer is CriticalResultStepKind.ACKNOWLEDGED:
            return True
    return False


async def _closed(tx: Transaction, alert: Alert) -> Conflict:
    if alert.status is CriticalResultStatus.WITHDRAWN:
        return Conflict("the critical result was withdrawn: there is nothing to acknowledge")
    assert alert.acknowledged_at is not None
    first = await tx.scalar(_USERNAME, user_id=alert.acknowledged_by)
    when = alert.acknowledged_at.astimezone(UTC).isoformat(timespec="seconds")
    return Conflict(
        f"the critical result was already acknowledged by {first} at {when}",
        acknowledgedBy=first,
        acknowledgedAt=when,
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """How critical results stand in all hospitals: how many are open, how many of these are past
    the first step; since when the oldest is open, and when the next step is due."""

    open: int
    escalated: int
    oldest: datetime | None
    due: datetime | None


async def standing(connection: Connection) -> Standing:
    """How critical results stand now, for the operator."""
    row = await connection.fetchrow(_STANDING.sql, *_STANDING.bind({}))
    assert row is not None
    return Standing(row["open"], row["escalated"], row["oldest"], row["due"])


async def escalate_due(tx: Transaction) -> int:
    """Move on every critical result of the hospital whose time has come; how many steps it took.

    Each goes on by the version of the chain with which its clock began.
    Called each second, by any number of processes: a row that another holds is left to it. After a
    stop of the clock each step that was missed is made, in order; it is recorded at `tx.now`, when
    people could hear of it, and not at the time at which it was due. One that cannot be moved on
    keeps no other waiting.
    """
    rows = await tx.all(_DUE, hospital_id=tx.hospital_id, now=tx.now)
    return await batches.worked(tx, rows, partial(_move_on, tx))


async def _move_on(tx: Transaction, rows: batches.Rows) -> int:
    alerts = [Alert.of(row) for row in rows]
    running = (alert.chain_id for alert in alerts if alert.chain_id is not None)
    chains = await Chains.load(tx.connection, tx.hospital_id, running)
    loop = Loop(tx, None)
    for alert in alerts:
        chain = chains.of(alert.chain_id, alert.urgency)
        for due in escalation.due_steps(
            alert.raised_at, alert.escalation_level, tx.now, chain.steps
        ):
            loop.escalate(alert, due, chain)
        # Also where nothing was due: what it speaks of now may leave more time than before.
        loop.wait(alert, chain)
        tx.chart(alert.patient_id, by=Feed.CRITICAL_RESULTS)
    return await loop.write(tx)


_LABS = models.LabResult.__table__
_USERS = models.User.__table__
_ALERTS = models.CriticalResult.__table__

_RESULT = select(_LABS.c.value, _LABS.c.canonical_value, _LABS.c.text).where(
    _LABS.c.id == bindparam("lab_result_id")
)
_VITALS = models.VitalSigns.__table__
_POINTS = sum(
    (func.coalesce(_VITALS.c[column], 0) for column in vitals_scores.POINTS.values()), literal(0)
)
# Sets from before points were kept have the highest one alone.
_AT_LEAST = func.greatest(_POINTS, _VITALS.c.news2_highest_single)
_SCORE = select(
    func.coalesce(_VITALS.c.news2_total, _AT_LEAST).label("value"),
    null().label("canonical_value"),
    null().label("text"),
).where(_VITALS.c.id == bindparam("vital_signs_id"))
_USERNAME = select(_USERS.c.username).where(_USERS.c.id == bindparam("user_id"))
_STANDING = Statement(
    select(
        func.count().label("open"),
        func.count().filter(_ALERTS.c.escalation_level > 0).label("escalated"),
        func.min(_ALERTS.c.raised_at).label("oldest"),
        func.min(_ALERTS.c.next_escalation_at).label("due"),
    ).where(_ALERTS.c.status == CriticalResultStatus.OPEN.value)
)
_DUE = (
    select(_ALERTS)
    .where(
        _ALERTS.c.hospital_id == bindparam("hospital_id"),
        _ALERTS.c.next_escalation_at <= bindparam("now"),
    )
    .order_by(_ALERTS.c.next_escalation_at, _ALERTS.c.id)
    .limit(MOST_DUE)
    .with_for_update(skip_locked=True)
)
