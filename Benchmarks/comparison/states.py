"""States as directories: arrays read from their files, and files written from arrays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .program import Failed, HoloSnap

# What HoloSnap takes a suffix for; the names of its types are those of the suffixes.
SUFFIXES = {
    ".u8": "u1", ".u16": "u2", ".u32": "u4", ".u64": "u8",
    ".i8": "i1", ".i16": "i2", ".i32": "i4", ".i64": "i8",
    ".f16": "f2", ".f32": "f4", ".f64": "f8", ".c64": "c8", ".c128": "c16",
}  # fmt: skip
PROFILES = ("field3d", "hrr", "phasor", "wavefield", "mixed")


def files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.is_file())


def byte_count(path: Path) -> int:
    """Of a file, or of all files below a directory."""
    return sum(file.stat().st_size for file in files(path)) if path.is_dir() else path.stat().st_size


def arrays(directory: Path) -> Iterator[tuple[str, NDArray]]:
    """Each file's relative name and its elements, one dimension of them; what has no type is bytes."""
    for path in files(directory):
        name = str(path.relative_to(directory))
        if path.suffix == ".npy":
            yield name, np.load(path).reshape(-1)
        else:
            yield name, np.fromfile(path, dtype=SUFFIXES.get(path.suffix, "u1"))


def write_array(directory: Path, name: str, values: NDArray) -> None:
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npy":
        np.save(path, values)
    else:
        values.tofile(path)


def same(first: Path, second: Path) -> bool:
    """Whether two directories hold the same arrays under the same names, to the byte."""
    pairs = zip(arrays(first), arrays(second), strict=True)
    return all(a[0] == b[0] and a[1].dtype == b[1].dtype and a[1].tobytes() == b[1].tobytes() for a, b in pairs)


def check_types(program: HoloSnap, directory: Path, container: Path) -> None:
    """Raises Failed unless HoloSnap knows each array of the state for what it is."""
    types = {region["name"]: region["elementType"] for region in program.json("inspect", container)["regions"]}
    for name, values in arrays(directory):
        wanted = f"{values.dtype.kind}{8 * values.dtype.itemsize}"
        if name.endswith(".npy") and types[name] != wanted:
            raise Failed(f"{name}: HoloSnap takes it for {types[name]}, where it is {wanted}")
