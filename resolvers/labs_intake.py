"""An intake of laboratory results: placed among what is held, judged in order, made into rows.

Nothing here asks the database: `labs_ingest` gives it what it read under locks, `labs_proposals`
what it assumes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import models
from models.rules import repeats
from models.rules.critical_rules import REPEAT_WINDOW
from models.rules.critical_values import COMPARATORS
from models.rules.results import IngestOutcome, ResultStatus
from resolvers.actors import Actor
from resolvers.critical_result_alerts import Alert
from resolvers.critical_result_steps import Loop
from resolvers.errors import BadInput, Conflict, NotFound
from resolvers.labs_alerts import Alerts, Setting
from resolvers.labs_judgement import Bench, Judgement, NewLabResult
from resolvers.labs_versions import Version, out_of_date, sent, told_before
from resolvers.transaction import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What became of one result. `lab_result_id` is the version that now holds it (DUPLICATE: the
    newest), None where it was REJECTED; then `code` and `message` say why. `critical_result_id` is
    the critical result that it raised, joined, reopened, withdrew or left standing."""

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

    First every result is placed, then the alerts that they meet (`corrects`, `alarming`) are given
    to `judge`; then `rows` and `loop` have what is to be written.
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
        self._alerts = Alerts(ledger, actor)
        self.superseded: list[UUID] = []
        """Versions that the database holds and that are the newest no more."""
        self.repeat_keys: set[tuple[UUID, str]] = set()
        """What repeats of a critical finding must match, by patient."""

    @property
    def loop(self) -> Loop:
        """What is to be written of critical results."""
        return self._alerts.loop

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
            canonical_value=judgement.canonical_value,
            canonical_unit=judgement.canonical_unit,
            rule_id=judgement.rule_id,
            verdict=judgement.rule if judgement.critical else None,
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

    @property
    def corrects(self) -> set[UUID]:
        """The critical results of the versions that are corrected."""
        return {
            arrival.before.critical_result_id
            for arrival in self._arrivals.values()
            if arrival.before is not None and arrival.before.critical_result_id is not None
        }

    @property
    def alarming(self) -> set[UUID]:
        """The patients of whom something critical has come, which may repeat what was said."""
        return {
            arrival.result.patient_id
            for arrival in self._arrivals.values()
            if arrival.judgement.critical
        }

    def judge(self, alerts: Iterable[Alert] = (), joined: Iterable[Version] = ()) -> None:
        """Let each new version act on the critical results, in order. `alerts` are those of what is
        corrected and those that repeats may join, locked; `joined` the results of them."""
        self._alerts.hold(alerts, joined)
        for arrival in self._arrivals.values():
            setting = self._setting(arrival)
            if arrival.judgement.critical and setting.repeat_key is not None:
                self.repeat_keys.add((setting.patient_id, setting.repeat_key))
            self._alerts.act(arrival.version, arrival.before, setting)

    def _setting(self, arrival: _Arrival) -> Setting:
        result, version = arrival.result, arrival.version
        rules = self._bench.rules.get(result.code, ())
        minutes = next(
            (rule.repeat_window for rule in rules if rule.id == arrival.judgement.rule_id),
            REPEAT_WINDOW,
        )
        measure = version.measure
        # A correction of what is not held here may be of what was read back: it is no repeat.
        stray = arrival.before is None and result.status is ResultStatus.CORRECTED
        key = None
        if measure is not None and minutes and not stray:
            codes = {code for rule in rules for code in rule.codes} | {result.code}
            # A code of the sender's own means something to that sender alone.
            key = repeats.key_of(measure, codes | ({self._sender} if result.unmapped else set()))
        return Setting(
            patient_id=result.patient_id,
            ward_id=self._bench.subjects[result.patient_id].ward_id,
            repeat_key=key,
            window=timedelta(minutes=minutes),
            late=self._late(result),
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
            "applied_rules": judgement.applied_rules,
            "issued_at": version.issued_at,
            "unmapped": arrival.result.unmapped,
            "arrived_late": self._late(arrival.result),
            "sender": self._sender,
            "external_id": arrival.result.external_id,
            "root_id": version.root_id,
            "version": version.number,
            "corrects_id": None if arrival.before is None else arrival.before.id,
            "superseded_at": self._ledger.now if arrival.superseded else None,
            "critical_result_id": version.critical_result_id,
            "verdict": version.verdict,
        }

    def outcome(self, placed: Ingested) -> Ingested:
        """The outcome with the critical result that the result left behind."""
        arrival = self._arrivals.get(placed.lab_result_id) if placed.lab_result_id else None
        if arrival is None or arrival.version.critical_result_id is None:
            return placed
        return Ingested(
            index=placed.index,
            outcome=placed.outcome,
            lab_result_id=placed.lab_result_id,
            critical_result_id=arrival.version.critical_result_id,
        )


def _storable(number: Decimal) -> bool:
    _, digits, exponent = number.as_tuple()
    # What the rules call a value that cannot have been measured, with digits to spare.
    return isinstance(exponent, int) and len(digits) <= 60 and abs(exponent) <= 60
