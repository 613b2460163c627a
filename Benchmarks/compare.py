#!/usr/bin/env python3
"""Measures HoloSnap against its peers in one run, and writes a Markdown table, a chart, and every sample as JSON.

Both sides run warm and in turn, several rounds. Needs the packages of scripts/requirements.txt; peers of
scripts/requirements-bench.txt and data of scripts/requirements-data.txt that are not installed are named as such.
`make bench` runs it.
"""

from __future__ import annotations

import argparse
import datetime
import fnmatch
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

# Before any library with a Blosc of its own is loaded.
os.environ.setdefault("BLOSC_NTHREADS", str(len(os.sched_getaffinity(0))))

from comparison import backups, chart, contest, delta, embedding, growth, lossless, lossy, machine, moves, report, stages, wholes
from comparison.datasets import DATASETS
from comparison.experiments import FULL, SMALL, Experiments
from comparison.material import Missing
from comparison.peers import keep_memory_warm
from comparison.program import Failed, HoloSnap
from comparison.report import Row, Table
from comparison.results import Results
from comparison.scene import MIB, Scene

ROOT = Path(__file__).resolve().parent.parent
# Cores that others may keep busy without a warning.
QUIET = 0.1
NEIGHBOUR = ROOT.parent / "shared" / "data" / "core-state" / "state-small.tar.xz"

Parts = dict[str, Callable[[], Sequence[Row | Table]]]


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--holosnap", type=Path, default=ROOT / ".build/release/holosnap", help="the program to measure"
    )
    parser.add_argument(
        "--scratch", type=Path, default=Path("/dev/shm"), help="a directory on tmpfs (default: %(default)s)"
    )
    parser.add_argument(
        "--limit", type=int, default=8192, metavar="MIB", help="how much of it may be filled (default: %(default)s)"
    )
    parser.add_argument(
        "--core-state",
        type=Path,
        default=Path(os.environ.get("HOLOSNAP_CORE_STATE", NEIGHBOUR)),
        help="states of the real core: a directory or an archive (default: $HOLOSNAP_CORE_STATE)",
    )
    parser.add_argument(
        "--output", type=Path, default=ROOT / ".build/bench", help="where results go (default: %(default)s)"
    )
    parser.add_argument("--only", action="append", metavar="PART", help="measure this part; a pattern (repeatable)")
    parser.add_argument("--keep", action="store_true", help="keep what an earlier run found of the other parts")
    parser.add_argument("--list", action="store_true", help="name the parts, and measure nothing")
    parser.add_argument("--small", action="store_true", help="little data, once: to see that it works")
    parser.add_argument("--check", action="store_true", help="end with 1 if a row misses its floor")
    return parser.parse_args(arguments)


def parts_of(experiments: Experiments, scene: Scene, core_state: Path | None) -> Parts:
    """Every part by its name, in the order of the report."""
    parts: Parts = {name: lambda measure=measure: [measure()] for name, measure in experiments.all.items()}
    parts |= {
        "many-files": partial(wholes.many_files, scene),
        "first-backup": partial(wholes.first_backup, scene),
        "extract-hwp": partial(wholes.extract, scene, "hwp"),
        "extract-wave": partial(wholes.extract, scene, "wave"),
        "growth": partial(growth.growth, scene),
        "delta-changed": partial(delta.changed, scene),
        "delta-series": partial(delta.series, scene),
        "delta-backups": partial(backups.backups, scene),
        "delta-trajectories": partial(moves.trajectories, scene),
        "delta-drift": partial(moves.drift, scene),
        "delta-core": partial(moves.core, scene, core_state),
        "embedding": partial(embedding.embedding, scene),
    }
    parts |= {f"size-{name}": partial(lossless.sizes, scene, name) for name in DATASETS}
    parts |= {f"lossy-{name}": partial(lossy.lossy, scene, name) for name in lossy.SOURCES}
    parts |= {f"state-{name}": partial(contest.contest, scene, name) for name in (*DATASETS, *scene.profiles)}
    return parts | {"stages": partial(stages.stages, scene), "curve": partial(growth.curve, scene)}


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    program = HoloSnap(options.holosnap)
    keep_memory_warm()
    results_file = options.output / "results.json"
    results = Results.read(results_file) if options.keep and results_file.exists() else Results()
    with tempfile.TemporaryDirectory(prefix="holosnap-bench-", dir=options.scratch) as scratch:
        scene = Scene(program, Path(scratch), options.limit * MIB, options.small)
        experiments = Experiments(program, Path(scratch), SMALL if options.small else FULL, options.core_state)
        parts = parts_of(experiments, scene, options.core_state)
        patterns = options.only or ["*"]
        chosen = [name for name in parts if any(fnmatch.fnmatch(name, pattern) for pattern in patterns)]
        if options.list or not chosen:
            print("\n".join(parts), file=sys.stdout if options.list else sys.stderr)
            return 0 if options.list else 64
        for name in chosen:
            measure(name, parts[name], results)
        results.facts |= facts(program, experiments)
    results.facts["other load"] = f"{max(part.load for part in results.parts.values()):.2f} cores at most"
    results.write(results_file)
    text, drawing = documents(results, list(parts), options.small)
    (options.output / "results.md").write_text(text)
    (options.output / "results.svg").write_text(drawing)
    if options.small:
        print(f"bench-small: {len(chosen)} parts measured on little data (their figures say nothing)")
        return 0
    print(text)
    rows = [row for name in chosen for row in results.parts[name].rows]
    return 1 if options.check and any(row.verdict not in ("floor", "aim") for row in rows) else 0


def measure(name: str, part: Callable[[], Sequence[Row | Table]], results: Results) -> None:
    load = machine.OtherLoad()
    found = part()
    others = load.cores()
    results.add(name, datetime.date.today().isoformat(), others, found)
    noise = " (not quiet)" if others > QUIET else ""
    rows = [f"{row.verdict}, {row.ours}" for row in found if isinstance(row, Row)]
    print(f"{name}{noise}: {'; '.join(rows) or 'measured'}", file=sys.stderr, flush=True)


def facts(program: HoloSnap, experiments: Experiments) -> dict[str, str]:
    found = machine.description() | {"HoloSnap": program.version()} | machine.peer_versions()
    if experiments.devices:
        found["devices"] = "; ".join(sorted(experiments.devices))
    if "blosc" in vars(experiments):
        found["Blosc2 of capture and restore"] = experiments.blosc.description
    return found


def documents(results: Results, order: list[str], small: bool) -> tuple[str, str]:
    """The Markdown and the chart, of all the results."""
    parts = results.in_order(order)
    days = sorted({part.measured for part in parts})
    heading = "# HoloSnap and its peers, measured\n\n"
    if small:
        heading += "**Of a run on little data: these figures say nothing.**\n\n"
    command = "`make bench`; [README.md](README.md) tells what each row means, `results.json` holds every sample"
    about = {"measured": f"{' to '.join(dict.fromkeys((days[0], days[-1])))}, by {command}"} | results.facts
    text = heading + report.markdown(
        about, [row for part in parts for row in part.rows], [table for part in parts for table in part.tables]
    )
    contests = [table for name in order if name.startswith("state-") for table in tables_of(results, name)]
    title = f"HoloSnap and its peers: {results.facts.get('processor', '')}, files on tmpfs, {days[-1]}"
    return text, chart.svg(title, contests, tables_of(results, "curve"))


def tables_of(results: Results, name: str) -> list[Table]:
    return results.parts[name].tables if name in results.parts else []


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (Failed, Missing) as failure:
        sys.exit(f"compare: {failure}")
