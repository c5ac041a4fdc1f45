"""The goals: which figures are compared, in which direction."""

from __future__ import annotations

from bench.cold import Cold
from bench.goals import goals
from bench.rounds import Cell, Figures

GOOD = Figures(rps=1000.0, p50_ms=1.0, p99_ms=2.0, server_cpu_us=300.0, postgres_cpu_us=700.0,
               rss_mb=100.0)  # fmt: skip
SLOW = Figures(rps=500.0, p50_ms=2.0, p99_ms=4.0, server_cpu_us=1500.0, postgres_cpu_us=500.0,
               rss_mb=300.0)  # fmt: skip


def _figures(**systems: Figures) -> dict[Cell, Figures]:
    return {
        Cell("W1", concurrency, name): figures
        for name, figures in systems.items()
        for concurrency in (1, 32)
    }


def test_the_best_of_the_peers_is_the_measure_of_each_figure() -> None:
    quick = Figures(rps=100.0, p50_ms=1.25, p99_ms=9.0, server_cpu_us=900.0,
                    postgres_cpu_us=900.0, rss_mb=200.0)  # fmt: skip
    figures = _figures(wardline=GOOD, postgraphile=quick, mercurius=SLOW)
    found = {goal.what: goal for goal in goals(figures, None)}
    latency = found["p50 at c=1, of the best peer's"]
    assert (latency.measured, latency.reached) == (0.8, False)
    rate = found["requests/s at c=32, of the best peer's"]
    assert (rate.measured, rate.least, rate.reached) == (2.0, True, True)
    assert found["p99 at c=1, of the best peer's"].measured == 0.5
    assert round(found["processor at c=32, of the best peer's"].measured, 3) == 0.556


def test_what_was_not_measured_has_no_goal() -> None:
    found = [goal.what for goal in goals(_figures(wardline=GOOD), None)]
    assert found == ["MB resident"]
    assert list(goals(_figures(floor=GOOD), None)) == []


def test_growth_strawberry_and_cold_documents_are_goals_too() -> None:
    others = _figures(strawberry=SLOW, floor=GOOD)
    figures = {**_figures(wardline=GOOD), **others, Cell("W1", 1, "wardline-tenth"): GOOD}
    found = {goal.what: goal for goal in goals(figures, Cold(14.0, 20.0, 0.1))}
    assert found["times Strawberry, p50"].measured == 2.0
    assert not found["times Strawberry, requests/s"].reached
    assert found["p50 at c=1, of a tenth of the rows'"].reached
    assert found["p50 at c=1, of the floor's"].measured == 1.0
    assert found["ms, a document never seen (processor)"].reached
