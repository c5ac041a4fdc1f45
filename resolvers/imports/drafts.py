"""What a reader hands to `intake`: drafts of rows, each with the records it was made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from models.rules.admissions import AdmissionStatus
from models.rules.results import ResultStatus


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """One thing a sender said; the unit in which an import counts.

    `key` names it within its format, the same in every run. `source` writes it down so that it can
    be read again alone, with what it refers to (called only for a record that is rejected).
    """

    key: str
    type: str
    source: Callable[[], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Base of all drafts. More than one record may make one row (a set of vital signs)."""

    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientDraft(Draft):
    """`values` by column of `patients`; a column that is left out stays as it is."""

    mrn: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfPatient(Draft):
    """`external_id` is the sender's own, stable name of what will be the row."""

    mrn: str
    external_id: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where the patient lies, in the sender's words. Any part but the ward may be missing."""

    ward: str
    room: str | None
    bed: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionDraft(OfPatient):
    """`place` is given where the message puts the patient into a bed."""

    status: AdmissionStatus
    admitted_at: datetime
    discharged_at: datetime | None = None
    reason: str | None = None
    disposition: str | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AllergyDraft(OfPatient):
    """`values` by column of `allergies`; `taken_back`: entered in error, or refuted."""

    values: Mapping[str, Any]
    taken_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDraft(OfPatient):
    """`values` by column of `medication_orders`."""

    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalsDraft(OfPatient):
    """One set. `values` by column of `vital_signs`, units as charted there."""

    recorded_at: datetime
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabDraft(OfPatient):
    """`code` is LOINC, or the sender's own where `unmapped`. `unit` is UCUM where it is known.
    `issued_at` tells an old message that comes again from a correction. `ordered_by` is how the
    sender calls the clinician who ordered it, who may be nobody here."""

    code: str
    display: str
    observed_at: datetime
    status: ResultStatus
    issued_at: datetime | None = None
    panel: str | None = None
    value: Decimal | None = None
    comparator: str | None = None
    text: str | None = None
    unit: str | None = None
    reference_low: Decimal | None = None
    reference_high: Decimal | None = None
    sender_flag: str | None = None
    unmapped: bool = False
    ordered_by: str | None = None
    specimen: str | None = None
    """As models/rules/specimens names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmappedDraft(OfPatient):
    """An observation without a place of its own: kept whole in `text`."""

    observed_at: datetime
    reason: str
    text: str
    code: str | None = None
    display: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected(Draft):
    """Cannot be taken in; `reason` holds no value of the record."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotHeld(Draft):
    """Of a kind that Wardline does not keep."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What is written in one transaction. `sender` owns the external ids in it; `size` is how many
    characters of a file it was."""

    format: str
    sender: str
    drafts: list[Draft] = field(default_factory=list)
    size: int = 0

    @property
    def records(self) -> list[Record]:
        """Every record of the batch."""
        return [record for draft in self.drafts for record in draft.records]


class Unfit(Exception):
    """A record that cannot be taken in. The message says why, without any value of it."""
