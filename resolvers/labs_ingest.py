"""Taking laboratory results in: any number of them, in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select, update
from sqlalchemy.dialects.postgresql import ARRAY

import models
from models.rules.critical_results import CriticalResultStepKind, corrected
from models.rules.critical_values import COMPARATORS
from models.rules.results import IngestOutcome
from resolvers.actors import Actor
from resolvers.critical_result_steps import Alert, Finding, Loop
from resolvers.errors import BadInput, Conflict, NotFound
from resolvers.labs_judgement import Bench, Judgement, NewLabResult
from resolvers.labs_versions import Version, known, out_of_date, sent, told_before
from resolvers.transaction import Transaction


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


async def ingest(
    tx: Transaction, actor: Actor, results: Sequence[NewLabResult], *, sender: str
) -> list[Ingested]:
    """Take results in, judge them, and open, reopen or withdraw their critical results.

    One outcome a result, in their order. With the same `external_id` of the same `sender`: the same
    content is a DUPLICATE; other content, or another status, is a CORRECTED version on top of the
    one before. A result without an `external_id` is always new. REJECTED are: a patient whom the
    hospital does not have (NOT_FOUND), a value or comparator that is none (BAD_USER_INPUT), and
    (CONFLICT) an `external_id` that names a result of another patient, or a version that was issued
    before the one that is held.

    One that is older on arrival than the policy says is judged and marked, and raises no alert;
    the alert that an earlier version raised in its time follows the correction at any age.

    The caller has decided that the actor may write for these patients. Call it once a transaction:
    it takes its locks in order, and two calls in one might cross those of somebody else.
    """
    if not results:
        return []
    held = await known(tx, sender, results)
    bench = await Bench.load(tx, results)
    intake = _Intake(tx, actor, bench, sender, held)
    outcomes = [intake.place(result) for result in results]
    await intake.load_alerts()
    intake.judge()
    await intake.write()
    return [intake.outcome(outcome) for outcome in outcomes]


@dataclass(slots=True)
class _Arrival:
    """A new version on its way into the table."""

    result: NewLabResult
    version: Version
    before: Version | None
    judgement: Judgement
    superseded: bool = False


class _Intake:
    """One batch: placed among what is held, judged in order, written."""

    def __init__(
        self,
        tx: Transaction,
        actor: Actor,
        bench: Bench,
        sender: str,
        held: dict[str, list[Version]],
    ) -> None:
        self._tx = tx
        self._actor = actor
        self._bench = bench
        self._sender = sender
        self._held = held
        self._arrivals: dict[UUID, _Arrival] = {}
        self._superseded: list[UUID] = []
        self._alerts: dict[UUID, Alert] = {}
        self._loop = Loop(tx, actor)

    def place(self, result: NewLabResult) -> Ingested:
        """Decide which version of which result this is."""
        try:
            self._refuse_flaws(result)
            return self._place(result)
        except (BadInput, Conflict, NotFound) as refusal:
            return Ingested(
                index=result.index,
                outcome=IngestOutcome.REJECTED,
                code=refusal.code,
                message=refusal.message,
            )

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
            issued_at=result.issued_at or self._tx.now,
        )
        if before is not None:
            self._supersede(before)
        versions.append(version)
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
            self._superseded.append(before.id)
        else:
            arrival.superseded = True

    async def load_alerts(self) -> None:
        """Take hold of the critical results of what is being corrected."""
        if not self._superseded:
            return
        root_of = {
            arrival.before.id: arrival.before.root_id
            for arrival in self._arrivals.values()
            if arrival.before is not None
        }
        for row in await self._tx.all(_ALERTS, lab_result_ids=self._superseded):
            self._alerts[root_of[row["lab_result_id"]]] = Alert.of(row)

    def judge(self) -> None:
        """Let each new version act on the critical result of its result, in order."""
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
                self._alerts[version.root_id] = self._loop.raise_alert(self._finding(arrival))
        elif step is CriticalResultStepKind.REOPENED:
            self._loop.reopen(alert, self._finding(arrival))
        elif step is CriticalResultStepKind.WITHDRAWN:
            self._loop.withdraw(alert, version.id)
        else:
            self._loop.follow(alert, version.id)

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
        return self._tx.now - result.observed_at > self._tx.policy.stale_result_after

    async def write(self) -> None:
        """Write the versions, then what became of the critical results."""
        if self._superseded:
            await self._tx.run(_SUPERSEDE, row_ids=self._superseded, at=self._tx.now)
        await self._tx.insert_all(models.LabResult, [*map(self._row, self._arrivals.values())])
        await self._loop.write()

    def _row(self, arrival: _Arrival) -> dict[str, Any]:
        version, judgement = arrival.version, arrival.judgement
        return {
            **version.sent,
            "id": version.id,
            "hospital_id": self._tx.hospital_id,
            "created_at": self._tx.now,
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
            "superseded_at": self._tx.now if arrival.superseded else None,
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


_LABS = models.LabResult.__table__
_ROWS = models.CriticalResult.__table__

_ALERTS = (
    select(_ROWS)
    .where(_ROWS.c.lab_result_id == bindparam("lab_result_ids", type_=ARRAY(Uuid())).any_())
    .order_by(_ROWS.c.id)
    .with_for_update()
)
_SUPERSEDE = (
    update(models.LabResult)
    .where(_LABS.c.id == bindparam("row_ids", type_=ARRAY(Uuid())).any_())
    .values(superseded_at=bindparam("at", type_=_LABS.c.superseded_at.type))
)
