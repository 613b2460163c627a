"""What every measurement works with."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import states
from .datasets import DATASETS
from .material import Missing
from .program import HoloSnap

MIB = 1 << 20


@dataclass(frozen=True)
class Scene:
    """The program, a directory on a tmpfs, and how much of it may be filled."""

    program: HoloSnap
    scratch: Path
    limit: int
    small: bool

    @property
    def profiles(self) -> tuple[str, ...]:
        """Those of `generate` that are measured."""
        return states.PROFILES[-1:] if self.small else states.PROFILES

    @contextmanager
    def folder(self, name: str) -> Iterator[Path]:
        """A directory that is gone afterwards, with all that is in it."""
        path = self.scratch / name
        path.mkdir()
        try:
            yield path
        finally:
            shutil.rmtree(path)

    def need(self, byte_count: int) -> None:
        """Raises Missing where so much may not be written to the scratch directory."""
        free = min(self.limit, shutil.disk_usage(self.scratch).free)
        if byte_count > free:
            raise Missing(f"needs {byte_count // MIB:,} MiB on tmpfs, of which {free // MIB:,} MiB may be filled")

    def generate(self, directory: Path, profile: str, byte_count: int) -> None:
        self.program.json("generate", directory, "--profile", profile, "--size", byte_count)

    def state(self, name: str, directory: Path, byte_count: int) -> None:
        """Writes the real data set (of each array a little, if small) or, of about `byte_count`, that profile."""
        if name in DATASETS:
            DATASETS[name].write(directory, most=4096 if self.small else None)
        elif name in states.PROFILES:
            self.generate(directory, name, byte_count)
        else:
            raise Missing(f"there is no state {name}")
