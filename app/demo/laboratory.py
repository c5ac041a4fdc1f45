"""The laboratory of the simulator: everyday blood, critical findings, and in the end an answer.

The simulator leaves critical results, and patients who deteriorate, to people. Without any people
they would pile up, so one that the demo itself raised and that nobody has acknowledged for
`PATIENCE` is acknowledged in the name of the ward's doctor, with a note that says it was simulated.
Those of other senders are left alone.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import bindparam, func, or_, select

import models
from app.demo import census, findings, labs
from app.demo.census import Inpatient
from app.demo.charts import SENDER as DEMO
from app.demo.charts import new_result
from app.demo.labs import Drawn
from app.demo.scene import SENDER, Scene
from models.rules.critical_results import CriticalResultStatus
from resolvers import critical_results, ids
from resolvers import labs as results

PATIENCE = timedelta(minutes=30)
NOTE = "Simulated: nobody acknowledged it within 30 minutes"
ANSWERS_AT_ONCE = 10


async def report_panel(scene: Scene) -> None:
    """A blood count or a metabolic panel of somebody, FINAL, nothing critical in it."""
    lying = await census.inpatients(scene.tx)
    if not lying:
        return
    patient = scene.rng.choice(lying)
    panel = scene.rng.choice((labs.cbc, labs.cmp))
    hours = patient.hours_old(scene.tx.now)
    severity = scene.severity(patient.patient_id)
    await _report(scene, patient, panel(scene.rng, hours, patient.sex, patient.condition, severity))


async def report_finding(scene: Scene) -> None:
    """A critical finding for somebody who has none open."""
    quiet = [one for one in await census.inpatients(scene.tx) if not one.alarmed]
    if not quiet:
        return
    patient = scene.rng.choice(quiet)
    hours = patient.hours_old(scene.tx.now)
    finding = findings.pick(scene.rng, hours)
    await _report(scene, patient, [finding.draw(scene.rng, hours, patient.sex)])


async def answer_old(scene: Scene) -> None:
    """Acknowledge, as the responsible doctor, what the demo raised and people left open."""
    rows = await scene.tx.all(
        _LEFT_OPEN, hospital=scene.tx.hospital_id, before=scene.tx.now - PATIENCE
    )
    for row in rows:
        await critical_results.acknowledge_critical_result(
            scene.tx,
            scene.staff.responsible(row["ward_id"]),
            critical_result_id=ids.encode(models.CriticalResult, row["id"]),
            read_back=row["value"],
            note=NOTE,
        )


async def _report(scene: Scene, patient: Inpatient, drawn: list[Drawn]) -> None:
    taken_at = scene.tx.now - timedelta(minutes=scene.rng.uniform(25, 70))
    await results.ingest(
        scene.tx,
        scene.staff.system,
        [new_result(index, patient.patient_id, one, taken_at) for index, one in enumerate(drawn)],
        sender=SENDER,
    )


_C, _L, _V, _S = (
    model.__table__
    for model in (models.CriticalResult, models.LabResult, models.VitalSigns, models.BedStay)
)
_READ_BACK = func.coalesce(_L.c.value, _V.c.news2_total, _V.c.news2_highest_single)
_LEFT_OPEN = (
    select(_C.c.id, _READ_BACK.label("value"), _S.c.ward_id)
    .select_from(
        _C.outerjoin(_L, _L.c.id == _C.c.lab_result_id)
        .outerjoin(_V, _V.c.id == _C.c.vital_signs_id)
        .outerjoin(_S, (_S.c.patient_id == _C.c.patient_id) & _S.c.ended_at.is_(None))
    )
    .where(
        _C.c.hospital_id == bindparam("hospital"),
        _C.c.status == CriticalResultStatus.OPEN.value,
        _C.c.raised_at < bindparam("before"),
        _READ_BACK.is_not(None),
        or_(*(table.c.sender == sender for table in (_L, _V) for sender in (DEMO, SENDER))),
    )
    .order_by(_C.c.raised_at, _C.c.id)
    .limit(ANSWERS_AT_ONCE)
)
