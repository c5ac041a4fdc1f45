"""The figures as a picture: an SVG of bars, a panel a workload, written by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from xml.sax.saxutils import escape

from bench.rounds import Cell, Figures
from bench.workloads import WORKLOADS, Workload

COLOURS = {
    "floor": "#9aa5b1",
    "wardline": "#0b7a75",
    "postgraphile": "#d1853b",
    "mercurius": "#7b5ea7",
    "strawberry": "#c8455a",
}
MEASURES: tuple[tuple[int, str, Callable[[Figures], float], str], ...] = (
    (1, "p50 in ms, one client", lambda figures: figures.p50_ms, "{:.2f}"),
    (32, "requests per second, 32 clients", lambda figures: figures.rps, "{:,.0f}"),
)
WIDTH, PANEL, BAR, TOP, NAMES, BARS = 920, 450, 22, 64, 100, 240
CUT = 2.5
"""A bar longer than so many times the median is cut off, so that the others can be told apart."""


def write(figures: Mapping[Cell, Figures], path: Path) -> None:
    """A row of two panels for each workload: latency, rate."""
    systems = [name for name in COLOURS if any(cell.system == name for cell in figures)]
    workloads = [one for one in WORKLOADS if any(cell.workload == one.name for cell in figures)]
    height = 46 + len(systems) * BAR
    drawn = []
    for row, workload in enumerate(workloads):
        for column, measure in enumerate(MEASURES):
            at = (10 + column * PANEL, TOP + row * height)
            drawn += _panel(figures, workload, measure, systems, at)
    total = TOP + len(workloads) * height
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {total}"'
        ' font-family="sans-serif" font-size="13" fill="#1f2933">\n'
        f'<rect width="{WIDTH}" height="{total}" fill="#ffffff"/>\n'
        '<text x="10" y="28" font-size="18">Four requests, on the same data, in one run</text>\n'
        '<text x="10" y="48" fill="#616e7c">Wardline with sign-in, rights, scope and audit; the'
        " others without. Medians.</text>\n" + "\n".join(drawn) + "\n</svg>\n"
    )


def _panel(
    figures: Mapping[Cell, Figures],
    workload: Workload,
    measure: tuple[int, str, Callable[[Figures], float], str],
    systems: list[str],
    at: tuple[int, int],
) -> list[str]:
    concurrency, title, figure, form = measure
    cells = {name: figures.get(Cell(workload.name, concurrency, name)) for name in systems}
    values = {name: figure(cell) for name, cell in cells.items() if cell is not None}
    if not values:
        return []
    x, y = at
    longest = min(max(values.values()), CUT * sorted(values.values())[len(values) // 2])
    heading = escape(f"{workload.name} {workload.title}: {title}")
    drawn = [f'<text x="{x}" y="{y + 14}" font-weight="bold">{heading}</text>']
    for number, (name, value) in enumerate(values.items()):
        top = y + 24 + number * BAR
        length = min(value / longest, 1.0) * BARS
        cut = " »" if value > longest else ""
        base, end = x + NAMES, x + NAMES + length
        drawn.append(f'<text x="{base - 8}" y="{top + 13}" text-anchor="end">{escape(name)}</text>')
        drawn.append(
            f'<rect x="{base}" y="{top}" width="{length:.1f}" height="{BAR - 5}"'
            f' fill="{COLOURS[name]}"/>'
        )
        drawn.append(f'<text x="{end + 6:.1f}" y="{top + 13}">{form.format(value)}{cut}</text>')
    return drawn
