#!/usr/bin/env python3
"""Measures HoloSnap against its peers in one run, and prints the table of what it must reach.

Both sides run warm and in turn, several rounds; a row's figure is the median of the rounds' ratios. Needs the packages
of scripts/requirements.txt; `make bench` runs it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from comparison import machine, report
from comparison.experiments import FULL, SMALL, Experiments
from comparison.material import Missing
from comparison.peers import keep_memory_warm
from comparison.program import Failed, HoloSnap

ROOT = Path(__file__).resolve().parent.parent
# Cores that others may keep busy without a warning.
QUIET = 0.1
NEIGHBOUR = ROOT.parent / "shared" / "data" / "core-state" / "state-small.tar.xz"


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--holosnap", type=Path, default=ROOT / ".build/release/holosnap", help="the program to measure"
    )
    parser.add_argument(
        "--scratch", type=Path, default=Path("/dev/shm"), help="a directory on tmpfs (default: %(default)s)"
    )
    parser.add_argument(
        "--core-state",
        type=Path,
        default=Path(os.environ.get("HOLOSNAP_CORE_STATE", NEIGHBOUR)),
        help="states of the real core: a directory or an archive (default: $HOLOSNAP_CORE_STATE)",
    )
    parser.add_argument("--json", type=Path, help="write every sample to this file, too")
    parser.add_argument("--only", action="append", metavar="ROW", help="measure this row (repeatable)")
    parser.add_argument("--small", action="store_true", help="little data, once: to see that it works")
    parser.add_argument("--check", action="store_true", help="end with 1 if a row is below its floor")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    program = HoloSnap(options.holosnap)
    keep_memory_warm()
    other_load = machine.OtherLoad()
    with tempfile.TemporaryDirectory(prefix="holosnap-bench-", dir=options.scratch) as scratch:
        experiments = Experiments(program, Path(scratch), SMALL if options.small else FULL, options.core_state)
        names = options.only or list(experiments.all)
        if unknown := set(names) - set(experiments.all):
            print(f"no such row: {', '.join(unknown)}; there are {', '.join(experiments.all)}", file=sys.stderr)
            return 64
        rows = []
        for name in names:
            rows.append(experiments.all[name]())
            print(f"{name}: {rows[-1].ours}", file=sys.stderr)
        others = other_load.cores()
        facts = machine.description() | {"other load": f"{others:.2f} cores on average"}
        facts |= {"devices": "; ".join(sorted(experiments.devices))}
        facts |= {"HoloSnap": program.version()} | machine.peer_versions()
        if "blosc" in vars(experiments):
            facts["Blosc2"] += f": {experiments.blosc.description}"

    if others > QUIET and not options.small:
        print("compare: the machine was not quiet: the figures are those of a busy one", file=sys.stderr)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(report.document(rows, facts), indent=2) + "\n")
    if options.small:
        print(f"bench-small: {len(rows)} rows measured on little data (their figures say nothing)")
        return 0
    print(report.markdown(rows, facts))
    missed = any(row.verdict not in ("floor", "aim") for row in rows)
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (Failed, Missing) as failure:
        sys.exit(f"compare: {failure}")
