"""HoloSnap as a user runs it: the command line and its JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import child


class Failed(Exception):
    """A command did not succeed; the message holds its own words."""


@dataclass(frozen=True)
class Stage:
    """One stage of `holosnap bench`: the median of its repeats, memory to memory."""

    device: str
    byte_count: int
    stored_byte_count: int
    seconds: float


@dataclass(frozen=True)
class Process:
    """A whole process: from its start to its end."""

    seconds: float
    peak_byte_count: int


class HoloSnap:
    def __init__(self, path: Path) -> None:
        self.path = path

    def version(self) -> str:
        return self._run("--version").strip()

    def json(self, *arguments: object) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self._run(*arguments, "--json"))
        return document

    def bench(
        self,
        stage: str,
        state: Path,
        *,
        backend: str,
        repeats: int,
        workers: int | None = None,
        output: Path | None = None,
    ) -> Stage:
        options: list[object] = ["--backend", backend, "--repeats", repeats]
        if workers is not None:
            options += ["--workers", workers]
        if output is not None:
            options += ["--output", output]
        entry = self.json("bench", "--stage", stage, "--state", state, *options)["stages"][0]
        return Stage(
            device=f"{entry['backend']}: {entry['device']}",
            byte_count=entry["bytes"],
            stored_byte_count=entry["storedBytes"],
            seconds=entry["seconds"],
        )

    def create(self, state: Path, output: Path, *, backend: str = "auto") -> dict[str, Any]:
        output.unlink(missing_ok=True)
        return self.json("create", state, "--output", output, "--backend", backend)

    def process(self, *arguments: object) -> Process:
        """Runs a command and measures it whole."""
        return measured([str(self.path), *map(str, arguments), "--quiet"])

    def _run(self, *arguments: object) -> str:
        return output([self.path, *arguments])


def measured(
    command: list[str], *, directory: Path | None = None, environment: dict[str, str] | None = None
) -> Process:
    """Runs a command as a child of a small process (see child.py), and measures it from its start to its end."""
    result = subprocess.run(
        [sys.executable, "-S", "-E", child.__file__, *command],
        cwd=directory,
        env=None if environment is None else os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    report = json.loads(result.stdout)
    if report["status"] != 0:
        raise Failed(f"{' '.join(command)}: exit status {report['status']}\n{result.stderr}")
    return Process(seconds=report["seconds"], peak_byte_count=report["peakBytes"])


def output(command: list[object]) -> str:
    """Runs a command, and gives what it prints."""
    words = [str(word) for word in command]
    result = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Failed(f"{' '.join(words)}: exit status {result.returncode}\n{result.stderr}{result.stdout}")
    return result.stdout
