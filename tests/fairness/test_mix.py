"""Adjustment for the mix of calls, against statsmodels and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from reports.fairness.mix import adjust, moderate


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
    agent, score, (topic, hour) = _calls(5)  # no agent varies more than by chance, so all get the pooled variance
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


def test_variances_are_drawn_together_as_far_as_they_are_alike() -> None:
    rng = np.random.default_rng(6)
    freedom = np.full(3000, 20.0)
    alike, known = moderate(stats.chi2.rvs(20, size=3000, random_state=rng), freedom)
    assert np.ptp(alike) < 0.35 and known.min() > 100
    # true variances 8·s₀²/χ²₈ with s₀² = 4: prior degrees of freedom 8
    truth = 4 * 8 / stats.chi2.rvs(8, size=3000, random_state=rng)
    drawn, known = moderate(truth * stats.chi2.rvs(20, size=3000, random_state=rng), freedom)
    assert known[0] == pytest.approx(28, rel=0.1)
    own = truth * 0 + 1
    assert np.corrcoef(np.log(drawn), np.log(truth))[0, 1] > 0.85 and len(own) == 3000
    assert np.isnan(moderate(np.zeros(3), np.ones(3))[0]).all()
