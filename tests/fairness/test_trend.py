"""Control charts and funnels by hand and against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from reports.fairness import funnel
from reports.fairness.trend import Signal, p_chart, xmr


def test_natural_process_limits_by_hand() -> None:
    found = xmr([10, 12, 11, 13, 9, 20], baseline=5)
    # moving ranges 2, 1, 2, 4: mean 2.25, times 2.6587
    assert (found.centre[0], found.low[0], found.high[0]) == pytest.approx((11, 11 - 5.982, 11 + 5.982), abs=1e-3)
    assert found.signal.tolist() == [Signal.NONE] * 5 + [Signal.ABOVE]


def test_a_missing_week_is_no_news() -> None:
    found = xmr([10, np.nan, 12, 11])
    assert found.high[0] == pytest.approx(11 + 3 / (2 / np.pi**0.5) * 1.5) and found.signal[1] == Signal.NONE
    short = xmr([10.0])
    assert np.isnan(short.low).all() and short.signal.tolist() == [Signal.NONE]
    assert np.isnan(xmr([]).centre).all()


def test_eight_in_a_row_on_one_side_are_news() -> None:
    weeks = [1, -1, 1, -1] * 3 + [0.5] * 8 + [-0.2]
    found = xmr(weeks, baseline=12)
    assert found.signal.tolist() == [Signal.NONE] * 19 + [Signal.RUN_ABOVE, Signal.NONE]
    assert xmr([*weeks[:15], 0.0, *weeks[15:]], baseline=12).signal[20] == Signal.RUN_ABOVE, "the centre line breaks no run"


def test_shares_by_hand() -> None:
    found = p_chart([10, 12, 8, 30], [100, 120, 80, 100], baseline=3, laney=False)
    assert found.centre[0] == pytest.approx(0.1)
    assert found.high - found.centre == pytest.approx(3 * np.sqrt(0.09 / np.array([100, 120, 80, 100])))
    assert found.signal.tolist() == [Signal.NONE] * 3 + [Signal.ABOVE]


def test_laney_widens_for_large_weeks_and_never_narrows() -> None:
    rng = np.random.default_rng(1)
    trials = np.full(60, 50_000)
    shares = 0.9 + rng.normal(0, 0.01, 60)  # weeks differ by more than the binomial has it
    plain, wide = p_chart(shares * trials, trials, laney=False), p_chart(shares * trials, trials)
    assert (plain.signal != Signal.NONE).sum() > 20 and (wide.signal != Signal.NONE).sum() <= 2
    z = (shares - wide.centre) / np.sqrt(wide.centre * (1 - wide.centre) / 50_000)
    assert (wide.high - wide.centre) / (plain.high - plain.centre) == pytest.approx(np.abs(np.diff(z)).mean() / 1.128379167)
    still = p_chart([90, 90, 90], [100, 100, 100])
    assert still.high[0] == p_chart([90, 90, 90], [100, 100, 100], laney=False).high[0]


def test_shares_without_calls_have_no_limits() -> None:
    found = p_chart([0, 5, 5], [0, 10, 10])
    assert np.isnan(found.low[0]) and found.signal[0] == Signal.NONE and found.centre[0] == 0.5
    assert np.isnan(p_chart([0], [0]).centre).all()
    assert p_chart([10, 10], [10, 10]).low.tolist() == [1, 1]


def test_few_false_alarms() -> None:
    rng = np.random.default_rng(2)
    alarms = [(xmr(rng.normal(size=40), baseline=30).signal[30:] != Signal.NONE).mean() for _ in range(400)]
    assert np.mean(alarms) < 0.03


def test_funnel_of_means() -> None:
    low, high = funnel.mean_limits([0, 16, 64], 80, 64, 0.95, between=1)
    assert np.isnan(low[0]) and high[1:] == pytest.approx([80 + 1.959964 * 5**0.5, 80 + 1.959964 * 2**0.5])
    assert low[1:] + high[1:] == pytest.approx([160, 160])


@given(st.integers(1, 300), st.floats(0.01, 0.99), st.sampled_from(funnel.LEVELS))
def test_funnel_of_shares_is_the_binomials(calls: int, centre: float, level: float) -> None:
    low, high = funnel.share_limits(calls, centre, level)
    assert 0 <= low <= high <= 1
    # the next whole numbers outward leave no more than the tail outside
    assert stats.binom.cdf(np.ceil(float(low) * calls - 1e-9) - 1, calls, centre) <= (1 - level) / 2 + 1e-9
    assert stats.binom.sf(np.floor(float(high) * calls + 1e-9) + 1, calls, centre) <= (1 - level) / 2 + 1e-9


def test_overdispersion_by_hand() -> None:
    assert funnel.overdispersion(np.linspace(-1, 1, 11)) == 1
    z = np.concatenate([np.linspace(-3, 3, 11), [np.nan]])
    assert funnel.overdispersion(z) == pytest.approx((np.clip(z[:11], -2.4, 2.4) ** 2).mean())
    assert funnel.overdispersion([2.0]) == 1
