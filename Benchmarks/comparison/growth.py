"""How the whole grows: `create`, `verify` and `restore` from 1 MiB to 8 GiB, on one core and on all.

States of more than 1 GiB are links to the files of one of 1 GiB, so that they fit into memory together with what is
written: every byte is read, hashed, coded and written all the same, and 1 GiB is far more than any cache holds.
"""

from __future__ import annotations

import os
import shutil
import statistics
from pathlib import Path
from typing import Any

from . import states
from .material import Missing
from .program import measured
from .report import Goal, Row, Table
from .scene import MIB, Scene

UNIT = 1024 * MIB
GOAL = Goal(floor=1.15, aim=1.05, less_is_better=True)


def sizes(scene: Scene) -> tuple[int, ...]:
    return (MIB, 4 * MIB) if scene.small else (MIB, 16 * MIB, 256 * MIB, 1024 * MIB, 8192 * MIB)


def growth(scene: Scene) -> list[Row | Table]:
    """The ratio of the largest state's seconds a GiB to those of 1 GiB, taken in turn; and that of only reading."""
    small, large = sizes(scene)[-2:]
    row = Row(f"`create`: seconds a GiB at {large // MIB:,} MiB / at {small // MIB:,} MiB (profile mixed)", GOAL, ours="")
    with scene.folder("growth") as folder:
        try:
            scene.need(UNIT + large * 5 // 8 if not scene.small else 4 * large)
        except Missing as reason:
            row.ours = str(reason)
            return [row]
        unit = _unit(scene, folder, small)
        directories = [unit, _linked(unit, folder / "large", large // small)]
        container = folder / "state.hwp"
        measures: dict[str, list[list[float]]] = {"create": [], "read": []}
        # The largest first, and not counted: after that no page of memory is new.
        for index in range(1 + (1 if scene.small else 5)):
            create, read = [], []
            for directory in reversed(directories):
                gibibytes = states.byte_count(directory) / UNIT
                seconds = scene.program.process("create", directory, "--output", container).seconds
                container.unlink()
                create.insert(0, seconds / gibibytes)
                command = ["bash", "-c", 'find "$0" -type f -exec cat {} + >/dev/null', str(directory)]
                read.insert(0, measured(command).seconds / gibibytes)
            if index:
                measures["create"].append(create)
                measures["read"].append(read)
    ratios = {key: statistics.median(after / before for before, after in pairs) for key, pairs in measures.items()}
    medians = [statistics.median(column) for column in zip(*measures["create"], strict=True)]
    row.ours = f"{medians[0]:.3f} s, then {medians[1]:.3f} s a GiB"
    row.peer = f"only reading: {ratios['read']:.2f}×"
    row.value = ratios["create"]
    row.samples = measures
    return [row]


def curve(scene: Scene) -> list[Row | Table]:
    """Whole processes at each size, with one core and with all."""
    table = Table(
        "Growth of the whole, GB/s of the state (profile mixed, whole processes, files on tmpfs)",
        ["state", "cores", "create", "verify", "restore"],
        [],
        note="Medians; with one core the process is bound to it. States above 1 GiB are links to the files of one of "
        "1 GiB.",
    )
    core_counts = sorted({1, len(os.sched_getaffinity(0))})
    with scene.folder("curve") as folder:
        for size in sizes(scene):
            try:
                scene.need(min(size, UNIT) + size * 5 // 8)
            except Missing as reason:
                table.cells.append([_size(size), str(reason), "", "", ""])
                continue
            unit = _unit(scene, folder, min(size, UNIT))
            state = unit if size <= UNIT else _linked(unit, folder / "large", size // UNIT)
            for cores in core_counts:
                value = _point(scene, folder, state, size, cores)
                table.values.append(value)
                cells = [f"{value[verb]:.2f}" if verb in value else "no room" for verb in ("create", "verify", "restore")]
                table.cells.append([_size(size), str(cores), *cells])
            for directory in {unit, state}:
                shutil.rmtree(directory)
    return [table]


def _point(scene: Scene, folder: Path, state: Path, size: int, cores: int) -> dict[str, Any]:
    program = ["taskset", "--cpu-list", ",".join(map(str, sorted(os.sched_getaffinity(0))[:cores])), scene.program.path]
    container, target = folder / "state.hwp", folder / "target"
    raw = states.byte_count(state)
    commands = {
        "create": ["create", state, "--output", container],
        "verify": ["verify", container],
        "restore": ["restore", container, target],
    }
    try:
        scene.need(min(size, UNIT) + size * 13 // 8)
    except Missing:
        del commands["restore"]
    seconds: dict[str, list[float]] = {verb: [] for verb in commands}
    repeats = 1 if scene.small else 3 if size > UNIT else 5
    for index in range(1 + repeats):
        for verb, arguments in commands.items():
            run = measured([str(word) for word in [*program, *arguments, "--quiet"]])
            if index:
                seconds[verb].append(run.seconds)
        container.unlink()
        shutil.rmtree(target, ignore_errors=True)
    rates = {verb: raw / statistics.median(values) / 1e9 for verb, values in seconds.items()}
    return {"bytes": raw, "cores": cores, "seconds": seconds} | rates


def _unit(scene: Scene, folder: Path, size: int) -> Path:
    scene.generate(folder / "unit", "mixed", size)
    return folder / "unit"


def _linked(unit: Path, directory: Path, copies: int) -> Path:
    for index in range(copies):
        shutil.copytree(unit, directory / f"{index:02}", copy_function=os.link)
    return directory


def _size(byte_count: int) -> str:
    mebibytes = byte_count // MIB
    return f"{mebibytes} MiB" if mebibytes < 1024 else f"{mebibytes // 1024} GiB"
