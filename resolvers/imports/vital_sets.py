"""Single observations gathered into the sets in which a ward charts them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models.rules.vital_limits import pressures_cross
from resolvers.imports.drafts import Draft, Record, Rejected, VitalsDraft


@dataclass(slots=True)
class _Set:
    mrn: str
    recorded_at: datetime
    measured: list[tuple[Record, dict[str, Any]]] = field(default_factory=list)


class VitalSets:
    """One set for each key. What contradicts the set it belongs to is rejected, not the set."""

    def __init__(self) -> None:
        self._sets: dict[str, _Set] = {}
        self._noted: dict[str, dict[str, Any]] = {}

    def add(
        self, key: str, mrn: str, recorded_at: datetime, record: Record, values: Mapping[str, Any]
    ) -> None:
        """Put a record's measurements (by column of `vital_signs`) into the set `key`."""
        found = self._sets.setdefault(key, _Set(mrn, recorded_at))
        found.measured.append((record, dict(values)))

    def note(self, key: str, values: Mapping[str, Any]) -> None:
        """Add to a set what follows from a record that is kept elsewhere; a set of nothing but
        this is none."""
        self._noted[key] = self._noted.get(key, {}) | dict(values)

    def drafts(self) -> list[Draft]:
        """The sets, and what had no place in them."""
        found: list[Draft] = []
        for key, one in self._sets.items():
            found += _draft(key, one, self._noted.get(key, {}))
        return found


def _draft(key: str, one: _Set, noted: dict[str, Any]) -> list[Draft]:
    rejected: list[Draft] = []
    records: list[Record] = []
    values: dict[str, Any] = {}
    for record, measured in one.measured:
        if any(values.get(column, value) != value for column, value in measured.items()):
            reason = "another value of the same measurement at the same time"
            rejected.append(Rejected(records=(record,), reason=reason))
            continue
        values |= measured
        records.append(record)
    if pressures_cross(values.get("systolic"), values.get("diastolic")):
        # One of the two is wrong and nobody can say which: neither is charted.
        pressure = {"systolic", "diastolic"}
        for record, measured in one.measured:
            if record in records and measured.keys() <= pressure:
                records.remove(record)
                reason = "diastolic pressure above systolic"
                rejected.append(Rejected(records=(record,), reason=reason))
        values = {name: value for name, value in values.items() if name not in pressure}
    if not values:
        return rejected
    draft = VitalsDraft(
        records=tuple(records),
        mrn=one.mrn,
        external_id=key,
        recorded_at=one.recorded_at,
        values=noted | values,
    )
    return [draft, *rejected]
