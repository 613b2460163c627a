"""HoloSnap itself, as its users run it."""

from __future__ import annotations

from pathlib import Path

from ..program import HoloSnap
from .base import Tool


class Snapshot(Tool):
    checks = "BLAKE3 of every byte, both ways"

    def __init__(self, program: HoloSnap, name: str, *options: str, suffix: str = "hwp") -> None:
        self.program = program
        self.name = name
        self.options = options
        self.suffix = suffix

    def capture(self, state: Path, store: Path) -> float:
        store.mkdir()
        return self.program.process("create", state, "--output", self._container(store), *self.options).seconds

    def restore(self, store: Path, target: Path) -> float:
        target.rmdir()  # restore makes it
        return self.program.process("restore", self._container(store), target).seconds

    def _container(self, store: Path) -> Path:
        return store / f"state.{self.suffix}"
