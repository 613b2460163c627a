"""Coders of memory: each array in pieces of 8 MiB, the pieces of all arrays on a thread a core."""

from __future__ import annotations

import json
from abc import abstractmethod
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .. import states
from .base import InProcess, thread_count

PIECE_BYTE_COUNT = 8 << 20


class Pieces(InProcess):
    """A store is one file of pieces, one after the other, and one that tells where they are and what they hold."""

    def write(self, state: Path, store: Path) -> None:
        store.mkdir()
        index = []
        with ThreadPoolExecutor(thread_count()) as pool, (store / "pieces").open("wb") as output:
            for name, values in states.arrays(state):
                step = PIECE_BYTE_COUNT // values.itemsize
                pieces = [values[start : start + step] for start in range(0, values.size, step)]
                lengths = []
                for coded in pool.map(self.compress, pieces):
                    output.write(coded)
                    lengths.append(len(coded))
                index.append((name, values.dtype.str, values.size, lengths))
        (store / "index.json").write_text(json.dumps(index))

    def read(self, store: Path, target: Path) -> None:
        content = memoryview(np.fromfile(store / "pieces", dtype=np.uint8))
        offset = 0
        with ThreadPoolExecutor(thread_count()) as pool:
            for name, kind, count, lengths in json.loads((store / "index.json").read_text()):
                values = np.empty(count, dtype=kind)
                step = PIECE_BYTE_COUNT // values.itemsize
                pieces = [values[start : start + step] for start in range(0, count, step)]
                ends = offset + np.cumsum([0, *lengths])
                coded = [content[start:end] for start, end in zip(ends[:-1], ends[1:], strict=True)]
                list(pool.map(self.decompress, coded, pieces))
                offset = int(ends[-1])
                states.write_array(target, name, values)

    @abstractmethod
    def compress(self, values: NDArray) -> bytes: ...

    @abstractmethod
    def decompress(self, coded: memoryview, values: NDArray) -> None: ...


class Lz4(Pieces):
    name = "lz4"
    modules = ("lz4",)

    def compress(self, values: NDArray) -> bytes:
        from lz4 import block

        return block.compress(values.view(np.uint8), mode="fast", store_size=False)

    def decompress(self, coded: memoryview, values: NDArray) -> None:
        from lz4 import block

        values.view(np.uint8)[:] = np.frombuffer(
            block.decompress(coded, uncompressed_size=values.nbytes), dtype=np.uint8
        )


class Zstandard(Pieces):
    name = "zstd"
    modules = ("zstandard",)

    def compress(self, values: NDArray) -> bytes:
        from zstandard import ZstdCompressor

        return ZstdCompressor(level=3).compress(values.view(np.uint8))

    def decompress(self, coded: memoryview, values: NDArray) -> None:
        from zstandard import ZstdDecompressor

        values.view(np.uint8)[:] = np.frombuffer(ZstdDecompressor().decompress(coded), dtype=np.uint8)


class Pcodec(Pieces):
    """Its default level, 8. It knows no complex numbers: real and imaginary parts are coded apart; nor bytes: as is."""

    name = "pcodec"
    modules = ("pcodec",)

    def compress(self, values: NDArray) -> bytes:
        return pcodec_bytes(values)

    def decompress(self, coded: memoryview, values: NDArray) -> None:
        from pcodec import standalone

        if values.dtype.itemsize == 1:
            values.view(np.uint8)[:] = np.frombuffer(coded, dtype=np.uint8)
        elif values.dtype.kind == "c":
            parts = standalone.simple_decompress(bytes(coded))
            values.real, values.imag = parts[: values.size], parts[values.size :]
        else:
            standalone.simple_decompress_into(bytes(coded), values)


def pcodec_bytes(values: NDArray) -> bytes:
    from pcodec import ChunkConfig, standalone

    if values.dtype.itemsize == 1:
        return values.tobytes()
    if values.dtype.kind == "c":
        values = np.concatenate([values.real, values.imag])
    return standalone.simple_compress(np.ascontiguousarray(values), ChunkConfig())


class Blosc2(InProcess):
    """LZ4 after bitshuffle, level 5, chunks of 8 MiB; its own threads."""

    name = "Blosc2"
    modules = ("blosc2",)

    def write(self, state: Path, store: Path) -> None:
        import blosc2

        store.mkdir()
        for index, (name, values) in enumerate(states.arrays(state)):
            chunks = blosc2_chunks(values, blosc2.Filter.BITSHUFFLE, 5, store / f"{index}.b2frame")
            chunks.vlmeta["array"] = [name, values.dtype.str]

    def read(self, store: Path, target: Path) -> None:
        import blosc2

        blosc2.set_nthreads(thread_count())
        for path in states.files(store):
            chunks = blosc2.open(str(path), mode="r")
            name, kind = chunks.vlmeta["array"]
            values = np.empty(len(chunks), dtype=kind)
            if values.size:
                chunks.get_slice(0, len(chunks), out=values)
            states.write_array(target, name, values)


def blosc2_chunks(values: NDArray, shuffle: object, level: int, path: Path | None = None) -> object:
    """An SChunk of the values, in memory or in a file of its own."""
    import blosc2

    parameters = {
        "codec": blosc2.Codec.LZ4,
        "clevel": level,
        "typesize": values.itemsize,
        "filters": [shuffle],
        "filters_meta": [0],
        "nthreads": thread_count(),
    }
    place = {} if path is None else {"urlpath": str(path), "mode": "w"}
    chunk_byte_count = PIECE_BYTE_COUNT // values.itemsize * values.itemsize
    threads = {"nthreads": thread_count()}
    chunks = blosc2.SChunk(chunksize=chunk_byte_count, cparams=parameters, dparams=threads, contiguous=True, **place)
    content = values.view(np.uint8)
    for start in range(0, content.size, chunk_byte_count):
        chunks.append_data(content[start : start + chunk_byte_count])
    return chunks
