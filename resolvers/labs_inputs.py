"""What a result must be before it is taken in from a call: whose it is, and that it can be."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Select, Text, Uuid, bindparam, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

import models
from models.rules.critical_results import TAKEN_BACK
from models.rules.critical_values import COMPARATORS
from models.rules.results import ResultStatus
from models.rules.scopes import Reach
from resolvers import ids, inputs
from resolvers.actors import Actor
from resolvers.errors import BadInput, NotFound
from resolvers.labs_judgement import NewLabResult
from resolvers.reading import scope as scoping
from resolvers.transaction import Transaction

LOINC = re.compile(r"[0-9]{1,7}-[0-9]")
"""The shape of a LOINC code; any other code is the sender's own."""
CODE = 64
LARGEST = 30
"""Power of ten beyond which nothing can be measured (see models/rules/critical_values)."""


class LabResultInput(Protocol):
    """The fields of one result in a call; null where the sender gave none."""

    @property
    def patient_id(self) -> str | None: ...
    @property
    def mrn(self) -> str | None: ...
    @property
    def code(self) -> str: ...
    @property
    def display(self) -> str | None: ...
    @property
    def panel(self) -> str | None: ...
    @property
    def value(self) -> Decimal | None: ...
    @property
    def comparator(self) -> str | None: ...
    @property
    def text(self) -> str | None: ...
    @property
    def unit(self) -> str | None: ...
    @property
    def reference_low(self) -> Decimal | None: ...
    @property
    def reference_high(self) -> Decimal | None: ...
    @property
    def status(self) -> ResultStatus | str | None: ...
    @property
    def observed_at(self) -> datetime: ...
    @property
    def external_id(self) -> str | None: ...


class Patients:
    """Those of the named patients for whom the actor may record results."""

    def __init__(self, by_id: dict[UUID, UUID], by_mrn: dict[str, UUID]) -> None:
        self._by_id = by_id
        self._by_mrn = by_mrn

    @classmethod
    async def load(
        cls,
        tx: Transaction,
        actor: Actor,
        reaches: frozenset[Reach],
        results: Collection[LabResultInput],
    ) -> Patients:
        """Find all that a call names, by public id or medical record number, in one statement."""
        decoded = (
            ids.decode(models.Patient, given.patient_id) for given in results if given.patient_id
        )
        mrns = {given.mrn.strip() for given in results if given.mrn}
        rows = await tx.all(
            _patients(reaches),
            patient_ids=sorted({found for found in decoded if found is not None}),
            # A number with NUL in it is nobody's, and PostgreSQL would not take the text.
            mrns=sorted(mrn for mrn in mrns if "\0" not in mrn and mrn.isprintable()),
            **scoping.binds(actor),
        )
        return cls({row["id"]: row["id"] for row in rows}, {row["mrn"]: row["id"] for row in rows})

    def of(self, given: LabResultInput, at: str) -> UUID:
        """Whose result it is. Both names may be given, and must then be the same patient's."""
        if given.patient_id is None and given.mrn is None:
            raise BadInput(
                f"{at}.patientId or mrn is needed", field=f"{at}.patientId", limit="one of the two"
            )
        found: set[UUID] = set()
        if given.patient_id is not None:
            row_id = ids.decode(models.Patient, given.patient_id)
            if row_id is None or row_id not in self._by_id:
                raise _nobody(f"{at}.patientId")
            found.add(self._by_id[row_id])
        if given.mrn is not None:
            by_mrn = self._by_mrn.get(given.mrn.strip())
            if by_mrn is None:
                raise _nobody(f"{at}.mrn")
            found.add(by_mrn)
        if len(found) > 1:
            raise BadInput(
                f"{at}.patientId and mrn name two patients",
                field=f"{at}.mrn",
                limit="the same patient",
            )
        return found.pop()


def checked(given: LabResultInput, index: int, patients: Patients, now: datetime) -> NewLabResult:
    """The result as `ingest` takes it; BadInput or NotFound naming the field otherwise."""
    at = f"results[{index}]"
    status = ResultStatus(given.status or ResultStatus.FINAL)
    code = inputs.text(given.code, f"{at}.code", most=CODE)
    text = inputs.optional_text(given.text, f"{at}.text", most=inputs.FREE_TEXT, lines=True)
    value = _number(given.value, f"{at}.value")
    if value is None and text is None and status not in TAKEN_BACK:
        raise BadInput(f"{at}.value or text is needed", field=f"{at}.value", limit="one of the two")
    low = _number(given.reference_low, f"{at}.referenceLow")
    high = _number(given.reference_high, f"{at}.referenceHigh")
    if low is not None and high is not None and low > high:
        raise BadInput(
            f"{at}.referenceLow is above referenceHigh",
            field=f"{at}.referenceLow",
            limit="<= referenceHigh",
        )
    return NewLabResult(
        index=index,
        patient_id=patients.of(given, at),
        code=code,
        display=inputs.optional_text(given.display, f"{at}.display") or code,
        panel=inputs.optional_text(given.panel, f"{at}.panel"),
        value=value,
        comparator=_comparator(given, at),
        text=text,
        unit=inputs.optional_text(given.unit, f"{at}.unit"),
        reference_low=low,
        reference_high=high,
        status=status,
        observed_at=inputs.past(given.observed_at, f"{at}.observedAt", now),
        external_id=inputs.optional_text(given.external_id, f"{at}.externalId"),
        unmapped=LOINC.fullmatch(code) is None,
    )


def _number(value: Decimal | None, field: str) -> Decimal | None:
    if value is None:
        return None
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise BadInput(f"{field} is not a number", field=field, limit="a finite number")
    if abs(exponent) > LARGEST or abs(value.adjusted()) > LARGEST or len(digits) > LARGEST:
        raise BadInput(f"{field} has too many digits", field=field, limit=f"<= {LARGEST} digits")
    return value


def _comparator(given: LabResultInput, at: str) -> str | None:
    comparator = (given.comparator or "").strip() or None
    if comparator is None:
        return None
    if comparator not in COMPARATORS:
        raise BadInput(
            f"{at}.comparator is not known",
            field=f"{at}.comparator",
            limit=", ".join(sorted(COMPARATORS)),
        )
    if given.value is None:
        raise BadInput(
            f"{at}.comparator has no value to compare", field=f"{at}.comparator", limit="null"
        )
    return comparator


def _nobody(field: str) -> NotFound:
    return NotFound(f"{field} names nothing here", field=field)


@lru_cache(maxsize=16)
def _patients(reaches: frozenset[Reach]) -> Select[Any]:
    table = models.Patient.__table__.alias("found")
    return select(table.c.id, table.c.mrn).where(
        scoping.of_hospital(table),
        scoping.visible(models.Patient, table, reaches),
        or_(
            table.c.id == bindparam("patient_ids", type_=ARRAY(Uuid())).any_(),
            table.c.mrn == bindparam("mrns", type_=ARRAY(Text())).any_(),
        ),
    )
