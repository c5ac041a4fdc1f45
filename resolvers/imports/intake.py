"""Writes a batch of drafts in one transaction, with a fixed number of statements for its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import models
from models.rules.medications import MedicationStatus
from models.rules.results import IngestOutcome
from resolvers import labs, medication_history, medication_warnings, vitals
from resolvers.actors import Actor
from resolvers.clinicians import Clinicians
from resolvers.imports import intake_admissions, intake_patients, rejections
from resolvers.imports.drafts import (
    AdmissionDraft,
    AllergyDraft,
    Batch,
    Draft,
    LabDraft,
    NotHeld,
    OfPatient,
    OrderDraft,
    PatientDraft,
    Record,
    Rejected,
    UnmappedDraft,
    VitalsDraft,
)
from resolvers.imports.intake_patients import Known
from resolvers.imports.intake_rows import Shelf
from resolvers.imports.ledger import Ledger, Outcome
from resolvers.transaction import Transaction

_ALLERGIES = Shelf(
    models.Allergy,
    ("substance", "code", "reaction", "criticality", "recorded_at", "entered_in_error_at"),
)
_ORDERS = Shelf(
    models.MedicationOrder,
    (
        "drug", "code", "dose", "dose_unit", "route", "frequency", "as_needed",
        "as_needed_reason", "status", "ordered_at", "starts_at", "stopped_at", "stop_reason",
    ),
)  # fmt: skip
_UNMAPPED = Shelf(
    models.UnmappedObservation, ("code", "display", "observed_at", "reason", "source_text")
)
_RUNNING = frozenset({MedicationStatus.DRAFT, MedicationStatus.ACTIVE, MedicationStatus.ON_HOLD})
_STARTED_HERE = (MedicationStatus.DRAFT, MedicationStatus.ACTIVE)
"""What the source says of an order, and what it is here."""
_OTHERS = "its number names a record of another patient"

_OUTCOME = {
    IngestOutcome.CREATED: Outcome.CREATED,
    IngestOutcome.DUPLICATE: Outcome.UNCHANGED,
    IngestOutcome.CORRECTED: Outcome.CORRECTED,
}

D = TypeVar("D", bound=Draft)
P = TypeVar("P", bound=OfPatient)


async def write(tx: Transaction, actor: Actor, batch: Batch) -> Ledger:
    """Write the batch; what became of each of its records."""
    work = _Intake(tx, actor, batch)
    await work.write()
    return work.ledger


class _Intake:
    def __init__(self, tx: Transaction, actor: Actor, batch: Batch) -> None:
        self._tx, self._actor, self._batch = tx, actor, batch
        self._patients: dict[str, Known] = {}
        self._rejected: list[tuple[Record, str]] = []
        self.ledger = Ledger()

    async def write(self) -> None:
        """The order is that of the locks: patients, admissions, beds, and then what hangs on them.
        Admissions come before results, so that a critical one is heard on the ward."""
        drafts = self._batch.drafts
        for draft in drafts:
            if isinstance(draft, Rejected):
                self._reject(draft.records, draft.reason)
            elif isinstance(draft, NotHeld):
                self.ledger.settle(draft.records, Outcome.NOT_HELD)
        self._patients = await intake_patients.place(
            self._tx,
            self._actor,
            self._of(PatientDraft),
            (draft.mrn for draft in drafts if isinstance(draft, OfPatient)),
            self.ledger,
        )
        for draft, reason in await intake_admissions.place(
            self._tx, self._actor, self._batch.sender, self._placed(AdmissionDraft), self.ledger
        ):
            self._reject(draft.records, reason)
        await self._allergies()
        await self._orders()
        await self._warnings()
        await self._vitals()
        await self._labs()
        await self._unmapped()
        await rejections.keep(self._tx, self._batch.format, self._rejected)
        await rejections.resolve(self._tx, self._batch.format, self.ledger.taken)

    def _of(self, kind: type[D]) -> Iterator[D]:
        return (draft for draft in self._batch.drafts if isinstance(draft, kind))

    def _placed(self, kind: type[P]) -> list[tuple[P, Known]]:
        """Drafts with their patients; one of a patient who is not here is rejected."""
        found: list[tuple[P, Known]] = []
        for draft in self._of(kind):
            patient = self._patients.get(draft.mrn)
            if patient is None:
                self._reject(draft.records, "the patient is not known here")
            else:
                found.append((draft, patient))
        return found

    def _reject(self, records: Iterable[Record], reason: str) -> None:
        records = tuple(records)
        self._rejected += [(record, reason) for record in records]
        self.ledger.settle(records, Outcome.REJECTED, reason)

    async def _put(
        self,
        shelf: Shelf,
        rows: list[tuple[Any, Known, dict[str, Any]]],
        named: dict[Outcome, Outcome] | None = None,
    ) -> None:
        if not rows:
            return
        load = await shelf.load(
            self._tx, self._actor, self._batch.sender, (draft.external_id for draft, _, _ in rows)
        )
        for draft, patient, values in rows:
            held = load.held.get(draft.external_id)
            if held is not None and held["patient_id"] != patient.id:
                self._reject(draft.records, _OTHERS)
                continue
            kept = {} if held is None else self._further(held, values)
            row = {"patient_id": patient.id, **values, **kept}
            outcome = load.put(draft.external_id, row)
            self.ledger.settle(draft.records, (named or {}).get(outcome, outcome))
        await load.write()

    def _further(self, held: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
        """What has been ended or taken back here stays so: the source says how it began."""
        kept: dict[str, Any] = {}
        if held.get("entered_in_error_at") is not None:
            kept["entered_in_error_at"] = held["entered_in_error_at"]
        status = values.get("status")
        if status in _RUNNING and held["status"] not in _RUNNING:
            self.ledger.remark(
                "orders that have ended here and run in the source: left as they are"
            )
            kept |= {name: held[name] for name in ("status", "stopped_at", "stop_reason")}
        elif status in _RUNNING and (
            held["hold_reason"] is not None or (status, held["status"]) == _STARTED_HERE
        ):
            self.ledger.remark("orders that are held or were started here: left as they are")
            kept |= {name: held[name] for name in ("status", "starts_at")}
        return kept

    async def _allergies(self) -> None:
        await self._put(
            _ALLERGIES,
            [
                (
                    draft,
                    patient,
                    {
                        **draft.values,
                        "entered_in_error_at": self._tx.now if draft.taken_back else None,
                    },
                )
                for draft, patient in self._placed(AllergyDraft)
            ],
        )

    async def _orders(self) -> None:
        rows = [(draft, who, dict(draft.values)) for draft, who in self._placed(OrderDraft)]
        await self._put(_ORDERS, rows)

    async def _warnings(self) -> None:
        """What is new among allergies and orders may speak against what runs."""
        patients = {
            self._patients[draft.mrn].id
            for draft in self._batch.drafts
            if isinstance(draft, AllergyDraft | OrderDraft) and draft.mrn in self._patients
        }
        if patients:
            await medication_history.catch_up(self._tx, self._actor, patients)
            await medication_warnings.reconsider(self._tx, patients)

    async def _unmapped(self) -> None:
        rows = [
            (
                draft,
                patient,
                {
                    "code": draft.code,
                    "display": draft.display,
                    "observed_at": draft.observed_at,
                    "reason": draft.reason,
                    "source_text": draft.text,
                },
            )
            for draft, patient in self._placed(UnmappedDraft)
        ]
        await self._put(_UNMAPPED, rows, {Outcome.CREATED: Outcome.UNMAPPED})

    async def _vitals(self) -> None:
        """A station hears of what was measured now, not of what happened long ago."""
        limit = self._tx.now - self._tx.policy.stale_result_after
        placed = self._placed(VitalsDraft)
        for live in (False, True):
            part = [one for one in placed if (one[0].recorded_at >= limit) is live]
            outcomes = await vitals.ingest(
                self._tx,
                self._actor,
                [_set(draft, patient) for draft, patient in part],
                sender=self._batch.sender,
                events=live,
            )
            for (draft, _), found in zip(part, outcomes, strict=True):
                if found.outcome is IngestOutcome.REJECTED:
                    self._reject(draft.records, found.refusal.message if found.refusal else "")
                else:
                    self.ledger.settle(draft.records, _OUTCOME[found.outcome])

    async def _labs(self) -> None:
        placed = self._placed(LabDraft)
        clinicians = await Clinicians.load(
            self._tx.connection, self._tx.hospital_id, (draft.ordered_by for draft, _ in placed)
        )
        outcomes = await labs.ingest(
            self._tx,
            self._actor,
            [
                _result(index, draft, patient, clinicians)
                for index, (draft, patient) in enumerate(placed)
            ],
            sender=self._batch.sender,
        )
        for (draft, _), found in zip(placed, outcomes, strict=True):
            if found.outcome is IngestOutcome.REJECTED:
                self._reject(draft.records, found.message or "")
            elif found.outcome is IngestOutcome.CREATED and draft.unmapped:
                self.ledger.settle(draft.records, Outcome.UNMAPPED)
            else:
                self.ledger.settle(draft.records, _OUTCOME[found.outcome])


def _set(draft: VitalsDraft, patient: Known) -> vitals.NewVitals:
    return vitals.NewVitals(
        patient_id=patient.id,
        recorded_at=draft.recorded_at,
        measured=vitals.Measurements(**draft.values),
        external_id=draft.external_id,
    )


def _result(
    index: int, draft: LabDraft, patient: Known, clinicians: Clinicians
) -> labs.NewLabResult:
    return labs.NewLabResult(
        index=index,
        patient_id=patient.id,
        code=draft.code,
        display=draft.display,
        observed_at=draft.observed_at,
        panel=draft.panel,
        value=draft.value,
        comparator=draft.comparator,
        text=draft.text,
        unit=draft.unit,
        reference_low=draft.reference_low,
        reference_high=draft.reference_high,
        sender_flag=draft.sender_flag,
        specimen=draft.specimen,
        status=draft.status,
        issued_at=draft.issued_at,
        external_id=draft.external_id,
        unmapped=draft.unmapped,
        ordered_by=clinicians.known(draft.ordered_by),
    )
