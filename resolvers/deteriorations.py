"""Deteriorations: sets of vital signs that ask for somebody, in the loop of the critical results.

Of a patient one alert at a time is open. A set that asks for somebody raises it, or joins the one
that is there (models/rules/deteriorations); a set that asks for nobody changes nothing, since it is
a person who closes an alert. Whoever raises or takes back holds the patient, who so is neither
moved meanwhile nor raised for twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Text, Uuid, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

import models
from models.rules.critical_results import (
    CriticalResultKind,
    CriticalResultStatus,
    CriticalResultStepKind,
)
from models.rules.deteriorations import RESPONSE, Deterioration, next_step, step_after_error
from resolvers import vitals_scores
from resolvers.actors import Actor
from resolvers.critical_result_alerts import Alert, Finding
from resolvers.critical_result_steps import Loop
from resolvers.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """A set, written already, that asks for somebody."""

    vital_signs_id: UUID
    patient_id: UUID
    deterioration: Deterioration

    def finding(self, ward_id: UUID | None) -> Finding:
        """What an alert says of it."""
        return Finding(
            vital_signs_id=self.vital_signs_id,
            patient_id=self.patient_id,
            urgency=self.deterioration.urgency,
            rule_id=None,
            rule=str(self.deterioration),
            ward_id=ward_id,
        )


async def judge(tx: Transaction, actor: Actor, signs: Sequence[Sign]) -> None:
    """Let each set, in their order, raise the alert of its patient or join it."""
    if not signs:
        return
    wards = await _hold(tx, {sign.patient_id for sign in signs})
    alerts = await _alerts(tx, wards)
    known = await _spoken(tx, alerts.values())
    loop = Loop(tx, actor)
    for sign in signs:
        alert = alerts.get(sign.patient_id)
        spoken = None if alert is None else known.get(alert.id)
        step = next_step(
            None if alert is None else alert.status,
            spoken,
            sign.deterioration,
            acknowledged_at=None if alert is None else alert.acknowledged_at,
            now=tx.now,
        )
        finding = sign.finding(wards[sign.patient_id])
        if alert is None or step is CriticalResultStepKind.RAISED:
            alert = alerts[sign.patient_id] = loop.raise_alert(finding)
        elif step is CriticalResultStepKind.WORSENED:
            loop.worsen(alert, finding)
        elif step is CriticalResultStepKind.REOPENED:
            loop.reopen(alert, finding)
        else:
            loop.repeat(alert, finding)
            continue
        known[alert.id] = sign.deterioration
    await loop.write(tx)


async def take_back(tx: Transaction, actor: Actor, entered: asyncpg.Record) -> None:
    """Let the alert that speaks of a set, marked already as entered in error, speak of the worst
    that joined it and stands, or withdraw it."""
    patient_id: UUID = entered["patient_id"]
    wards = await _hold(tx, [patient_id])
    row = await tx.first(_SPEAKS_OF, vital_signs=entered["id"])
    if row is None:
        return
    alert = Alert.of(row)
    worst = max(
        (
            (found.degree, row["recorded_at"], row["id"], found)
            for row in await tx.all(_STANDING, alert=alert.id)
            if (found := vitals_scores.known(row)) is not None
        ),
        default=None,
        key=lambda one: one[:3],
    )
    step = step_after_error(
        alert.status,
        vitals_scores.known(entered),
        None if worst is None else worst[3],
        acknowledged_at=alert.acknowledged_at,
        now=tx.now,
    )
    loop = Loop(tx, actor)
    if step is CriticalResultStepKind.WITHDRAWN:
        loop.withdraw(alert)
    elif step is not None and worst is not None:
        _, _, row_id, found = worst
        sign = Sign(vital_signs_id=row_id, patient_id=patient_id, deterioration=found)
        finding = sign.finding(wards[patient_id])
        if step is CriticalResultStepKind.REPEATED:
            loop.fall_back(alert, finding)
        elif patient_id not in await _alerts(tx, wards, open_alone=True):
            # While a later one is open there is nothing to open again.
            loop.reopen(alert, finding)
    await loop.write(tx)


async def _hold(tx: Transaction, patient_ids: Iterable[UUID]) -> dict[UUID, UUID | None]:
    """Hold the patients until the transaction ends; the ward in which each lies."""
    ids = sorted(patient_ids)
    await tx.all(_HOLD, ids=ids)
    wards = {row["patient_id"]: row["ward_id"] for row in await tx.all(_WARDS, ids=ids)}
    return {patient_id: wards.get(patient_id) for patient_id in ids}


async def _alerts(
    tx: Transaction, patient_ids: Iterable[UUID], *, open_alone: bool = False
) -> dict[UUID, Alert]:
    """The alert of each patient that a set could join, locked: the one that is open, or else the
    one acknowledged last."""
    since = tx.now - max(RESPONSE.values())
    rows = await tx.all(_CANDIDATES, ids=list(patient_ids), since=since)
    found: dict[UUID, Alert] = {}
    for alert in map(Alert.of, rows):
        if alert.status is CriticalResultStatus.OPEN or not open_alone:
            found[alert.patient_id] = alert
    return found


async def _spoken(tx: Transaction, alerts: Iterable[Alert]) -> dict[UUID, Deterioration]:
    """What each alert speaks of, by the alert's id."""
    speaking = {alert.vital_signs_id: alert.id for alert in alerts}
    if not speaking:
        return {}
    rows = await tx.all(_SETS, ids=list(speaking))
    return {
        speaking[row["id"]]: found
        for row in rows
        if (found := vitals_scores.known(row)) is not None
    }


def _ids(name: str = "ids") -> Any:
    return func.any(bindparam(name, type_=ARRAY(Uuid())))


_P, _STAY = models.Patient.__table__, models.BedStay.__table__
_ALERT, _STEP = models.CriticalResult.__table__, models.CriticalResultStep.__table__
_SET = models.VitalSigns.__table__

_HOLD = select(_P.c.id).where(_P.c.id == _ids()).order_by(_P.c.id).with_for_update(key_share=True)
_WARDS = select(_STAY.c.patient_id, _STAY.c.ward_id).where(
    _STAY.c.patient_id == _ids(), _STAY.c.ended_at.is_(None)
)
# An open one comes last, and so is what is found of a patient.
_CANDIDATES = (
    select(_ALERT)
    .where(
        _ALERT.c.patient_id == _ids(),
        _ALERT.c.kind == CriticalResultKind.DETERIORATION.value,
        or_(
            _ALERT.c.status == CriticalResultStatus.OPEN.value,
            _ALERT.c.acknowledged_at > bindparam("since", type_=_ALERT.c.acknowledged_at.type),
        ),
    )
    .order_by(_ALERT.c.acknowledged_at.asc().nulls_last(), _ALERT.c.id)
    .with_for_update()
)
_SPEAKS_OF = (
    select(_ALERT)
    .where(
        _ALERT.c.vital_signs_id == bindparam("vital_signs"),
        _ALERT.c.status != bindparam("withdrawn", CriticalResultStatus.WITHDRAWN.value, Text()),
    )
    .with_for_update()
)
_SETS = select(_SET).where(_SET.c.id == _ids())
_STANDING = select(_SET).where(
    _SET.c.entered_in_error_at.is_(None),
    _SET.c.id.in_(
        select(_STEP.c.vital_signs_id).where(_STEP.c.critical_result_id == bindparam("alert"))
    ),
)
