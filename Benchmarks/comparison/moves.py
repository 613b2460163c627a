"""States that move as a whole: what an incremental saves of the frames of a trajectory, and of the real core's grid."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from . import material, states
from .datasets import DATASETS, molecules
from .material import Missing
from .report import Goal, Row, Table
from .scene import Scene

BOUND = "rel:1e-3"
TRAJECTORIES = Goal(floor=0.75, aim=0.65, less_is_better=True)
GRID = Goal(floor=0.06, aim=0.03, less_is_better=True)


@dataclass
class Moves:
    """Stored bytes, of each step after the first: of the region in an incremental and in a full; of the two files."""

    incremental: list[int] = field(default_factory=list)
    full: list[int] = field(default_factory=list)
    files: list[tuple[int, int]] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        return sum(self.incremental) / sum(self.full)


def moves(scene: Scene, folder: Path, steps: Iterable[NDArray], name: str, *options: str) -> Moves:
    """Captures each step as the file `name` twice: against the step before, and by itself."""
    found = Moves()
    state, store, container = folder / "state", folder / "store", folder / "full.hwp"
    for index, values in enumerate(steps):
        states.write_array(state, name, values)
        kind = "incremental" if index else "full"
        incremental = scene.program.json("create", state, "--store", store, "--type", kind, *options)
        if index:
            container.unlink(missing_ok=True)
            full = scene.program.json("create", state, "--output", container, *options)
            found.incremental.append(incremental["regions"][0]["storedBytes"])
            found.full.append(full["regions"][0]["storedBytes"])
            found.files.append((incremental["storedBytes"], full["storedBytes"]))
    scene.program.json("verify", "--store", store)
    for path in (state, store):
        shutil.rmtree(path)
    return found


def trajectories(scene: Scene) -> list[Row | Table]:
    """Each frame is a state, against the frame before it."""
    row = Row(f"positions of TRR frames within `{BOUND}`: region of the incremental / of a full", TRAJECTORIES, ours="")
    try:
        arrays = list(molecules.trr(DATASETS["molecules"].folder()))
    except Missing as reason:
        row.ours = str(reason)
        return [row]
    table = Table(
        f"TRR trajectories within `{BOUND}`, frame after frame",
        ["array", "frames", "atoms", "bytes of a frame", "full", "incremental", "ratio", "ratio of the files"],
        [],
        note="Stored bytes of the region, means of all frames but the first. x are positions, v velocities, f forces.",
    )
    positions = Moves()
    with scene.folder("moves") as folder:
        for array, frames in arrays:
            kind = array[-1]
            frames = frames[:2, :2048] if scene.small else frames
            found = moves(scene, folder, frames, f"{kind}.npy", "--quantize", f"**={BOUND}")
            extents = [f"{extent:,}" for extent in frames.shape[:2]]
            means = [f"{statistics.mean(sizes):,.0f}" for sizes in (found.full, found.incremental)]
            files = [sum(sizes) for sizes in zip(*found.files, strict=True)]
            ratios = [f"{found.ratio:.3f}×", f"{files[0] / files[1]:.3f}×"]
            table.cells.append([array, *extents, f"{frames[0].nbytes:,}", *means, *ratios])
            table.values.append({"array": array} | vars(found))
            if kind == "x":
                positions.incremental += found.incremental
                positions.full += found.full
    _fill(row, positions)
    return [row, table]


def core(scene: Scene, core_state: Path | None) -> list[Row | Table]:
    """The real core's grid in state B, against state A."""
    row = Row("the real grid (64³ c128), B after A: region of the incremental / of a full", GRID, ours="")
    with scene.folder("moves") as folder:
        try:
            grids = material.core_grids(core_state, folder)
            if len(grids) != 2:
                raise Missing(f"{len(grids)} grids of the real core where A and B are wanted")
        except Missing as reason:
            row.ours = str(reason)
            return [row]
        found = moves(scene, folder, [np.fromfile(grid, dtype="c16") for grid in grids], "psi.c128")
    _fill(row, found)
    for incremental, full in found.files:
        row.ours += f" (whole file: {incremental:,})"
        row.peer += f" (whole file: {full:,})"
    return [row]


def _fill(row: Row, found: Moves) -> None:
    row.value = found.ratio
    row.ours, row.peer = f"{sum(found.incremental):,} bytes", f"{sum(found.full):,} bytes"
    row.samples = vars(found)
