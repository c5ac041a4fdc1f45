"""Versions of laboratory results: which result a message speaks of, and whether it is news.

A sender names a result by its own number (`external_id`). The same number again is the same result:
told again, or corrected.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zlib import crc32

import asyncpg
from sqlalchemy import BigInteger, Text, Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

import models
from models.rules import repeats
from models.rules.results import CRITICAL, Interpretation, ResultStatus
from resolvers import locks
from resolvers.labs_judgement import NewLabResult
from resolvers.transaction import Transaction

_SENT = (
    "patient_id", "code", "display", "panel", "value", "comparator", "text", "unit",
    "reference_low", "reference_high", "sender_flag", "specimen", "status", "observed_at",
    "ordered_by",
)  # fmt: skip
"""What makes two messages the same; numbers are compared as numbers (6.90 is 6.9)."""

_FOUND = ("code", "value", "comparator", "text", "unit")
"""What of it, with the verdict, is the finding that somebody reads back."""

_BESIDE = (
    "issued_at", "canonical_value", "canonical_unit", "rule_id", "verdict", "critical_result_id",
)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Version:
    """One version of a result; `id` is its row's, `root_id` that of the first version, and
    `critical_result_id` that of the alert of its result."""

    id: UUID
    root_id: UUID
    number: int
    sent: dict[str, Any]
    interpretation: Interpretation | None
    issued_at: datetime
    canonical_value: Decimal | None = None
    canonical_unit: str | None = None
    rule_id: UUID | None = None
    verdict: str | None = None
    critical_result_id: UUID | None = None

    @classmethod
    def of(cls, row: asyncpg.Record) -> Version:
        """The version that a row of `lab_results` holds."""
        return cls(
            id=row["id"],
            root_id=row["root_id"],
            number=row["version"],
            sent={name: row[name] for name in _SENT},
            interpretation=Interpretation(row["interpretation"]),
            **{name: row[name] for name in _BESIDE},
        )

    @property
    def critical(self) -> bool:
        """Whether it is critical; what was taken back is not judged, and so is not."""
        return self.interpretation in CRITICAL

    @property
    def status(self) -> ResultStatus:
        """Where the result stands."""
        return ResultStatus(self.sent["status"])

    @property
    def measure(self) -> repeats.Measure | None:
        """What it measured, as far as another can be the worse."""
        return repeats.measured(
            self.interpretation,
            value=self.sent["value"],
            comparator=self.sent["comparator"],
            unit=self.sent["unit"],
            canonical_value=self.canonical_value,
            canonical_unit=self.canonical_unit,
        )

    def comparable(self, other: Version) -> bool:
        """Whether one of the two can be the worse."""
        measure = self.measure
        return measure is not None and measure.comparable(other.measure)

    def worse_than(self, other: Version) -> bool:
        """Whether it may be the worse; what cannot be compared is."""
        one, before = self.measure, other.measure
        return one is None or before is None or repeats.worse(one, before)

    def severity(self) -> tuple[Decimal, Decimal]:
        """Sorts those that can be compared, the worst last."""
        assert self.measure is not None
        return repeats.severity(self.measure)

    def same_finding(self, other: Version) -> bool:
        """Whether reading back the one reads back the other."""
        return self.interpretation == other.interpretation and all(
            self.sent[name] == other.sent[name] for name in _FOUND
        )


def sent(result: NewLabResult) -> dict[str, Any]:
    """What makes the result the same as another."""
    return {name: getattr(result, name) for name in _SENT}


def told_before(result: NewLabResult, versions: list[Version]) -> bool:
    """Whether the message is one that was taken in already: the newest version again, or, where the
    sender says when it was issued, an earlier one that comes late or a second time."""
    content = sent(result)
    return versions[-1].sent == content or any(
        version.issued_at == result.issued_at and version.sent == content for version in versions
    )


def out_of_date(result: NewLabResult, versions: list[Version]) -> bool:
    """Whether the sender issued the message before the newest version that is held."""
    return result.issued_at is not None and result.issued_at < versions[-1].issued_at


async def known(
    tx: Transaction, sender: str, results: Iterable[NewLabResult]
) -> dict[str, list[Version]]:
    """The versions held of what the batch names, oldest first, by the sender's number.

    Until the transaction ends nobody else takes in the same numbers of the same sender: two calls
    with one new number would otherwise both find nothing, and one would fail.
    """
    external_ids = sorted({result.external_id for result in results if result.external_id})
    if not external_ids:
        return {}
    await tx.all(_LOCK, keys=_lock_keys(tx.hospital_id, sender, external_ids))
    rows = await tx.all(
        _KNOWN, hospital_id=tx.hospital_id, sender=sender, external_ids=external_ids
    )
    found: dict[str, list[Version]] = {}
    for row in rows:
        found.setdefault(row["external_id"], []).append(Version.of(row))
    return found


def _lock_keys(hospital_id: UUID, sender: str, external_ids: list[str]) -> list[int]:
    # Sixty-four locks a sender, however large the batch: PostgreSQL's table of locks is small.
    buckets = {crc32(external_id.encode()) % 64 for external_id in external_ids}
    words = (hospital_id.bytes, "lab_results", sender)
    return sorted(locks.key(*words, str(bucket)) for bucket in buckets)


_KEYS = func.unnest(bindparam("keys", type_=ARRAY(BigInteger()))).column_valued("key")
_LOCK = select(func.pg_advisory_xact_lock(_KEYS))


async def joined(tx: Transaction, critical_result_ids: Iterable[UUID]) -> list[Version]:
    """The newest version of every result that has joined one of the critical results."""
    rows = await tx.all(_JOINED, critical_result_ids=list(critical_result_ids))
    return [Version.of(row) for row in rows]


_TABLE = models.LabResult.__table__
_NEWEST = _TABLE.alias("newest")
_VERSIONS = select(
    *(_TABLE.c[name] for name in ("id", "root_id", "version", "interpretation", "external_id")),
    *(_TABLE.c[name] for name in (*_SENT, *_BESIDE)),
)
_JOINED = _VERSIONS.where(
    _TABLE.c.critical_result_id == bindparam("critical_result_ids", type_=ARRAY(Uuid())).any_(),
    _TABLE.c.superseded_at.is_(None),
).order_by(_TABLE.c.id)
_KNOWN = _VERSIONS.where(
    _TABLE.c.root_id.in_(
        select(_NEWEST.c.root_id).where(
            _NEWEST.c.hospital_id == bindparam("hospital_id"),
            _NEWEST.c.sender == bindparam("sender"),
            _NEWEST.c.external_id == bindparam("external_ids", type_=ARRAY(Text())).any_(),
            _NEWEST.c.superseded_at.is_(None),
        )
    )
).order_by(_TABLE.c.root_id, _TABLE.c.version)
