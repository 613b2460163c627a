"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

import blosc2

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


def peer_versions() -> dict[str, str]:
    return {
        "BLAKE3": f"blake3 {version('blake3')} (PyPI)",
        "Blosc2": f"blosc2 {blosc2.__version__} (PyPI), C-Blosc2 {blosc2.blosclib_version.split()[0]}",
        "Python": platform.python_version(),
    }


def _fields(path: Path, separator: str) -> dict[str, str]:
    """`name: value` lines; the first of a name counts."""
    fields: dict[str, str] = {}
    if path.exists():
        for line in path.read_text().splitlines():
            name, found, value = line.partition(separator)
            if found:
                fields.setdefault(name.strip(), value.strip())
    return fields
