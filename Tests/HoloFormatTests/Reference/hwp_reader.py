#!/usr/bin/env python3
"""A reader of HWP version 1, written from Documentation/HWP-Format.md alone (§ means a section of that page).

    hwp_reader.py list FILE                 what is in it, as JSON
    hwp_reader.py restore FILE TARGETDIR    every file, its members put together; TARGETDIR is new or empty
    hwp_reader.py verify FILE               every hash and every rule
    hwp_reader.py --cut FILE                lengths of the chunks that a writer cuts any file's bytes into, one a line

Ancestors are sought among the .hwp files beside FILE.

Exit status: 0; 64 usage; 65 malformed, damaged, unsupported, or missing in an ancestor (the message names the place);
74 input or output. It needs the packages `lz4` and `blake3`; chaining values, which `blake3` does not expose, are
computed here. Where regions are quantized it needs `numpy`, too, and the reader of Documentation/Quantization.md.
"""

from __future__ import annotations

import json
import math
import os
import re
import struct
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple, TypeVar

import lz4.block
import lz4.frame
from blake3 import blake3

# Where the reader of Documentation/Quantization.md stands.
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../HoloComputeTests/Reference"))

T = TypeVar("T")
CHUNK, BLOCK = 262_144, 4096
SHORTEST = 1024  # of the content-defined chunks of a region that are not its last
HEADER, SEGMENT, MANIFEST, TRAILER, PAYLOAD = 0x184D2A57, 0x184D2A59, 0x184D2A5A, 0x184D2A5D, 0x184D2204
OPTIONAL = (0x184D2A5C, 0x184D2A5E, 0x184D2A5F)
ABSENT, KIND_HEADER, KIND_PAYLOAD, KIND_SEGMENT = 0, 1, 3, 5
NO_FRAME = 0xFFFFFFFF
COMPONENTS = ("memory", "index", "configuration", "statistics", "metadata")
ELEMENTS = (("bytes", 1), ("u8", 1), ("i8", 1), ("u16", 2), ("i16", 2), ("u32", 4), ("i32", 4), ("u64", 8),
            ("i64", 8), ("f16", 2), ("bf16", 2), ("f32", 4), ("f64", 8), ("c64", 8), ("c128", 16))
ORIGINAL, STATE_DIRECTORY, ANCESTORS = 1, 2, 3  # extensions of the manifest, §8 and §14
MODE, MODIFIED, CHANGED = 1, 2, 3
FILE_HEADER, FILE_TAIL, QUANTIZATION, MEMBER, FILE, BLOB = 0x8001, 0x8002, 0x8003, 0x8004, 0x8005, 0x8006
FEATURE_CONTENT, FEATURE_QUANTIZATION, FEATURE_LAYERS, FEATURE_REMNANT, FEATURE_DIFFERENCES = 2, 4, 8, 16, 64
FINAL, CONTENT_DEFINED, QUANTIZED = 1, 4, 8  # flags of a part
RAW_CVS, LENGTHS = 2, 0x8001  # extensions of a segment
WHOLE, BLOCKS, DIFFERENCE = 0, 1, 2  # kinds of a layer
PREFIX = (0, 8, 1)  # of each kind: bytes of mask or order, before the coding
INTEGERS, NUMBERS, CODES = 0, 1, 2  # orders of a difference


class Refused(Exception):
    """`kind` is one of §11: malformed, damaged, unsupported; missing: what an ancestor was to give."""

    def __init__(self, place: str, what: str, kind: str = "malformed") -> None:
        super().__init__(f"{kind}: {place}: {what}")


def require(condition: bool, place: str, what: str, kind: str = "malformed") -> None:
    if not condition:
        raise Refused(place, what, kind)


def hash128(data: bytes | memoryview) -> bytes:
    return blake3(data).digest()[:16]


class Cursor:
    """Reads fields one after the other and never past the end."""

    def __init__(self, data: bytes | memoryview, place: str) -> None:
        self.data, self.place, self.at = memoryview(data), place, 0

    def take(self, size: int, what: str) -> bytes:
        require(size <= len(self.data) - self.at, self.place, f"{what} does not fit at byte {self.at}")
        self.at += size
        return bytes(self.data[self.at - size:self.at])

    def fields(self, layout: str, what: str) -> tuple:
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout), what))

    def done(self) -> None:
        require(self.at == len(self.data), self.place, f"{len(self.data) - self.at} bytes too many")


# ----------------------------------------------------------------------------------------------------------
# What the tables say


class Frame(NamedTuple):
    kind: int
    offset: int
    length: int
    hash: bytes


class Layer(NamedTuple):
    kind: int
    container: bytes  # its id
    frame: int
    coding: bytes  # mask or order included


class Chunk(NamedTuple):
    cv: bytes
    layers: list[Layer]
    raw_cv: bytes | None = None
    length: int = 0  # of a content-defined one


class Part(NamedTuple):
    name: bytes
    element: int
    first: int
    chunks: list[Chunk]
    descriptor: bytes | None  # of a final part
    quantized: bool
    content_defined: bool


class Segment(NamedTuple):
    ids: list[bytes]
    chunks: list[Chunk]
    parts: list[Part]


class Listed(NamedTuple):
    """An entry of the segment list."""

    container: bytes
    frame: int
    chunks: int
    parts: int
    hash: bytes


@dataclass
class Region:
    name: bytes
    element: int
    quantized: bool = False
    content_defined: bool = False
    chunks: list[Chunk] = field(default_factory=list)
    component: int = 0
    length: int = 0
    root: bytes = b""
    shape: tuple[int, ...] = ()
    attributes: dict[int, bytes] = field(default_factory=dict)

    @property
    def header(self) -> bytes:
        return self.attributes.get(FILE_HEADER, b"")

    @property
    def tail(self) -> bytes:
        return self.attributes.get(FILE_TAIL, b"")

    @property
    def host(self) -> bytes | None:
        """Of a member: the host's name."""
        return self.attributes[MEMBER][8:] if MEMBER in self.attributes else None

    @property
    def offset(self) -> int:
        """Of a member: in the file."""
        return int.from_bytes(self.attributes[MEMBER][:8], "little")

    @property
    def file_length(self) -> int | None:
        """Of a host."""
        return int.from_bytes(self.attributes[FILE], "little") if FILE in self.attributes else None

    @property
    def blob(self) -> int | None:
        """Of a blob: its version."""
        return int.from_bytes(self.attributes[BLOB], "little") if BLOB in self.attributes else None


def escape(raw: bytes) -> bytes:
    """§7: a backslash doubled, a byte that is in no UTF-8 sequence as \\xHH, all else as it is."""
    text = raw.decode("utf-8", "surrogateescape").replace("\\", "\\\\")
    return re.sub("[\udc80-\udcff]", lambda byte: f"\\x{ord(byte[0]) - 0xDC00:02X}", text).encode()


def unescape(name: bytes, place: str) -> bytes:
    """The bytes of the file name. Only what `escape` gives is a name: `\\x2F` is no way to write a slash."""
    def plain(escaped: re.Match[bytes]) -> bytes:
        return b"\\" if escaped[1] == b"\\" else bytes([int(escaped[1][1:], 16)])
    raw = re.sub(rb"\\(\\|x[0-9A-F]{2})", plain, name)
    require(b"\0" not in raw and escape(raw) == name, place, f"the name {name!r} is not canonical")
    return raw


def read_record(cursor: Cursor, found: dict[int, bytes], known: Iterable[int], what: str) -> None:
    """§6 extension, §7 attribute: into `found`, whose last tag is the one before it."""
    tag, length = cursor.fields("HI", what)
    require(tag > next(reversed(found), -1), cursor.place, f"{what} {tag:#x} is not in ascending order")
    require(tag < 0x8000 or tag in known, cursor.place, f"{what} {tag:#x} is unknown", "unsupported")
    found[tag] = cursor.take(length, f"{what} {tag:#x}")


def read_quantization(value: bytes, element: int, place: str) -> None:
    """§7: the attribute of a quantized region."""
    cursor = Cursor(value, place)
    mode, bits, flags, zero, *numbers = cursor.fields("BBHI7d", "quantization")
    bound, clip, *measured, least, greatest = numbers
    cursor.fields("Q32s", "quantization")
    cursor.done()
    require(mode <= 5, place, f"the mode {mode} of a quantization is unknown", "unsupported")
    require(zero == 0 and mode >= 1, place, "reserved bytes are not zero, or no mode")
    complex_type = ELEMENTS[element][0] in ("c64", "c128")
    require(complex_type or (mode <= 3 and 9 <= element <= 12), place, "a mode that is not for the element type")
    require((2 <= bits <= 16) if mode == 5 else bits == 0, place, f"{bits} bits of phase")
    require(flags in {2: (0, 1), 5: (0, 2)}.get(mode, (0,)), place, f"flags {flags} of mode {mode}")
    require(all(map(math.isfinite, numbers)) and min(measured) >= 0 and least <= greatest, place, "numbers out of range")
    require(bound > 0 if mode < 5 or flags == 2 else bound == 0, place, "the bound")
    require(clip > 0 if flags == 1 else clip == 0, place, "the clip")


def read_extensions(data: bytes, place: str, known: Iterable[int] = ()) -> dict[int, bytes]:
    cursor, found = Cursor(data, place), dict[int, bytes]()
    while cursor.at < len(data):
        read_record(cursor, found, known, "extension")
    return found


def read_root(extensions: dict[int, bytes], place: str) -> dict[int, bytes]:
    """§8, extension 2: mode and time of the directory that the state was."""
    if STATE_DIRECTORY not in extensions:
        return {}
    cursor = Cursor(extensions[STATE_DIRECTORY], place)
    found = read_attributes(cursor, cursor.fields("H", "root")[0], ())
    cursor.done()
    return found


def read_attributes(cursor: Cursor, count: int, known: Iterable[int]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for _ in range(count):
        read_record(cursor, found, known, "attribute")
    for tag, length in ((MODE, 4), (MODIFIED, 12), (CHANGED, 0), (QUANTIZATION, 104), (FILE, 8), (BLOB, 4)):
        value = found.get(tag, bytes(length))
        require(len(value) == length, cursor.place, f"attribute {tag} is not of {length} bytes")
    for tag in (FILE_HEADER, FILE_TAIL):
        require(len(found.get(tag, b"")) <= 1 << 24, cursor.place, f"attribute {tag:#x} has more than 16 MiB")
    mode = int.from_bytes(found.get(MODE, b""), "little")
    nanoseconds = int.from_bytes(found.get(MODIFIED, b"")[8:], "little")
    require(mode <= 0o7777 and nanoseconds < 10**9, cursor.place, "mode or time out of range")
    return found


# ----------------------------------------------------------------------------------------------------------
# §4 and §5: from frame to stream, from stream to chunk


def read_payload(data: memoryview, place: str, wanted: int | None = None) -> bytes:
    """The stream of an LZ4 frame in the canonical form of §4, of `wanted` bytes."""
    cursor = Cursor(data, place)
    magic, flags, descriptor, size, _ = cursor.fields("IBBQB", "LZ4 frame header")
    require((magic, flags, descriptor) == (PAYLOAD, 0x6C, 0x50), place, "not the canonical LZ4 frame header")
    require(1 <= size <= 540_800, place, f"a content size of {size}")
    require(wanted in (None, size), place, f"a stream of {size} bytes where the coding wants {wanted}")
    require(len(data) <= 1 << 20, place, f"a payload frame of {len(data)} bytes")
    stream, blocks = b"", 0
    while (word := cursor.fields("I", "block size")[0]) != 0:
        length, where = word & 0x7FFFFFFF, f"{place}, LZ4 block {blocks}"
        blocks += 1
        require(blocks <= 64, place, "more than 64 blocks")
        require(1 <= length <= CHUNK, where, f"{length} bytes")
        block = cursor.take(length, "block")
        try:
            plain = block if word >> 31 else lz4.block.decompress(block, uncompressed_size=CHUNK)
        except (lz4.block.LZ4BlockError, ValueError) as error:
            raise Refused(where, str(error)) from error
        stream += plain
        require(plain != b"" and len(stream) <= size, where, "empty, or past the content size")
    cursor.take(4, "content checksum")
    cursor.done()
    require(len(stream) == size, place, f"{len(stream)} bytes where the content size says {size}")
    try:  # compares the XXH32 of header and content
        require(lz4.frame.decompress(data) == stream, place, "the LZ4 frame and its blocks differ")
    except RuntimeError as error:
        raise Refused(place, str(error)) from error
    return stream


LETTER = {1: "B", 2: "H", 4: "I", 8: "Q"}
# SPREAD[s][byte]: the eight bits of the byte, least significant first, each as a byte with that bit at s
SPREAD = [[bytes((byte >> i & 1) << s for i in range(8)) for byte in range(256)] for s in range(8)]
# INDICES[b][byte]: the 8 / b indices of b bits in the byte
INDICES = {b: [bytes(byte >> i & (1 << b) - 1 for i in range(0, 8, b)) for byte in range(256)]
           for b in (1, 2, 4, 8)}


def from_planes(data: bytes, n: int, w: int) -> bytes:
    """n words of w bytes out of 8 · w bit planes, the most significant first."""
    size = (n + 7) // 8
    words = bytearray(n * w)
    for k in range(w):  # byte w − 1 − k of every word
        column = 0
        for s in range(8):
            plane = data[(8 * k + s) * size:(8 * k + s + 1) * size]
            column |= int.from_bytes(b"".join(map(SPREAD[7 - s].__getitem__, plane)), "little")
        words[w - 1 - k::w] = column.to_bytes(8 * size, "little")[:n]
    return bytes(words)


def from_differences(planes: bytes, n: int, w: int, floating: bool) -> bytes:
    mask, top = (1 << 8 * w) - 1, 1 << (8 * w - 1)
    zigzag = struct.unpack(f"<{n}{LETTER[w]}", planes)
    sums = accumulate(((z >> 1) ^ -(z & 1) for z in zigzag), initial=top if floating else 0)
    next(sums)  # the word before the first
    words = (total & mask for total in sums)
    if floating:
        words = (word ^ top if word & top else word ^ mask for word in words)
    return struct.pack(f"<{n}{LETTER[w]}", *words)


def from_palette(words: list[bytes], data: bytes, bits: int, n: int, w: int, place: str) -> bytes:
    """`words` is the dictionary, each word little-endian; `data` holds the indices."""
    indices = b"".join(map(INDICES[bits].__getitem__, data))[:n]
    require(max(indices) < len(words), place, "an index past the dictionary")
    result = bytearray(n * w)
    for k in range(w):
        result[k::w] = indices.translate(bytes(word[k] for word in words).ljust(256, b"\0"))
    return bytes(result)


class Bins(NamedTuple):
    """The parameters of method 7."""

    mapping: int
    divisor: int
    lags: tuple[int, ...]

    @staticmethod
    def read(cursor: Cursor, n: int, w: int) -> tuple[int, Bins]:
        """The length of the stream, and the rest."""
        size, mapping, lag_count = cursor.fields("IBB", "bins")
        require(mapping <= 3, cursor.place, f"the mapping {mapping} is unknown", "unsupported")
        require(0 < size <= n * w and lag_count <= 3, cursor.place, f"{size} bytes of bins, {lag_count} lags")
        (divisor,) = cursor.fields("I", "divisor") if mapping == 3 else (0,)
        require(mapping != 3 or (divisor >= 1 and w >= 4), cursor.place, f"ratios: divisor {divisor}, W = {w}")
        lags = cursor.fields(f"{lag_count}I", "lags")
        require(0 not in lags, cursor.place, "a lag of 0")
        return size, Bins(mapping, divisor, lags)

    def decode(self, data: bytes, n: int, w: int, place: str) -> bytes:
        mask, top = (1 << 8 * w) - 1, 1 << (8 * w - 1)
        x = read_bins(data, n, w, place)
        if self.lags or self.mapping in (1, 3):
            x = [((v >> 1) ^ -(v & 1)) & mask for v in x]
        elif self.mapping == 2:
            x = [v ^ top for v in x]
        for lag in reversed(self.lags):
            for i in range(lag, n):
                x[i] = (x[i] + x[i - lag]) & mask
        if self.mapping == 2:
            x = [v ^ (mask ^ top) if v & top else v for v in x]
        if self.mapping < 3:
            return struct.pack(f"<{n}{LETTER[w]}", *x)
        code = "f" if w == 4 else "d"
        # rounding the binary64 quotient again is right for binary32: both operands have no more than 24 bits
        (divisor,) = struct.unpack(code, struct.pack(code, self.divisor))
        numerators = struct.unpack(f"{n}{code}", struct.pack(f"{n}{code}", *((v ^ top) - top for v in x)))
        return struct.pack(f"<{n}{code}", *(m / divisor for m in numerators))


def read_bins(data: bytes, n: int, w: int, place: str) -> list[int]:
    """The values of a stream of bins."""
    cursor = Cursor(data, place)
    (count,) = cursor.fields("H", "bin count")
    require(1 <= count <= 256, place, f"{count} bins")
    least = int.from_bytes(cursor.take(w, "base"), "little")
    widths, upper, lower = (cursor.take(count, what) for what in ("widths of bins", "frequencies", "frequencies"))
    slots: list[tuple[int, int, int, int]] = []  # of each slot: its bin's frequency, width, least value; its place
    for width, high, low in zip(widths, upper, lower):
        frequency = high << 8 | low
        require(width <= 8 * w and least + (1 << width) <= 1 << 8 * w, place, "a bin past the last word")
        require(len(slots) + frequency <= 4096, place, "frequencies of more than 4,096")
        slots += ((frequency, width, least, place_in_bin) for place_in_bin in range(frequency))
        least += 1 << width
    require(len(slots) == 4096, place, "frequencies of less than 4,096")
    states = list(cursor.fields("32I", "states"))
    require(min(states) >= 1 << 16, place, "a state below 2^16")
    rest = bytes(cursor.data[cursor.at:])
    require(len(rest) % 2 == 0, place, "half a word")
    stream = iter(struct.unpack(f"<{len(rest) // 2}H", rest))

    def refilled(state: int) -> int:
        return state if state >= 1 << 16 else state << 16 | next(stream)

    values: list[int] = []
    try:
        for first in range(0, n, 32):
            group = range(min(32, n - first))
            found = [slots[states[lane] & 4095] for lane in group]
            for lane, (frequency, _, _, place_in_bin) in zip(group, found):
                states[lane] = refilled(frequency * (states[lane] >> 12) + place_in_bin)
            sums = [least for _, _, least, _ in found]
            for done in range(0, 64, 16):
                for lane, (_, width, _, _) in zip(group, found):
                    if width > done:
                        bits = min(width - done, 16)
                        sums[lane] += (states[lane] & (1 << bits) - 1) << done
                        states[lane] = refilled(states[lane] >> bits)
            values += sums
    except StopIteration as error:
        raise Refused(place, "too few words of bins") from error
    require(next(stream, None) is None, place, "words of bins are left over")
    require(states == [1 << 16] * 32, place, "a lane does not end where it began")
    return values


class Component(NamedTuple):
    """One component's method, its parameters, and its bytes in the stream."""

    method: int
    size: int
    constant: bytes = b""
    count: int = 0
    bits: int = 0
    divisor: int = 0
    bins: Bins | None = None

    @staticmethod
    def read(cursor: Cursor, n: int, w: int) -> Component:
        (method,) = cursor.fields("B", "method")
        require(method <= 7, cursor.place, f"method {method} is unknown", "unsupported")
        require(w < 16 or method not in (2, 3, 4, 7), cursor.place, f"method {method} with words of 16 bytes")
        if method == 0:
            return Component(method, n * w)
        if method == 1:
            return Component(method, 0, constant=cursor.take(w, "constant"))
        if method <= 4:
            return Component(method, 8 * w * ((n + 7) // 8))
        if method == 7:
            size, bins = Bins.read(cursor, n, w)
            return Component(method, size, bins=bins)
        (count,) = cursor.fields("H", "palette count")
        require(1 <= count <= 256, cursor.place, f"a palette of {count} words")
        bits = next(b for b in (1, 2, 4, 8) if 1 << b >= count)
        size = (n * bits + 7) // 8
        if method == 5:
            return Component(method, count * w + size, count=count, bits=bits)
        (divisor,) = cursor.fields("H", "divisor")
        require(divisor >= 1 and w in (4, 8), cursor.place, f"a ratio palette: divisor {divisor}, W = {w}")
        return Component(method, size, count=count, bits=bits, divisor=divisor)

    def decode(self, data: bytes, n: int, w: int, place: str) -> bytes:
        if self.method == 0:
            return data
        if self.bins:
            return self.bins.decode(data, n, w, place)
        if self.method == 1:
            return self.constant * n
        if self.method <= 4:
            words = from_planes(data, n, w)
            return words if self.method == 2 else from_differences(words, n, w, floating=self.method == 4)
        if self.method == 5:
            split = self.count * w
            big = [data[k:split:self.count] for k in range(self.count)]  # most significant byte first
            require(all(a < b for a, b in zip(big, big[1:])), place, "the dictionary is not ascending")
            return from_palette([word[::-1] for word in big], data[split:], self.bits, n, w, place)
        # rounding the binary64 quotient again is right for binary32: both operands have fewer than 24 bits
        ratios = [struct.pack("<f" if w == 4 else "<d", k / self.divisor) for k in range(self.count)]
        return from_palette(ratios, data, self.bits, n, w, place)


PARAMETERS = {1: "3d", 2: "I", 3: "B", 4: "B2d"}  # of each quantizer


class Codes(NamedTuple):
    """What makes numbers of the codes of a chunk, and the numbers that are kept."""

    quantizer: int
    numbers: tuple[float, ...]
    exceptions: int

    @staticmethod
    def read(cursor: Cursor) -> Codes:
        quantizer, exceptions = cursor.fields("BI", "quantizer")
        require(quantizer in PARAMETERS, cursor.place, f"the quantizer {quantizer} is unknown", "unsupported")
        return Codes(quantizer, cursor.fields(PARAMETERS[quantizer], "parameters"), exceptions)

    def scale(self) -> tuple[int, bytes]:
        """§6: what codes that are added have in common, as it is stored: all but low and high of a grid."""
        parameters = struct.pack("<" + PARAMETERS[self.quantizer], *self.numbers)
        return self.quantizer, parameters[:8] if self.quantizer == 1 else parameters

    def check(self, w: int, c: int, element: int, length: int, place: str) -> None:
        kind, size = ELEMENTS[element]
        require(9 <= element and (w, c) == (size // (2 if kind[0] == "c" else 1), 2 if kind[0] == "c" else 1),
                place, "codes that do not have the form of their numbers")
        require(self.exceptions <= length // self.item(w, c), place, f"{self.exceptions} exceptions")
        if self.quantizer in (1, 4):
            step, *others = self.numbers if self.quantizer == 1 else self.numbers[:0:-1]
            require(math.isfinite(step) and step > 0, place, f"a step of {step}")
            fits = others[0] <= others[1] if self.quantizer == 1 else math.isfinite(others[0]) and others[0] >= 0
            require(fits, place, "the range, or the offset")
        if self.quantizer == 2:
            most = {"f16": 819, "bf16": 129, "f64": 1 << 30, "c128": 1 << 30}.get(kind, 65_536)
            require(1 <= self.numbers[0] <= most, place, f"{self.numbers[0]} levels")
        if self.quantizer >= 3:
            require(c == 2 and 2 <= self.numbers[0] <= 16, place, "bits of a phase")

    def item(self, w: int, c: int) -> int:
        """Bytes of what is kept at once."""
        return w * c if self.quantizer >= 3 else w

    def size(self, w: int, c: int, length: int) -> int:
        """Bytes of the exceptions, behind the codes."""
        item = self.item(w, c)
        return (length // item + 7) // 8 + self.exceptions * item if self.exceptions else 0

    def restore(self, codes: bytes, kept: bytes, w: int, c: int, element: int, place: str) -> bytes:
        """Quantization.md: the numbers of a chunk."""
        from dequantize import restore as numbers_of  # only where regions are quantized

        names = {1: "grid", 2: "logarithm", 3: "phase", 4: "phase-grid"}
        is_count = self.quantizer != 1
        numbers = [hex(self.numbers[0]) if is_count else float(self.numbers[0]).hex()]
        numbers += [float(number).hex() for number in self.numbers[1:]]
        data = bytearray(numbers_of(codes, ELEMENTS[element][0], names[self.quantizer], numbers))
        if self.exceptions:
            item = self.item(w, c)
            flags, items = kept[:-self.exceptions * item], kept[-self.exceptions * item:]
            places = [8 * i + b for i, byte in enumerate(flags) for b in range(8) if byte >> b & 1]
            require(len(places) == self.exceptions, place, f"{len(places)} exceptions are flagged")
            require(not places or places[-1] < len(codes) // item, place, "a flag past the last item")
            for i, at in enumerate(places):
                data[at * item:(at + 1) * item] = items[i * item:(i + 1) * item]
        return bytes(data)


class Coding(NamedTuple):
    """§5: what becomes of a layer's stream."""

    w: int
    n: int  # elements
    components: list[Component]
    codes: Codes | None  # what makes numbers of the words
    size: int  # bytes of the stream

    @staticmethod
    def read(data: bytes, length: int, element: int, place: str) -> Coding:
        """Of a layer that gives `length` bytes."""
        cursor = Cursor(data, place)
        w, c = cursor.fields("BB", "coding")
        codes = Codes.read(cursor) if w & 0x80 else None
        w &= 0x7F
        require(w in (1, 2, 4, 8, 16) and c in (1, 2) and w * c <= 16, place, f"a coding with W = {w}, C = {c}")
        require(length % (w * c) == 0, place, f"{length} bytes are not elements of {c} words of {w}")
        components = [Component.read(cursor, length // (w * c), w) for _ in range(c)]
        cursor.done()
        size = sum(component.size for component in components)
        if codes:
            codes.check(w, c, element, length, place)
            size += codes.size(w, c, length)
        require(size <= (540_800 if codes else 270_336), place, f"a stream of {size} bytes")
        return Coding(w, length // (w * c), components, codes, size)

    def decode(self, stream: bytes, place: str) -> tuple[bytes, bytes]:
        """The words, and what stands in the stream behind theirs: the exceptions."""
        at, step = 0, self.w * len(self.components)
        result = bytearray(self.n * step)
        for c, component in enumerate(self.components):
            column = component.decode(stream[at:at + component.size], self.n, self.w, place)
            at += component.size
            for k in range(self.w):
                result[c * self.w + k::step] = column[k::self.w]
        return bytes(result), stream[at:]


def masked_blocks(coding: bytes, length: int, place: str) -> list[tuple[int, int]]:
    """§6: where the blocks of a layer of kind 1 begin and end in a chunk of `length` bytes."""
    (mask,) = Cursor(coding, place).fields("Q", "mask")
    require(0 < mask < 1 << -(-length // BLOCK), place, f"a mask of {mask:#x} over {length} bytes")
    return [(at, min(at + BLOCK, length)) for at in range(0, length, BLOCK) if mask >> at // BLOCK & 1]


def read_order(coding: bytes, place: str) -> int:
    """§6: of a layer of kind 2."""
    (order,) = Cursor(coding, place).fields("B", "order")
    require(order <= CODES, place, f"the order {order} is unknown", "unsupported")
    return order


def check_order(order: int, coding: Coding, below: Codes | None, place: str) -> None:
    """§6: whether the words of a coding can be added in that order; `below` is of the layer before, if it has codes."""
    if order == CODES:
        same = coding.codes and below and coding.codes.scale() == below.scale()
        require(bool(same), place, "it has no codes, or the layer before has none, or those of another quantizer")
    else:
        require(coding.codes is None, place, f"codes in a difference of order {order}")
        require((1 if order == INTEGERS else 2) <= coding.w <= 8, place, f"order {order} with W = {coding.w}")


def add_words(words: bytes, differences: bytes, w: int, floating: bool) -> bytes:
    """§6: sums of words of `w` bytes; `floating` in the order of the numbers that their bits are."""
    mask, top, layout = (1 << 8 * w) - 1, 1 << (8 * w - 1), f"<{len(words) // w}{LETTER[w]}"
    old: Iterable[int] = struct.unpack(layout, words)
    if floating:
        old = (word ^ mask if word & top else word ^ top for word in old)
    sums = (word + difference & mask for word, difference in zip(old, struct.unpack(layout, differences)))
    if floating:
        sums = (word ^ top if word & top else word ^ mask for word in sums)
    return struct.pack(layout, *sums)


# ----------------------------------------------------------------------------------------------------------
# §10: chaining values. BLAKE3's compression of many inputs at once, each in a 64-bit lane of long integers.

IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
MIXES = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
         (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))
CHUNK_START, CHUNK_END, PARENT, ROOT = 1, 2, 4, 8


def compress(h: list[int], m: list[int], counter: tuple[int, int], size: int, flags: int,
             ones: int) -> list[int]:
    """`ones` has a 1 in every lane; `size` and `flags` are the same in all of them."""
    mask = ones * 0xFFFFFFFF
    v = h + [ones * IV[i] for i in range(4)] + [*counter, ones * size, ones * flags]
    for _ in range(7):
        for i, (a, b, c, d) in enumerate(MIXES):
            for word, r, s in ((m[2 * i], 16, 12), (m[2 * i + 1], 8, 7)):
                v[a] = v[a] + v[b] + word & mask
                v[d] ^= v[a]
                v[d] = (v[d] >> r | v[d] << 32 - r) & mask
                v[c] = v[c] + v[d] & mask
                v[b] ^= v[c]
                v[b] = (v[b] >> s | v[b] << 32 - s) & mask
        m = [m[i] for i in PERMUTATION]
    return [v[i] ^ v[i + 8] for i in range(8)]


def lanes(words: Iterable[int]) -> int:
    words = tuple(words)
    return int.from_bytes(struct.pack(f"<{len(words)}Q", *words), "little")


def values(h: list[int], count: int) -> list[bytes]:
    """The chaining value of each lane."""
    columns = [struct.unpack(f"<{count}Q", word.to_bytes(8 * count, "little")) for word in h]
    return [struct.pack("<8I", *row) for row in zip(*columns)]


def leaf_cvs(data: bytes, leaf: int, first: int) -> list[bytes]:
    """Of consecutive BLAKE3 leaves of `leaf` bytes each, numbered from `first`."""
    count, blocks = len(data) // leaf, (leaf + 63) // 64
    padded = b"".join(data[i:i + leaf].ljust(64 * blocks, b"\0") for i in range(0, len(data), leaf))
    words = struct.unpack(f"<{len(padded) // 4}I", padded)
    numbers, ones = range(first, first + count), lanes([1] * count)
    counter = (lanes(i & 0xFFFFFFFF for i in numbers), lanes(i >> 32 for i in numbers))
    h = [ones * word for word in IV]
    for b in range(blocks):
        m = [lanes(words[16 * b + j::16 * blocks]) for j in range(16)]
        flags = CHUNK_START * (b == 0) | CHUNK_END * (b == blocks - 1)
        h = compress(h, m, counter, min(64, leaf - 64 * b), flags, ones)
    return values(h, count)


def parent_tree(cvs: list[bytes], root: bool) -> bytes:
    """Joins neighbours, level by level; an odd last one goes up as it is."""
    while len(cvs) > 1:
        count = len(cvs) // 2
        words, ones = struct.unpack(f"<{16 * count}I", b"".join(cvs[:2 * count])), lanes([1] * count)
        h, m = [ones * word for word in IV], [lanes(words[j::16]) for j in range(16)]
        flags = PARENT | ROOT * (root and len(cvs) == 2)
        cvs = values(compress(h, m, (0, 0), 64, flags, ones), count) + cvs[2 * count:]
    return cvs[0]


def chunk_cv(data: bytes, index: int) -> bytes:
    """Of chunk `index` of a region."""
    full, first = len(data) // 1024, index * (CHUNK // 1024)
    cvs = leaf_cvs(data[:full * 1024], 1024, first)
    if len(data) % 1024:
        cvs += leaf_cvs(data[full * 1024:], len(data) % 1024, first + full)
    return parent_tree(cvs, root=False)


# ----------------------------------------------------------------------------------------------------------
# §15: where writers cut content-defined chunks. GEAR is the page's T.

GEAR = [int.from_bytes(blake3(bytes([byte])).digest()[:8], "little") for byte in range(256)]
CUT_FIRST, CUT_EASILY, CUT_LAST = 8192, 32_768, 131_072


def cut(data: bytes) -> list[int]:
    """The lengths of the chunks of a region."""
    lengths, start = [], 0
    while start < len(data):
        lengths.append(first_cut(data[start:start + CUT_LAST]))
        start += lengths[-1]
    return lengths


def first_cut(data: bytes) -> int:
    """Of the chunk that begins with these bytes, which end with the region or have the most that a writer cuts."""
    h, best, smallest = 0, 0, 1 << 64
    for n, byte in enumerate(data, 1):
        h = (2 * h + GEAR[byte]) % (1 << 64)
        if n >= CUT_FIRST and h < 1 << (47 if n < CUT_EASILY else 51):
            return n
        if n >= CUT_EASILY and h <= smallest:
            best, smallest = n, h
    return best if len(data) == CUT_LAST else len(data)


# ----------------------------------------------------------------------------------------------------------
# The container


class Stored:
    """What is stored in a file: all that is looked at of an ancestor, whose features do not matter."""

    def __init__(self, data: bytes, features: int = -1) -> None:
        """`features` are those that are known."""
        self.data = memoryview(data)
        self.features = self.read_header()
        self.read_trailer()
        known = self.features & ~features == 0
        require(known, "header", f"required features {self.features:#x} are unknown", "unsupported")
        require(bytes(self.data[4:8]) == struct.pack("<I", 56), "header", "its size is not 56")
        require(not any(self.data[21:24]), "header", "reserved bytes are not zero")
        self.is_remnant = self.features & FEATURE_REMNANT != 0
        self.read_manifest()

    def skippable(self, offset: int, magics: Iterable[int], tag: bytes, place: str) -> memoryview:
        """A whole skippable frame (§2) with `tag` behind its size."""
        magic, size = Cursor(self.data[offset:], place).fields("II", "frame")
        require(magic in magics, place, f"a frame of magic {magic:#x}")
        require(size <= min(2**32 - 9, len(self.data) - offset - 8), place, f"its size {size} does not fit")
        frame = self.data[offset:offset + 8 + size]
        require(bytes(frame[8:8 + len(tag)]) == tag, place, f"the tag {tag!r} is missing")
        return frame

    def read_header(self) -> int:
        """§3; the required features, which are judged after trailer and guard."""
        cursor = Cursor(self.data, "header")
        magic, _, tag = cursor.fields("II8s", "header")
        require((magic, tag) == (HEADER, b"HWPSNAP\n"), "header", "this is no HWP file")
        major, _minor, suite = cursor.fields("HHB", "version")
        require(major == 1 and suite == 1, "header", f"major version {major}, suite {suite}", "unsupported")
        _, features, _optional, self.id, _created = cursor.fields("3sQQ16sq", "header")
        return features

    def read_trailer(self) -> None:
        """§9: the trailer, the guard, and the manifest's place and hash."""
        def hold(condition: bool, what: str) -> None:
            require(condition, "trailer", what, "damaged")

        start = len(self.data) - 144
        hold(start >= 64, "the file is too short")
        frame = self.data[start:]
        (magic, size, length, offset, manifest_length, self.number, frames, self.snapshot, guard, container,
         check, tag) = Cursor(frame, "trailer").fields("IIQQQII32s32s16s16s8s", "fields")
        hold((magic, size, tag) == (TRAILER, 136, b"HWPTAIL\n"), "it is missing; the file is cut off?")
        hold(hash128(frame[:120]) == check, "its check differs")
        hold(length == len(self.data), f"the file has {len(self.data)} bytes, not {length}")
        hold(container == self.id, "another container id than the header's")
        hold(64 <= offset and offset + manifest_length <= start, "the manifest is not inside the file")
        hasher, at, optional = blake3(self.data[:64]), offset + manifest_length, 0
        while at < start:
            place = f"optional frame at {at}"
            frame = self.skippable(at, OPTIONAL, b"", place)
            holds = len(frame) >= 32 and hash128(frame[:-16]) == bytes(frame[-16:])
            require(holds, place, "its check differs", "damaged")
            hasher.update(frame)
            at, optional = at + len(frame), optional + 1
        hold(at == start, "an optional frame reaches into it")
        hold(hasher.digest() == guard, "the guard of header and optional frames differs")
        hold(frames == self.number + 2 + optional, f"{frames} frames are not the file's")
        self.manifest_offset, self.manifest = offset, self.data[offset:offset + manifest_length]
        require(blake3(self.manifest).digest() == self.snapshot, "manifest", "its hash differs", "damaged")

    def read_manifest(self) -> None:
        """§8: its sections, and of these the container ids and the frame table."""
        place, frame = "manifest", self.manifest
        whole = self.skippable(self.manifest_offset, [MANIFEST], b"HWPMANI\n", place)
        require(len(whole) == len(frame) >= 40, place, "another length than in the trailer")
        require(hash128(frame[:-16]) == bytes(frame[-16:]), place, "its check differs", "damaged")
        cursor = Cursor(frame[16:-16], place)
        number, segments, containers, *sizes = cursor.fields("6I", "counts")
        require(number == self.number >= 1, place, "its frame number is not the trailer's")
        require(1 <= containers <= 65_535, place, f"{containers} containers")
        require(sizes[0] <= 65_536, place, f"a summary of {sizes[0]} bytes")
        self.ids = self.read_ids(cursor, containers)
        self.segment_list = cursor.take(32 * segments, "segment list")
        frame_table = Cursor(cursor.take(24 * number, "frame table"), place)
        self.totals = cursor.fields("32sQQQ", "totals")
        self.texts = [cursor.take(size, what) for size, what in zip(sizes, ("summary", "directories", "extensions"))]
        cursor.done()
        self.read_frame_table(frame_table, number)
        if self.is_remnant:  # §14: it stands for the original
            self.snapshot = read_extensions(self.texts[2], place).get(ORIGINAL, b"")
            require(len(self.snapshot) == 32, place, "a remnant without the snapshot id of its original")

    def read_ids(self, cursor: Cursor, count: int) -> list[bytes]:
        require(count >= 1, cursor.place, "no container id")
        ids = [cursor.take(16, "container ids") for _ in range(count)]
        require(ids[0] == self.id, cursor.place, "container id 0 is not the header's")
        require(len(set(ids)) == count, cursor.place, "a container id stands twice")
        return ids

    def read_frame_table(self, cursor: Cursor, count: int) -> None:
        self.frames: list[Frame] = []
        offset = 0
        for number in range(count):
            place = f"frame table entry {number}"
            kind, zero, length, digest = cursor.fields("B3sI16s", "entry")
            require(not any(zero), place, "reserved bytes are not zero")
            known = kind in (KIND_HEADER, KIND_PAYLOAD, KIND_SEGMENT) or kind == ABSENT and self.is_remnant
            require(known, place, f"frame kind {kind}", "unsupported")
            require((kind == KIND_HEADER) == (number == 0), place, f"a frame of kind {kind}")
            if kind == ABSENT:
                require(length == 0 and not any(digest), place, "an absent frame that has bytes")
            else:
                require(length >= 8 and (kind != KIND_PAYLOAD or length <= 1 << 20), place, f"{length} bytes")
            require(kind != KIND_SEGMENT or length <= 1 << 26, place, f"a segment of {length} bytes")
            self.frames.append(Frame(kind, offset, length, digest))
            offset += length
        require(offset == self.manifest_offset, "frame table", "it does not tile the file up to the manifest")
        require(self.frames[0].length == 64, "frame table", "frame 0 is not the header")
        require(self.frames[-1].kind != KIND_PAYLOAD, "frame table", "payload that no segment indexes")

    def frame_bytes(self, number: int, kind: int) -> memoryview:
        """The stored bytes of a frame of that kind, compared with the frame table."""
        is_there = number < len(self.frames) and self.frames[number].kind == kind
        require(is_there, f"frame {number}", f"it is not there, or not of kind {kind}")
        frame = self.frames[number]
        data = self.data[frame.offset:frame.offset + frame.length]
        place = f"frame {number} at {frame.offset}"
        require(hash128(data) == frame.hash, place, "its hash differs", "damaged")
        return data

    def read_segment(self, number: int, digest: bytes | None = None) -> Segment:
        """§6; `digest` is the one in the segment list."""
        data = self.frame_bytes(number, KIND_SEGMENT)
        offset = self.frames[number].offset
        place = f"segment, frame {number} at {offset}"
        require(digest in (None, self.frames[number].hash), place, "the segment list has another hash")
        whole = self.skippable(offset, [SEGMENT], b"HWPSEGM\n", place)
        require(len(whole) == len(data) >= 96, place, "another length than in the frame table")
        require(hash128(data[:-16]) == bytes(data[-16:]), place, "its check differs")
        cursor = Cursor(data[16:-16], place)
        (own_offset, own, frames, chunks, layers, parts, containers, zero1, coding_bytes, part_bytes,
         extension_bytes, zero2) = cursor.fields("Q5IHHIIII", "counts")
        require(zero1 == 0 and zero2 == 0, place, "reserved bytes are not zero")
        same = own == number and (own_offset == offset or self.is_remnant)
        require(same, place, "own offset or own frame is wrong")
        require(chunks <= 4096 and parts <= 4096, place, f"{chunks} chunks, {parts} parts")
        ids = self.read_ids(cursor, containers)
        lengths = struct.unpack(f"<{frames}I", cursor.take(4 * frames, "frame lengths"))
        require(frames < number, place, f"{frames} payload frames before frame {number}")
        before = self.frames[number - frames:number]
        same = all(f.kind == ABSENT or (f.kind, f.length) == (KIND_PAYLOAD, n) for f, n in zip(before, lengths))
        same = same and self.frames[number - frames - 1].kind != KIND_PAYLOAD
        require(same, place, "the payload before it is other than it lists")
        layer_records = cursor.take(8 * layers, "layer records")
        cvs = cursor.take(32 * chunks, "chaining values")
        depths = cursor.take(chunks, "layers a chunk")
        require(all(1 <= depth <= 9 for depth in depths) and sum(depths) == layers, place, "the layers a chunk")
        codings = Cursor(cursor.take(coding_bytes, "codings"), place)
        part_records = Cursor(cursor.take(part_bytes, "part records"), place)
        extensions = read_extensions(cursor.take(extension_bytes, "extensions"), place, (LENGTHS,))
        cursor.done()

        found: list[Layer] = []
        for i, (kind, size, container, frame) in enumerate(struct.iter_unpack("<BBHI", layer_records)):
            where = f"{place}, layer {i}"
            require(kind <= DIFFERENCE, where, f"layer kind {kind}", "unsupported")
            require(container < containers, where, f"container {container} of {containers}")
            mine = frame == NO_FRAME or number - frames <= frame < number
            require(mine if container == 0 else frame != NO_FRAME, where, f"frame {frame} of container {container}")
            found.append(Layer(kind, ids[container], frame, codings.take(size, "coding")))
        codings.done()
        table: list[Chunk] = []
        for i, end in enumerate(accumulate(depths)):
            chunk = Chunk(cvs[32 * i:32 * i + 32], found[end - depths[i]:end])
            kinds = [layer.kind for layer in chunk.layers]
            fits = kinds[0] == WHOLE and WHOLE not in kinds[1:]
            require(fits, f"{place}, chunk {i}", f"layers of kinds {kinds}")
            table.append(chunk)
        found_parts = with_raw_cvs(read_parts(part_records, parts, table), extensions.get(RAW_CVS), place)
        return Segment(ids, table, with_lengths(found_parts, extensions.get(LENGTHS), place))


class Container(Stored):
    """Opening one is the "read" of §11: all that is needed to reach any chunk is checked, in that order."""

    def __init__(self, data: bytes, folder: str) -> None:
        """`folder` is where its ancestors are sought."""
        super().__init__(data, FEATURE_CONTENT | FEATURE_QUANTIZATION | FEATURE_LAYERS | FEATURE_DIFFERENCES)
        self.folder, self.opened = folder, {self.id: [self]}
        self.read_state()
        self.regions = list(self.join(part for entry in self.listed for part in self.listed_parts(entry)))
        for region in self.regions:
            name = unescape(region.name, "region")
            require(name not in self.directories, "directories", f"{name!r} is a region")
        self.members = self.group_members()

    def read_state(self) -> None:
        """§8: the rest of the manifest."""
        has_layers = self.features & FEATURE_LAYERS != 0
        require(has_layers or len(self.ids) == 1, "manifest", "ancestors that the header does not tell")
        summary, directories, records = self.texts
        self.summary = self.read_summary(summary)
        self.directories = self.read_directories(directories)
        extensions = read_extensions(records, "manifest")
        self.root = read_root(extensions, "root")
        self.ancestors = {container: bytes(32) for container in self.ids[1:]}  # with snapshot ids, zeros: not known
        if ANCESTORS in extensions:
            cursor = Cursor(extensions[ANCESTORS], "ancestors")
            require(self.ancestors != {}, cursor.place, "there are none")
            for container in self.ancestors:
                self.ancestors[container], _created, size = cursor.fields("32sqB", "record")
                cursor.take(size, "name")
            cursor.done()

        self.listed: list[Listed] = []
        for index, (container, zero, *rest) in enumerate(struct.iter_unpack("<HHIII16s", self.segment_list)):
            place = f"segment list entry {index}"
            require(zero == 0, place, "reserved bytes are not zero")
            require(container < len(self.ids), place, f"container {container} of {len(self.ids)}")
            self.listed.append(Listed(self.ids[container], *rest))
        own = [entry.frame for entry in self.listed if entry.container == self.id]
        require(own == sorted(own), "segment list", "not in file order")
        different = {(entry.container, entry.frame) for entry in self.listed}
        require(len(different) == len(self.listed), "segment list", "a segment stands twice")

    @staticmethod
    def read_summary(text: bytes) -> dict:
        def level(value: object) -> int:
            inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
            require(type(value) is not int or abs(value) < 2**53, "summary", "an integer of 2^53 or more")
            return 0 if inner is None else 1 + max(map(level, inner), default=0)

        def constant(name: str) -> None:
            raise ValueError(f"{name} is not of RFC 8259")

        try:
            summary = json.loads(text.decode(), parse_constant=constant)
            deep = level(summary) > 16
        except (ValueError, RecursionError) as error:
            raise Refused("summary", f"no JSON: {error}") from error
        require(isinstance(summary, dict) and not deep, "summary", "no JSON object, or too deep")
        return summary

    @staticmethod
    def read_directories(data: bytes) -> dict[bytes, dict[int, bytes]]:
        cursor, found, last = Cursor(data, "directories"), dict[bytes, dict[int, bytes]](), b""
        while cursor.at < len(data):
            size, count = cursor.fields("HH", "record")
            name = cursor.take(size, "name")
            require(1 <= size <= 4096, cursor.place, f"a name of {size} bytes")
            require(name > last, cursor.place, f"{name!r} is not in ascending order")
            found[unescape(name, cursor.place)] = read_attributes(cursor, count, ())
            last = name
        return found

    def copies(self, container: bytes) -> list[Stored]:
        """§11: the files that are taken for the container of that id; copies of each other, if there are several."""
        place, snapshot = f"ancestor {container.hex()}", self.ancestors[container]
        found, faults = dict[str, Stored](), list[str]()
        for name in sorted(os.listdir(self.folder)):
            path = os.path.join(self.folder, name)
            try:
                if not name.endswith(".hwp") or not os.path.isfile(path):
                    continue
                with open(path, "rb") as file:
                    data = file.read(64)
                    if data[40:56] != container:
                        continue
                    stored = Stored(data + file.read())
                require(snapshot in (bytes(32), stored.snapshot), "trailer", "another snapshot id", "missing")
                found[name] = stored
            except (OSError, Refused) as error:
                faults.append(f"{name}: {error}")
        require(found != {}, place, "; ".join(faults) or "it is not here", "missing")
        snapshots = {stored.snapshot for stored in found.values()}
        require(len(snapshots) == 1, place, f"it may be any of {', '.join(found)}", "missing")
        return list(found.values())

    def give(self, container: bytes, read: Callable[[Stored], T]) -> T:
        """What `read` makes of this container, or of an ancestor; what is wrong there is no fault of this one."""
        if container == self.id:
            return read(self)
        if container not in self.opened:
            self.opened[container] = self.copies(container)
        faults = []
        for stored in self.opened[container]:
            try:
                return read(stored)
            except Refused as error:
                faults.append(str(error))
        raise Refused(f"ancestor {container.hex()}", "; ".join(faults), "missing")

    def checked(self, segment: Segment, place: str) -> Segment:
        """§8: its features are set in the header, in whatever container it stands."""
        quantized = any(part.quantized for part in segment.parts)
        told = not quantized or self.features & FEATURE_QUANTIZATION != 0
        require(told, place, "a quantized region that the header does not tell")
        content_defined = any(part.content_defined for part in segment.parts)
        told = not content_defined or self.features & FEATURE_CONTENT != 0
        require(told, place, "content-defined chunks that the header does not tell")
        simple = len(segment.ids) == 1 and all(len(chunk.layers) == 1 for chunk in segment.chunks)
        require(simple or self.features & FEATURE_LAYERS != 0, place, "layers that the header does not tell")
        differs = any(layer.kind == DIFFERENCE for chunk in segment.chunks for layer in chunk.layers)
        told = not differs or self.features & FEATURE_DIFFERENCES != 0
        require(told, place, "differences that the header does not tell")
        return segment

    def listed_parts(self, entry: Listed) -> list[Part]:
        place = f"segment, frame {entry.frame} of {entry.container.hex()}"
        segment = self.give(entry.container, lambda stored: stored.read_segment(entry.frame, entry.hash))
        counts = (len(segment.chunks), len(segment.parts))
        require(counts == (entry.chunks, entry.parts), place, "the segment list has other counts")
        require(set(segment.ids) <= set(self.ids), place, "a container id that the manifest does not have")
        return self.checked(segment, place).parts

    @staticmethod
    def join(parts: Iterable[Part]) -> Iterator[Region]:
        """§7: regions out of their parts."""
        names: set[bytes] = set()
        region: Region | None = None
        for part in parts:
            place = f"region {part.name!r}"
            kind = (part.name, part.element, part.quantized, part.content_defined)
            if part.first == 0:
                region = Region(*kind)  # what was open is discarded
            if region is None or (region.name, region.element, region.quantized, region.content_defined,
                                  len(region.chunks)) != (*kind, part.first):
                raise Refused(place, f"its part at chunk {part.first} continues nothing")
            region.chunks += part.chunks
            if part.content_defined:
                followed = region.chunks[max(part.first - 1, 0):-1]
                fits = all(chunk.length >= SHORTEST for chunk in followed)
                require(fits, place, f"a chunk before its last has less than {SHORTEST} bytes")
            if part.descriptor is not None:
                require(part.name not in names, place, "it stands twice")
                names.add(part.name)
                read_descriptor(region, part.descriptor, place, last_chunking=1)
                yield region
                region = None

    def chunk(self, region: Region, index: int) -> bytes:
        place = f"region {region.name!r}, chunk {index}"
        size = region.chunks[index].length if region.content_defined else min(CHUNK, region.length - index * CHUNK)
        data = bytearray(size)
        below: Codes | None = None  # those of the layer before, if it has any
        codes = b""
        for number, layer in enumerate(region.chunks[index].layers):
            where = f"{place}, layer {number}"
            blocks = masked_blocks(layer.coding, len(data), where) if layer.kind == BLOCKS else [(0, len(data))]
            order = read_order(layer.coding, where) if layer.kind == DIFFERENCE else None
            length = sum(end - start for start, end in blocks)
            coding = Coding.read(layer.coding[PREFIX[layer.kind]:], length, region.element, where)
            require(region.quantized or not coding.codes, where, "codes in a region that is not quantized")
            if order is not None:
                check_order(order, coding, below, where)
            part, kept = coding.decode(self.stream(layer, coding.size, where), where)
            if order is not None:
                part = add_words(codes if order == CODES else bytes(data), part, coding.w, floating=order == NUMBERS)
            below, codes = (None if layer.kind == BLOCKS else coding.codes), part
            if coding.codes:
                part = coding.codes.restore(part, kept, coding.w, len(coding.components), region.element, where)
            at = 0
            for start, end in blocks:
                data[start:end] = part[at:at + end - start]
                at += end - start
        return bytes(data)

    def stream(self, layer: Layer, size: int, place: str) -> bytes:
        """The `size` bytes that a layer's coding wants."""
        require((layer.frame == NO_FRAME) == (size == 0), place, "a frame without stream, or the reverse")

        def read(stored: Stored) -> bytes:
            frame = stored.frame_bytes(layer.frame, KIND_PAYLOAD)
            return read_payload(frame, f"{place}, frame {layer.frame}", size)

        return self.give(layer.container, read) if size != 0 else b""

    def chunks(self, region: Region, cvs: bool = False) -> Iterator[bytes]:
        """The region's bytes. After the last, its root has been compared; with `cvs`, all its CVs too. (The root of a
        content-defined region is no tree over them.)"""
        place, hasher = f"region {region.name!r}", blake3()
        for index, chunk in enumerate(region.chunks):
            data = self.chunk(region, index)
            if cvs:
                cv = blake3(data).digest() if region.content_defined else chunk_cv(data, index)
                require(cv == chunk.cv, f"{place}, chunk {index}", "its CV differs", "damaged")
            hasher.update(data)
            yield data
        require(hasher.digest() == region.root, place, "its root differs", "damaged")
        if cvs and len(region.chunks) > 1 and not region.content_defined:
            tree = parent_tree([chunk.cv for chunk in region.chunks], root=True)
            require(tree == region.root, place, "the tree over its CVs is not its root", "damaged")
            if region.quantized:
                tree = parent_tree([chunk.raw_cv or b"" for chunk in region.chunks], root=True)
                same = tree == region.attributes[QUANTIZATION][-32:]
                require(same, place, "the tree over its raw CVs is not its raw root", "damaged")

    def group_members(self) -> dict[bytes, list[Region]]:
        """§7: the members of each host, as they lie in its file."""
        hosts = {region.name: region for region in self.regions if region.file_length is not None}
        members: dict[bytes, list[Region]] = {name: [] for name in hosts}
        for region in self.regions:
            if region.host is not None:
                require(region.host in hosts, f"region {region.name!r}", "its host is missing")
                members[region.host].append(region)
        for name, found in members.items():
            place, length = f"region {name!r}", hosts[name].file_length
            found.sort(key=lambda member: (member.offset, member.length))
            total = hosts[name].length + sum(member.length for member in found)
            require(total == length < 2**63, place, f"{total} bytes are there of a file of {length}")
            end = 0
            for member in found:
                require(member.offset >= end, place, f"its member {member.name!r} overlaps another")
                end = member.offset + member.length
            require(end <= length, place, "a member goes past the file's end")
        return members

    def state_root(self) -> bytes:
        """§10."""
        hasher = blake3()
        for region in self.regions:
            rank = len(region.shape)
            hasher.update(struct.pack("<I", len(region.name)) + region.name)
            hasher.update(struct.pack(f"<3B{rank}Q", region.component, region.element, rank, *region.shape))
            hasher.update(struct.pack("<I", len(region.header)) + region.header)
            hasher.update(struct.pack("<I", len(region.tail)) + region.tail)
            hasher.update(struct.pack("<Q", region.length) + region.root)
            for tag in (MEMBER, FILE, BLOB):
                if tag in region.attributes:
                    value = region.attributes[tag]
                    hasher.update(struct.pack("<IHI", 0xFFFFFFFF, tag, len(value)) + value)
        return hasher.digest()

    def check_totals(self) -> None:
        """§8."""
        totals = (self.state_root(), len(self.regions), sum(len(region.chunks) for region in self.regions),
                  sum(region.length for region in self.regions))
        for what, here, there in zip(("state root", "regions", "chunks", "bytes"), totals, self.totals):
            require(here == there, "manifest", f"the total of {what} differs", "damaged")


def read_parts(cursor: Cursor, count: int, table: list[Chunk]) -> list[Part]:
    """§7: the part records of a segment, with their chunks out of its table."""
    parts, used = [], 0
    for i in range(count):
        place = f"{cursor.place}, part {i}"
        size, flags, element, first, chunks = cursor.fields("HBBQI", "part record")
        require(1 <= size <= 4096, place, f"a name of {size} bytes")
        require(flags & ~(FINAL | CONTENT_DEFINED | QUANTIZED) == 0, place, f"reserved flags {flags:#x}")
        require(element < len(ELEMENTS), place, f"element type {element}", "unsupported")
        content_defined, quantized = flags & CONTENT_DEFINED != 0, flags & QUANTIZED != 0
        require(chunks <= len(table) - used, place, "more chunks than the segment has")
        require(chunks > 0 or flags & FINAL != 0, place, "no chunks")
        name = cursor.take(size, "name")
        unescape(name, place)
        descriptor = cursor.take(cursor.fields("I", "descriptor length")[0], "descriptor") if flags & FINAL else None
        mine = table[used:used + chunks]
        simple = ELEMENTS[element][0] == "bytes" and not quantized and all(len(chunk.layers) == 1 for chunk in mine)
        require(simple or not content_defined, place, "content-defined, yet quantized, not bytes, or in several layers")
        parts.append(Part(name, element, first, mine, descriptor, quantized, content_defined))
        used += chunks
    cursor.done()
    require(used == len(table), cursor.place, "chunks that belong to no part")
    return parts


def with_raw_cvs(parts: list[Part], values: bytes | None, place: str) -> list[Part]:
    """§7: the chunks of quantized parts have theirs in an extension of the segment."""
    count = sum(len(part.chunks) for part in parts if part.quantized)
    require(len(values or b"") == 32 * count and (values is None) == (count == 0), place, "not a raw CV for each chunk")
    each = iter([values[i:i + 32] for i in range(0, len(values), 32)] if values else [])
    return [part._replace(chunks=[chunk._replace(raw_cv=next(each)) for chunk in part.chunks]) if part.quantized else part
            for part in parts]


def with_lengths(parts: list[Part], values: bytes | None, place: str) -> list[Part]:
    """§14: the chunks of content-defined parts have theirs in an extension of the segment."""
    count = sum(len(part.chunks) for part in parts if part.content_defined)
    require(len(values or b"") == 4 * count and (values is None) == (count == 0), place, "not a length for each chunk")
    lengths = struct.unpack(f"<{count}I", values or b"")
    require(all(1 <= length <= CHUNK for length in lengths), place, f"a chunk without bytes, or of more than {CHUNK}")
    each = iter(lengths)
    return [part._replace(chunks=[chunk._replace(length=next(each)) for chunk in part.chunks])
            if part.content_defined else part for part in parts]


def read_descriptor(region: Region, data: bytes, place: str, last_chunking: int = 0) -> None:
    """§7, §14; `last_chunking` is the last that is known (a `.wave` has only 0)."""
    cursor = Cursor(data, place)
    region.length, region.root, region.component, chunking, rank, zero = cursor.fields("Q32s4B", "descriptor")
    size = ELEMENTS[region.element][1]
    require(region.component < len(COMPONENTS), place, f"component {region.component}", "unsupported")
    require(chunking <= last_chunking, place, f"chunking {chunking}", "unsupported")
    require((chunking == 1) == region.content_defined, place, f"chunking {chunking} is not that of its parts")
    require(zero == 0, place, "reserved bytes are not zero")
    whole = region.length < 2**63 and region.length % size == 0
    require(whole, place, f"{region.length} bytes of elements of {size}")
    require(rank <= 32, place, f"rank {rank}")
    region.shape = cursor.fields(f"{rank}Q", "shape")
    product = size
    for extent in region.shape:
        product *= extent
    require(rank == 0 or product == region.length, place, "its shape is not that of its length")
    count = cursor.fields("H", "attribute count")[0]
    region.attributes = read_attributes(cursor, count, (FILE_HEADER, FILE_TAIL, QUANTIZATION, MEMBER, FILE, BLOB))
    cursor.done()
    require((QUANTIZATION in region.attributes) == region.quantized, place, "its parts and its descriptor differ")
    if region.quantized:
        read_quantization(region.attributes[QUANTIZATION], region.element, place)
    parts = (region.host is not None) + (region.file_length is not None)
    exclusive = parts + (region.header + region.tail != b"")
    require(parts == 0 or exclusive == 1, place, "attributes that exclude each other")
    if region.content_defined or region.blob is not None:
        simple = ELEMENTS[region.element][0] == "bytes" and rank == 0 and not region.quantized and exclusive == 0
        require(simple, place, "more than bytes, of a region that is content-defined or a blob")
    if region.host is not None:
        require(9 <= len(region.attributes[MEMBER]) <= 8 + 4096, place, "a member attribute of a wrong length")
        unescape(region.host, place)
        inside = region.name.startswith(region.host + b"/") and len(region.name) > len(region.host) + 1
        require(inside, place, "its name is not below its host's")
    if not region.content_defined:
        require(len(region.chunks) == -(-region.length // CHUNK), place,
                f"{len(region.chunks)} chunks for {region.length} bytes")
        return
    total = sum(chunk.length for chunk in region.chunks)
    require(total == region.length, place, f"chunks of {total} bytes for {region.length}")
    if len(region.chunks) <= 1:
        root = region.chunks[0].cv if region.chunks else blake3().digest()
        require(root == region.root, place, "its root is not its chunk's CV, or that of no bytes", "damaged")


# ----------------------------------------------------------------------------------------------------------
# The commands


def list_container(container: Container) -> None:
    regions = [{"name": region.name.decode(), "component": COMPONENTS[region.component],
                "elementType": ELEMENTS[region.element][0], "shape": region.shape, "length": region.length,
                "root": region.root.hex(), "header": len(region.header), "tail": len(region.tail),
                "host": region.host and region.host.decode(),
                **({"chunks": len(region.chunks)} if region.content_defined else {}),
                **({} if region.blob is None else {"blob": region.blob})}
               for region in container.regions]
    directories = [escape(name).decode() for name in container.directories]
    print(json.dumps({"container": container.id.hex(), "snapshot": container.snapshot.hex(),
                      "stateRoot": container.totals[0].hex(), "summary": container.summary,
                      "regions": regions, "directories": directories,
                      "ancestors": [ancestor.hex() for ancestor in container.ancestors]}, indent=2))


def verify(container: Container) -> None:
    """§11, fully: every frame, whether the state needs it or not, of ancestors those that it needs; every chunk, every
    root, the totals."""
    for number, frame in enumerate(container.frames):
        data = container.frame_bytes(number, frame.kind)
        if frame.kind == KIND_PAYLOAD:
            read_payload(data, f"frame {number} at {frame.offset}")
        elif frame.kind == KIND_SEGMENT:
            container.read_segment(number)
    for region in container.regions:
        for _ in container.chunks(region, cvs=True):
            pass


def check_path(name: bytes, files: Collection[bytes], host: bytes | None) -> None:
    """§7: what may become a path below the target. `files` are the (unescaped) names of all regions, `host` that
    of the file which a member is put into."""
    parts = name.split(b"/")
    require(not {b"", b".", b".."} & set(parts), f"name {name!r}", "not a safe relative path")
    through = any(b"/".join(parts[:i]) in files and b"/".join(parts[:i]) != host for i in range(1, len(parts)))
    require(not through, f"name {name!r}", "goes through a name that is a region's")


def set_mode_and_time(path: bytes, attributes: dict[int, bytes]) -> None:
    if MODE in attributes:  # a stranger's set-user-id bits are not taken over
        os.chmod(path, int.from_bytes(attributes[MODE], "little") & 0o777)
    if MODIFIED in attributes:
        seconds, nanoseconds = struct.unpack("<qI", attributes[MODIFIED])
        os.utime(path, ns=(seconds * 10**9 + nanoseconds,) * 2)


def file_bytes(container: Container, region: Region) -> Iterator[bytes]:
    """§7: the bytes of a file: header, region and tail, or a host with its members."""
    yield region.header
    own, at = container.chunks(region), 0
    rest = b""
    for member in container.members.get(region.name, ()):
        while at < member.offset:
            rest = rest or next(own)
            part, rest = rest[:member.offset - at], rest[member.offset - at:]
            at += len(part)
            yield part
        yield from container.chunks(member)
        at += member.length
    yield rest
    yield from own
    yield region.tail


def restore(container: Container, target: str) -> None:
    names = {unescape(region.name, "region"): region.host for region in container.regions}
    for name, host in [*names.items(), *((name, None) for name in container.directories)]:  # before the first write
        check_path(name, names.keys(), None if host is None else unescape(host, "region"))
    is_new = not os.path.exists(target)
    os.makedirs(target, exist_ok=True)
    require(not os.listdir(target), target, "is not empty")  # so no link in it can lead elsewhere
    base = os.fsencode(target)
    for name in container.directories:
        os.makedirs(os.path.join(base, name), exist_ok=True)
    for region in container.regions:
        if region.host is not None:
            continue  # in its host's file
        path = os.path.join(base, unescape(region.name, "region"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        try:
            with open(path, "xb") as file:
                for data in file_bytes(container, region):
                    file.write(data)
        except Refused:  # what is left behind is whole
            os.unlink(path)
            raise
        set_mode_and_time(path, region.attributes)
    for name, attributes in reversed(container.directories.items()):  # children first
        set_mode_and_time(os.path.join(base, name), attributes)
    if is_new:
        set_mode_and_time(base, container.root)


def main(arguments: list[str]) -> int:
    match arguments:
        case ["list" | "verify" | "--cut", _] | ["restore", _, _]:
            command, path = arguments[:2]
        case _:
            print(__doc__, file=sys.stderr)
            return 64
    try:
        with open(path, "rb") as file:
            data = file.read()
        if command == "--cut":
            for length in cut(data):
                print(length)
            return 0
        container = Container(data, os.path.dirname(path) or ".")
        container.check_totals()
        if command == "list":
            list_container(container)
        elif command == "verify":
            verify(container)
        else:
            restore(container, arguments[2])
    except Refused as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 65
    except (OSError, OverflowError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 74
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
