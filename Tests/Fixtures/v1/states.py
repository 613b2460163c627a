#!/usr/bin/env python3
"""Makes the states that the containers in this folder are snapshots of.

    states.py DIRECTORY

DIRECTORY gets one state a container, named like it. Needs the standard library alone; gives the same bytes everywhere.
"""

from __future__ import annotations

import os
import struct
import sys

DAY = 1_790_000_000


def noise(seed: int, count: int) -> bytes:
    """xorshift64* bytes."""
    out, state = bytearray(), seed
    while len(out) < count:
        state ^= state >> 12
        state = (state ^ state << 25) & (2**64 - 1)
        state ^= state >> 27
        out += struct.pack("<Q", state * 0x2545F4914F6CDD1D & (2**64 - 1))
    return bytes(out[:count])


def pack(code: str, values) -> bytes:
    values = list(values)
    return struct.pack(f"<{len(values)}{code}", *values)


def npy(descr: str, shape: str, data: bytes, fortran: bool = False) -> bytes:
    header = f"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


def legacy(dimension: int, data: bytes) -> bytes:
    metadata = b'{"type":"current"}'
    return b"WAVEV001" + struct.pack("<IIQdI", 1, 1, dimension, 1757240964.75, len(metadata)) + metadata + data


def wave(count: int) -> list[float]:
    """Smooth, and the same on every machine: sums and products alone."""
    values, x, v = [], 1.0, 0.0
    for _ in range(count):
        values.append(x)
        v -= x / 64
        x += v / 64
    return values


def walk(seed: int, count: int) -> list[int]:
    values, at = [], 1000
    for byte in noise(seed, count):
        at += byte % 16 - 7 if at < 30_000 else -byte
        values.append(at)
    return values


def single(values) -> list[float]:
    return [struct.unpack("<f", struct.pack("<f", value))[0] for value in values]


WIDTHS = {
    "u8": 1, "i8": 1, "u16": 2, "i16": 2, "u32": 4, "i32": 4, "u64": 8, "i64": 8, "f16": 2, "bf16": 2, "f32": 4,
    "f64": 8, "c64": 8, "c128": 16,
}

STATES: dict[str, dict[bytes, bytes]] = {
    "empty": {},
    "types": {f"x.{name}".encode(): noise(index + 1, 5 * width) for index, (name, width) in enumerate(WIDTHS.items())} | {
        b"plain": b"no type at all\n", b"nothing": b"", b"nothing.f64": b"", b"tail.f32": pack("f", [1.5, -2]) + b"end",
        b"array.npy": npy("<f4", "(2, 3)", pack("f", range(6))),
        b"fortran.npy": npy("<f8", "(3, 2)", pack("d", range(6)), fortran=True),
        b"scalar.npy": npy("<i8", "()", pack("q", [-7])),
        b"tail.npy": npy("<c16", "(1,)", pack("d", [0.5, -0.25])) + b"more",
        b"odd.npy": npy(">f4", "(1,)", pack("f", [1])),
        b"field.hwp": legacy(3, pack("d", range(6))), b"field.wave": legacy(0, b""),
    },
    "codings": {
        b"zeros.f32": bytes(8192), b"ones.c128": pack("d", [1, 0] * 512), b"palette.f64": pack("d", [(i * i) % 7 - 3.25 for i in range(1024)]),
        b"palette-large.u32": pack("I", [(i * 7919) % 200 * 1_000_003 for i in range(2048)]),
        b"ratio.f32": pack("f", [(i * 31 % 256) / 255 for i in range(2048)]),
        b"ratio.f64": pack("d", [(i * 17 % 101) / 100 for i in range(1024)]),
        b"imaginary-zero.c128": pack("d", [x for value in wave(512) for x in (value, 0.0)]),
        b"smooth.f64": pack("d", wave(1024)), b"smooth.f32": pack("f", single(wave(2048))), b"smooth.c64": pack("f", single(wave(2048))),
        b"ramp.u32": pack("I", [1_000_000 + 3 * i for i in range(2048)]), b"ramp.i64": pack("q", [-5 * i for i in range(1024)]),
        b"ramp.u16": pack("H", [i // 3 for i in range(4096)]),
        b"exponents.bf16": pack("H", [0x3F80 | b & 0x7F for b in noise(3, 4096)]),
        b"exponents.f32": pack("I", [0x3F800000 | v & 0x7FFFFF for v in struct.unpack("<2048I", noise(9, 8192))]),
        b"noise.f64": noise(4, 8192), b"text": b"The state of a wave field is brought back exactly. " * 80,
    },
    "bins": {
        b"field.npy": npy("<f4", "(60, 100)", pack("f", single((i % 100) ** 2 / 7 + (i // 100) ** 2 / 3 + b / 512 for i, b in enumerate(noise(11, 6000))))),
        b"cube.npy": npy("<i4", "(10, 20, 30)", pack("i", [i * i % 8999 * 3 + i // 30 * 1000 + b % 8 for i, b in enumerate(noise(12, 6000))])),
        b"points.npy": npy("<f4", "(1500, 3)", pack("f", single(i % 3 * 500 + i / 9 + b / 100 for i, b in enumerate(noise(13, 4500))))),
        b"walk.i64": pack("q", walk(14, 3000)), b"walk.u16": pack("H", [v & 0xFFFF for v in walk(15, 6000)]),
        b"steps.f32": pack("f", single(v % 5000 / 1000 for v in walk(16, 5000))), b"steps.f64": pack("d", [v / 64 for v in walk(17, 3000)]),
        b"peaked.i32": pack("i", [(b & 3) - 1 if b > 200 else 0 for b in noise(18, 5000)]),
        b"levels.u8": bytes(min(a, b, c) // 3 for a, b, c in zip(noise(19, 12_000), noise(20, 12_000), noise(25, 12_000))),
        b"one-part.c64": pack("f", single(x for v, b in zip(walk(23, 4000), noise(24, 4000)) for x in (v % 5000 / 1000, b % 4 / 7))),
    },
    "stored": {b"noise.u8": noise(5, 5000), b"text": b"as it is " * 300, b"zeros": bytes(4096), b"one": b"1"},
    "high": {b"text": b"".join(b"line %d of %d\n" % (i * i % 97, i) for i in range(2000)), b"smooth.f64": pack("d", wave(1024))},
    "names": {
        b"a b/ c ": b"1", b"line\nbreak": b"2", b"back\\slash": b"3", b"\xff\xfe\x80": b"4", b"caf\xc3\xa9": b"5", b"cafe\xcc\x81": b"6",
        b"\xe2\x80\xae": b"7", b"...": b"8", b"-": b"9", b"d/" * 60 + b"deep": b"10", b"n" * 255: b"11", b"index/i": b"12", b"config/c": b"13",
        b"run/stats/s": b"14", b"meta/m": b"15", b"\xf0\x9f\x8c\x8a.f32": pack("f", [1]),
    },
    "many": {b"%03d/%d.u16" % (i % 10, i): pack("H", range(i % 7)) for i in range(150)},
    "chunks": {
        b"zeros.f32": bytes(3 * 262_144 + 4), b"ramp.u32": pack("I", range(2 * 65_536 + 1)), b"just.u8": bytes(range(256)) * 1024,
        b"text": b"0123456789abcdef" * 16_384 + b"!",
    },
}
for code, name in [("f", "f32"), ("d", "f64")]:
    STATES[f"{name}-samples"] = {b"field." + name.encode(): pack(code, single(wave(100))), b"config/c.json": b"{}\n", b"other.u8": b"123"}
STATES["c64-samples"] = {b"psi.c64": pack("f", single(wave(64))), b"more/psi.c64": pack("f", single(wave(6))), b"index/i": b"odd"}
STATES["c128-samples"] = {b"psi.npy": npy("<c16", "(4, 4)", pack("d", wave(32))), b"stats/s": b"ab", b"meta/m": b"x", b"empty.c128": b""}
STATES["no-samples"] = {b"x.i32": pack("i", [-1, 2]), b"caf\xc3\xa9\xff": b"name", b"nothing": b""}


def write(root: bytes, files: dict[bytes, bytes], empty_directories: list[bytes]) -> None:
    os.makedirs(root)
    for directory in empty_directories:
        os.makedirs(os.path.join(root, directory))
    for name, content in files.items():
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
    # Modes and times of files by their order, then of directories from below.
    for index, name in enumerate(sorted(files)):
        path = os.path.join(root, name)
        os.chmod(path, [0o644, 0o600, 0o755, 0o444][index % 4])
        os.utime(path, ns=(0, (DAY - index * 86_400) * 10**9 + index * 123_456_789 % 10**9))
    for directory, _, _ in os.walk(root, topdown=False):
        os.chmod(directory, 0o750 if directory.endswith(b"empty") else 0o755)
        os.utime(directory, ns=(0, (DAY - 7 * len(directory[len(root):])) * 10**9 + 5))


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 64
    for name, files in STATES.items():
        empty = [b"empty", b"left/empty"] if name in ("names", "no-samples") else []
        write(os.path.join(os.fsencode(arguments[0]), name.encode()), files, empty)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
