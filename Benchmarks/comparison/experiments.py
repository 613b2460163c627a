"""The rows of the table, each measured by a method of its own name."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from . import material, peers
from .measure import Effort, Samples, gigabytes_per_second, in_turn, median_seconds
from .peers import Bytes
from .program import HoloSnap, Process, Stage
from .report import Goal, Row

MIB = 1 << 20


@dataclass(frozen=True)
class Sizes:
    """How much data each row takes, and how often it is measured."""

    effort: Effort
    checksum: int
    tmpfs: int
    large: int
    starts: int
    real_weights: bool


FULL = Sizes(
    Effort(rounds=7, repeats=7),
    checksum=512 * MIB,
    tmpfs=512 * MIB,
    large=4096 * MIB,
    starts=31,
    real_weights=True,
)
SMALL = Sizes(
    Effort(rounds=1, repeats=1),
    checksum=4 * MIB,
    tmpfs=4 * MIB,
    large=16 * MIB,
    starts=2,
    real_weights=False,
)


class Experiments:
    """Everything that is measured, on states in `scratch`, a directory on a tmpfs."""

    def __init__(self, program: HoloSnap, scratch: Path, sizes: Sizes, core_state: Path | None) -> None:
        self.program = program
        self.scratch = scratch
        self.sizes = sizes
        self.core_state = core_state
        self.devices: set[str] = set()

    @property
    def all(self) -> dict[str, Callable[[], Row]]:
        return {
            "checksum-opencl": self.checksum_opencl,
            "checksum-host": self.checksum_host,
            "capture-host": lambda: self.capture("host"),
            "capture-opencl": lambda: self.capture("opencl"),
            "restore-host": lambda: self.restore("host"),
            "restore-opencl": lambda: self.restore("opencl"),
            "tmpfs": self.tmpfs,
            "grid": self.grid,
            "memory-host": lambda: self.peak_memory("host"),
            "memory-opencl": lambda: self.peak_memory("opencl"),
            "start": self.start,
        }

    # Checksums

    def checksum_opencl(self) -> Row:
        return self._checksum(
            f"BLAKE3 on OpenCL / official, all threads, {self.sizes.checksum // MIB} MiB",
            Goal(floor=0.80, aim=1.0),
            peers.hash_all_threads,
            "opencl",
        )

    def checksum_host(self) -> Row:
        return self._checksum(
            f"BLAKE3 on the host / official, one thread each, {self.sizes.checksum // MIB} MiB",
            Goal(floor=0.5, aim=0.9),
            peers.hash_one_thread,
            "host",
            workers=1,
        )

    def _checksum(
        self, name: str, goal: Goal, peer: Callable[[Bytes], None], backend: str, workers: int | None = None
    ) -> Row:
        data = material.random_bytes(self.sizes.checksum)
        state = material.write(self.scratch / "checksum.bin", data)
        samples = in_turn(
            self.sizes.effort,
            lambda: self._bench("checksum", state, backend, workers).seconds,
            lambda: median_seconds(lambda: peer(data), self.sizes.effort.repeats),
        )
        state.unlink()
        return _speed_row(name, goal, samples, data.size)

    # Memory to memory

    def capture(self, backend: str) -> Row:
        stages: list[Stage] = []

        def ours() -> float:
            stages.append(self._bench("capture", self.weights_file, backend))
            return stages[-1].seconds

        def compress_and_hash() -> None:
            self.blosc.compress()
            peers.hash_all_threads(self.weights)

        samples = in_turn(self.sizes.effort, ours, lambda: median_seconds(compress_and_hash, self.sizes.effort.repeats))
        ratio = stages[-1].byte_count / stages[-1].stored_byte_count
        row = _speed_row(
            f"capture ({backend}), memory to memory, hash included / Blosc2, then BLAKE3",
            Goal(floor=0.7, aim=1.2, condition="at a better ratio"),
            samples,
            self.weights.size,
        )
        row.ours += f", ratio {ratio:.3f}"
        row.peer += f", ratio {self.blosc.ratio:.3f}"
        row.condition_holds = ratio > self.blosc.ratio
        return row

    def restore(self, backend: str) -> Row:
        def decompress_and_hash() -> None:
            self.blosc.decompress()
            self.blosc.hash_restored()

        samples = in_turn(
            self.sizes.effort,
            lambda: self._bench("restore", self.weights_file, backend).seconds,
            lambda: median_seconds(decompress_and_hash, self.sizes.effort.repeats),
        )
        return _speed_row(
            f"restore ({backend}), memory to memory, verification included / Blosc2, then BLAKE3",
            Goal(floor=0.5, aim=1.0),
            samples,
            self.weights.size,
        )

    # Files

    def tmpfs(self) -> Row:
        """A capture from memory to a file on tmpfs, published as `create` does it."""
        state = material.write(self.scratch / "tmpfs.f32", *material.repeated(self.weights, self.sizes.tmpfs))
        container = self.scratch / "tmpfs.hwp"
        self.program.create(state, container)
        stored = np.fromfile(container, dtype=np.uint8)
        plain = self.scratch / "plain"

        def ours() -> float:
            repeats = self.sizes.effort.repeats
            return self.program.bench("capture", state, backend="host", repeats=repeats, output=self.scratch).seconds

        def peer() -> float:
            return median_seconds(
                lambda: peers.write_file(plain, stored),
                self.sizes.effort.repeats,
                prepare=lambda: plain.unlink(missing_ok=True),
            )

        samples = in_turn(self.sizes.effort, ours, peer)
        for path in (state, container, plain):
            path.unlink()
        return _speed_row(
            f"capture (host), memory to tmpfs / pwrite of the stored bytes, {self.sizes.tmpfs // MIB} MiB of state",
            Goal(floor=0.7, aim=0.9),
            samples,
            stored.size,
        )

    def grid(self) -> Row:
        """The container's whole size, tables included; of several grids, the one that shrinks least."""
        goal = Goal(floor=20, aim=25)
        name = "size of the real grid (64³ c128) / its container's"
        try:
            grids = material.core_grids(self.core_state, self.scratch)
        except material.Missing as reason:
            return Row(name, goal, ours=str(reason))
        sizes: list[tuple[int, int]] = []
        for grid in grids:
            stored = self.program.create(grid, self.scratch / "grid.hwp")["storedBytes"]
            sizes.append((grid.stat().st_size, stored))
        raw, stored = min(sizes, key=lambda size: size[0] / size[1])
        return Row(
            name,
            goal,
            ours=f"{stored:,} bytes",
            peer=f"{raw:,} bytes",
            value=raw / stored,
            samples={"rawBytes": [size[0] for size in sizes], "storedBytes": [size[1] for size in sizes]},
        )

    # Whole processes

    def peak_memory(self, backend: str) -> Row:
        """The larger of create's and restore's peak resident size, less that of a create of 1 MiB."""
        size = self.sizes.large
        name = f"peak memory of `create` and `restore` ({backend}) of {size // MIB} MiB, above the process's base"
        goal = Goal(floor=512, aim=256, unit="MiB", less_is_better=True)
        if shutil.disk_usage(self.scratch).free < 2 * size:
            return Row(name, goal, ours=f"needs {2 * size // MIB} MiB free in {self.scratch}")
        options = ("--backend", backend)
        base = self._create_small(*options).peak_byte_count
        state = material.write(self.scratch / "large" / "large.f32", *material.repeated(self.weights, size))
        container, target = self.scratch / "large.hwp", self.scratch / "restored"
        create = self.program.process("create", state.parent, "--output", container, *options)
        shutil.rmtree(state.parent)  # makes room for what is restored
        restore = self.program.process("restore", container, target, *options)
        container.unlink()
        shutil.rmtree(target)
        peaks = {"create": create.peak_byte_count, "restore": restore.peak_byte_count}
        return Row(
            name,
            goal,
            ours=", ".join(f"{verb} {count / MIB:.0f} MiB" for verb, count in peaks.items()),
            peer=f"base {base / MIB:.0f} MiB",
            value=(max(peaks.values()) - base) / MIB,
            samples={"baseBytes": base, "peakBytes": peaks},
        )

    def start(self) -> Row:
        self._create_small()
        seconds = [self._create_small().seconds for _ in range(self.sizes.starts)]
        median = statistics.median(seconds) * 1e3
        return Row(
            "`create` of a 1 MiB state, whole process",
            Goal(floor=150, aim=50, unit="ms", less_is_better=True),
            ours=f"fastest {min(seconds) * 1e3:.1f} ms of {len(seconds)}",
            value=median,
            samples={"seconds": seconds},
        )

    # Shared by the above

    @cached_property
    def weights(self) -> Bytes:
        return material.model_weights() if self.sizes.real_weights else material.stand_in_weights(4 * MIB)

    @cached_property
    def weights_file(self) -> Path:
        return material.write(self.scratch / "weights.f32", self.weights)

    @cached_property
    def blosc(self) -> peers.Blosc2:
        return peers.Blosc2(self.weights)

    def _bench(self, stage: str, state: Path, backend: str, workers: int | None = None) -> Stage:
        result = self.program.bench(stage, state, backend=backend, repeats=self.sizes.effort.repeats, workers=workers)
        self.devices.add(result.device)
        return result

    def _create_small(self, *options: str) -> Process:
        state = self.scratch / "small.f32"
        if not state.exists():
            material.write(state, self.weights[:MIB])
        container = self.scratch / "small.hwp"
        container.unlink(missing_ok=True)
        return self.program.process("create", state, "--output", container, *options)


def _speed_row(name: str, goal: Goal, samples: Samples, byte_count: int) -> Row:
    ours, peer = (gigabytes_per_second(byte_count, seconds) for seconds in samples.seconds)
    return Row(
        name,
        goal,
        ours=f"{ours:.2f} GB/s",
        peer=f"{peer:.2f} GB/s",
        value=samples.speed_ratio,
        samples={"bytes": byte_count, "holosnapSeconds": samples.ours, "peerSeconds": samples.peer},
    )
