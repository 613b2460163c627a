"""Each stage of the pipeline by itself, from memory to memory, with one worker and with two."""

from __future__ import annotations

from .material import Missing
from .report import Table
from .scene import MIB, Scene

STAGES = ("checksum", "transform", "compress", "capture", "restore", "verify")
WORKERS = (1, 2)


def stages(scene: Scene) -> list[Table]:
    table = Table(
        "Stages, GB/s of the state, from memory to memory (host)",
        ["state", "workers", *STAGES],
        [],
        note="`holosnap bench`: the median of five runs after one that does not count.",
    )
    for name in ("weights", *scene.profiles):
        with scene.folder("stages") as folder:
            state = folder / "state"
            try:
                scene.state(name, state, 4 * MIB if scene.small else 256 * MIB)
            except Missing as reason:
                table.cells.append([name, str(reason), *("" for _ in STAGES)])
                continue
            for workers in WORKERS:
                options = [option for stage in STAGES for option in ("--stage", stage)]
                document = scene.program.json(
                    "bench", *options, "--state", state, "--workers", workers, "--backend", "host",
                    "--repeats", 1 if scene.small else 5,
                )  # fmt: skip
                rates = {entry["stage"]: entry["gigabytesPerSecond"] for entry in document["stages"]}
                table.cells.append([name, str(workers), *(f"{rates[stage]:.2f}" for stage in STAGES)])
                table.values.append({"state": name, "workers": workers} | rates)
    return [table]
