"""The chart: of each state, what each tool takes and leaves; and how the whole grows. Plain SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

from .report import Table

BAR, GAP, PANEL, MARGIN = 13, 3, 560, 20
NAME, COLUMN = 130, 135
OURS, PEER, FADED = "#1f6fb2", "#9aa5b1", "#5b6570"
# Key of a value, its title, and what the bar shows.
MEASURES = (
    ("capture", "capture, GB/s", lambda value: value["rawBytes"] / value["capture"] / 1e9),
    ("restore", "restore, GB/s", lambda value: value["rawBytes"] / value["restore"] / 1e9),
    ("stored", "stored, % (less is better)", lambda value: 100 * value["storedBytes"] / value["rawBytes"]),
)


def svg(title: str, contests: Sequence[Table], curves: Sequence[Table]) -> str:
    """Panels in two columns; tables without values are left out."""
    panels = [_contest(table) for table in contests if table.values] + [
        _curve(table) for table in curves if table.values
    ]
    parts: list[str] = [_text(MARGIN, 24, title, size=13, weight="bold")]
    top = 40
    for left, right in zip(panels[::2], [*panels[1::2], None], strict=False):
        for column, panel in enumerate(panel for panel in (left, right) if panel):
            parts.append(f'<g transform="translate({MARGIN + column * (PANEL + MARGIN)},{top})">{panel[0]}</g>')
        top += max(panel[1] for panel in (left, right) if panel) + MARGIN
    width = 2 * PANEL + 3 * MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{top}" viewBox="0 0 {width} {top}" '
        'font-family="DejaVu Sans, Helvetica, sans-serif">'
        f'<rect width="{width}" height="{top}" fill="white"/>{"".join(parts)}</svg>\n'
    )


def _contest(table: Table) -> tuple[str, int]:
    """The panel's drawing and height. The longest bar of a measure fills its column."""
    parts = [_text(0, 12, f"{table.title}: {table.note}", size=11, weight="bold")]
    for column, (_, heading, measure) in enumerate(MEASURES):
        left = NAME + column * (COLUMN + 10)
        parts.append(_text(left, 28, heading, fill=FADED))
        values = [measure(value) for value in table.values]
        for index, value in enumerate(values):
            top = 34 + index * (BAR + GAP)
            ours = table.values[index]["tool"].startswith("HoloSnap")
            length = (COLUMN - 38) * value / max(values)
            fill = OURS if ours else PEER
            parts.append(f'<rect x="{left}" y="{top}" width="{length:.1f}" height="{BAR}" fill="{fill}"/>')
            parts.append(_text(left + length + 3, top + BAR - 3, f"{value:.3g}"))
    for index, value in enumerate(table.values):
        parts.append(_text(NAME - 6, 34 + index * (BAR + GAP) + BAR - 3, value["tool"], anchor="end"))
    return "".join(parts), 34 + len(table.values) * (BAR + GAP)


def _curve(table: Table) -> tuple[str, int]:
    """Lines over the size, which is logarithmic."""
    left, top, width, height = 40, 34, PANEL - 170, 190
    lines: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for value in table.values:
        for verb in ("create", "verify", "restore"):
            if verb in value:
                lines.setdefault((verb, value["cores"]), []).append((math.log2(value["bytes"]), value[verb]))
    first, last = (bound(x for points in lines.values() for x, _ in points) for bound in (min, max))
    most = max(y for points in lines.values() for _, y in points)
    cores = sorted({key[1] for key in lines})
    colours = {"create": OURS, "verify": "#2e8b57", "restore": "#c2571a"}

    def place(x: float, y: float) -> tuple[float, float]:
        return left + width * (x - first) / max(last - first, 1), top + height * (1 - y / most)

    parts = [_text(0, 12, table.title, size=11, weight="bold"), _text(0, 28, "GB/s", fill=FADED)]
    for part in range(5):
        y = place(first, most * part / 4)[1]
        parts.append(f'<line x1="{left}" x2="{left + width}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e3e6ea"/>')
        parts.append(_text(left - 5, y + 4, f"{most * part / 4:.1f}", anchor="end", fill=FADED))
    for x in sorted({x for points in lines.values() for x, _ in points}):
        parts.append(_text(place(x, 0)[0], top + height + 14, _size(2**x), anchor="middle", fill=FADED))
    for index, ((verb, count), points) in enumerate(sorted(lines.items())):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in points))
        dash = "" if count == cores[-1] else ' stroke-dasharray="5 3"'
        style = f'fill="none" stroke="{colours[verb]}" stroke-width="2"{dash}'
        parts.append(f'<polyline points="{path}" {style}/>')
        key = top + 10 + 18 * index
        parts.append(f'<line x1="{left + width + 12}" x2="{left + width + 36}" y1="{key}" y2="{key}" {style}/>')
        parts.append(_text(left + width + 42, key + 4, f"{verb}, {count} core{'s' if count > 1 else ''}"))
    return "".join(parts), top + height + 24


def _size(byte_count: float) -> str:
    mebibytes = byte_count / (1 << 20)
    return f"{mebibytes:.0f} MiB" if mebibytes < 1000 else f"{mebibytes / 1024:.0f} GiB"


def _text(x: float, y: float, text: str, *, size: int = 10, anchor: str = "start", **style: Any) -> str:
    extra = "".join(f' {"font-" + name if name == "weight" else name}="{value}"' for name, value in style.items())
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"{extra}>{escape(text)}</text>'
