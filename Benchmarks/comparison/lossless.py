"""What stays of each real data set: HoloSnap's whole container against what pcodec and Blosc2 make of the arrays."""

from __future__ import annotations

from pathlib import Path

from numpy.typing import NDArray

from . import states
from .datasets import DATASETS
from .material import Missing
from .report import Goal, Row, Table
from .scene import Scene
from .tools.pieces import Blosc2, Pcodec, blosc2_chunks, pcodec_bytes

PCODEC = Goal(floor=1.08, aim=1.03, less_is_better=True)
BLOSC2 = Goal(floor=1.00, aim=0.95, less_is_better=True)
# Ways of `create` that are shown beside its usual one.
WAYS = {"high": ("--level", "high"), "untransformed": ("--transform", "none")}
# Arrays of less than this part of their set are summed up in the table.
SHOWN = 0.01


def sizes(scene: Scene, name: str) -> list[Row | Table]:
    pcodec = Row(f"lossless size of {name} ({DATASETS[name].package}) / pcodec's", PCODEC, ours="")
    blosc2 = Row(f"lossless size of {name} ({DATASETS[name].package}) / Blosc2's best", BLOSC2, ours="")
    with scene.folder("lossless") as folder:
        state, container = folder / "state", folder / "state.hwp"
        try:
            scene.state(name, state, 0)
        except Missing as reason:
            pcodec.ours = blosc2.ours = str(reason)
            return [pcodec, blosc2]
        stored = {"holosnap": _regions(scene, state, container)}
        total = container.stat().st_size
        states.check_types(scene.program, state, container)
        for way, options in WAYS.items():
            stored[way] = _regions(scene, state, container, *options)
        arrays = list(states.arrays(state))
        for row, key, tool, code in (
            (pcodec, "pcodec", Pcodec(), lambda values: len(pcodec_bytes(values))),
            (blosc2, "blosc2", Blosc2(), _best_blosc2),
        ):
            row.ours = tool.missing() or f"{total:,} bytes"
            if not tool.missing():
                stored[key] = {array: code(values) for array, values in arrays}
                theirs = sum(stored[key].values())
                row.peer, row.value = f"{theirs:,} bytes", total / theirs
        return [pcodec, blosc2, _table(name, {array: values.nbytes for array, values in arrays}, stored)]


def _regions(scene: Scene, state: Path, container: Path, *options: str) -> dict[str, int]:
    container.unlink(missing_ok=True)
    regions = scene.program.json("create", state, "--output", container, *options)["regions"]
    return {region["name"]: region["storedBytes"] for region in regions}


def _best_blosc2(values: NDArray) -> int:
    """The least of shuffle and bitshuffle, at the usual level and at the highest, with LZ4."""
    import blosc2

    filters = blosc2.Filter.SHUFFLE, blosc2.Filter.BITSHUFFLE
    return min(blosc2_chunks(values, shuffle, level).cbytes for shuffle in filters for level in (5, 9))


def _table(name: str, raw: dict[str, int], stored: dict[str, dict[str, int]]) -> Table:
    whole = sum(raw.values())
    order = sorted(raw, key=lambda array: -raw[array])
    shown = [[array] for array in order if raw[array] >= SHOWN * whole]
    if rest := [array for array in order if raw[array] < SHOWN * whole]:
        shown.append(rest)
    shown.append(order)
    cells = []
    for group in shown:
        label = group[0] if len(group) == 1 else "**all**" if group is order else f"{len(group)} smaller ones"
        sums = {key: sum(of[array] for array in group) for key, of in stored.items()}
        size = sum(raw[array] for array in group)
        cells.append([label, f"{size:,}", *(f"{100 * sums[key] / size:.1f}%" for key in stored)])
    return Table(
        f"Arrays of {name}: what stays",
        ["array", "bytes", *stored],
        cells,
        note=f"Parts of the raw bytes. `high` is `create {' '.join(WAYS['high'])}`, `untransformed` "
        f"`create {' '.join(WAYS['untransformed'])}`; container tables are not in here.",
        values=[
            {"array": array, "raw": raw[array]} | {key: of[array] for key, of in stored.items()} for array in order
        ],
    )
