"""Beds by chance: what became of them so far, and who is isolated, as the constraints allow it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from uuid import UUID

import models
from resolvers.transaction import Transaction
from tests.resolvers.reading.hospital import Hospital

STATUSES = ("UNOCCUPIED", "OCCUPIED", "HOUSEKEEPING", "CONTAMINATED", "ISOLATED", "CLOSED")
KINDS = ("ADMITTED", "TRANSFERRED_OUT", "STATUS_CHANGED", "LEAVE_STARTED", "DISCHARGE_CANCELLED")
ISOLATIONS = ("CONTACT", "DROPLET", "AIRBORNE", "PROTECTIVE")
REASONS = (None, "a broken rail", 'no "spare" part')

_TOLD = """
    UPDATE beds SET status_since = $2, waiting_since = $3, closed_reason = $4, isolation_for = $5
    WHERE id = $1"""
_ADMISSIONS = "SELECT id FROM admissions WHERE hospital_id = $1 ORDER BY id"
_AWAY = """
    UPDATE admissions SET leave_since = $2, leave_until = $3
    WHERE hospital_id = $1 AND status = 'ON_LEAVE'"""
_IN_ERROR = """
    UPDATE admissions SET cancel_reason = 'the namesake'
    WHERE hospital_id = $1 AND status = 'CANCELLED'"""


async def write(
    tx: Transaction, chance: Random, hospital: Hospital, writers: Sequence[UUID | None]
) -> None:
    """The histories of all beds, and isolations of some patients."""
    found = await tx.connection.fetch(_ADMISSIONS, hospital.id)
    admissions = [None, *(row["id"] for row in found)]
    if chance.random() < 0.5:
        await tx.connection.execute(_AWAY, hospital.id, tx.now, tx.now + timedelta(hours=3))
    await tx.connection.execute(_IN_ERROR, hospital.id)
    for bed, bed_id in sorted(hospital.beds.items()):
        since = tx.now - timedelta(minutes=chance.randint(1, 90), microseconds=chance.randint(0, 9))
        waiting = since if chance.random() < 0.4 else None
        kinds = sorted(chance.sample(ISOLATIONS, chance.choice((0, 0, 1, 4))))
        told = (chance.choice((None, since)), waiting, chance.choice(REASONS), kinds)
        await tx.connection.execute(_TOLD, bed_id, *told)
        ward = hospital.wards[bed.rpartition("-")[0]]
        at = tx.now - timedelta(days=1)
        for _ in range(chance.randint(0, 4)):
            at += timedelta(minutes=chance.randint(1, 200), microseconds=chance.randint(0, 999))
            waited = at - timedelta(seconds=chance.randint(1, 9_999), microseconds=1)
            await tx.insert(
                models.BedTransition,
                {"id": models.new_id(), "hospital_id": tx.hospital_id, "bed_id": bed_id}
                | {"ward_id": ward, "admission_id": chance.choice(admissions), "occurred_at": at}
                | {"kind": chance.choice(KINDS), "reason": chance.choice(REASONS)}
                | {"from_status": chance.choice(STATUSES), "to_status": chance.choice(STATUSES)}
                | {"waited_since": chance.choice((None, waited))}
                | {"created_by": chance.choice(writers)},
            )
    for mrn in sorted(hospital.charts):
        for kind in chance.sample(ISOLATIONS, chance.randint(0, 2)):
            began = tx.now - timedelta(hours=chance.randint(0, 3))
            await tx.insert(
                models.Isolation,
                {"id": models.new_id(), "hospital_id": tx.hospital_id, "kind": kind}
                | {"patient_id": hospital.charts[mrn].patient, "started_at": began}
                | {
                    "reason": "a swab",
                    "expected_end": chance.choice((None, tx.now + timedelta(days=1))),
                }
                | {"ended_at": chance.choice((None, None, tx.now))}
                | {"created_by": chance.choice(writers), "ended_by": chance.choice(writers)},
            )
