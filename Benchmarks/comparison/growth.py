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
    """Seconds a GiB of `create`, of the largest state and of 1 GiB, taken in turn.

    The goal is for field3d, of which little is stored. Of mixed nearly half is: its ratio is for the most part that of
    a plain write of as many bytes, which a virtual machine makes slow where it gives memory back that is not in use.
    """
    small, large = sizes(scene)[-2:]
    row = Row(
        f"`create`: seconds a GiB at {large // MIB:,} MiB / at {small // MIB:,} MiB (profile field3d)", GOAL, ours=""
    )
    table = Table(
        f"Seconds a GiB at {_size(small)} and at {_size(large)}",
        ["profile", "what", f"at {_size(small)}", f"at {_size(large)}", "ratio"],
        [],
        note="Medians of rounds that took all of them in turn. A plain write is of as many bytes as `create` stores; "
        "it and reading are in seconds a GiB of the state, too.",
    )
    for profile in ("field3d", "mixed"):
        try:
            measures = _measures(scene, profile, small, large)
        except Missing as reason:
            if profile == "field3d":
                row.ours = str(reason)
            table.cells.append([profile, str(reason), "", "", ""])
            continue
        for what, pairs in measures.items():
            ratio = statistics.median(after / before for before, after in pairs)
            before, after = (statistics.median(column) for column in zip(*pairs, strict=True))
            table.cells.append([profile, what, f"{before:.3f} s", f"{after:.3f} s", f"{ratio:.2f}×"])
            if profile == "field3d" and what == "`create`":
                row.ours, row.value = f"{before:.3f} s, then {after:.3f} s", ratio
            elif profile == "field3d":
                row.peer += f"{', ' if row.peer else ''}{what}: {ratio:.2f}×"
        table.values.append({"profile": profile} | measures)
    return [row, table]


def _measures(scene: Scene, profile: str, small: int, large: int) -> dict[str, list[list[float]]]:
    """Of each round the seconds a GiB of the small state and of the large one: creating, reading, a plain write."""
    measures: dict[str, list[list[float]]] = {"`create`": [], "reading": [], "a plain write": []}
    with scene.folder("growth") as folder:
        scene.need(max(UNIT, small) + large * 5 // 8 if not scene.small else 4 * large)
        unit = _unit(scene, folder, profile, small)
        directories = [unit, _linked(unit, folder / "large", large // small)]
        container, plain = folder / "state.hwp", folder / "plain"
        # The largest first, and one round that does not count: after that no page of memory is new to this machine.
        for index in range(1 + (1 if scene.small else 5)):
            found = {what: [0.0, 0.0] for what in measures}
            for place in (1, 0):
                state = directories[place]
                create = scene.program.process("create", state, "--output", container)
                stored = container.stat().st_size
                container.unlink()
                read = measured(["bash", "-c", 'find "$0" -type f -exec cat {} + >/dev/null', str(state)])
                write = measured(["bash", "-c", 'head -c "$0" /dev/zero >"$1"', str(stored), str(plain)])
                plain.unlink()
                gibibytes = states.byte_count(state) / UNIT
                for what, run in zip(measures, (create, read, write), strict=True):
                    found[what][place] = run.seconds / gibibytes
            if index:
                for what, pair in found.items():
                    measures[what].append(pair)
    return measures


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
            unit = _unit(scene, folder, "mixed", min(size, UNIT))
            state = unit if size <= UNIT else _linked(unit, folder / "large", size // UNIT)
            for cores in core_counts:
                value = _point(scene, folder, state, size, cores)
                table.values.append(value)
                cells = [
                    f"{value[verb]:.2f}" if verb in value else "no room" for verb in ("create", "verify", "restore")
                ]
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


def _unit(scene: Scene, folder: Path, profile: str, size: int) -> Path:
    scene.generate(folder / "unit", profile, size)
    return folder / "unit"


def _linked(unit: Path, directory: Path, copies: int) -> Path:
    for index in range(copies):
        shutil.copytree(unit, directory / f"{index:02}", copy_function=os.link)
    return directory


def _size(byte_count: int) -> str:
    mebibytes = byte_count // MIB
    return f"{mebibytes} MiB" if mebibytes < 1024 else f"{mebibytes // 1024} GiB"
