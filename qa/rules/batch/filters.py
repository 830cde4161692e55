"""In which calls an operator without columns may find anything at all; in all others it certainly finds nothing.

A filter may say yes too often, never too seldom: where it says no, nobody looks.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qa.rules.batch.placement import Placing
from qa.rules.batch.plaintext import FILLER
from qa.rules.batch.table import Bools, Ints, Table
from qa.rules.batch.talks import Talks
from qa.rules.batch.valued import entity
from qa.rules.conditions import speech_rate
from qa.rules.plan import Step

Filter = Callable[[Step, Table, Talks, Placing], Bools]


def rate(step: Step, table: Table, talks: Talks, placing: Placing) -> Bools:
    """Calls in which the side speaks at least nearly as fast, or as slowly, as it must not."""
    params, condition = step.prepared, step.condition
    found = placing.untimed.copy()
    if condition.window is not None or condition.anchors or not params.per_call or params.words:
        found[:] = True
        return found
    turn = np.flatnonzero(placing.may_speak(condition.by)[talks.of_turn])
    seconds = table.end[turn] - table.start[turn]
    least, most = (bound[turn] for bound in _spoken(table, talks))
    with np.errstate(invalid="ignore"):
        timed = seconds >= speech_rate.SHORTEST
    sure, perhaps = timed & (least >= params.least), timed & (most >= params.least)
    call = np.searchsorted(table.first, turn, side="right") - 1
    found[call[perhaps & ~sure]] = True
    sums = [np.bincount(call[sure], weights=w[sure].astype(np.float64), minlength=table.n) for w in (least, most, seconds)]
    with np.errstate(invalid="ignore", divide="ignore"):
        slow, fast = 60 * sums[0] / sums[2], 60 * sums[1] / sums[2]
    limit = 1 - speech_rate.MARGIN - 1e-6
    beyond = fast >= params.over * limit if params.over else params.under >= slow * limit
    return found | (beyond & (sums[2] > 0))


def _spoken(table: Table, talks: Talks) -> tuple[Ints, Ints]:
    """Per turn the length as spoken (``spoken_length`` and masked digits), at least and at most: Latin words are not counted out."""
    plain, count = talks.by_turn, len(table.role)

    def per_turn(places: Ints, at: Ints) -> Ints:
        return np.bincount(np.searchsorted(at, places, side="right") - 1, minlength=count)

    low = np.flatnonzero(plain.codes < 128)
    letters = per_turn(low[plain.codes[low] >= ord("a")], plain.at)
    spaces = per_turn(low[plain.codes[low] <= ord(" ")], plain.at)
    fillers = per_turn(np.flatnonzero(FILLER[plain.codes]), plain.at)
    stars = per_turn(np.flatnonzero(table.chars == ord("*")), table.at)
    least = np.diff(plain.at) - letters - spaces - fillers + stars
    return least, least + 2 * letters


def same_value(step: Step, table: Table, talks: Talks, placing: Placing) -> Bools:
    """Calls with masked values."""
    return table.tokened


FILTERS: dict[str, Filter] = {"speech_rate": rate, "same_value": same_value, "entity": entity}
