"""Regions within a bound: HoloSnap's whole container and its speed against SZ3 and ZFP at the same absolute bound."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from . import states
from .datasets import DATASETS
from .material import Missing, model_weights
from .measure import Effort, in_turn, median_seconds
from .report import Goal, Row, Table
from .scene import MIB, Scene

SZ3 = {"weights": Goal(0.95, 1.0), "phasor": Goal(1.0, 1.0)}
SZ3_ANY = Goal(0.85, 1.0)
ZFP = Goal(1.3, 2.0)
SPEED = Goal(5, 15)
PHASE = Goal(5.0, 5.7)
BOUNDS = (1e-3, 1e-4)
# The table of errors: shares of the bound.
STEPS = 8
# Numbers beyond it are fill values of masked grids (9.97e36, 1e20): kept exactly, and set to 0 for the peers, who cannot.
FILL = 1e19


@dataclass(frozen=True)
class Source:
    """Real arrays of a data set, or the one array of a profile."""

    dataset: str | None = None
    pattern: str = "*"
    profile: str | None = None


SOURCES = {
    "weights": Source(),
    "phasor": Source(profile="phasor", pattern="*.c64"),
    "wavefield": Source(profile="wavefield", pattern="*.npy"),
    "hrr": Source(profile="hrr", pattern="*.npy"),
    "air-temperature": Source("climate", "*air_temperature*"),
    "trajectories": Source("molecules", "*trr*"),
    "seismic": Source("seismic"),
}


def arrays(scene: Scene, name: str) -> Iterator[tuple[str, NDArray]]:
    """The set as f32, complex numbers as two of them in a last extent."""
    source = SOURCES[name]
    if name == "weights":
        weights = model_weights().view(np.float32)
        yield "weights", weights[: MIB // 16] if scene.small else weights
        return
    with scene.folder("source") as folder:
        state = folder / "state"
        if source.dataset:
            DATASETS[source.dataset].write(state, most=4096 if scene.small else None)
        else:
            scene.generate(state, source.profile or name, 4 * MIB if scene.small else 64 * MIB)
        for path in sorted(state.rglob(source.pattern)):
            if path.suffix not in (".npy", ".c64"):
                continue
            values = np.load(path) if path.suffix == ".npy" else np.fromfile(path, dtype="c8")
            if values.dtype.kind == "c":
                values = values.view(values.real.dtype).reshape(*values.shape, 2)
            values = np.ascontiguousarray(values, dtype=np.float32)
            inside = values[np.abs(values) <= FILL]
            if inside.size and inside.min() < inside.max():
                yield path.stem, values


def lossy(scene: Scene, name: str) -> list[Row | Table]:
    results: list[Row | Table] = []
    histogram = Table(
        f"Errors of {name}", ["bound", *(f"≤ {(step + 1) / STEPS:.3f}" for step in range(STEPS)), "kept", "PSNR"], [],
        note="Parts of the values by |x − x′| / bound; `kept`: stored exactly, since the bound or the value wants it.",
    )
    try:
        found = list(arrays(scene, name))
    except Missing as reason:
        return [Row(f"{name}: within a bound", SZ3_ANY, ours=str(reason))]
    with scene.folder("lossy") as folder:
        state = folder / "state"
        for array, values in found:
            states.write_array(state, f"{array}.npy", values)
        for bound in BOUNDS:
            mode = f"rel:{bound},clip:{FILL}"
            document = create(scene, state, folder / "state.hwp", mode)
            for peer, compress in peers().items():
                results += against(scene, name, bound, found, state, mode, document, peer, compress)
            histogram.cells.append(errors(scene, folder, found, document, f"rel {bound:g}"))
        if name == "phasor":
            results.append(phase(scene, folder, found))
    return [*results, histogram]


def create(scene: Scene, state: Path, container: Path, mode: str) -> dict:
    container.unlink(missing_ok=True)
    return scene.program.json("create", state, "--output", container, "--quantize", f"**={mode}")


def peers() -> dict[str, Callable[[NDArray, float], int] | None]:
    """How many bytes each makes of an array within an absolute bound; None where it is not installed."""
    return {
        "SZ3": sz3 if importlib.util.find_spec("pysz") else None,
        "ZFP": zfp if importlib.util.find_spec("zfpy") else None,
    }


def sz3(values: NDArray, bound: float) -> int:
    """Its default algorithm, on one thread."""
    from pysz import sz, szConfig, szErrorBoundMode

    config = szConfig(values.shape)
    config.errorBoundMode = szErrorBoundMode.ABS
    config.absErrorBound = bound
    return sz.compress(values, config)[0].nbytes


def zfp(values: NDArray, bound: float) -> int:
    """Fixed accuracy, on one thread. It knows four dimensions."""
    import zfpy

    shape = (-1, *values.shape[-3:]) if values.ndim > 4 else values.shape
    return len(zfpy.compress_numpy(values.reshape(shape), tolerance=bound))


def against(
    scene: Scene, name: str, bound: float, found: list[tuple[str, NDArray]], state: Path, mode: str, document: dict,
    peer: str, compress: Callable[[NDArray, float], int] | None,
) -> list[Row]:  # fmt: skip
    """A row of sizes and one of speed, both sides on one thread."""
    goal = SZ3.get(name, SZ3_ANY) if peer == "SZ3" else ZFP
    size = Row(f"{name}, f32 within rel {bound:g}: ratio / {peer}'s at the same absolute bound", goal, ours="")
    speed = Row(f"{name}, f32 within rel {bound:g}: capture, hash included / {peer}, one thread each", SPEED, ours="")
    if compress is None:
        size.ours = speed.ours = f"{peer} is not installed"
        return [size, speed]
    bounds = {region["name"]: region["quantization"]["absoluteBound"] for region in document["regions"]}
    work = [(np.where(np.abs(values) <= FILL, values, np.float32(0)), bounds[f"{array}.npy"]) for array, values in found]
    raw = sum(values.nbytes for values, _ in work)
    theirs = sum(compress(values, bound) for values, bound in work)
    ours = document["storedBytes"]
    size.ours, size.peer, size.value = f"{raw / ours:.2f}", f"{raw / theirs:.2f}", theirs / ours
    size.samples = {"rawBytes": raw, "storedBytes": ours, "peerBytes": theirs}
    effort = Effort(rounds=1, repeats=1) if scene.small else Effort(rounds=3, repeats=1)

    def capture() -> float:
        options = ("--stage", "capture", "--state", state, "--quantize", f"**={mode}", "--backend", "host")
        document = scene.program.json("bench", *options, "--workers", 1, "--repeats", 1 if scene.small else 5)
        return document["stages"][0]["seconds"]

    samples = in_turn(
        effort, capture,
        lambda: median_seconds(lambda: [compress(values, bound) for values, bound in work], effort.repeats),
    )  # fmt: skip
    seconds = samples.seconds
    speed.ours, speed.peer = (f"{raw / value / 1e9:.2f} GB/s" for value in seconds)
    speed.value = samples.speed_ratio
    speed.samples = {"bytes": raw, "holosnapSeconds": samples.ours, "peerSeconds": samples.peer}
    return [size, speed]


def errors(
    scene: Scene, folder: Path, found: list[tuple[str, NDArray]], document: dict, label: str
) -> list[str]:
    """A line of the table of errors, of what a restore really gives."""
    target = folder / "restored"
    scene.program.json("restore", folder / "state.hwp", target)
    counts, total, kept = np.zeros(STEPS, dtype=np.int64), 0, 0
    ratios = []
    regions = {region["name"]: region["quantization"] for region in document["regions"]}
    for array, values in found:
        quantization = regions[f"{array}.npy"]
        restored = np.load(target / f"{array}.npy")
        exact = values.view(np.uint32) == restored.view(np.uint32)
        error = np.abs(values.astype(np.float64) - restored.astype(np.float64))
        within = ~exact & np.isfinite(error)
        if quantization["absoluteBound"]:
            share = error[within] / quantization["absoluteBound"]
            assert share.size == 0 or share.max() <= 1, f"{array} is out of its bound"
            counts += np.histogram(share, bins=STEPS, range=(0, 1))[0]
        counts[0] += int(exact.sum()) - quantization["keptExactly"]
        kept += quantization["keptExactly"]
        total += values.size
        if quantization["psnr"] is not None:
            ratios.append(quantization["psnr"])
    for path in sorted(target.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    target.rmdir()
    shares = [f"{100 * max(count, 0) / total:.1f}%" for count in counts]
    return [label, *shares, f"{100 * kept / total:.2f}%", f"{min(ratios):.1f} dB" if ratios else "–"]


def phase(scene: Scene, folder: Path, found: list[tuple[str, NDArray]]) -> Row:
    """Unit phasors, every component within 2e-3."""
    row = Row("phasor, components within 2e-3: ratio with `phase:11`", PHASE, ours="")
    state, container, target = folder / "phasors", folder / "phasors.hwp", folder / "again"
    phasors = found[0][1]
    states.write_array(state, "phasors.c64", phasors)
    document = create(scene, state, container, "phase:11")
    scene.program.json("restore", container, target)
    restored = np.fromfile(target / "phasors.c64", dtype=np.float32)
    largest = float(np.abs(restored - phasors.reshape(-1)).max())
    row.value = phasors.nbytes / document["storedBytes"]
    row.ours = f"{row.value:.2f}, largest error of a component {largest:.2e}"
    row.condition_holds = largest <= 2e-3
    return row
