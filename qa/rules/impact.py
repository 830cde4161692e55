"""What publishing a rule set would change: which calls, items, agents and averages, before anybody is judged by it.

    impact = impact(old, new, calls)
    impact.passed_now_failing, impact.agents[0].change, impact.items

Both rule sets judge the same calls; averages are those of ``high``, the score that counts until somebody has listened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from qa.calls import Call
from qa.rules.batch import OUTCOMES, PASSED, Judged, judge_many
from qa.rules.diff import RuleChange, rule_changes
from qa.rules.model import RuleSet, Title

CHUNK = 2_000
"""Calls held at once."""


@dataclass(frozen=True, slots=True)
class Result:
    """One call under one rule set: the score interval and ``passed`` (yes, no, doubtful)."""

    low: float
    high: float
    passed: str


@dataclass(frozen=True, slots=True)
class CallChange:
    """A call that comes out otherwise. ``items`` are (item, outcome before, outcome now); "" where the item is not there."""

    call_id: str
    agent_id: str | None
    old: Result
    new: Result
    items: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One item over all calls: how often each outcome came before and now, and how many calls changed.

    ``old`` is empty for an item that is new, ``new`` for one that is gone. ``lost`` calls fail now and did not, ``cleared`` no
    longer fail.
    """

    item_id: str
    title: Title
    old: dict[str, int]
    new: dict[str, int]
    changed: int
    lost: int
    cleared: int


@dataclass(frozen=True, slots=True)
class AgentChange:
    """One agent's calls: mean score and share of passed calls (0–1) before and now; ``calls`` changed of ``total``."""

    agent_id: str
    total: int
    calls: int
    old_mean: float
    new_mean: float
    old_passed: float
    new_passed: float

    @property
    def change(self) -> float:
        """Points by which the mean moves."""
        return self.new_mean - self.old_mean


@dataclass(frozen=True, slots=True)
class Totals:
    """All calls under one rule set; means are NaN without any call. ``doubtful`` counts calls with a doubtful item."""

    mean: float
    mean_low: float
    passed: int
    failed: int
    undecided: int
    doubtful: int
    fatal: int


@dataclass(frozen=True, slots=True)
class Impact:
    """The whole comparison; ``calls``, ``agents`` and ``items`` begin with what changes most."""

    old_id: str
    new_id: str
    total: int
    old: Totals
    new: Totals
    rules: tuple[RuleChange, ...]
    calls: tuple[CallChange, ...]
    items: tuple[ItemChange, ...]
    agents: tuple[AgentChange, ...]

    @property
    def passed_now_failing(self) -> int:
        """Calls that passed and now fail."""
        return self.moved("yes", "no")

    @property
    def failed_now_passing(self) -> int:
        """Calls that failed and now pass."""
        return self.moved("no", "yes")

    def moved(self, before: str, now: str) -> int:
        """Calls that went from one of yes, no and doubtful to another."""
        return sum(c.old.passed == before and c.new.passed == now for c in self.calls)


def impact(old: RuleSet, new: RuleSet, calls: Iterable[Call]) -> Impact:
    """Judge ``calls`` by both rule sets and compare. Calls are read once, ``CHUNK`` at a time, and not kept."""
    before: list[Judged] = []
    after: list[Judged] = []
    agents: list[str | None] = []
    for chunk in _chunks(calls):
        before.append(judge_many(old, chunk))
        after.append(judge_many(new, chunk))
        agents += [call.agent_id for call in chunk]
    a, b = (Judged.joined(parts) if parts else judge_many(s, ()) for parts, s in ((before, old), (after, new)))
    return Impact(
        old_id=f"{old.id} v{old.version}",
        new_id=f"{new.id} v{new.version}",
        total=len(a),
        old=_totals(a),
        new=_totals(b),
        rules=rule_changes(old, new),
        calls=tuple(sorted(_call_changes(a, b, agents), key=lambda c: (-abs(c.new.high - c.old.high), c.call_id))),
        items=tuple(sorted(_item_changes(a, b), key=lambda i: -i.changed)),
        agents=tuple(sorted(_agent_changes(a, b, agents), key=lambda g: (-abs(g.change), g.agent_id))),
    )


def _chunks(calls: Iterable[Call]) -> Iterator[list[Call]]:
    source = iter(calls)
    while chunk := list(islice(source, CHUNK)):
        yield chunk


def _totals(judged: Judged) -> Totals:
    passed, failed, undecided = (int((judged.passed == PASSED.index(word)).sum()) for word in ("yes", "no", "doubtful"))
    mean, mean_low = (float(v.mean()) if len(judged) else float("nan") for v in (judged.high, judged.low))
    doubtful = int((judged.outcome == OUTCOMES.index("doubtful")).any(axis=1).sum()) if len(judged) else 0
    return Totals(mean, mean_low, passed, failed, undecided, doubtful, int((judged.fatal_certain > 0).sum()))


def _shared(a: Judged, b: Judged) -> list[tuple[str, npt.NDArray[np.int8] | None, npt.NDArray[np.int8] | None]]:
    """(item, outcomes before, outcomes now) of every item of either rule set."""
    mine, theirs = ({item.id: j.outcome[:, n] for n, item in enumerate(j.rule_set.items)} for j in (a, b))
    return [(item_id, mine.get(item_id), theirs.get(item_id)) for item_id in dict.fromkeys((*theirs, *mine))]


def _call_changes(a: Judged, b: Judged, agents: list[str | None]) -> Iterator[CallChange]:
    columns = _shared(a, b)
    differs = (a.low != b.low) | (a.high != b.high) | (a.passed != b.passed)
    for _, was, now in columns:
        if was is not None and now is not None:
            differs |= was != now
    for row in map(int, np.flatnonzero(differs)):
        items = []
        for item_id, was, now in columns:
            old, new = ("" if column is None else OUTCOMES[column[row]] for column in (was, now))
            if old != new and {old, new} not in ({"", "pass"}, {"", "na"}):
                items.append((item_id, old, new))
        yield CallChange(a.call_ids[row], agents[row], _result(a, row), _result(b, row), tuple(items))


def _result(judged: Judged, row: int) -> Result:
    return Result(float(judged.low[row]), float(judged.high[row]), PASSED[judged.passed[row]])


def _item_changes(a: Judged, b: Judged) -> Iterator[ItemChange]:
    titles = {item.id: item.title for item in (*a.rule_set.items, *b.rule_set.items)}
    fail = OUTCOMES.index("fail")
    for item_id, was, now in _shared(a, b):
        if was is not None and now is not None:
            changed, lost = int((was != now).sum()), int(((was != fail) & (now == fail)).sum())
            cleared = int(((was == fail) & (now != fail)).sum())
        else:
            lost, cleared = (0 if column is None else int((column == fail).sum()) for column in (now, was))
            changed = lost + cleared
        yield ItemChange(item_id, titles[item_id], _counts(was), _counts(now), changed, lost, cleared)


def _counts(outcomes: npt.NDArray[np.int8] | None) -> dict[str, int]:
    return {} if outcomes is None else {word: int((outcomes == number).sum()) for number, word in enumerate(OUTCOMES)}


def _agent_changes(a: Judged, b: Judged, agents: list[str | None]) -> Iterator[AgentChange]:
    names = np.array([agent or "" for agent in agents], dtype=object)
    yes = PASSED.index("yes")
    for agent in sorted({agent for agent in agents if agent}):
        rows = names == agent
        changed = (a.high[rows] != b.high[rows]) | (a.low[rows] != b.low[rows]) | (a.passed[rows] != b.passed[rows])
        means = (float(a.high[rows].mean()), float(b.high[rows].mean()))
        shares = (float((a.passed[rows] == yes).mean()), float((b.passed[rows] == yes).mean()))
        yield AgentChange(agent, int(rows.sum()), int(changed.sum()), *means, *shares)
