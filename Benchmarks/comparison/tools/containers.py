"""Libraries that keep named arrays in files of a format of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .. import states
from .base import InProcess, thread_count

CHUNK_BYTE_COUNT = 4 << 20
# The names of files, where a library takes a slash for a group.
SLASH = "\N{DIVISION SLASH}"


class Npz(InProcess):
    """`savez`: not compressed, with CRC-32."""

    name = "NumPy savez"
    checks = "CRC-32"

    def write(self, state: Path, store: Path) -> None:
        with store.open("wb") as file:
            np.savez(file, **dict(states.arrays(state)))

    def read(self, store: Path, target: Path) -> None:
        with np.load(store) as arrays:
            for name in arrays.files:
                states.write_array(target, name, arrays[name])


class Hdf5(InProcess):
    """HDF5 with the Blosc filter: LZ4 after bitshuffle, level 5, chunks of 4 MiB, Blosc's own threads."""

    name = "HDF5 + Blosc"
    modules = ("h5py", "hdf5plugin")

    def write(self, state: Path, store: Path) -> None:
        import h5py
        import hdf5plugin

        blosc = hdf5plugin.Blosc(cname="lz4", clevel=5, shuffle=hdf5plugin.Blosc.BITSHUFFLE)
        with h5py.File(store, "w") as file:
            for name, values in states.arrays(state):
                chunks = (min(values.size, CHUNK_BYTE_COUNT // values.itemsize),)
                options = {"chunks": chunks, **blosc} if values.size else {}
                file.create_dataset(name.replace("/", SLASH), data=values, **options)

    def read(self, store: Path, target: Path) -> None:
        import h5py
        import hdf5plugin  # noqa: F401  (registers the filter)

        with h5py.File(store) as file:
            for name, dataset in file.items():
                states.write_array(target, name.replace(SLASH, "/"), dataset[()])


class Zarr(InProcess):
    """Zarr 3 with Blosc: LZ4 after bitshuffle, level 5, chunks of 4 MiB, several at a time."""

    name = "zarr + Blosc"
    modules = ("zarr", "numcodecs")

    def write(self, state: Path, store: Path) -> None:
        import zarr
        from zarr.codecs import BloscCodec

        zarr.config.set({"threading.max_workers": thread_count()})
        blosc = BloscCodec(cname="lz4", clevel=5, shuffle="bitshuffle")
        group = zarr.create_group(store)
        for name, values in states.arrays(state):
            chunks = (max(1, min(values.size, CHUNK_BYTE_COUNT // values.itemsize)),)
            group.create_array(name.replace("/", SLASH), data=values, chunks=chunks, compressors=blosc)

    def read(self, store: Path, target: Path) -> None:
        import zarr

        for name, array in zarr.open_group(store, mode="r").arrays():
            states.write_array(target, name.replace(SLASH, "/"), array[:])
