"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import blosc2

from .datasets import DATASETS
from .peers import cores


def description() -> dict[str, str]:
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    fields = _fields(Path("/proc/cpuinfo"), ":")
    flags = fields.get("flags", "").split()
    vectors = next((name for name in ("avx512f", "avx2", "sse4_1") if name in flags), "baseline")
    virtual = ", virtual" if "hypervisor" in flags else ""
    system = _fields(Path("/etc/os-release"), "=").get("PRETTY_NAME", platform.system()).strip('"')
    return {
        "processor": f"{fields.get('model name', platform.machine())}, {cores()} cores ({vectors}{virtual})",
        "memory": f"{memory / (1 << 30):.0f} GiB",
        "system": f"{system}, Linux {platform.release()}",
    }


# Packages of PyPI by the names that the report gives them.
PACKAGES = {
    "BLAKE3": "blake3",
    "Blosc2": "blosc2",
    "lz4": "lz4",
    "zstd": "zstandard",
    "pcodec": "pcodec",
    "SZ3": "pysz",
    "ZFP": "zfpy",
    "NumPy": "numpy",
    "HDF5": "h5py",
    "HDF5's Blosc": "hdf5plugin",
    "zarr": "zarr",
    "zarr's Blosc": "numcodecs",
}
COMMANDS = {
    "`tar`": ("tar", "--version"),
    "`lz4`": ("lz4", "--version"),
    "`zstd`": ("zstd", "--version"),
    "b3sum": ("b3sum", "--version"),
    "restic": ("restic", "version"),
    "borg": ("borg", "--version"),
}


def peer_versions() -> dict[str, str]:
    packages = {name: _package(package) for name, package in PACKAGES.items()}
    packages["Blosc2"] += f", C-Blosc2 {blosc2.blosclib_version.split()[0]}"
    programs = {name: _program(*command) for name, command in COMMANDS.items()}
    data = ", ".join(_package(dataset.package) for dataset in DATASETS.values())
    return packages | programs | {"data": data, "Python": platform.python_version()}


def _package(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} is not installed"


def _program(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return "not installed"
    output = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False).stdout
    found = re.search(r"\d+(\.\d+)+", output)
    return found[0] if found else "of a version that it does not tell"


class OtherLoad:
    """How many cores anything but this program and its children has kept busy since this was made, on average."""

    def __init__(self) -> None:
        self._start = self._now()

    def cores(self) -> float:
        wall, busy = (now - start for now, start in zip(self._now(), self._start, strict=True))
        return max(0.0, busy / wall)

    @staticmethod
    def _now() -> tuple[float, float]:
        # proc_stat(5): user nice system idle iowait irq softirq steal; guests are part of user.
        ticks = [int(word) for word in Path("/proc/stat").read_text().split(maxsplit=9)[1:9]]
        busy = (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")
        return time.monotonic(), busy - sum(os.times()[:4])


def _fields(path: Path, separator: str) -> dict[str, str]:
    """`name: value` lines; the first of a name counts."""
    fields: dict[str, str] = {}
    if path.exists():
        for line in path.read_text().splitlines():
            name, found, value = line.partition(separator)
            if found:
                fields.setdefault(name.strip(), value.strip())
    return fields
