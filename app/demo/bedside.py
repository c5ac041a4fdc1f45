"""What the simulator does at the bedside: it measures, and it gives what is due."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

from sqlalchemy import bindparam, select

import models
from app.demo import census
from app.demo.histories import HOURS_BETWEEN, NOT_GIVEN
from app.demo.scene import SENDER, Scene
from app.demo.vitals import Measured, measure
from models.rules.administrations import AdministrationStatus
from models.rules.medications import Frequency, MedicationStatus
from models.rules.vitals import Consciousness
from resolvers import administrations, ids, vitals
from resolvers.errors import Conflict


async def take_vitals(scene: Scene) -> None:
    """One set for somebody, going on from the last."""
    lying = await census.inpatients(scene.tx)
    if not lying:
        return
    patient = scene.rng.choice(lying)
    row = await scene.tx.first(_LAST_VITALS, patient=patient.patient_id)
    before = None
    if row is not None and all(row[name] is not None for name in _DRIFTING):
        before = Measured(
            **{name: row[name] for name in _DRIFTING},
            on_oxygen=bool(row["on_oxygen"]),
            consciousness=Consciousness(row["consciousness"] or "ALERT"),
        )
    measured = measure(
        scene.rng,
        patient.hours_old(scene.tx.now) / 8766,
        patient.condition,
        scene.severity(patient.patient_id),
        before,
    )
    taken = await vitals.ingest(
        scene.tx,
        scene.staff.system,
        [
            vitals.NewVitals(
                patient_id=patient.patient_id,
                recorded_at=scene.tx.now,
                measured=vitals.Measurements(**asdict(measured)),
            )
        ],
        sender=SENDER,
    )
    for each in taken:
        if each.refusal is not None:
            raise each.refusal


async def give_dose(scene: Scene) -> None:
    """A dose of an order that is due, or now and then the reason why it was not given."""
    rows = await scene.tx.all(_RUNNING, hospital=scene.tx.hospital_id)
    due = [
        row
        for row in rows
        if row["given_at"] is None
        or (
            row["frequency"] in Frequency.__members__
            and scene.tx.now - row["given_at"]
            >= timedelta(hours=HOURS_BETWEEN[Frequency(row["frequency"])])
        )
    ]
    given = scene.rng.random() > 0.06
    for order in scene.rng.sample(due, len(due)):
        try:
            await administrations.record_administration(
                scene.tx,
                scene.staff.bedside(order["ward_id"]),
                medication_id=ids.encode(models.MedicationOrder, order["id"]),
                status=AdministrationStatus.GIVEN if given else AdministrationStatus.NOT_GIVEN,
                given_at=scene.tx.now,
                dose=order["dose"] if given else None,
                dose_unit=order["dose_unit"] if given else None,
                reason=None if given else scene.rng.choice(NOT_GIVEN),
            )
        except Conflict:
            continue  # none of its doses waits
        return


_DRIFTING = (
    "heart_rate", "systolic", "diastolic", "respiratory_rate", "temperature", "oxygen_saturation"
)  # fmt: skip
_V, _O, _G, _S = (
    model.__table__
    for model in (
        models.VitalSigns,
        models.MedicationOrder,
        models.MedicationAdministration,
        models.BedStay,
    )
)
_LAST_VITALS = (
    select(*(_V.c[name] for name in (*_DRIFTING, "on_oxygen", "consciousness")))
    .where(_V.c.patient_id == bindparam("patient"))
    .order_by(_V.c.recorded_at.desc(), _V.c.id.desc())
    .limit(1)
)
_RUNNING = (
    select(
        _O.c.id,
        _O.c.dose,
        _O.c.dose_unit,
        _O.c.frequency,
        _S.c.ward_id,
        select(_G.c.given_at)
        .where(_G.c.medication_order_id == _O.c.id)
        .order_by(_G.c.given_at.desc())
        .limit(1)
        .scalar_subquery()
        .label("given_at"),
    )
    .select_from(_O.join(_S, _S.c.patient_id == _O.c.patient_id))
    .where(
        _O.c.hospital_id == bindparam("hospital"),
        _O.c.status == MedicationStatus.ACTIVE.value,
        _S.c.ended_at.is_(None),
    )
    .order_by(_O.c.id)
)
