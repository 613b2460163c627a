#!/usr/bin/env python3
"""Makes the state that the containers in this folder are snapshots of.

    state.py DIRECTORY STEP

DIRECTORY gets the files as they are at STEP (0 to 3). Needs the standard library alone; gives the same bytes everywhere.
"""

from __future__ import annotations

import os
import struct
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "v1"))

from states import noise, pack  # noqa: E402


def integers(seed: int, count: int, bits: int) -> list[int]:
    """Below 2^bits."""
    return [value % (1 << bits) for value in struct.unpack(f"<{count}Q", noise(seed, 8 * count))]


def drift(code: str, data: bytes, seed: int) -> bytes:
    """Every word a little larger, as an unsigned integer."""
    size = struct.calcsize(code)
    words = struct.unpack(f"<{len(data) // size}{code}", data)
    return pack(code, [(word + byte % 8) % (1 << 8 * size) for word, byte in zip(words, noise(seed, len(words)))])


def numbers(seed: int, count: int, step: int) -> list[float]:
    """Between 1 and 9; each step moves every one by a little."""
    moves = [sum(noise(seed + 100 + k, count)[i] % 8 for k in range(step)) for i in range(count)]
    return [1 + (value + 16 * move) / 131_072 for value, move in zip(integers(seed, count, 20), moves)]


def circle(seed: int, count: int, step: int, radius: float) -> list[float]:
    """Points of a circle, by half the tangent of half their angles."""
    values: list[float] = []
    for t in (number / 4 - 1 for number in numbers(seed, count, step)):
        square = t * t
        values += [radius * (1 - square) / (1 + square), radius * 2 * t / (1 + square)]
    return values


def state(step: int) -> dict[str, bytes]:
    words = {
        "counts.i32": ("I", pack("I", integers(1, 3_000, 20))),
        "half.f16": ("H", pack("H", [0x3C00 + value for value in integers(2, 6_000, 13)])),
        "single.f32": ("I", pack("I", [0x3F000000 + value for value in integers(3, 3_000, 24)])),
        "signs.f64": ("Q", pack("Q", [0x3FF << 52 ^ (value >> 12 | value << 63) % 2**64 for value in integers(4, 1_500, 64)])),
    }  # fmt: skip
    files = {}
    for seed, (name, (code, data)) in enumerate(words.items()):
        for k in range(step):
            # Of the second step, one has blocks that change instead.
            if k == 1 and name == "single.f32":
                data = data[:5_000] + bytes(500) + data[5_500:]
            else:
                data = drift(code, data, 10 * k + seed + 1)
        files[name] = data
    grid = numbers(5, 3_000, step)
    if step >= 2:
        grid[1_000:1_003] = [float("nan"), float("inf"), -0.0]
    files["grid.f32"] = pack("f", grid)
    files["octaves.f64"] = pack("d", numbers(6, 1_500, step))
    files["turns.c64"] = pack("f", circle(7, 2_100, step, 1.0))
    files["polar.c128"] = pack("d", circle(8, 1_050, step, 3.0))
    return files


def main(directory: str, step: int) -> None:
    os.makedirs(directory, exist_ok=True)
    for name, data in state(step).items():
        with open(os.path.join(directory, name), "wb") as file:
            file.write(data)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
