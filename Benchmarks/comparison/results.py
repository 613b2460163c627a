"""The results of parts, kept in a JSON file: a run may measure some parts anew and keep the others."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .report import Goal, Row, Table


@dataclass
class Part:
    """What one measurement gave. `measured` is the day, `load` the cores that others kept busy meanwhile."""

    measured: str
    load: float
    rows: list[Row]
    tables: list[Table]


@dataclass
class Results:
    facts: dict[str, str] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)

    @staticmethod
    def read(path: Path) -> Results:
        document = json.loads(path.read_text())
        parts = {}
        for name, part in document["parts"].items():
            rows = [Row(**row | {"goal": Goal(**row["goal"])}) for row in part["rows"]]
            tables = [Table(**table) for table in part["tables"]]
            parts[name] = Part(part["measured"], part["load"], rows, tables)
        return Results(document["facts"], parts)

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    def add(self, name: str, measured: str, load: float, results: Sequence[Row | Table]) -> None:
        rows = [result for result in results if isinstance(result, Row)]
        tables = [result for result in results if isinstance(result, Table)]
        self.parts[name] = Part(measured, load, rows, tables)

    def in_order(self, names: Iterable[str]) -> list[Part]:
        return [self.parts[name] for name in names if name in self.parts]
