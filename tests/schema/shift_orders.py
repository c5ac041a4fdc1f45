"""What a shift does with orders, doses and allergies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import models
from models.rules.administrations import AdministrationStatus
from models.rules.allergies import Criticality
from resolvers import administrations, allergies, medication_moves, medications

if TYPE_CHECKING:
    from resolvers.transaction import Transaction
    from tests.schema.shift import Shift


async def order_placed(shift: Shift, tx: Transaction) -> None:
    await medications.order_medication(
        tx,
        shift.admin,
        patient_id=shift.patient(),
        drug=shift.number(),
        override_reason="so be it",
        draft=shift.draw.random() < 0.2,
    )


async def order_stopped(shift: Shift, tx: Transaction) -> None:
    order = await shift.any(models.MedicationOrder, "status = 'ACTIVE'")
    await medication_moves.discontinue_medication(
        tx, shift.admin, medication_id=order, reason="enough"
    )


async def order_moved(shift: Shift, tx: Transaction) -> None:
    """Whatever else becomes of an order, where it may."""
    given = {"medication_id": await shift.any(models.MedicationOrder, "true")}
    move = shift.draw.choice(
        [
            medication_moves.start_medication,
            medication_moves.hold_medication,
            medication_moves.resume_medication,
            medication_moves.complete_medication,
            medication_moves.mark_medication_entered_in_error,
        ]
    )
    if move in (
        medication_moves.hold_medication,
        medication_moves.mark_medication_entered_in_error,
    ):
        given["reason"] = "so it was said"
    await move(tx, shift.admin, **given)


async def allergy_taken_back(shift: Shift, tx: Transaction) -> None:
    await allergies.mark_allergy_entered_in_error(
        tx,
        shift.admin,
        allergy_id=await shift.any(models.Allergy, "entered_in_error_at IS NULL"),
        reason="somebody else's",
    )


async def dose_given(shift: Shift, tx: Transaction) -> None:
    await administrations.record_administration(
        tx,
        shift.admin,
        medication_id=await shift.any(models.MedicationOrder, "status = 'ACTIVE'"),
        status=AdministrationStatus.NOT_GIVEN,
        reason="asleep",
    )


async def dose_taken_back(shift: Shift, tx: Transaction) -> None:
    await administrations.mark_administration_entered_in_error(
        tx,
        shift.admin,
        administration_id=await shift.any(
            models.MedicationAdministration, "status <> 'ENTERED_IN_ERROR'"
        ),
        reason="another's",
    )


async def allergy_recorded(shift: Shift, tx: Transaction) -> None:
    await allergies.record_allergy(
        tx,
        shift.admin,
        patient_id=shift.patient(),
        substance=shift.number(),
        criticality=Criticality.LOW,
    )
