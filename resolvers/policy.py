"""The numbers a hospital sets, handed to resolvers by the app (app/settings has the variables)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Durations and limits; the defaults are the documented ones."""

    session_idle: timedelta = timedelta(minutes=15)
    session_lifetime: timedelta = timedelta(hours=12)
    stale_result_after: timedelta = timedelta(hours=24)
    """A result older than this on arrival is judged and marked, and opens no alert."""
    sign_in_window: timedelta = timedelta(minutes=15)
    sign_in_attempts_per_account: int = 10
    sign_in_attempts_per_address: int = 50
    sign_in_patience: timedelta = timedelta(seconds=3)
    """How long an attempt may still be under way, and one too many waits for it to end well."""
    emergency_access_lasts: timedelta = timedelta(hours=4)
    emergency_access_window: timedelta = timedelta(hours=1)
    emergency_access_attempts: int = 5
    """How often somebody may try to break the glass in a window, whether it finds a patient or not:
    it is there for an emergency, and no way to look for people."""
    arrival_window: timedelta = timedelta(hours=1)
    arrival_attempts: int = 10
    """How often somebody may name nobody by MRN and birth date in a window: people mistype, and who
    is to arrive may not be registered; but it is no way to look for people."""
    care_team_tail: timedelta = timedelta(hours=24)
    """How long a care team goes on seeing the chart after the discharge: the letter is still to be
    written."""
    cancel_stay_within: timedelta = timedelta(hours=24)
    """How long an admission, a transfer or a discharge may be taken back after it was written."""
    max_results_per_call: int = 1_000
    events_kept: timedelta = timedelta(hours=72)
    """How long an event stays in the log: a station that was away for longer reads all afresh."""


DEFAULT_POLICY = Policy()
