"""What the hospital's rules say of a result of one of its patients."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

import models
from models.rules.critical_results import TAKEN_BACK
from models.rules.critical_rules import CriticalRule
from models.rules.critical_values import Observation, Verdict, judge
from models.rules.patients import Sex, age_in_hours
from models.rules.results import Interpretation, ResultStatus
from resolvers import critical_rules
from resolvers.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLabResult:
    """A result as a sender gives it: `value` and the reference range in `unit`, both as sent.

    `index` is its place in what was sent, and comes back in the outcome. `sender_flag` is OBX-8,
    `specimen` what was examined, in the sender's words.
    `unmapped`: `code` is the sender's own, not LOINC. `issued_at` is when the sender issued this
    version: give it wherever the source has it, since only it can tell an old message that comes
    again from a correction. None: as it arrives. `ordered_by` is the user who wanted to know.
    """

    index: int
    patient_id: UUID
    code: str
    display: str
    observed_at: datetime
    panel: str | None = None
    value: Decimal | None = None
    comparator: str | None = None
    text: str | None = None
    unit: str | None = None
    reference_low: Decimal | None = None
    reference_high: Decimal | None = None
    sender_flag: str | None = None
    specimen: str | None = None
    status: ResultStatus = ResultStatus.FINAL
    issued_at: datetime | None = None
    external_id: str | None = None
    unmapped: bool = False
    ordered_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict in the columns of `lab_results`, and the words that a critical result carries.

    `rule_id` is the rule whose limit was passed, `applied_rules` all that were applied."""

    interpretation: Interpretation
    critical: bool
    not_judged_reason: str | None = None
    rule_id: UUID | None = None
    applied_rules: tuple[UUID, ...] = ()
    canonical_value: Decimal | None = None
    canonical_unit: str | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What judging takes from the patient. `ward_id` is that of the bed of now."""

    birth_date: date | None
    sex: Sex
    ward_id: UUID | None


def by_code(rules: Iterable[CriticalRule]) -> dict[str, list[CriticalRule]]:
    """The rules for each code (LOINC), in their order."""
    found: dict[str, list[CriticalRule]] = {}
    for rule in rules:
        for code in rule.codes:
            found.setdefault(code, []).append(rule)
    return found


class Bench:
    """The rules, by code, and the patients of one batch."""

    def __init__(
        self, rules: Mapping[str, Sequence[CriticalRule]], subjects: Mapping[UUID, Subject]
    ) -> None:
        self.rules = rules
        self.subjects = subjects

    @classmethod
    async def load(cls, tx: Transaction, results: Collection[NewLabResult]) -> Bench:
        """Read what the batch needs: three statements for any number of results.

        The patients are held until the transaction ends, against being moved: whoever moves one to
        another ward holds the patient too, and takes the open critical results along. Otherwise
        one that is raised meanwhile would be heard on the ward that the patient has left. And
        against each other: of two results that say the same, the second joins what the first
        raised.
        """
        codes = {result.code for result in results}
        patient_ids = sorted({result.patient_id for result in results})
        rules = await critical_rules.in_force(tx, codes)
        patients = await tx.all(_PATIENTS, hospital_id=tx.hospital_id, patient_ids=patient_ids)
        stays = await tx.all(_STAYS, patient_ids=patient_ids)
        wards = {row["patient_id"]: row["ward_id"] for row in stays}
        return cls(
            by_code(rules),
            {
                row["id"]: Subject(row["birth_date"], Sex(row["sex"]), wards.get(row["id"]))
                for row in patients
            },
        )

    def judge(self, result: NewLabResult) -> Judgement:
        """The verdict under the rules of the batch."""
        return judgement(self.rules.get(result.code, ()), result, self.subjects[result.patient_id])


def judgement(rules: Sequence[CriticalRule], result: NewLabResult, subject: Subject) -> Judgement:
    """What the rules say of a result, by the age at the time of observation; a result that was
    taken back is no finding, and is not judged."""
    if result.status in TAKEN_BACK:
        reason = result.status.lower().replace("_", " ")
        return Judgement(Interpretation.NOT_JUDGED, critical=False, not_judged_reason=reason)
    youngest, oldest = None, None
    if subject.birth_date is not None:
        youngest, oldest = age_in_hours(subject.birth_date, result.observed_at)
    verdict = judge(
        rules,
        Observation(
            code=result.code,
            value=result.value,
            comparator=result.comparator,
            unit=result.unit,
            age_hours=youngest,
            age_hours_oldest=oldest,
            sex=subject.sex,
            reference_low=result.reference_low,
            reference_high=result.reference_high,
            sender_flag=result.sender_flag,
            ward=subject.ward_id,
            specimen=result.specimen,
        ),
    )
    return _judgement(verdict)


def _judgement(verdict: Verdict) -> Judgement:
    reason = verdict.reason_not_judged
    words = [verdict.because, verdict.assumption]
    return Judgement(
        verdict.interpretation,
        verdict.critical,
        not_judged_reason=None if reason is None else reason.value,
        rule_id=None if verdict.rule is None else verdict.rule.id,
        applied_rules=tuple(rule.id for rule in verdict.applied if rule.id is not None),
        canonical_value=verdict.canonical_value,
        canonical_unit=verdict.canonical_unit,
        rule="; ".join(word for word in words if word),
    )


_PATIENT = models.Patient.__table__
_STAY = models.BedStay.__table__
_PATIENT_IDS = bindparam("patient_ids", type_=ARRAY(Uuid()))

_PATIENTS = (
    select(_PATIENT.c.id, _PATIENT.c.birth_date, _PATIENT.c.sex)
    .where(_PATIENT.c.hospital_id == bindparam("hospital_id"), _PATIENT.c.id == _PATIENT_IDS.any_())
    .order_by(_PATIENT.c.id)
    .with_for_update(key_share=True)
)
_STAYS = select(_STAY.c.patient_id, _STAY.c.ward_id).where(
    _STAY.c.patient_id == _PATIENT_IDS.any_(), _STAY.c.ended_at.is_(None)
)
