"""The library in a program: how long a capture stops it, how fast it is, how memory grows, what a changed blob takes."""

from __future__ import annotations

import json
import re
import statistics
from pathlib import Path
from typing import Any

import numpy as np

from . import states
from .measure import seconds_text
from .program import output
from .report import Goal, Row, Table
from .scene import MIB, Scene

ROOT = Path(__file__).resolve().parents[2]
PAUSE = Goal(floor=1.3, aim=1.1, less_is_better=True)
CAPTURE = Goal(floor=1.0, aim=1.0)
GROWTH = Goal(floor=2048, aim=256, unit="KiB", less_is_better=True)
BLOB = Goal(floor=256, aim=64, unit="KiB", less_is_better=True)
LINES = Goal(floor=30, aim=20, unit="lines", less_is_better=True)


class Library:
    """libholosnap of the program's own build, and programs that use it."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        objects = scene.program.path.resolve().parent / "libHoloSnapC.a"
        self.folder = folder
        output([ROOT / "scripts/build-library", folder / "built", objects])
        output([ROOT / "scripts/install-library", folder / "built", folder / "installed"])

    def program(self, source: str) -> Path:
        path = self.folder / Path(source).stem
        library = self.folder / "installed/lib"
        flags = ["-std=gnu11", "-O2", f"-I{self.folder / 'installed/include'}", f"-L{library}", f"-Wl,-rpath,{library}"]
        output(["gcc", *flags, ROOT / source, "-lholosnap", "-pthread", "-o", path])
        return path


def embedding(scene: Scene) -> list[Row | Table]:
    with scene.folder("embedding") as folder:
        library = Library(scene, folder)
        measure = library.program("Benchmarks/embedding/measure.c")
        rows = [*_captures(scene, folder, measure), _blob(scene, folder, measure), _growth(scene, library), _lines()]
    return [*rows]


def _captures(scene: Scene, folder: Path, measure: Path) -> list[Row]:
    size = 16 * MIB if scene.small else 512 * MIB
    state, store = folder / "state", folder / "store"
    scene.generate(state, "mixed", size)
    files = _without_headers(state)
    # The same code differs by a third from process to process (where its memory lies), less from repeat to repeat.
    rounds, repeats = (1, 1) if scene.small else (15, 3)
    samples: list[dict[str, Any]] = []
    peer: list[float] = []
    for _ in range(rounds):
        samples += [json.loads(line) for line in output([measure, "captures", store, repeats, *files]).splitlines()]
        for _ in range(repeats):
            peer.append(scene.program.process("create", state, "--store", folder / "cli", "--backend", "host").seconds)
            for path in states.files(folder / "cli"):
                path.unlink()
    pauses, copies, staged, in_place = (
        [sample[key] for sample in samples] for key in ("pause", "memcpy", "capture", "inPlace")
    )
    what = f"{samples[0]['bytes'] / MIB:,.0f} MiB in {len(files)} regions"
    of_create = "capture through the C interface, memory to tmpfs / `create` of the same state, speed"
    return [
        _row(f"pause of a staged capture / `memcpy` of the same bytes between warm buffers, {what}", PAUSE, pauses, copies),
        _row(f"staged {of_create}, {what}", CAPTURE, staged, peer),
        _row(f"in place {of_create}, {what}", CAPTURE, in_place, peer),
    ]


def _row(name: str, goal: Goal, ours: list[float], peer: list[float]) -> Row:
    """Seconds of ours and of the peer's, which were not taken in turn: the ratio of their medians."""
    seconds = statistics.median(ours), statistics.median(peer)
    row = Row(name, goal, *map(seconds_text, seconds), samples={"holosnapSeconds": ours, "peerSeconds": peer})
    row.value = seconds[0] / seconds[1] if goal.less_is_better else seconds[1] / seconds[0]
    return row


def _without_headers(state: Path) -> list[Path]:
    """Leaves the large arrays of a state alone, with their types in their names: a program's regions and the same as files."""
    suffixes = {np.dtype(type): suffix for suffix, type in states.SUFFIXES.items()}
    for path in states.files(state):
        if path.stat().st_size < MIB:
            path.unlink()
        elif path.suffix == ".npy":
            values = np.load(path)
            values.tofile(path.with_suffix(suffixes[values.dtype]))
            path.unlink()
    return states.files(state)


def _blob(scene: Scene, folder: Path, measure: Path) -> Row:
    """An index of 5,000 records as JSON, in which one record gets other contents of another length."""
    generator = np.random.default_rng(8)
    words = ["wave", "phase", "grid", "field", "amplitude", "memory", "trace", "lattice", "mode", "shell"]
    records = [
        {"id": f"{generator.integers(1 << 62):016x}", "text": " ".join(generator.choice(words, 270)), "weight": weight}
        for weight in generator.random(50 if scene.small else 5000).tolist()
    ]
    before, after = folder / "before.json", folder / "after.json"
    before.write_text(json.dumps(records))
    records[len(records) // 3]["text"] = " ".join(generator.choice(words, 290))
    after.write_text(json.dumps(records))
    lines = output([measure, "blob", folder / "blobs", before, after]).splitlines()
    full, incremental = (json.loads(line) for line in lines)
    row = Row(
        f"a blob of {full['bytes'] / MIB:.1f} MiB of JSON, one record of {len(records):,} changed: "
        "stored by an incremental",
        BLOB,
        ours=f"{incremental['stored']:,} bytes",
        peer=f"{full['stored']:,} bytes in the full one",
    )
    row.value = incremental["stored"] / 1024
    row.samples = {"full": full, "incremental": incremental}
    return row


def _growth(scene: Scene, library: Library) -> Row:
    rounds = 20 if scene.small else 1000
    printed = output([library.program("Tests/Embedding/growth.c"), rounds])
    before, after = (int(kibibytes) for kibibytes in re.findall(r"(\d+) KiB", printed))
    row = Row(f"growth of resident memory over {rounds:,} rounds of captures and restores", GROWTH, ours="")
    row.ours, row.peer = f"{after:,} KiB at the end", f"{before:,} KiB after the warm-up"
    row.value = float(max(0, after - before))
    row.samples = {"before": before, "after": after}
    return row


def _lines() -> Row:
    source = (ROOT / "Examples/embed-cpp/wiring.cpp").read_text()
    lines = [line.strip() for line in source.splitlines()]
    count = sum(1 for line in lines if line and not line.startswith(("//", "#")))
    name = "lines that connect the example's core (grid, vectors, index, hooks, commit)"
    return Row(name, LINES, ours="", value=count)

