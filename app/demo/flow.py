"""How people come, move and go in the simulator, and how their beds are made again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import models
from app.demo import census
from app.demo.census import Inpatient, Place
from app.demo.conditions import candidates
from app.demo.formulary import IN_SPITE
from app.demo.histories import orders
from app.demo.people import person
from app.demo.scene import Scene
from app.demo.vitals import healthy
from app.demo.wards import PLAN_OF
from models.rules.beds import UNCLEAN, BedStatus
from resolvers import admissions, beds, ids, medications, patients

SETTLED = timedelta(minutes=15)
"""Nobody is moved or sent home before having lain this long."""
CLEANED_AFTER = timedelta(minutes=3)
FULL = 0.86
"""Nobody is sent to a ward as full as that, except into a bed that was kept."""
EMPTY = 0.65
"""Nobody is sent home from a ward as empty as that."""
TOWARD: dict[str, tuple[str, ...]] = {
    "ED": ("MED1", "SURG1", "ICU"),
    "ICU": ("MED1", "SURG1"),
    "MED1": ("ICU",),
    "SURG1": ("ICU",),
}
"""Where the adults of a ward go on to; a child of the ED goes to PEDS, a newborn stays."""


async def admit(scene: Scene) -> None:
    """Somebody new, into a ward that has room; half of the time through the ED."""
    everywhere = await census.places(scene.tx)
    open_wards = sorted(
        {bed.ward for bed in everywhere if bed.free and bed.ward in PLAN_OF}
        - {code for code in PLAN_OF if census.fullness(everywhere, code) >= FULL}
    )
    if not open_wards:
        return
    ward = "ED" if "ED" in open_wards and scene.rng.random() < 0.5 else None
    plan = PLAN_OF[ward or scene.rng.choice(open_wards)]
    bed = scene.rng.choice([bed for bed in everywhere if bed.free and bed.ward == plan.code])
    generation = scene.rng.choice(plan.generations)
    condition = scene.rng.choice(candidates(plan.code, generation))
    now = scene.tx.now
    someone = person(scene.rng, f"S{scene.rng.randrange(10**9):09d}", generation, now)
    registered = await patients.register_patient(
        scene.tx,
        scene.staff.system,
        mrn=someone.mrn,
        given_name=someone.given_name,
        family_name=someone.family_name,
        birth_date=someone.birth_date,
        sex=someone.sex,
        phone=someone.phone,
        email=someone.email,
        address=someone.address,
        national_id=someone.national_id,
    )
    patient_id = ids.encode(models.Patient, registered["patient"])
    await admissions.admit_patient(
        scene.tx,
        scene.staff.system,
        patient_id=patient_id,
        bed_id=bed.public_id,
        reason=condition.reason,
        admitted_at=None,
    )
    weight = Decimal(str(round(healthy(someone.years_old(now)).weight_kg, 1)))
    for order in orders(scene.rng, someone, condition, weight, admitted_at=now, now=now):
        drug = order.drug
        await medications.order_medication(
            scene.tx,
            scene.staff.system,
            patient_id=patient_id,
            drug=drug.name,
            code=drug.code,
            dose=order.dose,
            dose_unit=drug.unit,
            route=drug.route,
            frequency=drug.frequency,
            as_needed=drug.as_needed is not None,
            as_needed_reason=drug.as_needed,
            max_per_day=drug.max_per_day,
            override_reason=IN_SPITE,
        )


async def discharge(scene: Scene) -> None:
    """Somebody settled goes home, from a ward that is not empty already."""
    everywhere = await census.places(scene.tx)
    going = [
        one
        for one in await _movable(scene)
        if one.ward in PLAN_OF and census.fullness(everywhere, one.ward) > EMPTY
    ]
    if going:
        one = scene.rng.choice(going)
        await admissions.discharge_patient(
            scene.tx,
            scene.staff.system,
            admission_id=ids.encode(models.Admission, one.admission_id),
            disposition="home",
        )


async def reserve(scene: Scene) -> None:
    """Keep a bed for somebody who is to move on within the half hour."""
    everywhere = await census.places(scene.tx)
    promised = {bed.promised_to for bed in everywhere}
    chosen = _next_bed(
        scene,
        [one for one in await _transferable(scene) if one.patient_id not in promised],
        everywhere,
    )
    if chosen is not None:
        one, bed = chosen
        await beds.reserve_bed(
            scene.tx,
            scene.staff.clerk,
            bed_id=bed.public_id,
            patient_id=one.public_id,
            until=scene.tx.now + timedelta(minutes=30),
        )


async def transfer(scene: Scene) -> None:
    """Somebody moves on: into the bed that is kept for them, else into a free one."""
    everywhere = await census.places(scene.tx)
    movable = await _transferable(scene)
    kept = [
        (one, bed)
        for one in movable
        for bed in everywhere
        if bed.promised_to == one.patient_id
        and bed.status is BedStatus.UNOCCUPIED
        and bed.bed_id != one.bed_id
    ]
    chosen = scene.rng.choice(kept) if kept else _next_bed(scene, movable, everywhere)
    if chosen is not None:
        one, bed = chosen
        await admissions.transfer_patient(
            scene.tx,
            scene.staff.system,
            admission_id=ids.encode(models.Admission, one.admission_id),
            bed_id=bed.public_id,
        )


async def clean(scene: Scene) -> None:
    """The bed that has waited longest is decontaminated, or ready again."""
    waiting = [
        bed
        for bed in await census.places(scene.tx)
        if bed.status in UNCLEAN and scene.tx.now - bed.since >= CLEANED_AFTER
    ]
    if waiting:
        bed = min(waiting, key=lambda bed: bed.since)
        soiled = bed.status is BedStatus.CONTAMINATED
        await beds.set_bed_status(
            scene.tx,
            scene.staff.admin,
            bed_id=bed.public_id,
            status=BedStatus.HOUSEKEEPING if soiled else BedStatus.UNOCCUPIED,
        )


async def _movable(scene: Scene) -> list[Inpatient]:
    # Nobody leaves a ward with a critical result that is still open there.
    return [
        one
        for one in await census.inpatients(scene.tx)
        if not one.alarmed and scene.tx.now - one.lies_since >= SETTLED
    ]


async def _transferable(scene: Scene) -> list[Inpatient]:
    # Who is isolated stays in the bed that was found to be fit.
    return [one for one in await _movable(scene) if not one.isolated]


def _next_bed(
    scene: Scene, movable: list[Inpatient], everywhere: list[Place]
) -> tuple[Inpatient, Place] | None:
    found = []
    roomy = {code for code in PLAN_OF if census.fullness(everywhere, code) < FULL}
    for one in movable:
        wards = TOWARD.get(one.ward, ())
        if one.ward == "ED" and one.hours_old(scene.tx.now) < 16 * 8766:
            wards = ("PEDS",)
        found += [(one, bed) for bed in everywhere if bed.free and bed.ward in roomy & set(wards)]
    return scene.rng.choice(found) if found else None
