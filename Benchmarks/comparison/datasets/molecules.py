"""Trajectories of molecular dynamics in MDAnalysisTests: positions, velocities and forces, (frames, atoms, 3)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.io import netcdf_file

from .fortran import records

DCD = ("adk_dims.dcd", "adk_dims2.dcd", "adk_gbis_tmd-fast1_NAMD.dcd", "lammps/ifabp_apo_100mM.dcd")
TRR = ("adk_oplsaa.trr", "cobrotoxin.trr")
NETCDF = ("Amber/bala.ncdf", "Amber/tz2.truncoct.nc", "Amber/ace_tip3p.nc")
TRR_MAGIC = 1993


def read(folder: Path) -> Iterator[tuple[str, NDArray]]:
    data = folder / "data"
    for name in DCD:
        yield f"{Path(name).stem}_dcd", _dcd((data / name).read_bytes())
    yield from trr(folder)
    for name in NETCDF:
        with netcdf_file(data / name, mmap=False) as file:
            for kind in ("coordinates", "velocities", "forces"):
                if kind in file.variables:
                    yield f"{Path(name).stem}_{kind}", file.variables[kind].data


def trr(folder: Path) -> Iterator[tuple[str, NDArray]]:
    """Those whose frames are whole states: positions (x), velocities (v), forces (f)."""
    for name in TRR:
        for kind, values in _trr((folder / "data" / name).read_bytes()).items():
            yield f"{Path(name).stem}_trr_{kind}", values


def _dcd(content: bytes) -> NDArray:
    """X, Y and Z of a frame are records of their own; a record of another length is the frame's cell."""
    parts = list(records(content, "<"))
    atom_count = int.from_bytes(parts[2], "little")
    axes = [np.frombuffer(part, "<f4") for part in parts[3:] if len(part) == 4 * atom_count]
    return np.stack(axes).reshape(-1, 3, atom_count).transpose(0, 2, 1)


def _trr(content: bytes) -> dict[str, NDArray]:
    """XDR: magic, version text, ten sizes in bytes, counts, time and lambda; then box, x, v and f where they are."""
    frames: dict[str, list[NDArray]] = {}
    offset = 0
    while offset < len(content):
        magic, _, text_length = struct.unpack_from(">3i", content, offset)
        if magic != TRR_MAGIC:
            raise ValueError(f"no TRR frame at offset {offset}")
        offset += 12 + (text_length + 3) // 4 * 4
        *sizes, atom_count, _, _ = struct.unpack_from(">13i", content, offset)
        before, arrays = sum(sizes[:7]), dict(zip(("x", "v", "f"), sizes[7:], strict=True))
        width = max(arrays.values()) // (3 * atom_count)
        offset += 13 * 4 + 2 * width + before
        for kind, size in arrays.items():
            if size:
                values = np.frombuffer(content, f">f{width}", 3 * atom_count, offset)
                frames.setdefault(kind, []).append(values.reshape(atom_count, 3))
            offset += size
    return {kind: np.stack(values) for kind, values in frames.items()}
