"""What every tool can do."""

from __future__ import annotations

import os
import shutil
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path


class Tool(ABC):
    """Keeps a directory in a store of its own, and gives it back. Times are seconds, from files to files."""

    name: str
    # What reads and writes beside coding: it is told in the table.
    checks = ""
    modules: Iterable[str] = ()
    commands: Iterable[str] = ()

    def missing(self) -> str | None:
        """Why the tool cannot be measured here, if so."""
        absent = [name for name in self.modules if find_spec(name) is None]
        absent += [name for name in self.commands if shutil.which(name) is None]
        return f"not installed: {', '.join(absent)}" if absent else None

    def prepare(self, store: Path) -> None:
        """What comes before the first capture and is not timed. `store` does not exist."""

    @abstractmethod
    def capture(self, state: Path, store: Path) -> float: ...

    @abstractmethod
    def restore(self, store: Path, target: Path) -> float:
        """`target` is an empty directory."""


class InProcess(Tool):
    """A library, in this process: neither Python's start nor its imports count."""

    def capture(self, state: Path, store: Path) -> float:
        start = time.perf_counter()
        self.write(state, store)
        return time.perf_counter() - start

    def restore(self, store: Path, target: Path) -> float:
        start = time.perf_counter()
        self.read(store, target)
        return time.perf_counter() - start

    @abstractmethod
    def write(self, state: Path, store: Path) -> None: ...

    @abstractmethod
    def read(self, store: Path, target: Path) -> None: ...


def thread_count() -> int:
    return len(os.sched_getaffinity(0))
