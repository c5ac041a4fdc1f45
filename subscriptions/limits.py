"""The numbers of the live channel, handed in by the app."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Times in seconds; the defaults are the documented ones."""

    poll: float = 0.25
    """How long the log is left unread while the bell is silent, or gone."""
    heartbeat: float = 13.0
    """An empty message is sent to a feed that was silent for this long. Looked at once a second, so
    that a station hears something every 15 s, as it was promised."""
    standing: float = 0.4
    """How often the sessions of open sockets are looked at. Ends and narrows streams within 1 s."""
    standing_at_most: float = 1.0
    """No event is sent on rights that were looked at longer ago."""
    init_timeout: float = 10.0
    send_deadline: float = 10.0
    close_deadline: float = 1.0
    subscribe_deadline: float = 10.0
    """How long a new subscriber waits for the database before its client is sent to try again."""

    page: int = 500
    """Entries of the log in one read, and at most in one message."""
    recent: int = 4_096
    """Entries of a hospital's log kept in memory for those who resume."""
    backlog: int = 256
    """Live messages held for a subscriber that is still being given the past."""
    statements: int = 4
    """Statements that a hospital's feeds run at once."""
    queue_messages: int = 512
    queue_characters: int = 1_048_576
    """What may wait for one socket before it counts as one that does not read."""
    operations: int = 100
    """Operations open at once on one socket."""


DEFAULT_LIMITS = Limits()
