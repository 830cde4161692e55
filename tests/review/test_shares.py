"""Intervals of shares against statsmodels and published values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from qa.review.shares import clopper_pearson, wilson

counts = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts, st.sampled_from([0.8, 0.95, 0.99]))
def test_both_are_what_statsmodels_says(count: tuple[int, int], level: float) -> None:
    for ours, name in ((wilson, "wilson"), (clopper_pearson, "beta")):
        low, high = ours(*count, level)
        assert (float(low), float(high)) == pytest.approx(proportion_confint(*count, alpha=1 - level, method=name), abs=1e-9)


def test_published_intervals() -> None:
    low, high = wilson(81, 263)  # Newcombe 1998, table I, methods 3 and 5
    assert (round(float(low), 4), round(float(high), 4)) == (0.2553, 0.3662)
    low, high = clopper_pearson([81, 15, 0, 1], [263, 148, 20, 29])
    assert np.round(low, 4).tolist() == [0.2527, 0.0578, 0.0, 0.0009]
    assert np.round(high, 4).tolist() == [0.3676, 0.1617, 0.1684, 0.1776]


def test_none_of_none_has_no_interval_and_all_of_all_ends_at_one() -> None:
    for interval in (wilson, clopper_pearson):
        low, high = interval([0, 9], [0, 9])
        assert np.isnan(low[0]) and np.isnan(high[0]) and high[1] == 1 and low[1] > 0.6
