"""Recordings of seismometers in obspy's own test data: counts of digitizers, and a few scaled to floats."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

from numpy.typing import NDArray

from ..material import Missing

# Every file of the package that holds a trace of at least 64 KiB; they are of ten formats.
FILES = (
    "signal/tests/data/ref_STS2",
    "signal/tests/data/ref_unknown",
    "io/mseed/tests/data/CH.BALST..LH_two_channels",
    "signal/tests/data/IUANMO.seed",
    "io/mseed/tests/data/CH.BALST..LHE.D.2025.314",
    "io/ah/tests/data/st.ah",
    "io/mseed/tests/data/gaps.mseed",
    "signal/tests/data/BW.UH4._.EHZ.D.2010.147.cut.slist.gz",
    "signal/tests/data/timingquality.mseed",
    "signal/tests/data/CRLZ.HHZ.10.NZ.SAC",
    "io/kinemetrics/tests/data/BX456_MOLA-02351.evt",
    "io/kinemetrics/tests/data/STNA.20020722.044649.evt.gz",
    "io/y/tests/data/YAYT_BHZ_20021223.124800",
    "io/y/tests/data/YAZRSPE.20100119.060433",
    "io/alsep/tests/data/pse.a14.4.171.mini",
)


def read(folder: Path) -> Iterator[tuple[str, NDArray]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of formats' oddities, which are what these files are there for
        try:
            from obspy import read as read_traces
        except ImportError as reason:
            raise Missing(f"obspy cannot be used: {reason}") from reason
        for name in FILES:
            for index, trace in enumerate(read_traces(str(folder / name))):
                yield f"{Path(name).name}_{index}", trace.data
