"""Adjustment for the mix of calls, against statsmodels and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.stats.diagnostic import het_breuschpagan

from reports.fairness.mix import adjust, spread_by_level


def _calls(seed: int, agents: int = 12, each: int = 25, spread: float = 1.0) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    rng = np.random.default_rng(seed)
    agent = np.repeat(np.arange(agents), rng.integers(5, each, agents))
    # the later the agent, the more of the later topics
    topic = np.minimum(rng.binomial(4, (agent + 1) / (agents + 2)), 4)
    hour = rng.integers(0, 3, len(agent))
    score = 90 + rng.normal(0, 1, agents)[agent] - 2.0 * topic + hour + rng.normal(0, spread, len(agent))
    return agent, score, [topic, hour]


def _dummies(codes: np.ndarray) -> np.ndarray:
    return (codes[:, None] == np.arange(codes.max() + 1)).astype(float)


def test_values_and_errors_are_those_of_least_squares_with_dummies() -> None:
    agent, score, (topic, hour) = _calls(1)
    found = adjust(agent, score, [topic, hour])
    design = np.hstack([_dummies(agent), _dummies(topic)[:, 1:], _dummies(hour)[:, 1:]])
    fitted = sm.OLS(score, design).fit()
    everybody = design[:, 12:].mean(axis=0)
    for one in range(12):
        at_mix = np.concatenate([np.eye(12)[one], everybody])
        effect = fitted.t_test(at_mix)
        assert found.value[one] == pytest.approx(effect.effect.item(), abs=1e-9)
        assert found.plain[one] == pytest.approx(score[agent == one].mean())
        assert found.variance[one] == pytest.approx(effect.sd.item() ** 2, abs=1e-9)
        assert found.freedom[one] == effect.df_denom
    assert found.rest == pytest.approx(fitted.mse_resid, abs=1e-9)
    assert found.effects[0][2] - found.effects[0][0] == pytest.approx(fitted.params[12 + 1], abs=1e-9)
    assert found.comparable.all() and (found.component == 0).all()


def test_hard_topics_of_weak_agents_are_told_from_their_weakness() -> None:
    rng = np.random.default_rng(5)
    agent = np.repeat(np.arange(40), 500)
    weak = agent >= 20
    hard = (rng.random(len(agent)) < np.where(weak, 0.8, 0.2)).astype(int)
    score = 90 - 1.0 * weak - 3.0 * hard + rng.normal(0, 2, len(agent))
    found = adjust(agent, score, [hard])
    assert found.plain[:20].mean() - found.plain[20:].mean() == pytest.approx(1 + 3 * 0.6, abs=0.1)
    assert found.value[:20].mean() - found.value[20:].mean() == pytest.approx(1, abs=0.1)


def test_without_factors_it_is_the_plain_mean() -> None:
    agent, score, _ = _calls(2)
    found = adjust(agent, score)
    assert found.value == pytest.approx(found.plain) and found.comparable.all()
    variance = sum(((score[agent == a] - score[agent == a].mean()) ** 2).sum() for a in range(12)) / (len(score) - 12)
    assert found.variance == pytest.approx(variance / np.bincount(agent))
    assert (found.freedom == len(score) - 12).all()


def test_a_level_more_or_its_numbering_changes_nothing() -> None:
    agent, score, (topic, hour) = _calls(3)
    first, other = adjust(agent, score, [topic, hour]), adjust(agent, score + 1000, [hour + 4, 7 - topic])
    assert other.value - 1000 == pytest.approx(first.value, abs=1e-7) and other.variance == pytest.approx(first.variance, abs=1e-7)


def test_agents_without_a_topic_in_common_are_not_compared() -> None:
    agent = np.repeat([0, 1, 2, 3], 10)
    topic = np.where(agent < 2, np.tile([0, 1], 20), np.tile([2, 3], 20))
    found = adjust(agent, np.arange(40.0), [topic])
    assert found.component[0] == found.component[1] != found.component[2] == found.component[3]
    assert found.comparable.all(), "within their groups they can be"


def test_an_effect_that_cannot_be_told_is_said() -> None:
    # topic and hour change together for agents 0 and 1, and only agent 2 breaks the tie between two of the three pairs
    agent = np.repeat([0, 1], 12)
    topic, hour = np.tile([0, 0, 1, 1], 6), np.tile([0, 0, 1, 1], 6)
    assert adjust(agent, np.arange(24.0), [topic, hour]).comparable.all(), "twins need not be told apart"
    only = adjust(np.repeat([0, 1, 2], 8), np.arange(24.0), [np.repeat([0, 1, 0], 8), np.repeat([0, 0, 1], 8)])
    assert len(set(only.component.tolist())) == 3, "who does nothing that others do has no group"


def test_agents_without_calls_are_nan_and_one_call_gets_everybodys_variance() -> None:
    agent, score, (topic, _) = _calls(4)
    alone = adjust(np.append(agent, 14), np.append(score, 80.0), [np.append(topic, 1)], agents=16)
    assert np.isnan(alone.value[[12, 13, 15]]).all() and not alone.comparable[12]
    assert alone.variance[14] > 0.9 * alone.rest
    nobody = adjust(np.zeros(0, int), np.zeros(0), [np.zeros(0, int)])
    assert len(nobody.value) == 0


def test_constant_scores_have_no_variance() -> None:
    found = adjust(np.repeat([0, 1], 5), np.full(10, 100.0))
    assert found.value.tolist() == [100, 100] and np.isnan(found.variance).all()


def test_a_topic_of_wider_spread_widens_the_errors_of_those_who_have_it() -> None:
    rng = np.random.default_rng(6)
    agent = np.repeat(np.arange(40), 200)
    wild = (rng.random(len(agent)) < np.where(agent < 20, 0.1, 0.9)).astype(int)
    score = 90 + rng.normal(0, 1, len(agent)) * np.where(wild, 6, 2)
    found = adjust(agent, score, [wild])
    share = np.array([wild[agent == a].mean() for a in range(40)])
    expected = (36 * share + 4 * (1 - share)) / 200
    # the factor of a mean's variance for the effect of the topic, small with 8,000 calls
    assert found.variance == pytest.approx(expected, rel=0.15)


def test_the_spread_by_level_is_koenkers_regression() -> None:
    rng = np.random.default_rng(7)
    topic = rng.integers(0, 4, 3000)
    score = rng.normal(0, 1, 3000) * (1 + topic)
    agent = np.repeat(np.arange(30), 100)
    squares = score**2
    shares = np.array([np.bincount(topic[agent == a], minlength=4) / 100 for a in range(30)])
    products = np.diag(np.bincount(topic).astype(float))
    fitted = sm.OLS(squares, _dummies(topic)).fit()
    expected = np.clip(shares @ fitted.params / squares.mean(), 0.25, 4)
    assert spread_by_level(squares, [topic], shares, products) == pytest.approx(expected, abs=1e-9)
    for seed in range(5):  # whether it is used at all hangs on the test that statsmodels has
        few = np.random.default_rng(seed).normal(0, 1, 150) * (1 + 0.12 * topic[:150])
        used = spread_by_level(few**2, [topic[:150]], shares, np.diag(np.bincount(topic[:150], minlength=4).astype(float)))
        p = het_breuschpagan(few, sm.add_constant(_dummies(topic[:150])[:, 1:]))[1]
        assert (used == 1).all() == (p > 0.01)


def test_luck_with_rare_great_losses_is_not_taken_for_small_spread() -> None:
    rng = np.random.default_rng(8)
    agent = np.repeat(np.arange(50), 30)
    score = 100 - 5.0 * rng.poisson(1, len(agent)) - 60 * (rng.random(len(agent)) < 0.03)
    found = adjust(agent, score)
    assert np.ptp(found.variance) == 0, "all with as many calls have the same error"
