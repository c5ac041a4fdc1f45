"""What the results of a batch do to critical results: raise one, join one, worsen it, take it back.

Nothing here asks the database: whoever calls says what is held, and has it locked. Which of two
findings is the worse, and for how long a repeat joins, is decided by models/rules/repeats.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from models.rules import repeats
from models.rules.critical_results import (
    CriticalResultStatus,
    CriticalResultStepKind,
    corrected,
)
from resolvers.actors import Actor
from resolvers.critical_result_alerts import Alert, Finding
from resolvers.critical_result_steps import Loop
from resolvers.labs_versions import Version
from resolvers.transaction import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a version comes with: whose it is, where they lie, what a repeat of it must match (None:
    nothing is one) and for how long, and whether it is too old to raise anything."""

    patient_id: UUID
    ward_id: UUID | None
    repeat_key: str | None
    window: timedelta
    late: bool


class Alerts:
    """The critical results of one batch; `loop` collects what is to be written of them."""

    def __init__(self, ledger: Ledger, actor: Actor) -> None:
        self.loop = Loop(ledger, actor)
        self._now = ledger.now
        self._held: dict[UUID, Alert] = {}
        self._of_key: dict[tuple[UUID, str], Alert] = {}
        self._results: dict[UUID, dict[UUID, Version]] = {}
        """Of each alert the newest versions of the results that have joined it, by their root."""

    def hold(self, alerts: Iterable[Alert], results: Iterable[Version]) -> None:
        """Know what the database holds: alerts, and every newest version that has joined one."""
        for alert in alerts:
            self._know(alert)
        for version in results:
            assert version.critical_result_id is not None
            self._results[version.critical_result_id][version.root_id] = version

    def act(self, version: Version, before: Version | None, setting: Setting) -> None:
        """Let a new version act; afterwards its `critical_result_id` is that of its alert."""
        alert = self._alert_of(before)
        if alert is None or before is None:
            if version.critical and not setting.late:
                self._arrive(version, setting)
            return
        version.critical_result_id = alert.id
        self._results[alert.id][version.root_id] = version
        if alert.lab_result_id == before.id:
            self._correct(alert, version, before, setting)
        elif version.critical and not version.same_finding(before):
            self._correct_joined(alert, version, before, setting)

    def _alert_of(self, before: Version | None) -> Alert | None:
        if before is None or before.critical_result_id is None:
            return None
        return self._held[before.critical_result_id]

    def _know(self, alert: Alert) -> None:
        self._held[alert.id] = alert
        self._results.setdefault(alert.id, {})
        if alert.repeat_key is not None:
            self._of_key[alert.patient_id, alert.repeat_key] = alert

    def _spoken_of(self, alert: Alert) -> Version:
        return next(
            one for one in self._results[alert.id].values() if one.id == alert.lab_result_id
        )

    # A critical finding of which no alert speaks

    def _arrive(self, version: Version, setting: Setting) -> None:
        alert = self._to_join(setting)
        if alert is None:
            alert = self.loop.raise_alert(self._finding(version, setting))
            self._know(alert)
            version.critical_result_id = alert.id
            self._results[alert.id][version.root_id] = version
            return
        spoken = self._spoken_of(alert)
        version.critical_result_id = alert.id
        self._results[alert.id][version.root_id] = version
        self._sound(alert, version, setting, worse=version.worse_than(spoken))

    def _to_join(self, setting: Setting) -> Alert | None:
        if setting.repeat_key is None:
            return None
        key = setting.patient_id, setting.repeat_key
        alert = self._of_key.get(key)
        if alert is None:
            return None
        if repeats.within(
            self._now,
            sounded_at=alert.sounded_at,
            acknowledged_at=alert.acknowledged_at,
            window=setting.window,
        ):
            return alert
        self._release(alert)
        return None

    def _sound(self, alert: Alert, version: Version, setting: Setting, *, worse: bool) -> None:
        """Join, with a sound where it is worse."""
        finding = self._finding(version, setting)
        match repeats.joined(alert.status, worse=worse):
            case CriticalResultStepKind.REPEATED:
                self.loop.repeat(alert, finding)
            case CriticalResultStepKind.WORSENED:
                self.loop.worsen(alert, finding)
            case _:
                self.loop.reopen(alert, finding)

    # The next version of a result that has an alert

    def _correct(self, alert: Alert, version: Version, before: Version, setting: Setting) -> None:
        """Of the result of which the alert speaks."""
        withdrawn = alert.status is CriticalResultStatus.WITHDRAWN
        if version.same_finding(before) and not withdrawn:
            self.loop.follow(alert, version.id)
            return
        others = [
            one
            for one in self._results[alert.id].values()
            if one.root_id != version.root_id and one.critical
        ]
        if others and not withdrawn:
            worst = max(others, key=Version.severity)
            if not version.critical:
                self._fall_back(alert, before, worst, setting)
                return
            if not version.comparable(worst):
                # Another finding than that of the others: it needs an alert of its own.
                self._fall_back(alert, before, worst, setting)
                self._leave(alert, version, setting)
                return
            if version.severity() < worst.severity():
                self._fall_back(alert, before, worst, setting)
                return
        step = corrected(
            alert.status,
            critical=version.critical,
            result=version.status,
            same_finding=version.same_finding(before),
        )
        if step is CriticalResultStepKind.REOPENED:
            if withdrawn or not version.comparable(before):
                self._take_key(alert, setting)
            self.loop.reopen(alert, self._finding(version, setting))
        elif step is CriticalResultStepKind.WITHDRAWN:
            self._release(alert)
            alert.ward_id = setting.ward_id or alert.ward_id
            self.loop.withdraw(alert, version.id)
        else:
            self.loop.follow(alert, version.id)

    def _correct_joined(
        self, alert: Alert, version: Version, before: Version, setting: Setting
    ) -> None:
        """Of one that has joined, where the alert speaks of another."""
        if alert.status is CriticalResultStatus.WITHDRAWN:
            self._take_key(alert, setting)
            self.loop.reopen(alert, self._finding(version, setting))
            return
        spoken = self._spoken_of(alert)
        if not before.critical or not version.comparable(spoken):
            self._leave(alert, version, setting)
        elif version.worse_than(spoken):
            self._sound(alert, version, setting, worse=True)

    def _leave(self, alert: Alert, version: Version, setting: Setting) -> None:
        """Arrive as if it had never joined: the same alert may be the one to join again."""
        del self._results[alert.id][version.root_id]
        version.critical_result_id = None
        self._arrive(version, setting)

    def _fall_back(self, alert: Alert, before: Version, worst: Version, setting: Setting) -> None:
        """Speak of the worst that remains. It sounds only where somebody read back something else:
        the others were told of, and did not call for more."""
        finding = self._finding(worst, setting, repeat_key=alert.repeat_key)
        if alert.status is CriticalResultStatus.OPEN:
            self.loop.fall_back(alert, finding)
        elif worst.same_finding(before):
            alert.rule_id, alert.rule = finding.rule_id, finding.rule
            self.loop.follow(alert, worst.id)
        else:
            self.loop.reopen(alert, finding)

    # What a repeat must match

    def _take_key(self, alert: Alert, setting: Setting) -> None:
        """Let repeats join again, unless another alert is there for them."""
        key = setting.repeat_key
        if key is not None and self._of_key.get((alert.patient_id, key), alert) is not alert:
            key = None
        if alert.repeat_key != key:
            self._release(alert)
            alert.repeat_key = key
            if key is not None:
                self._of_key[alert.patient_id, key] = alert

    def _release(self, alert: Alert) -> None:
        """Nothing joins it from now on."""
        if alert.repeat_key is not None:
            del self._of_key[alert.patient_id, alert.repeat_key]
            self.loop.release(alert)

    @staticmethod
    def _finding(version: Version, setting: Setting, *, repeat_key: str | None = None) -> Finding:
        return Finding(
            lab_result_id=version.id,
            patient_id=setting.patient_id,
            rule_id=version.rule_id,
            rule=version.verdict or "",
            ward_id=setting.ward_id,
            repeat_key=repeat_key or setting.repeat_key,
        )
