"""One row a measured quantity, as Markdown for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
            return "**below the floor**"
        return "floor" if self._misses(value, self.aim) else "aim"

    def text(self, value: float) -> str:
        digits = f"{value:.2f}" if self.unit == "×" else f"{value:.1f}" if value < 100 else f"{value:.0f}"
        return f"{digits} {self.unit}".replace(" ×", "×")

    def _misses(self, value: float, mark: float) -> bool:
        return value > mark if self.less_is_better else value < mark


@dataclass
class Row:
    """A measured quantity. `value` is None where it could not be measured; `ours` then says why."""

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


def markdown(rows: Sequence[Row], facts: Mapping[str, str]) -> str:
    lines = [f"- {name}: {value}" for name, value in facts.items()]
    lines += ["", "| what | HoloSnap | peer | measured | floor | aim | reached |", "|---|---|---|---:|---:|---:|---|"]
    for row in rows:
        goal = row.goal
        measured = "" if row.value is None else goal.text(row.value)
        bound = "≤ " if goal.less_is_better else ""
        floor = bound + goal.text(goal.floor) + (f", {goal.condition}" if goal.condition else "")
        cells = [row.name, row.ours, row.peer, measured, floor, bound + goal.text(goal.aim), row.verdict]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def document(rows: Sequence[Row], facts: Mapping[str, str]) -> dict[str, Any]:
    return {
        "facts": dict(facts),
        "rows": [
            {
                "what": row.name,
                "holosnap": row.ours,
                "peer": row.peer,
                "value": row.value,
                "unit": row.goal.unit,
                "floor": row.goal.floor,
                "aim": row.goal.aim,
                "reached": row.verdict.strip("*"),
                "samples": row.samples,
            }
            for row in rows
        ],
    }
