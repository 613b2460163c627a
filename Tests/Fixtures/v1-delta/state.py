#!/usr/bin/env python3
"""Makes the state that the containers in this folder are snapshots of.

    state.py DIRECTORY STEP

DIRECTORY gets the files as they are at STEP (0 to 2). Needs the standard library alone; gives the same bytes everywhere.
"""

from __future__ import annotations

import os
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "v1"))

from states import noise, pack, wave  # noqa: E402


def changed(data: bytes, *places: int) -> bytes:
    """The same with some bytes inverted."""
    array = bytearray(data)
    for place in places:
        array[place] ^= 0xFF
    return bytes(array)


def state(step: int) -> dict[str, bytes]:
    # Three chunks, the last one short, of numbers that LZ4 makes small.
    rows = b"".join(pack("f", [float(row % 7)] * 1_024) for row in range(170))
    # One chunk of ten blocks and a bit, whose blocks have digests.
    rough = noise(1, 41_000)
    zeros = bytes(300_000)
    smooth = pack("f", wave(20_000))
    files = {
        "rows.f32": rows, "rough.bin": rough, "zeros.u8": zeros, "smooth.f32": smooth, "gone.txt": b"soon gone",
        "grows.bin": noise(2, 5_000), "config/same.json": b"{}",
    }  # fmt: skip
    if step >= 1:
        files["rows.f32"] = changed(rows, 5, 262_144, 300_000, 696_319)
        files["rough.bin"] = changed(rough, 4_095, 40_999)
        files["zeros.u8"] = changed(zeros, 262_143, 262_144)
        files["new.txt"] = b"came later"
    if step >= 2:
        files["rows.f32"] = changed(files["rows.f32"], 100_000, 300_001)
        files["rough.bin"] = changed(files["rough.bin"], 4_094, 8_192)
        files["smooth.f32"] = changed(smooth, 4_001)
        files["grows.bin"] += noise(3, 3_200)
        del files["gone.txt"]
    return files


def main(directory: str, step: int) -> None:
    for name, data in state(step).items():
        path = os.path.join(directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
