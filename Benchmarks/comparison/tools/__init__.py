"""Programs and libraries that keep a directory of arrays, each at its best sensible setting, with a thread a core."""

from __future__ import annotations

from pathlib import Path

from ..program import HoloSnap
from .archives import Borg, Restic, Tar
from .base import Tool
from .containers import Hdf5, Npz, Zarr
from .pieces import Blosc2, Lz4, Pcodec, Zstandard
from .snapshots import Snapshot


def all_tools(program: HoloSnap, scratch: Path) -> list[Tool]:
    return [
        Snapshot(program, "HoloSnap"),
        Snapshot(program, "HoloSnap, level high", "--level", "high"),
        Snapshot(program, "HoloSnap, .wave", suffix="wave"),
        Blosc2(),
        Lz4(),
        Zstandard(),
        Pcodec(),
        Npz(),
        Hdf5(),
        Zarr(),
        Tar("tar | lz4", "lz4 -q -1", "lz4 -q -d"),
        Tar("tar | zstd", "zstd -q -3 -T0", "zstd -q -d"),
        Restic(scratch),
        Borg(scratch),
    ]
