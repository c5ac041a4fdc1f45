"""What became of every record of an import: nothing disappears, read is the sum of the outcomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from resolvers.imports.drafts import Record


class Outcome(StrEnum):
    """What became of one record.

    UNMAPPED is stored and marked (its code means nothing here), REJECTED is kept with its source
    and can be tried again, NOT_HELD is of a kind that Wardline does not keep at all.
    """

    CREATED = "created"
    UNCHANGED = "unchanged"
    CORRECTED = "corrected"
    UNMAPPED = "unmapped"
    REJECTED = "rejected"
    NOT_HELD = "not held"


class Ledger:
    """Counts by type of record. Holds no patient's data: types, reasons and numbers alone.

    `read` is counted where a record leaves the reader and the outcomes where its fate is decided,
    so that `balanced` is a check and not a tautology.
    """

    def __init__(self) -> None:
        self.read: Counter[str] = Counter()
        self.outcomes: dict[str, Counter[Outcome]] = {}
        self.reasons: Counter[tuple[str, str]] = Counter()
        self.remarks: Counter[str] = Counter()
        self.taken: set[str] = set()
        """Keys of the records that are in now: an open rejection of one of them is resolved."""

    def reads(self, records: Iterable[Record]) -> None:
        """Count records as read."""
        self.read.update(record.type for record in records)

    def settle(
        self, records: Iterable[Record], outcome: Outcome, reason: str | None = None
    ) -> None:
        """Count the outcome of records; a rejection says why."""
        for record in records:
            self.outcomes.setdefault(record.type, Counter())[outcome] += 1
            if reason is not None:
                self.reasons[record.type, reason] += 1
            if outcome not in (Outcome.REJECTED, Outcome.NOT_HELD):
                self.taken.add(record.key)

    def remark(self, text: str) -> None:
        """Count something worth saying that is no outcome of its own."""
        self.remarks[text] += 1

    def add(self, other: Ledger) -> None:
        """Take in what a committed transaction has settled. Its keys are done with and left out."""
        self.read.update(other.read)
        for kind, counts in other.outcomes.items():
            self.outcomes.setdefault(kind, Counter()).update(counts)
        self.reasons.update(other.reasons)
        self.remarks.update(other.remarks)

    def total(self, outcome: Outcome, kind: str | None = None) -> int:
        """Records with the outcome, of one type or of all."""
        if kind is not None:
            return self.outcomes.get(kind, Counter())[outcome]
        return sum(counts[outcome] for counts in self.outcomes.values())

    @property
    def types(self) -> list[str]:
        """Every type that was read, in order."""
        return sorted(set(self.read) | set(self.outcomes))

    @property
    def balanced(self) -> bool:
        """Whether each type's outcomes add up to what was read of it."""
        return all(
            self.read[kind] == sum(self.outcomes.get(kind, Counter()).values())
            for kind in self.types
        )
