"""What a result must be before it is taken in from a call: whose it is, and that it can be."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID

import asyncpg
from sqlalchemy import Text, Uuid, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

import models
from models.rules.critical_results import TAKEN_BACK
from models.rules.critical_values import COMPARATORS
from models.rules.loinc import SHAPE
from models.rules.results import SENDER_FLAGS, ResultStatus
from models.rules.scopes import Reach
from resolvers import ids, inputs
from resolvers.actors import Actor
from resolvers.clinicians import Clinicians
from resolvers.database import Connection, Statement
from resolvers.errors import BadInput, NotFound
from resolvers.labs_judgement import NewLabResult
from resolvers.reading import scope as scoping
from resolvers.reading.sources import looked_up
from resolvers.transaction import Transaction

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
    def specimen(self) -> str | None: ...
    @property
    def sender_flag(self) -> str | None: ...
    @property
    def status(self) -> ResultStatus | str | None: ...
    @property
    def observed_at(self) -> datetime: ...
    @property
    def external_id(self) -> str | None: ...
    @property
    def ordered_by(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Named:
    """A patient and the two names that a result may give."""

    id: UUID
    mrn: str


class Names(frozenset[UUID | str]):
    """The ids and the medical record numbers by which a call names patients."""

    @classmethod
    def of(cls, results: Collection[LabResultInput]) -> Names:
        """Those of a call."""
        found: set[UUID | str] = set()
        for given in results:
            row_id = ids.decode(models.Patient, given.patient_id) if given.patient_id else None
            if row_id is not None:
                found.add(row_id)
            mrn = given.mrn.strip() if given.mrn else ""
            # A number with NUL in it is nobody's, and PostgreSQL would not take the text.
            if mrn and "\0" not in mrn and mrn.isprintable():
                found.add(mrn)
        return cls(found)


class Patients:
    """Those of the named patients for whom the actor may record results."""

    def __init__(self, found: Iterable[Named]) -> None:
        self._by_id: dict[UUID, UUID] = {}
        self._by_mrn: dict[str, UUID] = {}
        for one in found:
            self._by_id[one.id] = self._by_mrn[one.mrn] = one.id

    @classmethod
    async def load(
        cls,
        tx: Transaction,
        actor: Actor,
        reaches: frozenset[Reach],
        results: Collection[LabResultInput],
    ) -> Patients:
        """Find all that a call names, by public id or medical record number, in one statement."""
        rows = await find_patients(tx.connection, actor, reaches, Names.of(results))
        return cls(Named(row["id"], row["mrn"]) for row in rows)

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


def checked(
    given: LabResultInput, index: int, patients: Patients, clinicians: Clinicians, now: datetime
) -> NewLabResult:
    """The result as `ingest` takes it; BadInput or NotFound naming the field otherwise."""
    at = f"results[{index}]"
    status = ResultStatus(given.status or ResultStatus.FINAL)
    code = inputs.text(given.code, f"{at}.code", most=CODE)
    text = inputs.optional_text(given.text, f"{at}.text", most=inputs.FREE_TEXT, lines=True)
    value = number(given.value, f"{at}.value")
    if value is None and text is None and status not in TAKEN_BACK:
        raise BadInput(f"{at}.value or text is needed", field=f"{at}.value", limit="one of the two")
    low = number(given.reference_low, f"{at}.referenceLow")
    high = number(given.reference_high, f"{at}.referenceHigh")
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
        specimen=inputs.optional_text(given.specimen, f"{at}.specimen", most=CODE),
        sender_flag=_flag(given, at),
        status=status,
        observed_at=inputs.past(given.observed_at, f"{at}.observedAt", now),
        external_id=inputs.optional_text(given.external_id, f"{at}.externalId"),
        unmapped=SHAPE.fullmatch(code) is None,
        ordered_by=clinicians.of(given.ordered_by, at),
    )


def number(value: Decimal | None, field: str) -> Decimal | None:
    """A finite number of a size that can be measured, or null."""
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


def _flag(given: LabResultInput, at: str) -> str | None:
    flag = (given.sender_flag or "").strip().upper() or None
    if flag is not None and flag not in SENDER_FLAGS:
        raise BadInput(
            f"{at}.senderFlag is no code of HL7 v3 ObservationInterpretation",
            field=f"{at}.senderFlag",
            limit=", ".join(SENDER_FLAGS),
        )
    return flag


def _nobody(field: str) -> NotFound:
    return NotFound(f"{field} names nothing here", field=field)


async def find_patients(
    connection: asyncpg.Pool[Any] | Connection,
    actor: Actor,
    reaches: frozenset[Reach],
    names: Names,
) -> list[asyncpg.Record]:
    """Those of the named whom the actor sees in these reaches, each with `id`, `mrn`, `birth_date`,
    `sex`, the `ward_id` of the bed of now, and the `repeat_keys` of their critical results (null:
    there is none)."""
    statement = _patients(reaches)
    return await connection.fetch(
        statement.sql,
        *statement.bind(
            {
                "patient_ids": sorted(name for name in names if isinstance(name, UUID)),
                "mrns": sorted(name for name in names if isinstance(name, str)),
                **scoping.binds(actor),
            }
        ),
    )


@lru_cache(maxsize=64)
def _patients(reaches: frozenset[Reach]) -> Statement:
    table = models.Patient.__table__.alias("found")
    stay = models.BedStay.__table__.alias("lies")
    alert = models.CriticalResult.__table__.alias("alert")
    return Statement(
        select(
            table.c.id,
            table.c.mrn,
            table.c.birth_date,
            table.c.sex,
            looked_up(
                stay.c.ward_id, stay, stay.c.patient_id == table.c.id, stay.c.ended_at.is_(None)
            ).label("ward_id"),
            looked_up(
                func.array_agg(alert.c.repeat_key),
                alert,
                alert.c.patient_id == table.c.id,
                alert.c.repeat_key.is_not(None),
            ).label("repeat_keys"),
        ).where(
            scoping.of_hospital(table),
            scoping.visible(models.Patient, table, reaches),
            or_(
                table.c.id == bindparam("patient_ids", type_=ARRAY(Uuid())).any_(),
                table.c.mrn == bindparam("mrns", type_=ARRAY(Text())).any_(),
            ),
        )
    )
