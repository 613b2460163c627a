#!/usr/bin/env python3
"""Makes the state that the containers in this folder are snapshots of.

    state.py DIRECTORY STEP

DIRECTORY gets the regions as files, as they are at STEP (0 or 1). Needs the standard library alone; gives the same bytes everywhere.
"""

from __future__ import annotations

import os
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "v1"))

from states import noise, pack  # noqa: E402

WORDS = "state wave field chunk piece record index weight step time phase grid band seed root".split()


def record(number: int) -> bytes:
    """A line of text of its own, of words that come again and again."""
    text = " ".join(f"{WORDS[byte % len(WORDS)]}{byte // len(WORDS)}" for byte in noise(number + 1, 90))
    return f'{{"id": {number}, "text": "{text}"}}\n'.encode()


def records(step: int) -> bytes:
    """One comes in the middle."""
    numbers = list(range(300))
    if step == 1:
        numbers.insert(150, 1_000)
    return b"".join(map(record, numbers))


def state(step: int) -> dict[str, bytes]:
    return {
        "records.json": records(step),
        "weights.u16": pack("H", [1_000 + byte for byte in noise(7, 3_000)]),
        # Cut where the hash is smallest; a piece of equal bytes, which has no frame, goes.
        "table": bytes(i % 251 for i in range(300_000)) + bytes(140_000 * (1 - step)),
        # The pieces that another blob had.
        "archive": records(0) * step,
        "note": b"written by hand",
    }


def main(directory: str, step: int) -> None:
    os.makedirs(directory, exist_ok=True)
    for name, data in state(step).items():
        with open(os.path.join(directory, name), "wb") as file:
            file.write(data)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
