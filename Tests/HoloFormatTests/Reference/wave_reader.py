#!/usr/bin/env python3
"""A reader of `.wave` version 1, written from Documentation/WAVE-Format.md alone (§ means a section of that page; what it
takes from HWP-Format.md comes from hwp_reader.py).

    wave_reader.py verify FILE              every hash and every rule
    wave_reader.py restore FILE TARGETDIR   header + bytes + tail of each region; region i of the state in TARGETDIR/i

Exit status: 0; 64 usage; 65 malformed, damaged or unsupported; 74 input or output.
"""

from __future__ import annotations

import os
import struct
import sys

from blake3 import blake3
from hwp_reader import (CHUNK, ELEMENTS, Container, Cursor, Refused, Region, chunk_cv, hash128, parent_tree,
                        read_descriptor, read_extensions, read_root, require, unescape)

HEAD, TRAILER, PAGE, LONG = 4096, 144, 4096, 2**32 - 1
FORMATS = {11: (1, 4, 32), 12: (1, 8, 64), 13: (2, 8, 32), 14: (2, 16, 64), 255: (1, 4, 32)}
PARTS = {1: b"hwpI", 2: b"hwpC", 3: b"hwpS", 4: b"hwpM", 0: b"hwpX"}


def page(offset: int) -> int:
    return -(-offset // PAGE) * PAGE


class Wave:
    def __init__(self, path: str) -> None:
        self.file = open(path, "rb")
        self.length = os.fstat(self.file.fileno()).st_size
        self.read_outline()
        self.read_table()
        self.check_head()
        self.check_notes()
        self.check_tiling()

    def at(self, offset: int, size: int) -> bytes:
        require(0 <= offset and offset + size <= self.length, f"offset {offset}", f"{size} bytes are not in the file")
        self.file.seek(offset)
        return self.file.read(size)

    def read_outline(self) -> None:
        """§2, §6: what must be known before anything is believed."""
        self.head = self.at(0, min(HEAD, self.length))
        ours = self.head[:4] in (b"RIFF", b"RF64") and self.head[8:12] == b"WAVE" and self.head[86:90] == b"hwpF"
        require(ours and self.head[94:102] == b"HWPWAVE\n", "head", "no .wave of HoloSnap")
        require(len(self.head) == HEAD and self.length >= HEAD + TRAILER, "file", "it was cut off", "damaged")
        (self.major, self.minor, suite, self.sample, required, self.optional, self.id,
         self.created) = struct.unpack("<HHBBQQ16sq", self.head[102:148])
        require(self.major == 1 and suite == 1, "head", f"version {self.major}, suite {suite}", "unsupported")
        end = self.at(self.length - TRAILER, TRAILER)
        require(end[136:] == b"HWPWEND\n", "trailer", "no tag: the file was cut off", "damaged")
        require(hash128(end[:120]) == end[120:136], "trailer", "its check differs", "damaged")
        (name, size, length, self.notes_at, self.table_at, self.table_size, table_hash, guard,
         own) = struct.unpack("<4sI4Q32s32s16s", end[:120])
        require((name, size, length) == (b"hwpH", 136, self.length), "trailer", "another id or length", "damaged")
        table_end = self.table_at + self.table_size
        fits = HEAD <= self.notes_at <= self.table_at - 8 and table_end + table_end % 2 == self.length - TRAILER
        require(fits and self.table_at - 8 - self.notes_at <= 2**24, "trailer", "the table's place", "damaged")
        self.notes = self.at(self.notes_at, self.table_at - self.notes_at)
        require(blake3(self.head + self.notes).digest() == guard, "guard", "it differs", "damaged")
        self.table = self.at(self.table_at, self.table_size)
        require(blake3(self.table).digest() == table_hash, "table", "its hash differs", "damaged")
        require(own == self.id, "trailer", "another container id", "damaged")
        require(required == 0, "head", f"required features {required:#x}", "unsupported")
        require(self.sample in FORMATS, "head", f"sample type {self.sample}", "unsupported")
        require(self.at(table_end, table_end % 2) in (b"", b"\0"), "table", "the byte after it", "damaged")

    def read_table(self) -> None:
        """§5."""
        cursor = Cursor(self.table, "table")
        tag, own, parts, runs, records, summary, directories, extensions = cursor.fields("8s16s6I", "counts")
        require(tag == b"HWPTABL\n" and own == self.id, "table", "tag or container id")
        root, regions, chunks, total = cursor.fields("32s3Q", "totals")
        require(1 <= parts <= 65_536 and regions <= 2**20 and runs <= regions + parts, "table", "counts")
        self.parts = [cursor.fields("4sIQ", "part") for _ in range(parts)]
        places = [cursor.fields("QQ", "run") for _ in range(runs)]
        cvs = Cursor(cursor.take(32 * chunks, "CVs"), "CVs")
        listed = Cursor(cursor.take(records, "records"), "records")
        Container.read_summary(cursor.take(summary, "summary"))
        found = Container.read_directories(cursor.take(directories, "directories"))
        self.root = read_root(read_extensions(cursor.take(extensions, "extensions"), "extensions"), "root")
        cursor.done()

        self.regions: list[Region] = []
        self.runs: dict[bytes, list[tuple[int, int, int]]] = {}
        for i in range(regions):
            size, element, zero, count, length = listed.fields("HBBII", "record")
            require(1 <= size <= 4096 and zero == 0, f"record {i}", "name length, reserved byte")
            require(element < len(ELEMENTS), f"record {i}", f"element type {element}", "unsupported")
            region = Region(listed.take(size, "name"), element)
            unescape(region.name, f"record {i}")
            place = f"region {region.name!r}"
            descriptor = listed.take(length, "descriptor")
            size = struct.unpack_from("<Q", descriptor.ljust(8, b"\0"))[0]
            region.chunks = [cvs.take(32, "CV") for _ in range(min(-(-size // CHUNK), chunks))]
            read_descriptor(region, descriptor, place)
            require(region.name not in self.runs, place, "a second region of that name")
            require(unescape(region.name, place) not in found, place, "it is a directory too")
            self.regions.append(region)
            mine, places = places[:count], places[count:]
            firsts = [first for _, first in mine] + [len(region.chunks)]
            require(len(mine) == count and firsts[0] == 0, place, "its runs")
            require(firsts == sorted(set(firsts)) or firsts == [0], place, "its runs do not ascend")
            require(self.part_of(region) != b"data" or count <= 1, place, "it has more runs than one")
            self.runs[region.name] = [
                (offset, first * CHUNK, min(after * CHUNK, region.length))
                for (offset, first), after in zip(mine, firsts[1:])]
        listed.done()
        cvs.done()
        require(not places, "table", "runs that are no region's")
        Container.group_members(self)
        mine = (Container.state_root(self), sum(region.length for region in self.regions))
        require(mine == (root, total), "table", "its totals differ", "damaged")

    def part_of(self, region: Region) -> bytes:
        return b"data" if region.element == self.sample else PARTS[region.component]

    def check_head(self) -> None:
        """§1, §2: all of it follows from the rest."""
        channels, block, bits = FORMATS[self.sample]
        data, riff = self.parts[0][2], self.length - 8
        sizes = (riff, data, data // block)
        long = riff >= LONG
        head = struct.pack("<4sI4s", b"RF64" if long else b"RIFF", LONG if long else riff, b"WAVE")
        head += struct.pack("<4sI3QI", b"ds64" if long else b"JUNK", 28, *(sizes if long else (0, 0, 0)), 0)
        head += struct.pack("<4sIHHIIHHH", b"fmt ", 18, 3, channels, 48_000, 48_000 * block, block, bits, 0)
        head += struct.pack("<4sII", b"fact", 4, LONG if long else sizes[2])
        head += struct.pack("<4sI8sHHBBQQ16sq", b"hwpF", 3994, b"HWPWAVE\n", self.major, self.minor, 1, self.sample, 0,
                            self.optional, self.id, self.created)
        head = head.ljust(4088, b"\0") + struct.pack("<4sI", b"data", LONG if long else data)
        require(head == self.head, "head", "it is not that of the file")

    def check_notes(self) -> None:
        """§4, and the 8 bytes before the table."""
        require(self.notes[-8:] == struct.pack("<4sI", b"hwpR", self.table_size), "hwpR", "id or size")
        cursor = Cursor(self.notes[:-8], "notes")
        while cursor.at < len(cursor.data):
            name, size = cursor.fields("4sI", "RIFF chunk")
            known = (b"RIFF", b"RF64", b"JUNK", b"ds64", b"fmt ", b"fact", b"data")
            require(name not in known and name[:3] != b"hwp", "notes", f"{name!r} has no place there")
            cursor.take(size, "content")
            require(cursor.take(size % 2, "padding") in (b"", b"\0"), "notes", "padding")

    def check_tiling(self) -> None:
        """§3."""
        runs = sorted((offset, end - start, self.part_of(region))
                      for region in self.regions for offset, start, end in self.runs[region.name])
        position = HEAD
        for i, (name, zero, size) in enumerate(self.parts):
            require(zero == 0 and (i == 0) == (name == b"data"), f"part {i}", "id or reserved bytes")
            require(name == b"data" or name in PARTS.values(), f"part {i}", f"id {name!r}", "unsupported")
            if i > 0:
                start = self.at(position, 8)
                require(start == struct.pack("<4sQ", name, size)[:8], f"part {i}", "its RIFF chunk", "damaged")
                position += 8
                require(size <= 2**30, f"part {i}", "its size")
            end, count = position + size, 0
            while runs and runs[0][0] < end:
                offset, length, where = runs.pop(0)
                require(offset == page(position) and where == name, f"part {i}", f"the run at {offset}")
                self.zeros(position, offset)
                position, count = offset + length, count + 1
            if i == 0 and count == 0:
                require(size == FORMATS[self.sample][1], "data", "it is no block of zeros")
                self.zeros(position, end)
                position, count = end, 1
            require(count > 0 and position == end, f"part {i}", "it does not end with a run")
            self.zeros(end, end + end % 2)
            position = end + end % 2
        require(not runs and position == self.notes_at, "parts", "they do not end where the notes begin")

    def zeros(self, start: int, end: int) -> None:
        require(not any(self.at(start, end - start)), f"offset {start}", "not zero", "damaged")

    def bytes_of(self, region: Region) -> bytes:
        data = b"".join(self.at(offset, end - start) for offset, start, end in self.runs[region.name])
        place = f"region {region.name!r}"
        require(blake3(data).digest() == region.root, place, "its root differs", "damaged")
        for i, cv in enumerate(region.chunks):
            require(chunk_cv(data[i * CHUNK:(i + 1) * CHUNK], i) == cv, place, f"CV of chunk {i}", "damaged")
        if len(region.chunks) > 1:
            require(parent_tree(region.chunks, True) == region.root, place, "its root is not that of its CVs", "damaged")
        return data


def main(arguments: list[str]) -> int:
    if len(arguments) < 2 or (arguments[0], len(arguments)) not in (("verify", 2), ("restore", 3)):
        print(__doc__, file=sys.stderr)
        return 64
    try:
        wave = Wave(arguments[1])
        if arguments[0] == "restore":
            os.makedirs(arguments[2], exist_ok=True)
        for i, region in enumerate(wave.regions):
            data = wave.bytes_of(region)
            if arguments[0] == "restore":
                with open(os.path.join(arguments[2], str(i)), "wb") as target:
                    target.write(region.header + data + region.tail)
    except Refused as error:
        print(error, file=sys.stderr)
        return 65
    except OSError as error:
        print(error, file=sys.stderr)
        return 74
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
