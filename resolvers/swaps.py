"""Swaps: two patients change beds with each other, in one step (A17)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg

import models
from models.events import PatientTransferredIn, PatientTransferredOut
from models.rules import admissions as rules
from models.rules.admissions import AdmissionStatus
from models.rules.beds import BedChangeEventKind
from models.rules.scopes import Scope
from resolvers import ids, placements, rows, stays, visible
from resolvers.actors import Actor
from resolvers.admissions import heard
from resolvers.errors import BadInput, Conflict
from resolvers.transaction import Transaction

Stays = dict[UUID, asyncpg.Record | None]


async def swap_beds(
    tx: Transaction,
    actor: Actor,
    *,
    admission_id: str,
    other_admission_id: str,
    override_reason: str | None = None,
) -> dict[str, Any]:
    """Let the patients of two admissions change beds. Each comes to the other's bed, so the actor
    must be one who may transfer both, and into either bed.

    Neither bed is empty in between, so neither is cleaned by this; nor does it become CONTAMINATED.
    """
    named = {"admissionId": admission_id, "otherAdmissionId": other_admission_id}
    found, lay = await _locked(tx, actor, named)
    one, other = found.values()
    for admission in (one, other):
        Conflict.unless_allowed(rules.transfer(AdmissionStatus(admission["status"])))
    mine, theirs = [await _stay(tx, admission, lay) for admission in (one, other)]
    for bed_id, field in ((theirs["bed_id"], "otherAdmissionId"), (mine["bed_id"], "admissionId")):
        public_id = ids.encode(models.Bed, bed_id)
        await visible.row(tx, actor, Scope.PATIENT_TRANSFER, models.Bed, public_id, field=field)
    beds = await stays.lock_beds(tx, [mine["bed_id"], theirs["bed_id"]])
    moves = ((mine, beds[theirs["bed_id"]]), (theirs, beds[mine["bed_id"]]))
    overridden = [
        await placements.check_isolation(tx, actor, bed, stay["patient_id"], override_reason)
        for stay, bed in moves
    ]
    since = max(
        [mine["started_at"], theirs["started_at"]]
        + [await stays.free_since(tx, bed["id"], stay["patient_id"]) for stay, bed in moves]
    )
    with rows.conflicting(stays.TAKEN):
        for stay, _ in moves:
            left = beds[stay["bed_id"]]
            kind = BedChangeEventKind.TRANSFERRED_OUT
            await stays.end(tx, actor, stay, since, bed=left, kind=kind, vacant=False)
            tx.record(heard(PatientTransferredOut, left, stay["patient_id"]))
        for (stay, bed), said in zip(moves, overridden, strict=True):
            await stays.begin(
                tx,
                actor,
                admission_id=stay["admission_id"],
                patient_id=stay["patient_id"],
                bed=bed,
                since=since,
                kind=BedChangeEventKind.TRANSFERRED_IN,
                override_reason=said,
            )
            tx.record(heard(PatientTransferredIn, bed, stay["patient_id"]))
    return {"admission": one["id"], "other_admission": other["id"]}


async def _locked(
    tx: Transaction, actor: Actor, named: dict[str, str]
) -> tuple[dict[str, asyncpg.Record], Stays]:
    """Both admissions, locked in the order of their ids, after both patients; and where these lay
    before they were locked."""
    seen = {
        field: await visible.row(
            tx, actor, Scope.PATIENT_TRANSFER, models.Admission, public_id, field=field
        )
        for field, public_id in named.items()
    }
    patients = {row["patient_id"] for row in seen.values()}
    if len(patients) < len(seen):
        raise BadInput(
            "a patient does not change beds with themselves",
            field="otherAdmissionId",
            limit="an admission of another patient",
        )
    lay = {patient_id: await stays.current(tx, patient_id) for patient_id in patients}
    await stays.lock_patients(tx, patients)
    found = {
        field: await visible.row(
            tx, actor, Scope.PATIENT_TRANSFER, models.Admission, named[field], field=field,
            lock=True,
        )
        for field in sorted(named, key=lambda field: seen[field]["id"])
    }  # fmt: skip
    return {field: found[field] for field in named}, lay


async def _stay(tx: Transaction, admission: asyncpg.Record, lay: Stays) -> asyncpg.Record:
    patient_id = admission["patient_id"]
    stay = await stays.unmoved(tx, patient_id, lay[patient_id])
    if stay is None:
        raise Conflict("a patient without a bed has none to change")
    return stay
