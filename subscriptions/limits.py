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
    send_deadline: float = 5.0
    """How long a client that does not take in what it is sent is waited for."""
    ping: float = 3.0
    """A client that was silent for this long is asked whether it is there."""
    pong: float = 4.0
    """How long it has to answer. Together a client that has stopped reading is let go within 10 s,
    the look every half second included."""
    close_deadline: float = 1.0
    drain_deadline: float = 2.0
    """How long a process that goes down tries to send what was committed before."""
    answer_deadline: float = 5.5
    """How long it waits then for what was asked over sockets: longer than a statement waits for a
    lock. All of it together is shorter than uvicorn's `timeout_graceful_shutdown`."""
    last_words: float = 0.4
    """How long those whose session has ended are given what was committed before that."""
    subscribe_deadline: float = 10.0
    """How long a new subscriber waits for the database before its client is sent to try again."""

    page: int = 500
    """Entries of the log in one read, and at most in one message."""
    recent: int = 4_096
    """Entries of a hospital's log kept in memory for those who resume."""
    past_seconds: float = 30.0
    past_frames: int = 512
    past_bytes: int = 16_777_216
    """How long, how many and how much of the frames of the past are kept for others who resume."""
    linger: float = 60.0
    """How long the log is followed, a group and a session are remembered after their last socket
    went: a ward's screens come back together."""
    gather: float = 0.2
    """How long the stays of those who come (docs/decisions/0012) gather before they are written,
    after the first one, who does not wait."""
    presence: float = 1.0
    """How often a process tells who listens at it, and looks who listens elsewhere."""
    presence_deadline: float = 0.5
    """How long it waits for Redis in that."""
    presence_known: float = 3.0
    """How old what it found may be; then it is not known who listens."""
    presence_expires: float = 4.0
    """How long the listeners of a process that is gone are still told of."""
    backlog: int = 256
    """Live messages held for a subscriber that is still being given the past."""
    statements: int = 4
    """Statements that a hospital's feeds run at once."""
    queue_messages: int = 512
    queue_bytes: int = 1_048_576
    """What may wait for one socket before it counts as one that does not read."""
    operations: int = 100
    """Operations open at once on one socket."""
    message_bytes: int = 65_536
    """A message that a client sends; the server closes with 1009."""

    sockets: int = 10_000
    sockets_of_address: int = 5_000
    sockets_of_user: int = 200
    """Sockets open at once, in one process. A hospital may come from one address, by its proxy; the
    screens of a ward may be signed in as one user."""
    stranger_sockets: int = 2_000
    stranger_sockets_of_address: int = 1_000
    """Those of them that are not signed in: for `init_timeout` at most, so these are also how many
    can come back at once."""
    socket_messages: int = 100
    stranger_socket_messages: int = 2
    """Messages of a socket in a second, and ten times as many at once."""
    wrong_tokens: int = 60
    """Wrong tokens of one address in a minute before its sockets are let in one by one."""


DEFAULT_LIMITS = Limits()
