"""Time and how to sum it up."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Effort:
    """How much is measured: `rounds` of ours and the peer's in turn, each the median of `repeats` warm runs."""

    rounds: int
    repeats: int


@dataclass
class Samples:
    """Seconds of ours and of the peer, taken in turn, so that a change of the machine's mood meets both."""

    ours: list[float] = field(default_factory=list)
    peer: list[float] = field(default_factory=list)

    @property
    def speed_ratio(self) -> float:
        """How many times the peer's speed ours is: the median of the rounds' own ratios."""
        return statistics.median(peer / ours for ours, peer in zip(self.ours, self.peer, strict=True))

    @property
    def seconds(self) -> tuple[float, float]:
        return statistics.median(self.ours), statistics.median(self.peer)


def median_seconds(action: Callable[[], object], repeats: int, prepare: Callable[[], object] = lambda: None) -> float:
    """One run that does not count, then the median of `repeats`. `prepare` comes before each and is not timed."""
    seconds: list[float] = []
    for _ in range(1 + repeats):
        prepare()
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[1:])


def in_turn(effort: Effort, ours: Callable[[], float], peer: Callable[[], float]) -> Samples:
    samples = Samples()
    for _ in range(effort.rounds):
        samples.peer.append(peer())
        samples.ours.append(ours())
    return samples


def gigabytes_per_second(byte_count: int, seconds: float) -> float:
    return byte_count / seconds / 1e9


def seconds_text(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1e3:.0f} ms"
