"""What HoloSnap is measured against: BLAKE3 and Blosc2 as their authors ship them, and the kernel's own pwrite."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import Any

import blosc2
import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from .measure import median_seconds

Bytes = NDArray[np.uint8]


def cores() -> int:
    return len(os.sched_getaffinity(0))


def hash_all_threads(data: Bytes) -> None:
    blake3(data, max_threads=blake3.AUTO).digest()


def hash_one_thread(data: Bytes) -> None:
    blake3(data, max_threads=1).digest()


def keep_memory_warm() -> None:
    """Has malloc keep what is freed, so that no peer pays for fresh pages in a run that counts."""
    trim_threshold, mmap_threshold = -1, -3
    libc = ctypes.CDLL(None)
    for option in (trim_threshold, mmap_threshold):
        if libc.mallopt(option, 1 << 30) != 1:
            raise RuntimeError("mallopt refused an option")


class Blosc2:
    """A super-chunk of 8 MiB chunks of f32: LZ4 after bitshuffle at level 5, one thread a core, memory warm.

    Its block size is the one with which it is fastest here.
    """

    CHUNK_BYTE_COUNT = 8 << 20
    BLOCK_BYTE_COUNTS = (0, 128 << 10, 256 << 10, 512 << 10, 1 << 20)  # 0: its own choice

    def __init__(self, data: Bytes) -> None:
        self.data = data
        starts = range(0, data.size, self.CHUNK_BYTE_COUNT)
        self._chunks = [data[start : start + self.CHUNK_BYTE_COUNT] for start in starts]
        self._restored = [np.zeros_like(chunk) for chunk in self._chunks]
        self._stored: Any = None
        blosc2.set_nthreads(cores())
        self.block_byte_count = min(self.BLOCK_BYTE_COUNTS, key=self._seconds)
        self._stored = self._compressed(self.block_byte_count)
        self.decompress()
        if any(not np.array_equal(a, b) for a, b in zip(self._chunks, self._restored, strict=True)):
            raise RuntimeError("Blosc2 did not give the data back")

    @property
    def ratio(self) -> float:
        return float(self.data.size / self._stored.cbytes)

    @property
    def description(self) -> str:
        block = f"{self.block_byte_count >> 10} KiB blocks" if self.block_byte_count else "its own block size"
        return f"LZ4, bitshuffle, level 5, 8 MiB chunks, {block} (the fastest here), {cores()} threads"

    def compress(self) -> None:
        self._stored = None  # its memory serves the next one
        self._stored = self._compressed(self.block_byte_count)

    def decompress(self) -> None:
        for index, target in enumerate(self._restored):
            self._stored.decompress_chunk(index, target)

    def hash_restored(self) -> None:
        hasher = blake3(max_threads=blake3.AUTO)
        for chunk in self._restored:
            hasher.update(chunk)
        hasher.digest()

    def _compressed(self, block_byte_count: int) -> Any:
        parameters = {
            "codec": blosc2.Codec.LZ4,
            "clevel": 5,
            "typesize": 4,
            "filters": [blosc2.Filter.BITSHUFFLE],
            "filters_meta": [0],
            "nthreads": cores(),
            "blocksize": block_byte_count,
        }
        chunks = blosc2.SChunk(chunksize=self.CHUNK_BYTE_COUNT, cparams=parameters, dparams={"nthreads": cores()})
        for chunk in self._chunks:
            chunks.append_data(chunk)
        return chunks

    def _seconds(self, block_byte_count: int) -> float:
        seconds = median_seconds(lambda: self._compressed(block_byte_count), 5)
        self._stored = self._compressed(block_byte_count)
        return seconds + median_seconds(self.decompress, 5)


def write_file(path: Path, content: Bytes) -> None:
    """A new file, written from warm memory in pieces of 1 MiB."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        piece = 1 << 20
        for offset in range(0, content.size, piece):
            data = content[offset : offset + piece]
            if os.pwrite(descriptor, data, offset) != data.size:
                raise OSError(f"{path}: a short write")
    finally:
        os.close(descriptor)
