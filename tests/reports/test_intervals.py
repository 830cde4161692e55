"""Intervals against published values, scipy, and the edges where nothing can be said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from reports import intervals
from reports.intervals import Change

counts = st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_wilson_gives_the_published_interval() -> None:
    low, high = intervals.wilson(81, 263)  # Newcombe 1998, table I
    assert (round(float(low), 4), round(float(high), 4)) == (0.2553, 0.3662)


def test_wilson_says_nothing_about_none_of_none() -> None:
    low, high = intervals.wilson([0, 1], [0, 5])
    assert np.isnan(low[0]) and np.isnan(high[0])
    assert low[1] == pytest.approx(0.03622, abs=1e-5) and high[1] == pytest.approx(0.62447, abs=1e-5)


@given(counts.filter(lambda c: c[1] > 0))
def test_wilson_holds_the_share_and_stays_a_share(count: tuple[int, int]) -> None:
    low, high = intervals.wilson(*count)
    assert 0 <= low <= count[0] / count[1] <= high <= 1
    assert low < high


@given(counts.filter(lambda c: c[1] > 0), counts.filter(lambda c: c[1] > 0))
def test_a_difference_turned_round_is_the_same_difference(first: tuple[int, int], second: tuple[int, int]) -> None:
    low, high = intervals.share_difference(*first, *second)
    low_back, high_back = intervals.share_difference(*second, *first)
    assert low == pytest.approx(-high_back) and high == pytest.approx(-low_back)


def test_shares_need_both_weeks_and_a_real_gap() -> None:
    verdict = intervals.compare_shares([95, 80, 95, 29, 0], [100, 100, 100, 29, 0], [80, 95, 93, 1, 0], [100, 100, 100, 30, 0], 30)
    assert verdict.tolist() == [Change.UP, Change.DOWN, Change.SAME, Change.TOO_FEW, Change.TOO_FEW]


samples = st.lists(st.integers(0, 100), min_size=2, max_size=30).filter(lambda v: len(set(v)) > 1)


@given(samples, samples)
def test_means_are_compared_as_welch_does(now: list[int], before: list[int]) -> None:
    def parts(values: list[int]) -> tuple[float, float, int]:
        mean, variance = intervals.mean_variance(len(values), sum(values), sum(v * v for v in values))
        return float(mean), float(variance), len(values) - 1

    verdict = intervals.compare_means(*parts(now), *parts(before), True)[0]
    p = stats.ttest_ind(now, before, equal_var=False).pvalue
    if abs(p - 0.05) > 1e-9:
        assert (verdict != Change.SAME) == (p < 0.05)
        assert verdict in ((Change.UP, Change.SAME) if np.mean(now) > np.mean(before) else (Change.DOWN, Change.SAME))


def test_mean_interval_of_five_scores() -> None:
    values = [100, 90, 80, 90, 90]
    mean, variance = intervals.mean_variance(5, sum(values), sum(v * v for v in values))
    low, high = intervals.t_interval(mean, variance, 4)
    # s² = 50, so the standard error is √10, and t(4) = 2.7764
    assert (float(low), float(high)) == (pytest.approx(90 - 2.7764 * 10**0.5, abs=1e-3), pytest.approx(90 + 2.7764 * 10**0.5, abs=1e-3))


@pytest.mark.parametrize("values", [[90], [100] * 5])
def test_one_call_or_no_spread_gives_no_interval(values: list[int]) -> None:
    mean, variance = intervals.mean_variance(len(values), sum(values), sum(v * v for v in values))
    low, high = intervals.t_interval(mean, variance, len(values) - 1)
    assert mean == values[0] and np.isnan(low) and np.isnan(high)


def test_weeks_without_spread_are_equal_or_undecided() -> None:
    assert intervals.compare_means(100, 0, 4, 100, 0, 4, True).tolist() == [Change.SAME]
    assert intervals.compare_means(100, 0, 4, 90, 0, 4, True).tolist() == [Change.TOO_FEW]


def test_ratio_variance_by_hand() -> None:
    # days (300 s, 2 calls), (100, 1), (500, 3): ratio 150, rests 0, −50, 50; 5000 · 3/2 / 6²
    variance, freedom = intervals.ratio_variance(5000, 6, 3)
    assert float(variance) == pytest.approx(208.3333, abs=1e-3) and float(freedom) == 2
    assert np.isnan(intervals.ratio_variance(0, 6, 1)[0])
