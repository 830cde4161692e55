"""Shares at everybody's mix, against statsmodels, a direct minimum, and worlds whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import optimize, special, stats

from reports.fairness.shares import expect, mixed_logistic


def _calls(seed: int, agents: int = 15, each: int = 80, spread: float = 0.5) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    rng = np.random.default_rng(seed)
    agent = np.repeat(np.arange(agents), each)
    topic, hour = rng.integers(0, 4, len(agent)), rng.integers(0, 3, len(agent))
    logit = -2 + spread * rng.normal(size=agents)[agent] + 0.5 * topic - 0.3 * hour
    return agent, (rng.random(len(agent)) < special.expit(logit)).astype(float), [topic, hour]


def _dummies(codes: np.ndarray) -> np.ndarray:
    return (codes[:, None] == np.arange(1, codes.max() + 1)).astype(float)


def test_without_agents_it_is_statsmodels_logistic_regression() -> None:
    agent, positive, (topic, hour) = _calls(1)
    beta, own, between = mixed_logistic(agent, positive, [topic, hour], 15, between=0.0)
    design = sm.add_constant(np.hstack([_dummies(topic), _dummies(hour)]))
    theirs = sm.GLM(positive, design, family=sm.families.Binomial()).fit(tol=1e-14)
    assert beta[0] + beta[1] + beta[5] == pytest.approx(theirs.params[0], abs=1e-9)
    assert beta[2:5] - beta[1] == pytest.approx(theirs.params[1:4], abs=1e-9)
    assert beta[6:] - beta[5] == pytest.approx(theirs.params[4:], abs=1e-9)
    assert not own.any() and between == 0


def test_with_agents_it_is_the_greatest_penalised_likelihood() -> None:
    agent, positive, (topic, _) = _calls(2, agents=6, each=40)
    _, own, _ = mixed_logistic(agent, positive, [topic], 6, between=0.4)

    def loss(x: np.ndarray) -> float:
        logit = np.concatenate([[0.0], x[1:4]])[topic] + x[0] + x[4:][agent]
        return float(np.logaddexp(0, logit).sum() - positive @ logit + (x[4:] ** 2).sum() / 0.8)

    best = optimize.minimize(loss, np.zeros(10), method="BFGS", options={"gtol": 1e-9})
    assert own == pytest.approx(best.x[4:], abs=1e-5)


def test_the_spread_of_agents_is_found() -> None:
    for spread in (0.0, 0.8):
        agent, positive, factors = _calls(3, agents=300, each=120, spread=spread)
        assert mixed_logistic(agent, positive, factors, 300)[2] == pytest.approx(spread**2, abs=0.1)


def test_hard_topics_are_expected_and_agents_are_not_blamed() -> None:
    rng = np.random.default_rng(4)
    agent = np.repeat(np.arange(40), 400)
    hard = (rng.random(len(agent)) < np.where(agent < 20, 0.8, 0.2)).astype(int)
    chance = np.where(hard, 0.12, 0.03) * np.where(agent == 30, 2.0, 1.0)
    found = expect(agent, (rng.random(len(agent)) < chance).astype(float), [hard])
    assert found.expected.sum() == pytest.approx(found.observed.sum())
    assert found.expected[:20].mean() / found.expected[20:].mean() == pytest.approx(0.102 / 0.048, rel=0.15)
    assert found.p[30] < 0.01 and found.low[30] > 1 and np.median(found.p) > 0.2
    plain = expect(agent, (rng.random(len(agent)) < chance).astype(float))
    assert (plain.p[:20] < 0.05).sum() > 5, "without the mix hard topics look like bad agents"


def test_p_and_limits_by_hand() -> None:
    positive = np.array([1.0, 1, 0, 0, 0] + [0.0] * 15)
    found = expect(np.repeat([0, 1], [5, 15]), positive)
    assert found.expected == pytest.approx([0.5, 1.5])
    upper = 1 - stats.binom.cdf(1, 5, 0.1) - stats.binom.pmf(2, 5, 0.1) / 2
    assert found.p == pytest.approx([2 * upper, stats.binom.pmf(0, 15, 0.1)])
    exact = stats.binomtest(2, 5).proportion_ci(method="exact")
    assert (found.low[0], found.high[0]) == pytest.approx((exact.low / 0.1, exact.high / 0.1))
    assert found.ratio == pytest.approx([4, 0]) and found.low[1] == 0


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_nobody_or_everybody_is_no_news(value: float) -> None:
    found = expect(np.array([0, 0, 1]), np.full(3, value), [np.array([0, 1, 1])], agents=3)
    assert found.expected[:2] == pytest.approx(np.array([2, 1]) * value) and (found.p[:2] == 1).all()
    assert np.isnan(found.ratio[2]) and np.isnan(found.p[2]) and found.between == 0


def test_no_calls_no_numbers() -> None:
    found = expect(np.zeros(0, int), np.zeros(0), agents=2)
    assert np.isnan(found.expected).all() and np.isnan(found.p).all()
