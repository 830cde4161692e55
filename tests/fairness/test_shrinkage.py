"""Empirical Bayes against statsmodels and a published table, and whether its limits hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.meta_analysis import combine_effects

from reports.fairness.shrinkage import between_variance, shrink

# Efron & Morris's (1975) eighteen batting averages on the arcsine scale, of variance 1, from 45 at bats each
BATTERS = np.array(
    [0.400, 0.378, 0.356, 0.333, 0.311, 0.311, 0.289, 0.267, 0.244, 0.244, 0.222, 0.222, 0.222, 0.222, 0.222, 0.200, 0.178, 0.156]
)


def test_the_variance_between_is_paule_and_mandels_as_statsmodels_has_it() -> None:
    rng = np.random.default_rng(1)
    for spread in (0.5, 2.0):
        variances = rng.uniform(0.2, 3, 40)
        values = 5 + spread * rng.normal(size=40) + rng.normal(size=40) * np.sqrt(variances)
        theirs = combine_effects(values, variances, method_re="iterated", atol=1e-14)
        assert between_variance(values, variances) == pytest.approx(theirs.tau2, abs=1e-9)


def test_between_the_means_of_groups_by_hand() -> None:
    # equal variances: pooled variance about the groups' means less the error variance
    values, group = np.array([1.0, 3.0, 5.0, 11.0, 13.0, 15.0]), np.array([0, 0, 0, 1, 1, 1])
    assert between_variance(values, np.ones(6), group) == pytest.approx(4 - 1)
    assert between_variance(values, np.full(6, 9.0), group) == 0
    assert between_variance(values[:1], np.ones(1)) == 0


def test_batting_averages_as_efron_and_morris_drew_them() -> None:
    # with equal variances and k − 3 over k − 1 this is their rule: on the plain scale all are drawn to .265 with factor .212 (1977)
    variance = 0.2654 * (1 - 0.2654) / 45
    found = shrink(BATTERS, np.full(18, variance))
    assert found.centre[0] == pytest.approx(0.2654, abs=1e-4)
    assert found.weight[0] == pytest.approx(1 - 15 / 17 * variance / (variance + found.between))
    assert found.weight[0] == pytest.approx(0.212, abs=0.005)
    assert found.value[0] == pytest.approx(0.2654 + 0.212 * (0.4 - 0.2654), abs=0.001)


@pytest.mark.parametrize("spread", [0.0, 0.5, 2.0])
def test_limits_hold_the_true_values(spread: float) -> None:
    rng = np.random.default_rng(8)
    held, closer = [], []
    for _ in range(400):
        variances = rng.uniform(0.3, 2, 12)
        truth = 80 + spread * rng.normal(size=12)
        values = truth + rng.normal(size=12) * np.sqrt(variances)
        found = shrink(values, variances)
        held.append(((found.low <= truth) & (truth <= found.high)).mean())
        closer.append(((found.value - truth) ** 2).sum() < ((values - truth) ** 2).sum())
    assert 0.93 <= np.mean(held) <= 1.0
    assert np.mean(closer) > 0.6, "drawn values lie nearer to the truth"


def test_the_less_is_known_the_more_is_drawn() -> None:
    values, variances = np.array([70.0, 70.0, 90.0, 92.0, 88.0]), np.array([1.0, 25.0, 1.0, 1.0, 1.0])
    found = shrink(values, variances)
    assert found.value[0] < found.value[1] < found.centre[1] and found.weight[0] > found.weight[1]
    assert (found.high - found.low)[1] > (found.high - found.low)[0]


def test_teams_draw_to_their_own_mean_and_small_teams_to_the_centre() -> None:
    rng = np.random.default_rng(2)
    team = np.repeat(np.arange(8), [12] * 7 + [1])
    centre_of = rng.normal(80, 3, 8)
    values = centre_of[team] + rng.normal(0, 1, len(team)) + rng.normal(0, 1, len(team))
    values[-1] = 60.0
    found = shrink(values, np.ones(len(team)), team)
    assert np.std(found.centre[:-1] - [values[team == t].mean() for t in team[:-1]]) < 1
    assert found.centre[-1] > 60.3, "one call's team is no yardstick of its own"
    assert ((found.value[:-1] - values[:-1]) * (found.centre[:-1] - values[:-1]) >= 0).all()


def test_what_is_not_known_stays_so() -> None:
    found = shrink(np.array([1.0, np.nan, 2.0]), np.array([1.0, 1.0, np.nan]))
    assert found.value[0] == 1 and np.isnan(found.value[1:]).all() and found.between == 0
    assert np.isnan(shrink(np.array([np.nan]), np.ones(1)).value).all()
