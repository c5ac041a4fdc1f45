"""The goals of the live channel: which figures are compared, in which direction."""

from __future__ import annotations

from dataclasses import replace

from bench.goals import Goal
from bench.live.cells import Cell, Figures
from bench.live.goals import goals

FIGURES = Figures(
    commit_to_first_ms=5.0,
    commit_to_last_p50_ms=50.0,
    commit_to_last_p99_ms=80.0,
    answered_p50_ms=3.0,
    message_bytes=800,
    deliveries_per_s=70_000.0,
    events_per_s=70.0,
    events_per_message=1.0,
    cpu_us_per_delivery=14.0,
    paced_cpu_us_per_delivery=16.0,
    postgres_cpu_us_per_delivery=1.0,
    load_busy=0.5,
    rss_kb_per_socket=29.0,
    queries_per_event=1.0,
    burst_to_last_ms=1_500.0,
    open_s=3.0,
)
SLOW = replace(FIGURES, commit_to_last_p50_ms=200.0, deliveries_per_s=20_000.0)
SLOWER = replace(SLOW, commit_to_last_p50_ms=90.0, deliveries_per_s=4_000.0)


def _found(measured: dict[Cell, Figures]) -> dict[tuple[str, str], Goal]:
    return {(goal.workload, goal.what): goal for goal in goals(measured)}


def test_the_best_peer_is_the_measure_of_each_figure() -> None:
    found = _found(
        {
            Cell("wardline", 3_000): FIGURES,
            Cell("mercurius", 3_000): SLOW,
            Cell("strawberry", 3_000): SLOWER,
            Cell("floor", 3_000): replace(FIGURES, commit_to_last_p50_ms=1.0),
        }
    )
    last = found["3,000", "last p50, of the best peer's"]
    assert (round(last.measured, 3), last.reached) == (0.556, False)
    rate = found["3,000", "deliveries/s, of the best peer's"]
    assert (rate.measured, rate.reached) == (3.5, True)
    assert found["3,000", "last p50, ms"].reached
    assert found["3,000", "µs of the server a delivery"].reached
    assert not found["3,000", "the same, one event a message"].reached
    assert ("3,000", "burst in one transaction, ms") not in found


def test_many_documents_are_measured_by_one_and_by_their_groups() -> None:
    many = Cell("wardline", 1_000, 50)
    assert many.groups == 300
    found = _found(
        {
            Cell("wardline", 1_000): FIGURES,
            many: replace(FIGURES, commit_to_last_p50_ms=160.0, queries_per_event=301.0),
        }
    )
    times = found["1,000 x 50 documents", "last p50, of that of one document"]
    assert (times.measured, times.reached) == (3.2, False)
    assert not found["1,000 x 50 documents", "statements an event, of its groups"].reached
    assert found["1,000", "burst in one transaction, ms"].reached


def test_what_was_not_measured_has_no_goal() -> None:
    assert _found({Cell("floor", 200): FIGURES}) == {}
    assert ("200", "deliveries/s, of the best peer's") not in _found(
        {Cell("wardline", 200): FIGURES}
    )
