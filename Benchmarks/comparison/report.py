"""What was measured, as Markdown for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Goal:
    """What a value must reach (`floor`) and should (`aim`). A condition that fails puts it below the floor."""

    floor: float
    aim: float
    unit: str = "×"
    less_is_better: bool = False
    condition: str = ""

    def verdict(self, value: float, condition_holds: bool = True) -> str:
        if not condition_holds or self._misses(value, self.floor):
            return "**misses the floor**"
        return "floor" if self._misses(value, self.aim) else "aim"

    def text(self, value: float) -> str:
        digits = f"{value:.2f}" if self.unit == "×" else f"{value:.1f}" if value < 100 else f"{value:.0f}"
        return f"{digits} {self.unit}".replace(" ×", "×")

    def _misses(self, value: float, mark: float) -> bool:
        return value > mark if self.less_is_better else value < mark


@dataclass
class Row:
    """A measured quantity with a goal. `value` is None where it could not be measured; `ours` then says why."""

    name: str
    goal: Goal
    ours: str
    peer: str = ""
    value: float | None = None
    condition_holds: bool = True
    samples: dict[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        return "not measured" if self.value is None else self.goal.verdict(self.value, self.condition_holds)


@dataclass
class Table:
    """Measured quantities without goals: the cells are for people, `values` for programs."""

    title: str
    columns: list[str]
    cells: list[list[str]]
    note: str = ""
    values: list[dict[str, Any]] = field(default_factory=list)


def markdown(facts: Mapping[str, str], rows: Iterable[Row], tables: Iterable[Table]) -> str:
    lines = [f"- {name}: {value}" for name, value in facts.items()]
    goals = ["what", "HoloSnap", "peer", "measured", "floor", "aim", "reached"]
    lines += ["", *_lines(goals, [_cells(row) for row in rows], left=3)]
    for table in tables:
        lines += ["", f"## {table.title}", ""]
        lines += [table.note, ""] if table.note else []
        lines += _lines(table.columns, table.cells, left=1) if table.cells else []
    return "\n".join(lines).rstrip() + "\n"


def _cells(row: Row) -> list[str]:
    goal = row.goal
    measured = "" if row.value is None else goal.text(row.value)
    bound = "≤ " if goal.less_is_better else ""
    floor = bound + goal.text(goal.floor) + (f", {goal.condition}" if goal.condition else "")
    return [row.name, row.ours, row.peer, measured, floor, bound + goal.text(goal.aim), row.verdict]


def _lines(columns: Sequence[str], cells: Sequence[Sequence[str]], left: int) -> list[str]:
    """A table whose first columns, `left` of them, are text."""
    marks = ["---" if index < left else "---:" for index in range(len(columns))]
    lines = [columns, marks, *cells]
    return ["| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines]
