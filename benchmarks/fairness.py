"""Whom a board names: the fair board beside a plain ranking, on agents whose true quality is known. ``make bench-fairness``.

A world: 200 agents of equal true quality and 10 worse by 0.4 standard deviations of an agent's calls on one topic. Every second agent,
equal or worse, has harder topics. 30 scored calls a week, four weeks. Each week's board sees the calls of the period so far, so there are
four boards a world.

Counted, over all worlds:

    false_flag_rate         equals that stand above or below the others on *any* of the four boards
    found_rate              worse agents that stand below the others on the fourth board
    plain_rank_found_rate   worse agents among the ten lowest plain means of the four weeks

The design (which test, whose variance, which rate of false names) was chosen on seeds from 90,000 up; the benchmark runs seeds 0 to 499.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks import common
from reports.fairness.bands import Standing
from reports.fairness.standing import standings

EQUALS, WORSE, SHIFT = 200, 10, 0.4
WEEKS, CALLS = 4, 30
TOPICS, QUEUES, HOURS = 8, 3, 4
POINTS = 8.0
"""Standard deviation of an agent's calls on one topic, in points."""
HARDEST = 1.0
"""How far the hardest topic lies below the easiest, in standard deviations; topics lie evenly between."""
LEAN = 2.0
"""How much agents lean to easy or hard topics: the easiest topic is e² times as frequent as the hardest, or the other way round."""
FACTORS = ("topic", "queue", "hour")


@dataclass(frozen=True)
class World:
    """Scored calls of one seed with the truth about their agents (``worse``, ``hard``: one entry an agent)."""

    calls: pl.DataFrame
    worse: NDArray[np.bool_]
    hard: NDArray[np.bool_]


def world(seed: int, skewed: bool = False) -> World:
    """The world of ``seed``. ``skewed``: deductions in steps, and a call in 33 that loses much more, in place of normal scores."""
    rng = np.random.default_rng(seed)
    agents, calls = EQUALS + WORSE, WEEKS * CALLS
    worse, hard = np.arange(agents) >= EQUALS, np.arange(agents) % 2 == 1
    difficulty = np.linspace(0, HARDEST, TOPICS)
    easy_mix = np.exp(-LEAN * np.linspace(0, 1, TOPICS))
    edges = np.cumsum([easy_mix / easy_mix.sum(), easy_mix[::-1] / easy_mix.sum()], axis=1)
    draw = rng.random((agents, calls))
    topic = (draw[:, :, None] > edges[hard.astype(int)][:, None, :-1]).sum(axis=2)
    quality = -SHIFT * worse[:, None] - difficulty[topic] + _noise(rng, (agents, calls), skewed)
    frame = pl.DataFrame(
        {
            "agent_id": np.repeat(np.arange(agents), calls),
            "week": np.tile(np.repeat(np.arange(1, WEEKS + 1), CALLS), agents),
            "topic": topic.ravel(),
            "queue": rng.integers(0, QUEUES, agents * calls),
            "hour": rng.integers(0, HOURS, agents * calls),
            "score": 90 + POINTS * quality.ravel(),
        }
    )
    return World(frame, worse, hard)


def _noise(rng: np.random.Generator, shape: tuple[int, int], skewed: bool) -> NDArray[np.float64]:
    """Deviations of calls, of mean 0 and variance 1."""
    if not skewed:
        return rng.standard_normal(shape)
    rate, often, much = 1.5, 0.03, 12.0
    lost = rng.poisson(rate, shape) + much * (rng.random(shape) < often)
    return np.asarray(-(lost - rate - often * much) / np.sqrt(rate + often * (1 - often) * much**2))


@dataclass
class Tally:
    """Agents named by one way of judging, summed over worlds."""

    name: str
    equals: float = 0.0
    equals_hard: float = 0.0
    worse: float = 0.0
    worlds: int = 0

    def add(self, truth: World, named: NDArray[np.bool_], worse_named: NDArray[np.bool_] | None = None) -> None:
        """Count ``named`` among the equals, and ``worse_named`` (the same if left out) among the worse."""
        equal = ~truth.worse
        self.equals += named[equal].mean()
        self.equals_hard += named[equal & truth.hard].mean()
        self.worse += (named if worse_named is None else worse_named)[truth.worse].mean()
        self.worlds += 1

    def row(self) -> tuple[str, float, float, float]:
        """Name; shares of worse, of equals, and of equals with harder topics that were named, in per cent."""
        worse, equals, hard = (round(100 * total / self.worlds, 2) for total in (self.worse, self.equals, self.equals_hard))
        return self.name, worse, equals, hard


def tallies(seeds: Iterator[int], skewed: bool = False) -> dict[str, Tally]:
    """Judge the worlds of ``seeds`` in all ways."""
    found = {
        "board": Tally("the board: equals on any of four weeks, worse in the fourth"),
        "fourth": Tally("the board of the fourth week"),
        "unadjusted": Tally("the same, topics not taken out"),
        "rank": Tally("plain ranking: bottom ten of four weeks"),
        "rank_weekly": Tally("plain ranking: bottom ten of any week"),
        "rank_adjusted": Tally("bottom ten after taking topics out"),
    }
    for seed in seeds:
        truth = world(seed, skewed)
        ever = np.zeros(len(truth.worse), bool)
        for week in range(1, WEEKS + 1):
            board = standings(truth.calls.filter(pl.col("week") <= week), FACTORS)
            ever |= _named(board)
        below = (board["standing"] == Standing.BELOW).to_numpy()
        unadjusted = standings(truth.calls)
        found["board"].add(truth, ever, below)
        found["fourth"].add(truth, _named(board), below)
        found["unadjusted"].add(truth, _named(unadjusted), (unadjusted["standing"] == Standing.BELOW).to_numpy())
        found["rank"].add(truth, _lowest(board["plain"].to_numpy()))
        found["rank_adjusted"].add(truth, _lowest(board["adjusted"].to_numpy()))
        weekly = truth.calls["score"].to_numpy().reshape(-1, WEEKS, CALLS).mean(axis=2)
        found["rank_weekly"].add(truth, np.any([_lowest(week) for week in weekly.T], axis=0))
    return found


def _named(board: pl.DataFrame) -> NDArray[np.bool_]:
    return board["standing"].is_in([Standing.ABOVE, Standing.BELOW]).to_numpy()


def _lowest(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    low = np.zeros(len(values), bool)
    low[np.argsort(values, kind="stable")[:WORSE]] = True
    return low


def main() -> None:
    """Print who is named by each way, and the figures as JSON."""
    parser = common.arguments("the fair board beside a plain ranking")
    parser.add_argument("--seeds", type=int, default=500, help="worlds")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    options = parser.parse_args()
    results: dict[str, float] = {}
    begun = time.process_time()
    for skewed in (False, True):
        found = tallies(iter(range(options.first, options.first + options.seeds)), skewed)
        title = f"{options.seeds} worlds, {'skewed deductions' if skewed else 'normal scores'}: agents named, %"
        common.table(
            title, ("way of judging", "of the worse", "of the equals", "of equals with harder topics"), (t.row() for t in found.values())
        )
        mark = "_skewed" if skewed else ""
        results[f"false_flag_rate{mark}"] = round(found["board"].equals / options.seeds, 5)
        results[f"found_rate{mark}"] = round(found["board"].worse / options.seeds, 5)
        for way in ("rank", "rank_weekly", "rank_adjusted"):
            results[f"plain_{way}_found_rate{mark}"] = round(found[way].worse / options.seeds, 5)
        results[f"unadjusted_false_flag_rate{mark}"] = round(found["unadjusted"].equals / options.seeds, 5)
    common.finish(results, seeds=options.seeds, first=options.first, cpu_s=round(time.process_time() - begun, 1))


if __name__ == "__main__":
    main()
