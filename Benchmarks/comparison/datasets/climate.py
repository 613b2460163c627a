"""Grids of weather, climate and ocean models in iris-sample-data: PP files and NetCDF files."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.io import netcdf_file

from ..material import Missing
from .fortran import records

# The series of PP files: the files of one line are fields of one run, and become one stack a variable.
PP_SERIES = {
    "ensemble": "GloSea4/ensemble_*.pp",
    "hybrid_height": "time_varying_hybrid_height/*.pp",
    "ice_velocity": "UM/northward_sea_ice_velocity.*.pp",
    "colpex": "colpex.pp",
    "uk_hires": "uk_hires.pp",
    "scenario_a1b": "A1B.2098.pp",
    "scenario_e1": "E1.2098.pp",
    "pre_industrial": "pre-industrial.pp",
}
# Places in the 64 words of a field's header: rows, columns, packing, type of data, the variable's code.
LBROW, LBNPT, LBPACK, LBUSER1, LBUSER4 = 17, 18, 20, 38, 41
UNPACKED, REAL = 0, 1


def read(folder: Path) -> Iterator[tuple[str, NDArray]]:
    data = folder / "sample_data"
    for name, pattern in PP_SERIES.items():
        yield from _stacks(name, sorted(data.glob(pattern)))
    for path in sorted(data.glob("**/*.nc")):
        yield from netcdf(path)


def _stacks(name: str, paths: list[Path]) -> Iterator[tuple[str, NDArray]]:
    fields = sorted((field for path in paths for field in _fields(path)), key=lambda field: field[0])
    for (code, rows, columns), group in groupby(fields, key=lambda field: field[0]):
        yield f"{name}_{code}_{rows}x{columns}", np.stack([values for _, values in group])


def _fields(path: Path) -> Iterator[tuple[tuple[int, int, int], NDArray]]:
    """Fields that are stored as plain 32-bit reals: Fortran records, a header and its values in turn."""
    parts = records(path.read_bytes(), ">")
    for header in parts:
        words = np.frombuffer(header, ">i4", 45)
        rows, columns = int(words[LBROW]), int(words[LBNPT])
        values = np.frombuffer(next(parts), ">f4")
        if words[LBPACK] % 10 == UNPACKED and words[LBUSER1] == REAL and values.size >= rows * columns:
            yield (int(words[LBUSER4]), rows, columns), values[: rows * columns].reshape(rows, columns)


def netcdf(path: Path) -> Iterator[tuple[str, NDArray]]:
    """Every variable of numbers, whichever of the two kinds of NetCDF the file is."""
    try:
        import h5py
    except ImportError as reason:
        raise Missing(f"h5py cannot be used: {reason}") from reason
    if h5py.is_hdf5(path):
        with h5py.File(path) as file:
            for name, variable in file.items():
                if isinstance(variable, h5py.Dataset) and variable.dtype.kind in "iuf":
                    yield f"{path.stem}_{name}", variable[()]
    else:
        with netcdf_file(path, mmap=False) as file:
            for name, variable in file.variables.items():
                if variable.data.dtype.kind in "iuf":
                    yield f"{path.stem}_{name}", variable.data
