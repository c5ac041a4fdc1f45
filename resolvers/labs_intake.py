"""An intake of laboratory results: placed among what is held, judged in order, made into rows.

Nothing here asks the database: `labs_ingest` gives it what it read under locks, `labs_proposals`
what it assumes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import models
from models.rules.critical_results import CriticalResultStepKind, corrected
from models.rules.critical_values import COMPARATORS
from models.rules.results import IngestOutcome
from resolvers.actors import Actor
from resolvers.critical_result_steps import Alert, Finding, Loop
from resolvers.errors import BadInput, Conflict, NotFound
from resolvers.labs_judgement import Bench, Judgement, NewLabResult
from resolvers.labs_versions import Version, out_of_date, sent, told_before
from resolvers.transaction import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What became of one result. `lab_result_id` is the version that now holds it (DUPLICATE: the
    newest), None where it was REJECTED; then `code` and `message` say why. `critical_result_id` is
    the critical result that it raised, reopened, withdrew or left standing."""

    index: int
    outcome: IngestOutcome
    lab_result_id: UUID | None = None
    critical_result_id: UUID | None = None
    code: str | None = None
    message: str | None = None

    @classmethod
    def rejected(cls, index: int, refusal: BadInput | Conflict | NotFound) -> Ingested:
        """The outcome of a result that is refused."""
        return cls(
            index=index,
            outcome=IngestOutcome.REJECTED,
            code=refusal.code,
            message=refusal.message,
        )


@dataclass(slots=True)
class _Arrival:
    """A new version on its way into the table."""

    result: NewLabResult
    version: Version
    before: Version | None
    judgement: Judgement
    superseded: bool = False


class Intake:
    """One batch of one sender. `held` are the versions that are held of what it names.

    First every result is placed, then the alerts of what they correct (`roots`) are given to
    `judge`; then `rows` and `loop` have what is to be written.
    """

    def __init__(
        self,
        ledger: Ledger,
        actor: Actor,
        bench: Bench,
        sender: str,
        held: dict[str, list[Version]],
    ) -> None:
        self._ledger = ledger
        self._actor = actor
        self._bench = bench
        self._sender = sender
        self._held = held
        self._arrivals: dict[UUID, _Arrival] = {}
        self._alerts: dict[UUID, Alert] = {}
        self.superseded: list[UUID] = []
        """Versions that the database holds and that are the newest no more."""
        self.loop = Loop(ledger, actor)

    def place(self, result: NewLabResult) -> Ingested:
        """Decide which version of which result this is."""
        try:
            self._refuse_flaws(result)
            return self._place(result)
        except (BadInput, Conflict, NotFound) as refusal:
            return Ingested.rejected(result.index, refusal)

    def _place(self, result: NewLabResult) -> Ingested:
        versions = self._held.setdefault(result.external_id, []) if result.external_id else []
        before = versions[-1] if versions else None
        if before is not None:
            if before.sent["patient_id"] != result.patient_id:
                raise Conflict(
                    "externalId names a result of another patient: take that one back, and send"
                    " this one under a number of its own"
                )
            if told_before(result, versions):
                return Ingested(
                    index=result.index, outcome=IngestOutcome.DUPLICATE, lab_result_id=before.id
                )
            if out_of_date(result, versions):
                raise Conflict("a later version of this result is held already")
        row_id = models.new_id()
        judgement = self._bench.judge(result)
        version = Version(
            id=row_id,
            root_id=row_id if before is None else before.root_id,
            number=1 if before is None else before.number + 1,
            sent=sent(result),
            interpretation=judgement.interpretation,
            issued_at=result.issued_at or self._ledger.now,
        )
        if before is not None:
            self._supersede(before)
        versions.append(version)
        self._ledger.chart(result.patient_id)
        self._arrivals[row_id] = _Arrival(result, version, before, judgement)
        return Ingested(
            index=result.index,
            outcome=IngestOutcome.CREATED if before is None else IngestOutcome.CORRECTED,
            lab_result_id=row_id,
        )

    def _refuse_flaws(self, result: NewLabResult) -> None:
        if result.patient_id not in self._bench.subjects:
            raise NotFound("the patient is not known here", field="patientId")
        for field, number in (
            ("value", result.value),
            ("referenceLow", result.reference_low),
            ("referenceHigh", result.reference_high),
        ):
            if number is not None and not _storable(number):
                raise BadInput(f"{field} is not a number that can be held", field=field)
        if result.comparator is not None and result.comparator not in COMPARATORS:
            raise BadInput("comparator is not known", field="comparator")

    def _supersede(self, before: Version) -> None:
        arrival = self._arrivals.get(before.id)
        if arrival is None:
            self.superseded.append(before.id)
        else:
            arrival.superseded = True

    def roots(self) -> dict[UUID, UUID]:
        """The first version of each result of which a version is corrected, by the id of that."""
        return {
            arrival.before.id: arrival.before.root_id
            for arrival in self._arrivals.values()
            if arrival.before is not None
        }

    def judge(self, alerts: Mapping[UUID, Alert]) -> None:
        """Let each new version act on the critical result of its result, in order. `alerts` are
        the critical results of what is corrected, by the id of the first version, and locked."""
        self._alerts.update(alerts)
        for arrival in self._arrivals.values():
            self._act(arrival)

    def _act(self, arrival: _Arrival) -> None:
        version, before = arrival.version, arrival.before
        alert = self._alerts.get(version.root_id)
        step = corrected(
            None if alert is None else alert.status,
            critical=arrival.judgement.critical,
            result=arrival.result.status,
            same_finding=before is not None and version.same_finding(before),
        )
        if alert is None:
            if step is CriticalResultStepKind.RAISED and not self._late(arrival.result):
                self._alerts[version.root_id] = self.loop.raise_alert(self._finding(arrival))
        elif step is CriticalResultStepKind.REOPENED:
            self.loop.reopen(alert, self._finding(arrival))
        elif step is CriticalResultStepKind.WITHDRAWN:
            self.loop.withdraw(alert, version.id)
        else:
            self.loop.follow(alert, version.id)

    def _finding(self, arrival: _Arrival) -> Finding:
        patient_id = arrival.result.patient_id
        return Finding(
            lab_result_id=arrival.version.id,
            patient_id=patient_id,
            rule_id=arrival.judgement.rule_id,
            rule=arrival.judgement.rule,
            ward_id=self._bench.subjects[patient_id].ward_id,
        )

    def _late(self, result: NewLabResult) -> bool:
        return self._ledger.now - result.observed_at > self._ledger.policy.stale_result_after

    def rows(self) -> list[dict[str, Any]]:
        """The rows of `lab_results` that are new."""
        return [self._row(arrival) for arrival in self._arrivals.values()]

    def _row(self, arrival: _Arrival) -> dict[str, Any]:
        version, judgement = arrival.version, arrival.judgement
        return {
            **version.sent,
            "id": version.id,
            "hospital_id": self._ledger.hospital_id,
            "created_at": self._ledger.now,
            "created_by": self._actor.user_id,
            "canonical_value": judgement.canonical_value,
            "canonical_unit": judgement.canonical_unit,
            "interpretation": judgement.interpretation,
            "not_judged_reason": judgement.not_judged_reason,
            "rule_id": judgement.rule_id,
            "issued_at": version.issued_at,
            "unmapped": arrival.result.unmapped,
            "arrived_late": self._late(arrival.result),
            "sender": self._sender,
            "external_id": arrival.result.external_id,
            "root_id": version.root_id,
            "version": version.number,
            "corrects_id": None if arrival.before is None else arrival.before.id,
            "superseded_at": self._ledger.now if arrival.superseded else None,
        }

    def outcome(self, placed: Ingested) -> Ingested:
        """The outcome with the critical result that the result left behind."""
        arrival = self._arrivals.get(placed.lab_result_id) if placed.lab_result_id else None
        alert = None if arrival is None else self._alerts.get(arrival.version.root_id)
        if alert is None:
            return placed
        return Ingested(
            index=placed.index,
            outcome=placed.outcome,
            lab_result_id=placed.lab_result_id,
            critical_result_id=alert.id,
        )


def _storable(number: Decimal) -> bool:
    _, digits, exponent = number.as_tuple()
    # What the rules call a value that cannot have been measured, with digits to spare.
    return isinstance(exponent, int) and len(digits) <= 60 and abs(exponent) <= 60
