"""Programs that know files and not numbers: pipes of tar, and backup programs with a repository."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..program import measured
from .base import Tool


class Tar(Tool):
    """`tar`, piped through a compressor."""

    def __init__(self, name: str, compress: str, decompress: str) -> None:
        self.name = name
        self.compress = compress
        self.decompress = decompress
        self.commands = ("tar", compress.split()[0])

    def capture(self, state: Path, store: Path) -> float:
        return _shell(f'tar -cf - . | {self.compress} >"$STORE"', state, {"STORE": str(store)})

    def restore(self, store: Path, target: Path) -> float:
        return _shell(f'{self.decompress} <"$STORE" | tar -xf -', target, {"STORE": str(store)})


class Restic(Tool):
    """Each capture is a first backup into a new repository; making that, and its key, is not timed.

    The key is made once (restic takes seconds to find out how hard to make it): a new repository is a copy of an empty
    one.
    """

    name = "restic"
    checks = "SHA-256 and encryption, always"
    commands = ("restic",)

    def __init__(self, scratch: Path) -> None:
        self.empty = scratch / "restic"

    def prepare(self, store: Path) -> None:
        if not self.empty.exists():
            measured(self._command("init"), environment=self._environment(self.empty))
        shutil.copytree(self.empty, store)

    def capture(self, state: Path, store: Path) -> float:
        return measured(self._command("backup", "."), directory=state, environment=self._environment(store)).seconds

    def restore(self, store: Path, target: Path) -> float:
        command = self._command("restore", "latest", "--target", str(target))
        return measured(command, environment=self._environment(store)).seconds

    def opening(self, store: Path) -> float:
        """The seconds it takes to open the repository: above all, to derive the key from the password."""
        return measured(self._command("cat", "config"), environment=self._environment(store)).seconds

    @staticmethod
    def _command(*arguments: str) -> list[str]:
        return ["restic", "--quiet", "--no-cache", *arguments]

    @staticmethod
    def _environment(store: Path) -> dict[str, str]:
        return {"RESTIC_REPOSITORY": str(store), "RESTIC_PASSWORD": "bench"}


class Borg(Tool):
    """Each capture is an archive in a repository without encryption; making that is not timed."""

    name = "borg"
    checks = "SHA-256 and checksums"
    commands = ("borg",)

    def __init__(self, scratch: Path) -> None:
        self.base = scratch / "borg"

    def prepare(self, store: Path) -> None:
        measured(["borg", "init", "--encryption", "none"], environment=self._environment(store))

    def capture(self, state: Path, store: Path, archive: str = "state") -> float:
        command = ["borg", "create", "--compression", "lz4", f"::{archive}", "."]
        return measured(command, directory=state, environment=self._environment(store)).seconds

    def restore(self, store: Path, target: Path) -> float:
        command = ["borg", "extract", "::state"]
        return measured(command, directory=target, environment=self._environment(store)).seconds

    def _environment(self, store: Path) -> dict[str, str]:
        return {
            "BORG_REPO": str(store),
            "BORG_BASE_DIR": str(self.base),
            "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
            "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
        }


def _shell(pipe: str, directory: Path, environment: dict[str, str]) -> float:
    command = ["bash", "-c", f"set -o pipefail; {pipe}"]
    return measured(command, directory=directory, environment=environment).seconds
