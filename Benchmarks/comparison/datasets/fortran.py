"""Unformatted sequential records, as Fortran programs write them: each between two copies of its length."""

from __future__ import annotations

from collections.abc import Iterator


def records(content: bytes, byte_order: str) -> Iterator[memoryview]:
    """The records' contents. `byte_order` is `<` or `>`; ValueError where the two lengths of a record differ."""
    order = "little" if byte_order == "<" else "big"
    view = memoryview(content)
    offset = 0
    while offset < len(view):
        length = int.from_bytes(view[offset : offset + 4], order)
        end = offset + 4 + length
        if int.from_bytes(view[end : end + 4], order) != length:
            raise ValueError(f"no record of {length} bytes at offset {offset}")
        yield view[offset + 4 : end]
        offset = end + 4
