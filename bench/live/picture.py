"""The figures as a picture: an SVG of bars, a row of panels for each number of sockets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from xml.sax.saxutils import escape

from bench.live.cells import Cell, Figures
from bench.picture import BAR, BARS, COLOURS, CUT, NAMES, PANEL, TOP, WIDTH

MEASURES: tuple[tuple[str, Callable[[Figures], float], str], ...] = (
    ("event to last socket, p50 in ms", lambda figures: figures.commit_to_last_p50_ms, "{:.1f}"),
    ("deliveries per second", lambda figures: figures.deliveries_per_s, "{:,.0f}"),
)


def write(measured: Mapping[Cell, Figures], path: Path) -> None:
    """The cells with one document."""
    numbers = sorted({cell.sockets for cell in measured if cell.documents == 1})
    systems = [name for name in COLOURS if any(cell.system == name for cell in measured)]
    height = 46 + len(systems) * BAR
    drawn = []
    for row, sockets in enumerate(numbers):
        for column, (title, figure, form) in enumerate(MEASURES):
            cells = ((name, measured.get(Cell(name, sockets))) for name in systems)
            values = {name: figure(cell) for name, cell in cells if cell is not None}
            at = (10 + column * PANEL, TOP + row * height)
            drawn += _panel(f"{sockets:,} sockets: {title}", values, form, at)
    total = TOP + len(numbers) * height
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {total}"'
        ' font-family="sans-serif" font-size="13" fill="#1f2933">\n'
        f'<rect width="{WIDTH}" height="{total}" fill="#ffffff"/>\n'
        '<text x="10" y="28" font-size="18">One event to many sockets, in one run</text>\n'
        '<text x="10" y="48" fill="#616e7c">Wardline writes it, logs it, and reads it with rights,'
        " scope and audit; the others pass on what they are given.</text>\n"
        + "\n".join(drawn)
        + "\n</svg>\n"
    )


def _panel(title: str, values: Mapping[str, float], form: str, at: tuple[int, int]) -> list[str]:
    x, y = at
    longest = min(max(values.values()), CUT * sorted(values.values())[len(values) // 2])
    drawn = [f'<text x="{x}" y="{y + 14}" font-weight="bold">{escape(title)}</text>']
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
