"""States that move as a whole: what an incremental saves of the frames of a trajectory, and of the real core's grid."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Callable, Iterable
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


def drift(scene: Scene) -> list[Row | Table]:
    """Every value of a state changes a little, three times: what an incremental stores of it."""
    generator = np.random.default_rng(7)
    count = 40_000 if scene.small else 4_000_000
    weights = np.frombuffer(material.model_weights(), "f4")[:count] if not scene.small else None
    if weights is None or weights.size < count:
        weights = (0.02 * generator.normal(size=count)).astype("f4")
    side = int((count / 2) ** 0.5)
    line = np.linspace(0, 40, side)
    field = np.sin(line)[:, None] * np.cos(1.3 * line)[None] + 1e-3 * generator.normal(size=(side, side))
    counts = generator.integers(0, 1 << 20, size=count // 4).astype("i4")

    def scaled(values: NDArray, part: float) -> NDArray:
        return (values * (1 + part * generator.normal(size=values.shape))).astype(values.dtype)

    experiments: list[tuple[str, NDArray, str, Callable[[NDArray], NDArray]]] = [
        ("weights, f32", weights, "", lambda values: scaled(values, 1e-4)),
        ("weights, f16", weights.astype("f2"), "", lambda values: scaled(values, 1e-4)),
        ("weights, f32", weights, "rel:1e-3", lambda values: scaled(values, 1e-3)),
        ("field, f64", field, "", lambda values: scaled(values, 1e-4)),
        ("field, f64", field, "rel:1e-4", lambda values: scaled(values, 1e-3)),
        ("counts, i32", counts, "", lambda values: values + generator.integers(-3, 4, size=values.size, dtype="i4")),
    ]
    table = Table(
        "Every value changes a little",
        ["region", "bound", "bytes", "full", "incremental", "ratio"],
        [],
        note="Stored bytes of the region, means of three steps. Floating-point values are multiplied by 1 + a normal deviate of "
        "1e-4 (within a bound 1e-3); counts change by -3 to 3.",
    )
    with scene.folder("moves") as folder:
        for name, values, bound, change in experiments:
            steps = [values]
            for _ in range(3):
                steps.append(change(steps[-1]))
            options = ("--quantize", f"**={bound}") if bound else ()
            found = moves(scene, folder, steps, "values.npy", *options)
            means = [f"{statistics.mean(sizes):,.0f}" for sizes in (found.full, found.incremental)]
            table.cells.append([name, bound or "exact", f"{values.nbytes:,}", *means, f"{found.ratio:.3f}×"])
            table.values.append({"region": name, "bound": bound} | vars(found))
    return [table]


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
