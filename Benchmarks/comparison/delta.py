"""Incremental snapshots where one page in a hundred has changed at random: what one costs, and what many cost."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import lz4.block
import numpy as np
from blake3 import blake3

from . import material, states
from .ledger import LZ4_FRAMING, Chunks, Ledger
from .material import PAGE, Missing, change_pages
from .measure import Effort, in_turn, seconds_text
from .program import measured
from .report import Goal, Row, Table
from .scene import MIB, Scene

TIME = Goal(floor=2.0, aim=1.3, less_is_better=True)
CHANGED = Goal(floor=200, aim=100, unit="bytes", less_is_better=True)
NOT_CHANGED = Goal(floor=100, aim=50, unit="bytes", less_is_better=True)
STORED = Goal(floor=3.0, aim=2.4, less_is_better=True)
RESTORE = Goal(floor=1.5, aim=1.1, less_is_better=True)
# Those of a series that its table shows.
SHOWN = (1, 4, 7, 9, 10, 25, 50, 75, 100)


def changed(scene: Scene) -> list[Row | Table]:
    """One change, captured several times against one base."""
    size = 16 * MIB if scene.small else 2048 * MIB
    what = f"incremental of {size // MIB:,} MiB, 1% of the pages changed"
    seconds = Row(f"`create` of an {what} / `b3sum` of the files, time", TIME, ours="")
    rows = [seconds]
    for kind, goal in (("a changed chunk", CHANGED), ("a chunk not changed", NOT_CHANGED)):
        rows.append(Row(f"{what}: stored above changed blocks and their digests, {kind}", goal, ours=""))
    with scene.folder("delta") as folder:
        try:
            scene.need(2 * size)
        except Missing as reason:
            for row in rows:
                row.ours = str(reason)
            return [*rows]
        state, base, container = folder / "state", folder / "base.hwp", folder / "incremental.hwp"
        scene.generate(state, "mixed", size)
        scene.program.create(state, base)
        change_pages(states.files(state), np.random.default_rng(5))

        def create() -> float:
            container.unlink(missing_ok=True)
            options = ("--type", "incremental", "--base", base, "--output", container)
            return scene.program.process("create", state, *options).seconds

        _fill_time(scene, seconds, create, states.files(state))
        scene.program.json("verify", container)  # fails unless the whole state comes out of both files
        ledger = Ledger.read(container)
    for row, chunks in zip(rows[1:], (ledger.changed, ledger.unchanged), strict=True):
        _fill_above(row, chunks, ledger)
    return [*rows, _ledger_table(f"Where the bytes go: {what}", ledger)]


def _fill_time(scene: Scene, row: Row, create: Callable[[], float], files: list[Path]) -> None:
    program = shutil.which("b3sum")

    def peer() -> float:
        return measured([program, *map(str, files)]).seconds if program else _hash_mapped(files)

    create(), peer()
    samples = in_turn(Effort(rounds=1 if scene.small else 9, repeats=1), create, peer)
    mapped = statistics.median(_hash_mapped(files) for _ in samples.peer)
    row.ours, row.peer = (seconds_text(seconds) for seconds in samples.seconds)
    row.peer += f" (PyPI `blake3`, files mapped, all threads: {seconds_text(mapped)})" if program else " (PyPI `blake3`)"
    row.value = 1 / samples.speed_ratio
    row.samples = vars(samples) | {"mapped": mapped}


def _hash_mapped(files: list[Path]) -> float:
    start = time.perf_counter()
    for path in files:
        blake3(max_threads=blake3.AUTO).update_mmap(path).digest()
    return time.perf_counter() - start


def _fill_above(row: Row, chunks: Chunks, ledger: Ledger) -> None:
    row.value = ledger.above(chunks)
    if row.value is None:
        row.ours = "there is none"
        return
    own = chunks.byte_count / chunks.count
    row.ours = f"{chunks.count:,} chunks, {own:.1f} bytes each; of what all share {row.value - own:.1f}"
    row.samples = asdict(ledger)


def _ledger_table(title: str, ledger: Ledger) -> Table:
    changed, unchanged = ledger.changed, ledger.unchanged
    lines = [
        (f"changed blocks, compressed: {ledger.frames:,} frames", ledger.payload, ledger.frames),
        ("their digests", ledger.digests, changed.count),
        (f"tables of the {changed.count:,} chunks that have changed", changed.byte_count, changed.count),
        (f"tables of the {unchanged.count:,} others", unchanged.byte_count, unchanged.count),
        ("of segments and regions, shared by the chunks", ledger.shared, changed.count + unchanged.count),
        ("once: header, summary, ancestors, directories, trailer", ledger.once, 0),
        ("**all**", ledger.file, 0),
    ]
    return Table(
        title,
        ["what", "bytes", "of the file", "each"],
        [
            [what, f"{count:,}", f"{count / ledger.file:.2%}", f"{count / parts:.1f}" if parts else ""]
            for what, count, parts in lines
        ],
        note=f"`each`: frame, or chunk. Of a frame's bytes {LZ4_FRAMING} are those of LZ4's own format.",
        values=[asdict(ledger)],
    )


@dataclass
class Series:
    """Incrementals one after the other: of each its place, the seconds that it took, and where its bytes go."""

    paths: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    ledgers: list[Ledger] = field(default_factory=list)
    blocks: int = 0
    alone: int = 0  # bytes of the first one's changed blocks, each compressed alone

    @property
    def payload(self) -> int:
        """The measure: what the changed blocks of one take, compressed. Later frames hold older changes, too."""
        return self.ledgers[0].payload

    @property
    def mean(self) -> float:
        return statistics.mean(ledger.file for ledger in self.ledgers)


def series(scene: Scene) -> list[Row | Table]:
    size, count = (4 * MIB, 12) if scene.small else (64 * MIB, 100)
    what = f"{count} incrementals of {size // MIB} MiB of f32, each with 1% of the pages changed"
    stored = Row(f"{what}: mean stored / changed blocks, compressed", STORED, ours="")
    restore = Row(f"{what}: `restore` of the last / of a full of the same state, time", RESTORE, ours="")
    with scene.folder("delta") as folder:
        state, store = folder / "state", folder / "store"
        values = np.random.default_rng(6).standard_normal(size // 4, dtype=np.float32)
        material.write(state / "noise.f32", values.view(np.uint8))
        scene.program.json("create", state, "--store", store)
        found, generator = Series(), np.random.default_rng(7)
        for _ in range(count):
            pages = change_pages(states.files(state), generator)
            _capture_next(scene, state, store, found, pages)
        _fill_restore(scene, restore, folder, found.paths[-1])
        table = _series_table(scene, what, found, folder / "target")
    stored.value = found.mean / found.payload
    stored.ours = f"{found.mean:,.0f} bytes"
    stored.peer = f"{found.payload:,} bytes for {found.blocks:,} blocks (LZ4 of each alone: {found.alone:,})"
    stored.samples = {"ledgers": [asdict(ledger) for ledger in found.ledgers], "alone": found.alone}
    return [stored, restore, table]


def _capture_next(scene: Scene, state: Path, store: Path, found: Series, pages: list[tuple[Path, int]]) -> None:
    run = scene.program.process("create", state, "--store", store, "--type", "incremental")
    found.paths.append(scene.program.json("inspect", "latest", "--store", store)["path"])
    if not found.ledgers:
        found.blocks = len(pages)
        found.alone = sum(_compressed_alone(path, page) for path, page in pages)
    found.seconds.append(run.seconds)
    found.ledgers.append(Ledger.read(Path(found.paths[-1])))


def _compressed_alone(path: Path, page: int) -> int:
    with path.open("rb") as file:
        file.seek(page * PAGE)
        return min(PAGE, len(lz4.block.compress(file.read(PAGE), store_size=False)))


def _fill_restore(scene: Scene, row: Row, folder: Path, last: str) -> None:
    """`last` against a full snapshot of the state as it is now."""
    state, full, target = folder / "state", folder / "full.hwp", folder / "target"
    scene.program.create(state, full)

    def restore(container: str | Path) -> float:
        return _restore(scene, container, target)

    for container in (full, last):  # these do not count
        restore(container)
        if not states.same(state, target):
            row.ours = f"{container} gave other bytes"
            return
    effort = Effort(rounds=1 if scene.small else 15, repeats=1)
    samples = in_turn(effort, lambda: restore(last), lambda: restore(full))
    row.ours, row.peer = (seconds_text(seconds) for seconds in samples.seconds)
    row.value = 1 / samples.speed_ratio
    row.samples = vars(samples)


def _restore(scene: Scene, container: str | Path, target: Path) -> float:
    shutil.rmtree(target, ignore_errors=True)
    return scene.program.process("restore", container, target).seconds


def _series_table(scene: Scene, title: str, found: Series, target: Path) -> Table:
    cells = []
    for number in sorted({number for number in SHOWN if number < len(found.ledgers)} | {len(found.ledgers)}):
        ledger, seconds = found.ledgers[number - 1], found.seconds[number - 1]
        chunks = ledger.changed.count + ledger.unchanged.count
        layers = (ledger.changed.layers + ledger.unchanged.layers) / max(1, chunks)
        parts = [f"{count / found.payload:.2f}×" for count in (ledger.file, ledger.payload)]
        above = [ledger.above(kind) for kind in (ledger.changed, ledger.unchanged)]
        tables = ["–" if value is None else f"{value:.0f}" for value in above]
        repeats = range(1 if scene.small else 5)
        restore = statistics.median(_restore(scene, found.paths[number - 1], target) for _ in repeats)
        times = [seconds_text(seconds), seconds_text(restore)]
        cells.append([str(number), f"{ledger.file:,}", *parts, f"{layers:.1f}", *tables, *times])
    sizes = ["number", "bytes", "all", "frames", "layers a chunk", "changed chunk", "chunk not changed"]
    return Table(
        title,
        [*sizes, "`create`", "`restore`"],
        cells,
        note="`all` and `frames`: times what the first one's changed blocks take, compressed. `changed chunk`, `chunk not "
        "changed`: bytes a chunk above frames and digests. Each was created once, and restored several times.",
    )
