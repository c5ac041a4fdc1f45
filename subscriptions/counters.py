"""Counters: what the live channel of one process has done since it began, for `/metrics`.

Plain numbers that are added to where the thing happens (`counters.frames += 1`): no lock, no
label, no library, so they may stand on the hot path. One object a process, made by `live_channel`,
handed to the parts and read by app/metrics. What *is* (sockets open, subscriptions, groups) is not
counted here but looked at when it is asked for. Nothing here is about a user, a patient or a ward.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the durations, in seconds; what took longer comes after the last."""


class Durations:
    """A histogram: how many took at most so long, and how long all took together."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0

    def note(self, seconds: float) -> None:
        """Count one that took so long."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds


@dataclass(slots=True)
class Counters:
    """All only grow."""

    # The bell
    bell_connections: int = 0
    """Subscriptions that Redis confirmed; every one after the first is a reconnection."""
    bell_gaps: int = 0
    """GAPs told to the listeners: after each connection, and when messages were let go."""
    bell_failures: int = 0
    """Connections to Redis that were lost, and tries to connect that failed."""
    bell_rings_sent: int = 0
    """Rings that Redis took."""
    bell_rings_lost: int = 0
    """Rings that Redis did not take; the others find the events by reading the log."""
    bell_rings_heard: int = 0
    """Rings of other processes, and those of this one that come back to it."""

    # The log
    wakes_by_bell: int = 0
    """Reads of a hospital's log because it was rung for (or somebody waits for its end)."""
    wakes_by_poll: int = 0
    """Reads of a hospital's log because nothing was heard for `limits.poll`."""
    log_reads: int = 0
    """Statements that read the log's next entries for all."""
    log_read_failures: int = 0
    """Those of them that failed."""
    log_entries: int = 0
    """Entries of the log that have been taken in."""
    restarts: int = 0
    """Logs that did not continue (a restore, or trimmed before they were read)."""

    # What goes out
    frame_statements: int = 0
    """Statements that made a frame with events, of groups and of those who catch up."""
    frames: int = 0
    """Frames made, with and without events; a frame goes to all of a group."""
    deliveries: int = 0
    """Frames handed to a subscriber's sink. Added to once a group: `+= len(members)`."""
    heartbeats: int = 0
    """Those of the deliveries that say only that it is quiet."""
    fan_out: Durations = field(default_factory=Durations)
    """From the wake (ring or poll) that found entries to the last sink that was handed them: once
    a page, by one clock."""

    # Who comes back
    resumes_from_memory: int = 0
    """Stretches of the past given that were made for another of the same group a moment ago."""
    resumes_from_database: int = 0
    """Stretches of the past that had to be made."""
    resyncs: int = 0
    """Subscribers who were told to read afresh."""

    # Other statements of the live channel
    standing_statements: int = 0
    """Looks at the sessions of open sockets."""
    audit_statements: int = 0
    """Statements that write stays, beginnings and endings."""
    other_statements: int = 0
    """Everything else: a ward's code, a sign-in at the beginning of a socket."""

    # Sockets
    opened: Counter[str] = field(default_factory=Counter)
    """Connections taken, by transport: websocket, sse."""
    closed: Counter[int] = field(default_factory=Counter)
    """Connections that ended, by close code. 1001 is a client's whose page was left, 1000 whatever
    else it said, 1006 one that went without a word. The code alone: reasons may repeat what the
    client sent."""
    refused: Counter[str] = field(default_factory=Counter)
    """Connections, messages and operations that were refused, by the limit that was reached, as
    docs/limits.md names it; `origin`: a page of another origin asked."""
    queue_overflows: int = 0
    """Sockets closed because too much waited for them."""
    send_timeouts: int = 0
    """Sockets closed because a send took longer than its deadline."""
    unanswered_pings: int = 0
    """Sockets closed because they did not answer a ping."""
