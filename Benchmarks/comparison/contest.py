"""Every tool on every state: captures, restores and what is stored."""

from __future__ import annotations

import shutil
import statistics
from pathlib import Path
from typing import Any

from . import states
from .material import Missing
from .report import Table
from .scene import MIB, Scene
from .tools import all_tools
from .tools.base import Tool


def contest(scene: Scene, name: str) -> list[Table]:
    """One table: the tools take turns, after one run of each that does not count and must give the state back."""
    table = Table(
        f"State {name}",
        ["tool", "capture", "restore", "stored", "ratio", "checks meanwhile"],
        [],
        note="",
    )
    with scene.folder("contest") as folder:
        state = folder / "state"
        try:
            scene.state(name, state, 4 * MIB if scene.small else 256 * MIB)
            scene.need(4 * states.byte_count(state))
        except Missing as reason:
            table.note = f"Not measured: {reason}."
            return [table]
        raw = states.byte_count(state)
        count = len(states.files(state))
        table.note = f"{count:,} {'file' if count == 1 else 'files'}, {raw / MIB:,.1f} MiB."
        tools = all_tools(scene.program, scene.scratch)
        absent = {tool.name: reason for tool in tools if (reason := tool.missing())}
        present = [tool for tool in tools if tool.name not in absent]
        samples: dict[str, dict[str, Any]] = {}
        for tool in present:
            stored, capture, restore = _once(tool, folder, check=True)
            samples[tool.name] = {"storedBytes": stored, "captureSeconds": [], "restoreSeconds": []}
            if scene.small:
                samples[tool.name] |= {"captureSeconds": [capture], "restoreSeconds": [restore]}
        for _ in range(0 if scene.small else 5):
            for tool in present:
                _, capture, restore = _once(tool, folder, check=False)
                samples[tool.name]["captureSeconds"].append(capture)
                samples[tool.name]["restoreSeconds"].append(restore)
    for tool in tools:
        if tool.name in absent:
            table.cells.append([tool.name, absent[tool.name], "", "", "", ""])
            continue
        sample = samples[tool.name]
        capture, restore = (statistics.median(sample[key]) for key in ("captureSeconds", "restoreSeconds"))
        stored = sample["storedBytes"]
        row = [tool.name, _rate(raw, capture), _rate(raw, restore), f"{stored:,}", f"{raw / stored:.3f}", tool.checks]
        table.cells.append(row)
        table.values.append({"tool": tool.name, "rawBytes": raw, "capture": capture, "restore": restore} | sample)
    return [table]


def _once(tool: Tool, folder: Path, *, check: bool) -> tuple[int, float, float]:
    """Bytes stored, and the seconds of a capture and of a restore."""
    store, target = folder / "store", folder / "target"
    tool.prepare(store)
    capture = tool.capture(folder / "state", store)
    target.mkdir()
    restore = tool.restore(store, target)
    if check and not states.same(folder / "state", target):
        raise RuntimeError(f"{tool.name} did not give the state back")
    stored = states.byte_count(store)
    shutil.rmtree(target)
    shutil.rmtree(store) if store.is_dir() else store.unlink()
    return stored, capture, restore


def _rate(byte_count: int, seconds: float) -> str:
    return f"{seconds * 1e3:,.0f} ms, {byte_count / seconds / 1e9:.2f} GB/s"
