"""Runs one command and prints, as JSON, its exit status, wall time and peak memory.

It is a program of its own, because a process inherits its parent's peak resident size when it starts: only a parent
that is itself small can tell how much a child needs.
"""

from __future__ import annotations

import json
import os
import sys
import time


def main(command: list[str]) -> int:
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    start = time.perf_counter()
    process = os.posix_spawnp(command[0], command, os.environ, file_actions=quiet)
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - start
    # Linux gives ru_maxrss in KiB.
    json.dump(
        {"status": os.waitstatus_to_exitcode(status), "seconds": seconds, "peakBytes": usage.ru_maxrss * 1024},
        sys.stdout,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
