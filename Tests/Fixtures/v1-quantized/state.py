#!/usr/bin/env python3
"""Makes the state that the containers in this folder are snapshots of.

    state.py DIRECTORY

DIRECTORY gets its files. Needs the standard library alone; gives the same bytes everywhere.
"""

from __future__ import annotations

import os
import struct
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "v1"))

from states import noise, pack, wave  # noqa: E402


def main(directory: str) -> None:
    os.makedirs(directory)
    smooth = wave(6_000)
    rough = [(byte - 128) / 64 * 2.0 ** (byte % 11 - 5) for byte in noise(3, 6_000)]
    odd = [float("nan"), float("inf"), -float("inf"), -0.0, 9.97e36, 1e-40]
    for i, value in enumerate(odd * 20):
        rough[47 * i] = value
    pairs = [part for pair in zip(smooth, rough) for part in pair]
    halves = [value if abs(value) < 6e4 else 0.5 for value in rough]
    files = {
        "f16.f16": pack("e", halves),
        "bf16.bf16": b"".join(struct.pack("<f", value)[2:] for value in rough),
        "f32.f32": pack("f", rough),
        "smooth.f32": pack("f", smooth),
        "f64.f64": pack("d", rough),
        "c64.c64": pack("f", pairs),
        "c128.c128": pack("d", pairs),
    }
    for name, data in files.items():
        with open(os.path.join(directory, name), "wb") as file:
            file.write(data)


if __name__ == "__main__":
    main(sys.argv[1])
