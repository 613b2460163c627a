"""Whole processes against each other: many small files, a first backup, one region out of a large snapshot."""

from __future__ import annotations

import os
import shutil
import statistics
from pathlib import Path

import numpy as np

from . import material
from .measure import Effort, in_turn, seconds_text
from .report import Goal, Row, Table
from .scene import MIB, Scene
from .tools.archives import Restic, Tar
from .tools.base import Tool
from .tools.snapshots import Snapshot

SMALL_FILE = 4 << 10
UNIT_FILES = 16


def many_files(scene: Scene) -> list[Row | Table]:
    count = 100 if scene.small else 10_000
    row = Row(
        f"`create` of {count:,} files of 4 KiB / `tar | lz4` of the same, time",
        Goal(floor=2.0, aim=1.0, less_is_better=True),
        ours="",
    )
    with scene.folder("many") as folder:
        values = np.cumsum(np.random.default_rng(3).standard_normal(count * SMALL_FILE // 4, dtype=np.float32))
        content = memoryview(values.astype(np.float32)).cast("B")
        for index in range(count):
            directory = folder / "state" / f"{index // 100:03}"
            directory.mkdir(parents=True, exist_ok=True)
            start = index * SMALL_FILE
            (directory / f"{index % 100:02}.f32").write_bytes(content[start : start + SMALL_FILE])
        return [_against(scene, folder, row, Tar("tar | lz4", "lz4 -q -1", "lz4 -q -d"), 15, faster=False)]


def first_backup(scene: Scene) -> list[Row | Table]:
    size = 16 * MIB if scene.small else 1024 * MIB
    row = Row(
        f"`create` of a directory of {size // MIB} MiB (profile mixed) / restic's first backup of it, speed",
        Goal(floor=3.0, aim=5.0),
        ours="",
    )
    with scene.folder("backup") as folder:
        scene.need(2 * size)
        scene.generate(folder / "state", "mixed", size)
        restic = Restic(scene.scratch)
        row = _against(scene, folder, row, restic, 5, faster=True)
        if row.value is not None:
            store = folder / "opened"
            restic.prepare(store)
            row.peer += f" (of it {restic.opening(store):.2f} s to open the repository)"
        return [row]


def _against(scene: Scene, folder: Path, row: Row, peer: Tool, rounds: int, *, faster: bool) -> Row:
    """Fills in the row with captures of `folder`/state, ours and the peer's in turn; the first ones do not count."""
    if reason := peer.missing():
        row.ours = reason
        return row
    ours = Snapshot(scene.program, "HoloSnap")

    def capture(tool: Tool) -> float:
        store = folder / "store"
        tool.prepare(store)
        seconds = tool.capture(folder / "state", store)
        shutil.rmtree(store) if store.is_dir() else store.unlink()
        return seconds

    capture(peer), capture(ours)
    effort = Effort(rounds=1 if scene.small else rounds, repeats=1)
    samples = in_turn(effort, lambda: capture(ours), lambda: capture(peer))
    row.ours, row.peer = (seconds_text(seconds) for seconds in samples.seconds)
    row.value = samples.speed_ratio if faster else 1 / samples.speed_ratio
    row.samples = vars(samples)
    return row


def extract(scene: Scene, suffix: str) -> list[Row | Table]:
    """The large files are links of one: what a reader must step over is there all the same."""
    size = 16 * MIB if scene.small else 4096 * MIB
    row = Row(
        f"`extract` of a region of 1 MiB from a `.{suffix}` of {size // MIB} MiB of state, whole process",
        Goal(floor=100, aim=30, unit="ms", less_is_better=True, condition="≤ 64 MiB of memory"),
        ours="",
    )
    with scene.folder("extract") as folder:
        state, container, target = folder / "state", folder / f"state.{suffix}", folder / "region"
        unit = size // UNIT_FILES
        scene.need(size + 2 * unit)
        values = np.random.default_rng(4).standard_normal(unit // 4, dtype=np.float32)
        first = material.write(state / "large-00.f32", values.view(np.uint8))
        del values
        for index in range(1, UNIT_FILES):
            os.link(first, state / f"large-{index:02}.f32")
        # In the middle of the names, so of the container too.
        material.write(state / "large-08-wanted.f32", material.stand_in_weights(MIB))
        scene.program.process("create", state, "--output", container)
        runs = []
        for _ in range(3 if scene.small else 31):
            target.unlink(missing_ok=True)
            runs.append(scene.program.process("extract", container, "large-08-wanted.f32", "--output", target))
        if target.read_bytes() != (state / "large-08-wanted.f32").read_bytes():
            row.ours = "gave other bytes"
            return [row]
    runs = runs[1:]
    peak = max(run.peak_byte_count for run in runs)
    row.value = statistics.median(run.seconds for run in runs) * 1e3
    row.ours = f"fastest {min(run.seconds for run in runs) * 1e3:.1f} ms of {len(runs)}; peak {peak / MIB:.0f} MiB"
    row.condition_holds = peak <= 64 * MIB
    row.samples = {"seconds": [run.seconds for run in runs], "peakBytes": [run.peak_byte_count for run in runs]}
    return [row]
