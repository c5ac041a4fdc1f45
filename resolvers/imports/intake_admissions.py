"""Admissions of a batch, and the beds that their messages name.

The rows are written in bulk. A stay is begun one at a time, through `resolvers.stays`: it carries
the bed's status, its reservation and the open critical results along, and there must be one way
to do that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Uuid, bindparam, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

import models
from models.events import PatientAdmitted
from models.rules import admissions, beds
from models.rules.admissions import CURRENT, AdmissionStatus
from models.rules.beds import BedStatus
from resolvers import care_teams, hospitals, reservations, stays
from resolvers.actors import Actor
from resolvers.imports.drafts import AdmissionDraft, Place, Unfit
from resolvers.imports.intake_patients import Known
from resolvers.imports.intake_rows import Load, Row, Shelf
from resolvers.imports.ledger import Ledger, Outcome
from resolvers.transaction import Transaction

_SHELF = Shelf(
    models.Admission,
    (
        *("status", "admitted_at", "discharged_at", "reason", "disposition"),
        *("leave_since", "leave_until"),
    ),
)
_A, _S = models.Admission.__table__, models.BedStay.__table__
_IDS = ARRAY(Uuid())
_ADMITTED = select(_A.c.id, _A.c.patient_id).where(
    _A.c.patient_id == bindparam("patients", type_=_IDS).any_(),
    or_(*(_A.c.status == status.value for status in sorted(CURRENT))),
)
_STAYS = select(_S.c.bed_id, _S.c.patient_id, _S.c.ended_at).where(
    or_(
        _S.c.bed_id == bindparam("beds", type_=_IDS).any_(),
        _S.c.patient_id == bindparam("patients", type_=_IDS).any_(),
    ),
    _S.c.cancelled_at.is_(None),
)
_ENDED = frozenset({AdmissionStatus.FINISHED, AdmissionStatus.CANCELLED})


async def place(
    tx: Transaction,
    actor: Actor,
    sender: str,
    drafts: Sequence[tuple[AdmissionDraft, Known]],
    ledger: Ledger,
) -> list[tuple[AdmissionDraft, str]]:
    """Write the admissions and lay into beds who comes to one; the drafts refused, and why."""
    if not drafts:
        return []
    work = await _Admitting.begin(tx, actor, sender, drafts, ledger)
    refused: list[tuple[AdmissionDraft, str]] = []
    for draft, patient in drafts:
        try:
            ledger.settle(draft.records, work.put(draft, patient))
        except Unfit as error:
            refused.append((draft, str(error)))
    await work.load.write()
    for patient_id, ended_at in work.ended:
        await care_teams.discharged(tx, actor, patient_id, ended_at or tx.now)
    await _lay(tx, actor, work.arrived, ledger)
    return refused


class _Admitting:
    """The admissions of a batch, in their order, among those that are held."""

    def __init__(
        self, load: Load, admitted: dict[UUID, UUID], lying: set[UUID], ledger: Ledger
    ) -> None:
        self.load = load
        self.arrived: list[tuple[AdmissionDraft, Row]] = []
        self.ended: list[tuple[UUID, datetime | None]] = []
        self._admitted = admitted
        self._lying = lying
        self._ledger = ledger

    @classmethod
    async def begin(
        cls,
        tx: Transaction,
        actor: Actor,
        sender: str,
        drafts: Sequence[tuple[AdmissionDraft, Known]],
        ledger: Ledger,
    ) -> _Admitting:
        """Read what is held: three statements for any number."""
        load = await _SHELF.load(tx, actor, sender, (draft.external_id for draft, _ in drafts))
        patients = [patient.id for _, patient in drafts]
        admitted = await tx.all(_ADMITTED, patients=patients)
        lying = await tx.all(_STAYS, patients=patients, beds=[])
        return cls(
            load,
            {row["patient_id"]: row["id"] for row in admitted},
            {row["patient_id"] for row in lying if row["ended_at"] is None},
            ledger,
        )

    def put(self, draft: AdmissionDraft, patient: Known) -> Outcome:
        """Place one admission. Raises Unfit."""
        outcome = self._put(draft, patient)
        row = self.load.held[draft.external_id]
        current = row["status"] in CURRENT
        if current:
            self._admitted[patient.id] = row["id"]
        elif self._admitted.get(patient.id) == row["id"]:
            del self._admitted[patient.id]
            self.ended.append((patient.id, row["discharged_at"]))
        if outcome is Outcome.CREATED and draft.place is not None and current:
            self.arrived.append((draft, row))
        return outcome

    def _put(self, draft: AdmissionDraft, patient: Known) -> Outcome:
        row = self.load.held.get(draft.external_id)
        values: dict[str, Any] = {
            "patient_id": patient.id,
            "status": draft.status.value,
            "admitted_at": draft.admitted_at,
            "discharged_at": draft.discharged_at,
            "reason": draft.reason,
            "disposition": draft.disposition,
            "leave_since": None,
            "leave_until": None,
        }
        if row is not None and row["patient_id"] != patient.id:
            raise Unfit("its number names an admission of another patient")
        if row is not None and row["status"] in _ENDED and draft.status not in _ENDED:
            # What has ended here is not begun anew by the message that began it.
            self._ledger.remark(
                "admissions that have ended here and go on in the source: left as they are"
            )
            return Outcome.UNCHANGED
        other = self._admitted.get(patient.id)
        if draft.status in CURRENT and other is not None and (row is None or other != row["id"]):
            raise Unfit("the patient has another admission that goes on")
        if row is None:
            if draft.status in CURRENT and patient.deceased_at is not None:
                raise Unfit("the patient is deceased")
            return self.load.put(draft.external_id, values)
        held = AdmissionStatus(row["status"])
        if held is not draft.status:
            ruled_out = admissions.become(held, draft.status)
            if ruled_out is not None:
                raise Unfit(ruled_out.reason)
            if draft.status in _ENDED and patient.id in self._lying:
                raise Unfit("the patient still lies in a bed here: discharge first")
        kept = {name: row[name] for name in ("reason", "disposition") if values[name] is None}
        if draft.status is AdmissionStatus.ON_LEAVE:
            # Since when and until when, the source does not say.
            kept |= {name: row[name] for name in ("leave_since", "leave_until")}
        return self.load.put(draft.external_id, values | kept)


async def _lay(
    tx: Transaction,
    actor: Actor,
    arrived: Sequence[tuple[AdmissionDraft, Row]],
    ledger: Ledger,
) -> None:
    """Begin the stays. Where the bed is not to be had, the admission is without one, and said."""
    found = _Places(tx)
    wanted = [
        (row, bed_id)
        for draft, row in arrived
        if draft.place and (bed_id := await found.bed(draft.place)) is not None
    ]
    for _ in range(len(arrived) - len(wanted)):
        ledger.remark(
            "admissions without a stay: the message names no bed, or a ward that is retired"
        )
    if not wanted:
        return
    held = await stays.lock_beds(tx, {bed_id for _, bed_id in wanted})
    known = await tx.all(
        _STAYS,
        beds=[bed_id for _, bed_id in wanted],
        patients=[row["patient_id"] for row, _ in wanted],
    )
    taken = _Taken(known)
    for row, bed_id in wanted:
        bed, patient_id = held[bed_id], row["patient_id"]
        if taken.after(bed_id, patient_id, row["admitted_at"]) or await _kept(tx, bed, patient_id):
            ledger.remark("admissions without a stay: the bed was taken at that time")
            continue
        await stays.begin(
            tx,
            actor,
            admission_id=row["id"],
            patient_id=patient_id,
            bed=bed,
            since=row["admitted_at"],
        )
        taken.add(bed_id, patient_id)
        tx.record(PatientAdmitted(subject_id=bed_id, ward_id=bed["ward_id"], patient_id=patient_id))


async def _kept(tx: Transaction, bed: asyncpg.Record, patient_id: UUID) -> bool:
    """Whether the bed's status or a reservation keeps this patient out."""
    holder = await reservations.holder(tx, bed["id"])
    ruled_out = beds.take(
        BedStatus(bed["status"]),
        occupied=False,
        reserved=holder is not None,
        reserved_for_patient=holder == patient_id,
    )
    return ruled_out is not None


class _Taken:
    """Until when beds and patients are taken; None: still."""

    def __init__(self, known: Sequence[asyncpg.Record]) -> None:
        self._until: dict[UUID, list[datetime | None]] = {}
        for row in known:
            for one in (row["bed_id"], row["patient_id"]):
                self._until.setdefault(one, []).append(row["ended_at"])

    def after(self, bed_id: UUID, patient_id: UUID, since: datetime) -> bool:
        """Whether either is taken at `since` or later."""
        ends = (*self._until.get(bed_id, ()), *self._until.get(patient_id, ()))
        return any(end is None or end > since for end in ends)

    def add(self, bed_id: UUID, patient_id: UUID) -> None:
        """Both are taken from now on."""
        for one in (bed_id, patient_id):
            self._until.setdefault(one, []).append(None)


_ROOM_OF = select(models.Bed.room_id).where(models.Bed.id == bindparam("bed"))
_IS_RETIRED = select(models.Ward.retired_at.is_not(None)).where(models.Ward.id == bindparam("ward"))


class _Places:
    """Wards, rooms and beds by the sender's names; made where they are not known yet."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._known: dict[tuple[str, ...], UUID] = {}
        self._retired: set[UUID] = set()

    async def bed(self, place: Place) -> UUID | None:
        """The bed, or None where the place is no more than a ward (which is made all the same), or
        the ward is retired: nobody would look for a patient there."""
        connection, hospital = self._tx.connection, self._tx.hospital_id
        ward_id = self._known.get((place.ward,))
        if ward_id is None:
            ward_id = await hospitals.create_ward(connection, hospital, place.ward, place.ward)
            self._known[place.ward,] = ward_id
            if await self._tx.scalar(_IS_RETIRED, ward=ward_id):
                self._retired.add(ward_id)
        if place.bed is None or ward_id in self._retired:
            return None
        room_id = None
        if place.room is not None:
            room_id = self._known.get((place.ward, place.room))
            if room_id is None:
                room_id = await hospitals.create_room(connection, hospital, ward_id, place.room)
                self._known[place.ward, place.room] = room_id
        bed_id = await hospitals.create_bed(
            connection, hospital, ward_id, place.bed, room_id=room_id
        )
        if place.room is not None and room_id != await self._tx.scalar(_ROOM_OF, bed=bed_id):
            # A code is unique in the ward, and this one is a bed of another room.
            code = f"{place.room} {place.bed}"
            bed_id = await hospitals.create_bed(
                connection, hospital, ward_id, code, room_id=room_id
            )
        return bed_id
