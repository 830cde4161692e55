"""What became of many calls under one rule set, as arrays: a row a call, a column an item."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from qa.rules.model import RuleSet
from qa.rules.verdict import Verdict

TRUTHS = (Verdict.MISS, Verdict.DOUBTFUL, Verdict.HIT)
"""What 0, 1 and 2 mean in ``applies`` and ``holds``: Kleene's and is the minimum, or the maximum, not ``2 - x``."""
OUTCOMES = ("pass", "fail", "doubtful", "na")
PASSED = ("no", "doubtful", "yes")


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Verdicts and scores of ``len(call_ids)`` calls.

    ``applies``, ``holds`` (indices into ``TRUTHS``), ``outcome`` (into ``OUTCOMES``), ``fewest`` and ``most`` have the shape
    (calls, items), items in the order of ``rule_set.items``. ``low``, ``high``, ``passed`` (index into ``PASSED``), ``fatal_certain``
    and ``fatal_possible`` have a value a call. All equal what ``qa.scoring.score`` says of each call alone.
    """

    rule_set: RuleSet
    call_ids: tuple[str, ...]
    applies: npt.NDArray[np.int8]
    holds: npt.NDArray[np.int8]
    fewest: npt.NDArray[np.int32]
    most: npt.NDArray[np.float64]
    outcome: npt.NDArray[np.int8]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    passed: npt.NDArray[np.int8]
    fatal_certain: npt.NDArray[np.int32]
    fatal_possible: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.call_ids)

    def outcomes(self, item_id: str) -> npt.NDArray[np.int8]:
        """The outcomes of one item, a value a call; KeyError when there is no such item."""
        for column, item in enumerate(self.rule_set.items):
            if item.id == item_id:
                return self.outcome[:, column]
        raise KeyError(item_id)

    @staticmethod
    def joined(parts: list[Judged]) -> Judged:
        """The calls of all parts, in order; the parts have one rule set. ValueError for no part."""
        if not parts:
            raise ValueError("nothing to join")
        arrays = [f.name for f in fields(Judged) if f.name not in ("rule_set", "call_ids")]
        columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in arrays}
        return Judged(parts[0].rule_set, tuple(i for part in parts for i in part.call_ids), **columns)
