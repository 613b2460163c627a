"""Where the bytes of an incremental snapshot go: what changed, its digests, and what is kept of each chunk.

Read from the file by the reader of Documentation/HWP-Format.md (its sections 6 to 8) that the tests have.
"""

from __future__ import annotations

import importlib.util
import struct
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from .material import Missing
from .program import Failed

READER = Path(__file__).resolve().parents[2] / "Tests/HoloFormatTests/Reference/hwp_reader.py"
# A segment without its sections, check included; a chaining value and a count of layers; a layer's record.
SEGMENT_BASE, CHUNK_BASE, LAYER_BASE = 64 + 16, 32 + 1, 8
# Entries of the manifest's list of segments and of its frame table; in the segment, the length of a payload frame.
LIST_ENTRY, FRAME_ENTRY, FRAME_LENGTH = 32, 24, 4
DIGEST, BLOCK_DIGESTS = 16, 1
# Of an LZ4 frame of one block: header, size of the block, end mark, checksum.
LZ4_FRAMING = 15 + 4 + 4 + 4


@dataclass
class Chunks:
    """Chunks of a kind: what the tables hold for each of them alone."""

    count: int = 0
    layers: int = 0
    byte_count: int = 0


@dataclass
class Ledger:
    """The bytes of a file, each counted once. A chunk counts as changed if a payload frame of this file is of it."""

    file: int
    payload: int = 0
    frames: int = 0
    digests: int = 0
    once: int = 0
    shared: int = 0  # by the chunks of a segment: its header, ids, check and places in the manifest, and part records
    changed: Chunks = field(default_factory=Chunks)
    unchanged: Chunks = field(default_factory=Chunks)

    @staticmethod
    def read(path: Path) -> Ledger:
        stored = _reader().Stored(path.read_bytes())
        ledger = Ledger(file=len(stored.data), once=len(stored.data) - stored.manifest_offset + 64)
        for number, frame in enumerate(stored.frames):
            if frame.kind == _reader().KIND_PAYLOAD:
                ledger.payload += frame.length
                ledger.frames += 1
                ledger.once -= FRAME_ENTRY
            elif frame.kind == _reader().KIND_SEGMENT:
                ledger.once -= FRAME_ENTRY + LIST_ENTRY
                ledger._add(stored, number)
        total = ledger.payload + ledger.digests + ledger.once + ledger.shared
        total += ledger.changed.byte_count + ledger.unchanged.byte_count
        if total != ledger.file:
            raise Failed(f"{path}: {total:,} bytes of {ledger.file:,} are accounted for")
        return ledger

    def above(self, chunks: Chunks) -> float | None:
        """Bytes a chunk above payload and digests, with its part of what the chunks share."""
        if not chunks.count:
            return None
        return chunks.byte_count / chunks.count + self.shared / (self.changed.count + self.unchanged.count)

    def _add(self, stored: Any, number: int) -> None:
        """Counts a segment's bytes, its own entries in the manifest included."""
        segment = stored.read_segment(number)
        frame = bytes(stored.frame_bytes(number, _reader().KIND_SEGMENT))
        digest_counts = _digest_counts(frame, len(segment.chunks))
        before = self.changed.byte_count + self.unchanged.byte_count + self.digests
        frames = 0
        for chunk, digests in zip(segment.chunks, digest_counts, strict=True):
            own = sum(layer.container == stored.id and layer.frame != _reader().NO_FRAME for layer in chunk.layers)
            kind = self.changed if own else self.unchanged
            kind.count += 1
            kind.layers += len(chunk.layers)
            kind.byte_count += CHUNK_BASE + sum(LAYER_BASE + len(layer.coding) for layer in chunk.layers)
            kind.byte_count += own * (FRAME_LENGTH + FRAME_ENTRY) + (0 if digests is None else 1)
            self.digests += DIGEST * (digests or 0)
            frames += own
        counted = self.changed.byte_count + self.unchanged.byte_count + self.digests - before - FRAME_ENTRY * frames
        self.shared += len(frame) - counted + FRAME_ENTRY + LIST_ENTRY


def _digest_counts(frame: bytes, chunk_count: int) -> list[int | None]:
    """How many block digests a segment has of each chunk; None of one without."""
    frames, chunks, layers = struct.unpack_from("<3I", frame, 28)
    (containers,) = struct.unpack_from("<H", frame, 44)
    codings, parts, extensions = struct.unpack_from("<3I", frame, 48)
    at = 64 + 16 * containers + 4 * frames + LAYER_BASE * layers + CHUNK_BASE * chunks + codings + parts
    end = at + extensions
    found: list[int | None] = [None] * chunk_count
    while at < end:
        tag, length = struct.unpack_from("<HI", frame, at)
        at += 6
        if tag == BLOCK_DIGESTS:
            place = at + (chunk_count + 7) // 8
            for index in range(chunk_count):
                if frame[at + index // 8] >> index % 8 & 1:
                    found[index] = frame[place]
                    place += 1 + DIGEST * frame[place]
            if place != at + length:
                raise Failed("block digests of another length than the chunks say")
        at += length
    return found


@cache
def _reader() -> ModuleType:
    specification = importlib.util.spec_from_file_location("hwp_reader", READER)
    if specification is None or specification.loader is None or not READER.exists():
        raise Missing(f"{READER} is not there")
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module  # dataclasses look themselves up there
    specification.loader.exec_module(module)
    return module
