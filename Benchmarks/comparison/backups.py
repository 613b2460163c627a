"""Backup programs that have a state already, and see it again where one page in a hundred has changed."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from . import states
from .material import Missing, change_pages
from .measure import seconds_text
from .report import Goal, Row, Table
from .scene import MIB, Scene
from .tools.archives import Borg, Restic


SPEED = Goal(floor=3.0, aim=10.0)
STORED = Goal(floor=1.0, aim=0.5, less_is_better=True)


@dataclass
class Captures:
    """Of one tool: seconds, and by how many bytes its store grew. The first capture does not count."""

    seconds: list[float] = field(default_factory=list)
    byte_counts: list[int] = field(default_factory=list)

    def add(self, store: Path, capture: Callable[[], float]) -> None:
        before = states.byte_count(store)
        self.seconds.append(capture())
        self.byte_counts.append(states.byte_count(store) - before)


def backups(scene: Scene) -> list[Row | Table]:
    """Each round changes some pages, and every tool captures the state into its store, which has all states before."""
    size = 16 * MIB if scene.small else 1024 * MIB
    restic, borg = Restic(scene.scratch), Borg(scene.scratch)
    tools = {"restic backup": restic, "borg create": borg}
    rows = {name: _rows(name, size, tool.missing() or "") for name, tool in tools.items()}
    every = [row for pair in rows.values() for row in pair]
    with scene.folder("backups") as folder:
        try:
            scene.need(7 * size)
        except Missing as reason:
            for row in every:
                row.ours = str(reason)
            return [*every]
        state, store = folder / "state", folder / "store"
        stores = {name: folder / tool.name for name, tool in tools.items() if not tool.missing()}

        def ours(kind: str) -> float:
            return scene.program.process("create", state, "--store", store, "--type", kind).seconds

        def peer(name: str, number: int) -> float:
            archive = (f"state-{number}",) if name == "borg create" else ()
            return tools[name].capture(state, stores[name], *archive)

        scene.generate(state, "mixed", size)
        ours("full")
        for name in stores:
            tools[name].prepare(stores[name])
            peer(name, 0)
        mine, theirs = Captures(), {name: Captures() for name in stores}
        generator = np.random.default_rng(8)
        for number in range(1, 3 if scene.small else 5):
            change_pages(states.files(state), generator)
            for name, captures in theirs.items():
                captures.add(stores[name], lambda name=name, number=number: peer(name, number))
            mine.add(store, lambda: ours("incremental"))
        scene.program.json("verify", "latest", "--store", store)
        for name, captures in theirs.items():
            _fill(*rows[name], mine, captures)
        if "restic backup" in stores:
            opening = restic.opening(stores["restic backup"])
            rows["restic backup"][0].peer += f" (of it {opening:.2f} s to open the repository)"
    return [*every]


def _rows(peer: str, size: int, ours: str) -> tuple[Row, Row]:
    name = f"`create` of an incremental of {size // MIB:,} MiB, 1% of the pages changed / `{peer}`"
    return Row(f"{name}, speed", SPEED, ours), Row(f"{name}, stored bytes", STORED, ours)


def _fill(speed: Row, stored: Row, ours: Captures, peer: Captures) -> None:
    seconds = list(zip(ours.seconds[1:], peer.seconds[1:], strict=True))
    speed.value = statistics.median(theirs / mine for mine, theirs in seconds)
    speed.ours, speed.peer = (seconds_text(statistics.median(side)) for side in zip(*seconds, strict=True))
    speed.samples = {"holosnapSeconds": ours.seconds, "peerSeconds": peer.seconds}
    byte_counts = list(zip(ours.byte_counts[1:], peer.byte_counts[1:], strict=True))
    stored.value = statistics.median(mine / theirs for mine, theirs in byte_counts)
    stored.ours, stored.peer = (f"{statistics.median(side) / MIB:.2f} MiB" for side in zip(*byte_counts, strict=True))
    stored.samples = {"storedBytes": ours.byte_counts, "peerBytes": peer.byte_counts}
