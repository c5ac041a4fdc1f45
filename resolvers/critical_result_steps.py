"""What happens to critical results: the row, its step and its event, always the three together.

A `Loop` collects what one mutation does to any number of critical results. `write` puts it into the
database in four statements; what only raises new ones can go as `rows` into a greater statement.
Which step comes is decided by models/rules, not here. By which chain a clock runs, and whom a step
calls, is found out as it is written.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY

import models
from models import events
from models.rules import escalation
from models.rules.critical_results import (
    CriticalResultKind,
    CriticalResultStatus,
    CriticalResultStepKind,
)
from models.rules.escalation import Audience
from resolvers.actors import Actor
from resolvers.callees import called
from resolvers.critical_result_alerts import STATE, Alert, Finding
from resolvers.critical_result_clocks import SOUNDING, audience_of, start
from resolvers.escalation_chains import Chain, Chains
from resolvers.transaction import Ledger, Transaction

EVENT_OF_STEP: dict[CriticalResultStepKind, type[events.CriticalResultEvent]] = {
    CriticalResultStepKind.RAISED: events.CriticalResultRaised,
    CriticalResultStepKind.REPEATED: events.CriticalResultRepeated,
    CriticalResultStepKind.WORSENED: events.CriticalResultWorsened,
    CriticalResultStepKind.MOVED: events.CriticalResultMoved,
    CriticalResultStepKind.ESCALATED: events.CriticalResultEscalated,
    CriticalResultStepKind.READ_BACK_REFUSED: events.CriticalResultReadBackRefused,
    CriticalResultStepKind.ACKNOWLEDGED: events.CriticalResultAcknowledged,
    CriticalResultStepKind.REOPENED: events.CriticalResultReopened,
    CriticalResultStepKind.WITHDRAWN: events.CriticalResultWithdrawn,
    CriticalResultStepKind.BREACHED: events.CriticalResultBreached,
}


class Loop:
    """The steps of one mutation. `actor` None: the clock."""

    def __init__(self, ledger: Ledger, actor: Actor | None) -> None:
        self._ledger = ledger
        self._actor = actor
        self._made: dict[UUID, Alert] = {}
        self._moved: dict[UUID, Alert] = {}
        self._released: list[UUID] = []
        self._starting: dict[UUID, datetime | None] = {}
        self._steps: list[dict[str, Any]] = []

    def raise_alert(self, finding: Finding) -> Alert:
        """Open a critical result, and start its clock."""
        alert = Alert(
            id=models.new_id(),
            patient_id=finding.patient_id,
            ward_id=finding.ward_id,
            lab_result_id=finding.lab_result_id,
            vital_signs_id=finding.vital_signs_id,
            kind=(
                CriticalResultKind.DETERIORATION
                if finding.lab_result_id is None
                else CriticalResultKind.LABORATORY
            ),
            urgency=finding.urgency,
            rule_id=finding.rule_id,
            rule=finding.rule,
            raised_at=self._ledger.now,
            repeat_key=finding.repeat_key,
            sounded_at=self._ledger.now,
        )
        self._start_clock(alert)
        self._made[alert.id] = alert
        self._step(alert, CriticalResultStepKind.RAISED)
        return alert

    def follow(self, alert: Alert, lab_result_id: UUID) -> None:
        """Let the alert speak of the next version of its result, which changes nothing else."""
        alert.lab_result_id = lab_result_id
        self._touch(alert)

    def repeat(self, alert: Alert, finding: Finding) -> None:
        """Let a finding that is not worse join the alert, which goes on speaking of its own."""
        alert.ward_id = finding.ward_id or alert.ward_id
        self._step(alert, CriticalResultStepKind.REPEATED, about=finding)

    def worsen(self, alert: Alert, finding: Finding) -> None:
        """Let the open alert speak of a worse finding. Its clock goes on; where the finding is more
        urgent that of its own chain begins, and calls nobody later than the one before would. One
        that stood at the end of the chain starts again."""
        more_urgent = finding.urgency is not alert.urgency
        self._speak_of(alert, finding)
        if more_urgent:
            self._hasten_clock(alert)
        elif alert.next_escalation_at is None and alert.id not in self._starting:
            alert.raised_at = self._ledger.now
            self._start_clock(alert)
        alert.told_at, alert.sounded_at = None, self._ledger.now
        self._step(alert, CriticalResultStepKind.WORSENED)

    def fall_back(self, alert: Alert, finding: Finding) -> None:
        """Let the open alert speak of a milder finding that joined it, since its own was taken
        back: heard without a sound, and nobody is called later for it."""
        self._speak_of(alert, finding)
        self._step(alert, CriticalResultStepKind.REPEATED)

    def reopen(self, alert: Alert, finding: Finding) -> None:
        """Open the alert on another finding: whoever read back the old one read something else.

        A clock that still runs goes on, so that a correction never puts off who is to be called;
        one that stood still (acknowledged, withdrawn, at the end of the chain) starts again.
        """
        self._speak_of(alert, finding)
        if alert.next_escalation_at is None and alert.id not in self._starting:
            alert.raised_at = self._ledger.now
            self._start_clock(alert)
        alert.status = CriticalResultStatus.OPEN
        alert.acknowledged_at = alert.acknowledged_by = alert.read_back = None
        alert.withdrawn_at = alert.told_at = None
        alert.sounded_at = self._ledger.now
        self._step(alert, CriticalResultStepKind.REOPENED)

    def move(self, alert: Alert, ward_id: UUID) -> None:
        """Let the open alert be heard where its patient lies now. Whoever listens on the ward that
        they have left hears that it is gone."""
        left, alert.ward_id = alert.ward_id, ward_id
        alert.told_at = None
        if left is not None:
            self._ledger.record(
                events.CriticalResultMoved(
                    subject_id=alert.id, ward_id=left, patient_id=alert.patient_id
                )
            )
        self._step(alert, CriticalResultStepKind.MOVED)

    def release(self, alert: Alert) -> None:
        """Let nothing join the alert any more."""
        alert.repeat_key = None
        if alert.id not in self._made:
            self._released.append(alert.id)
        self._touch(alert)

    def withdraw(self, alert: Alert, lab_result_id: UUID | None = None) -> None:
        """Take the alert back: its finding is not critical, or is none, any more. Given is the
        version of the laboratory result that says so."""
        alert.lab_result_id = lab_result_id or alert.lab_result_id
        alert.status = CriticalResultStatus.WITHDRAWN
        alert.withdrawn_at = self._ledger.now
        alert.acknowledged_at = alert.acknowledged_by = alert.read_back = None
        alert.next_escalation_at = None
        self._step(alert, CriticalResultStepKind.WITHDRAWN)

    def acknowledge(self, alert: Alert, by: UUID, read_back: Decimal, note: str | None) -> None:
        """Close the alert: `by` read its value back."""
        alert.status = CriticalResultStatus.ACKNOWLEDGED
        alert.acknowledged_at, alert.acknowledged_by = self._ledger.now, by
        alert.read_back = read_back
        alert.next_escalation_at = None
        self._step(alert, CriticalResultStepKind.ACKNOWLEDGED, read_back=read_back, note=note)

    def refuse_read_back(self, alert: Alert, read_back: Decimal, note: str | None) -> None:
        """Keep the attempt; the alert stays open and its clock goes on."""
        self._step(alert, CriticalResultStepKind.READ_BACK_REFUSED, read_back=read_back, note=note)

    def escalate(
        self, alert: Alert, due: escalation.Due, chain: Chain, note: str | None = None
    ) -> None:
        """Call the next of the chain."""
        alert.escalation_level = due.level
        self.wait(alert, chain)
        self._step(alert, due.kind, audience=due.audience, note=note)

    def wait(self, alert: Alert, chain: Chain) -> None:
        """Set the clock to the step that comes next."""
        following = escalation.next_step(alert.raised_at, alert.escalation_level, chain.steps)
        alert.next_escalation_at = None if following is None else following.at
        self._touch(alert)

    def tell(self, alert: Alert, users: Iterable[UUID], note: str | None) -> None:
        """Keep whose stations had an open feed: heard by nobody, since it is said of them."""
        alert.told_at = self._ledger.now
        self._step(alert, CriticalResultStepKind.TOLD, told=users, note=note)
        self._ledger.chart(alert.patient_id, by=events.Feed.CRITICAL_RESULTS)

    async def write(self, tx: Transaction) -> int:
        """Write everything that was collected; how many steps that was."""
        if self._starting or any(step["kind"] in SOUNDING for step in self._steps):
            running = (alert.chain_id for alert in self._moved.values() if alert.chain_id)
            self._wind(await Chains.load(tx.connection, tx.hospital_id, running))
        if self._released:
            # Before another takes the key.
            await tx.run(_RELEASE, released=self._released)
        await tx.insert_all(models.CriticalResult, self._raised())
        if self._moved:
            await tx.run_all(_MOVE, [_state(alert, "new_") for alert in self._moved.values()])
        if self._steps:
            await tx.run_all(_ADD_STEP, self._steps)
        written = len(self._steps)
        self._made, self._moved, self._steps, self._released = {}, {}, [], []
        return written

    def rows(self, chains: Chains) -> dict[type[models.Base], list[dict[str, Any]]]:
        """Everything that was collected as rows to insert, whole but for whom the steps call. Only
        where no critical result was touched but those that it raised."""
        assert not self._moved
        self._wind(chains)
        steps: dict[UUID, int] = {}
        rows = []
        for step in self._steps:
            number = steps[step["critical_result_id"]] = (
                steps.get(step["critical_result_id"], 0) + 1
            )
            plain = {name: value for name, value in step.items() if name not in _BESIDE}
            rows.append(plain | {"number": number, "called": []})
        return {models.CriticalResult: self._raised(), models.CriticalResultStep: rows}

    def _raised(self) -> list[dict[str, Any]]:
        author = None if self._actor is None else self._actor.user_id
        return [
            {
                "hospital_id": self._ledger.hospital_id,
                "created_at": self._ledger.now,
                "created_by": author,
                **_state(alert),
            }
            for alert in self._made.values()
        ]

    def _start_clock(self, alert: Alert, *, by: datetime | None = None) -> None:
        """From the beginning, by the chain that is in force when it is written; `by`: when somebody
        is to be called at the latest."""
        self._starting[alert.id] = by
        alert.escalation_level = 0
        alert.next_escalation_at = None

    def _hasten_clock(self, alert: Alert) -> None:
        running = alert.next_escalation_at
        alert.raised_at = self._ledger.now
        self._start_clock(alert, by=running)

    def _wind(self, chains: Chains) -> None:
        """Start the clocks that are to start, and say who is the audience of what sounds."""
        alerts = self._made | self._moved
        for alert_id, by in self._starting.items():
            alert = alerts[alert_id]
            start(alert, chains.in_force(alert.ward_id, alert.urgency), by)
        self._starting = {}
        for step in self._steps:
            if step["audience"] is None:
                step["audience"] = audience_of(step, alerts[step["critical_result_id"]], chains)

    @staticmethod
    def _speak_of(alert: Alert, finding: Finding) -> None:
        alert.lab_result_id, alert.vital_signs_id = finding.lab_result_id, finding.vital_signs_id
        alert.rule_id, alert.rule, alert.urgency = finding.rule_id, finding.rule, finding.urgency
        alert.ward_id = finding.ward_id or alert.ward_id

    def _touch(self, alert: Alert) -> None:
        if alert.id not in self._made:
            self._moved[alert.id] = alert

    def _step(
        self,
        alert: Alert,
        kind: CriticalResultStepKind,
        *,
        read_back: Decimal | None = None,
        note: str | None = None,
        audience: Audience | None = None,
        told: Iterable[UUID] | None = None,
        about: Finding | None = None,
    ) -> None:
        said = about or alert
        self._touch(alert)
        self._steps.append(
            {
                "id": models.new_id(),
                "hospital_id": self._ledger.hospital_id,
                "critical_result_id": alert.id,
                "numbered_among": alert.id,
                "of_patient": alert.patient_id,
                "told": None if told is None else list(told),
                "kind": kind,
                "occurred_at": self._ledger.now,
                "lab_result_id": said.lab_result_id,
                "vital_signs_id": said.vital_signs_id,
                "ward_id": alert.ward_id,
                "rule": said.rule,
                "audience": audience,
                "level": alert.escalation_level,
                "user_id": None if self._actor is None else self._actor.user_id,
                "session_id": None if self._actor is None else self._actor.session_id,
                "read_back": read_back,
                "note": note,
            }
        )
        heard = EVENT_OF_STEP.get(kind)
        if heard is not None:
            self._ledger.record(
                heard(subject_id=alert.id, ward_id=alert.ward_id, patient_id=alert.patient_id)
            )


def _state(alert: Alert, prefix: str = "") -> dict[str, Any]:
    return {prefix + name: getattr(alert, name) for name in STATE}


def _columns(model: type[models.Base], names: Iterable[str], prefix: str = "") -> dict[str, Any]:
    table = model.__table__
    return {name: bindparam(prefix + name, type_=table.c[name].type) for name in names}


_ROW = models.CriticalResult.__table__
_STEP = models.CriticalResultStep.__table__
_LAB = models.LabResult.__table__

_RELEASE = (
    update(models.CriticalResult)
    .where(_ROW.c.id == bindparam("released", type_=ARRAY(Uuid())).any_())
    .values(repeat_key=None)
)
_MOVE = (
    update(models.CriticalResult)
    .where(_ROW.c.id == bindparam("new_id"))
    .values(_columns(models.CriticalResult, (name for name in STATE if name != "id"), "new_"))
)

_BESIDE = frozenset({"numbered_among", "of_patient", "told"})
"""What is known of a step beside its columns."""

_COMPUTED = ("number", "called")
_GIVEN = _columns(
    models.CriticalResultStep, (column.name for column in _STEP.c if column.name not in _COMPUTED)
)

# The row of the alert is locked or new, so nobody else numbers its steps meanwhile.
_ADD_STEP = insert(models.CriticalResultStep).values(
    **_GIVEN,
    called=func.coalesce(
        bindparam("told", type_=ARRAY(Uuid())),
        called(
            bindparam("audience", type_=Text()),
            ward=_GIVEN["ward_id"],
            patient=bindparam("of_patient", type_=Uuid()),
            at=_GIVEN["occurred_at"],
            # Of a repeat the new result counts: who ordered that waits for it.
            ordered_by=select(_LAB.c.ordered_by)
            .where(_LAB.c.id == _GIVEN["lab_result_id"])
            .scalar_subquery(),
        ),
    ),
    number=select(func.coalesce(func.max(_STEP.c.number), 0) + 1)
    .where(_STEP.c.critical_result_id == bindparam("numbered_among", type_=Uuid()))
    .scalar_subquery(),
)
