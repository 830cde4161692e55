"""Estimates from designed samples: by hand, against statsmodels, and whether 95 % intervals hold the truth 95 % of the time."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from qa.review import estimates
from qa.review.estimates import Estimate, count, precision, recall, share, total

# 100 hits of which 5 judged, 1000 un-hit calls of which 10 judged
HIT = np.repeat([1, 0], [5, 10])
TRUE = np.array([1, 1, 1, 1, 0] + [1] + [0] * 9)
CHANCE = np.repeat([0.05, 0.01], [5, 10])
STRATUM = np.repeat(["hit", "unhit"], [5, 10])


def test_totals_by_hand() -> None:
    found = total(TRUE, CHANCE, STRATUM)
    # 4·20 + 1·100; variances N²(1 − f)s²/n with s² = .2 and .1
    assert found.value == pytest.approx(180)
    assert found.error**2 == pytest.approx(100**2 * 0.95 * 0.2 / 5 + 1000**2 * 0.99 * 0.1 / 10)
    assert found.high - found.value == pytest.approx(2.160368656 * found.error)  # Student, 13 degrees of freedom


def test_numbers_of_calls_by_hand() -> None:
    found = count(TRUE, CHANCE, STRATUM)
    assert (found.value, found.error) == pytest.approx((180, total(TRUE, CHANCE, STRATUM).error))
    none = count(np.zeros(15), CHANCE, STRATUM)
    hits, others = proportion_confint(0, 5 / 0.95, method="wilson")[1], proportion_confint(0, 10 / 0.99, method="wilson")[1]
    assert (none.value, none.low, none.high) == (0, 0, pytest.approx(np.hypot(100 * hits, 1000 * others)))


def test_precision_and_recall_by_hand() -> None:
    right = precision(HIT, TRUE, CHANCE, STRATUM)
    assert (right.value, right.sample) == (0.8, 5)
    assert right.error**2 == pytest.approx(0.95 * 0.2 / 5) and right.effective == pytest.approx(4 / 0.95)
    found = recall(HIT, TRUE, CHANCE, STRATUM)
    assert (found.value, found.sample) == (pytest.approx(80 / 180), 5)
    # residuals (hit − R)·weight/180 where true: 20·(5/9)/180 for 4 of 5 hits, −100·(4/9)/180 for 1 of 10 un-hit calls
    first, second = 20 * 5 / 9 / 180, 100 * 4 / 9 / 180
    assert found.error**2 == pytest.approx(0.95 * 5 * 0.2 * first**2 + 0.99 * 10 * 0.1 * second**2)


def test_limits_of_recall_by_hand() -> None:
    # t quantiles 2.776445 (4) and 2.262157 (9); Wilson of .8 with 4/.95, of .1 with 9/.99
    found = recall(HIT, TRUE, CHANCE, STRATUM)

    def limits(share_: float, n: float, t: float) -> np.ndarray:
        roots = np.roots([1 + t * t / n, -(2 * share_ + t * t / n), share_**2])
        return np.sort(roots)

    hit, missed = 100 * limits(0.8, 4 / 0.95, 2.7764451), 1000 * limits(0.1, 9 / 0.99, 2.2621572)
    middle = np.log(80 / 100)
    low = middle - np.sqrt(np.log(hit[0] / 80) ** 2 + np.log(missed[1] / 100) ** 2)
    high = middle + np.sqrt(np.log(hit[1] / 80) ** 2 + np.log(missed[0] / 100) ** 2)
    assert (found.low, found.high) == pytest.approx((1 / (1 + np.exp(-low)), 1 / (1 + np.exp(-high))), abs=1e-6)


def test_equal_chances_of_a_large_population_give_the_plain_interval() -> None:
    hit, true = np.ones(400), np.repeat([1, 0], [340, 60])
    found = share(true, hit, np.full(400, 1e-9), np.zeros(400))
    assert found.effective == pytest.approx(399, rel=1e-6)
    plain = proportion_confint(0.85 * 399, 399, method="wilson")
    assert (found.low, found.high) == pytest.approx(plain, abs=3e-4), "Student's quantile differs a little"


def test_a_census_is_certain() -> None:
    found = recall([1, 1, 0, 0], [1, 0, 1, 0], np.ones(4), np.zeros(4))
    assert (found.value, found.error, found.low, found.high) == (0.5, 0, 0.5, 0.5)


def test_no_missed_violation_found_is_not_none_missed() -> None:
    true = np.where(HIT == 1, TRUE, 0)
    found = recall(HIT, true, CHANCE, STRATUM)
    assert (found.value, found.high) == (1, 1)
    _, over = proportion_confint(0, 10 / 0.99, method="wilson")
    assert found.low == pytest.approx(80 / (80 + 1000 * over), abs=1e-9), "a missed tenth would be a hundred calls"
    nothing_hit = recall(HIT, np.where(HIT == 1, 0, TRUE), CHANCE, STRATUM)
    assert (nothing_hit.value, nothing_hit.low) == (0, 0) and 0 < nothing_hit.high < 1


def test_nothing_to_estimate_from() -> None:
    nan = [np.nan] * 4
    for found in (precision(np.zeros(5), np.ones(5), np.ones(5) / 9, np.zeros(5)), recall(HIT, np.zeros(15), CHANCE, STRATUM)):
        assert [found.value, found.error, found.low, found.high] == pytest.approx(nan, nan_ok=True) and found.sample == 0
    one_call = precision([1], [1], [0.5], ["a"])
    assert one_call.value == 1 and one_call.low < 0.5
    assert np.isnan(total([1.0], [0.5], ["a"]).error)
    assert np.isnan(total([], [], []).error)


def test_chances_outside_their_range_are_refused() -> None:
    for wrong in (0.0, 1.1, np.nan):
        with pytest.raises(ValueError, match="inclusion probability"):
            share([1], [1], [wrong], ["a"])


def test_logit_limits_are_symmetric_on_their_scale() -> None:
    low, high = estimates.logit_limits(0.9, 0.03)
    assert np.log(low / (1 - low)) + np.log(high / (1 - high)) == pytest.approx(2 * np.log(9))
    assert np.isnan(estimates.logit_limits(1.0, 0.0)).all()


class _Population:
    """Calls of which some violate an item; the machine hits most of those, is in doubt about some, and hits a few others."""

    def __init__(self, size: int, violations: float, caught: float, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.true = rng.random(size) < violations
        self.hit = np.where(self.true, rng.random(size) < caught, rng.random(size) < violations * 0.1)
        doubtful = ~self.hit & (rng.random(size) < np.where(self.true, 0.2, 0.02))
        self.stratum = np.where(self.hit, 0, np.where(doubtful, 1, 2))
        self.risk = rng.gamma(2, 1, size) + 0.3
        self.recall, self.precision = self.hit[self.true].mean(), self.true[self.hit].mean()

    def drawn(self, rng: np.random.Generator, sizes: tuple[int, ...], risky: bool) -> tuple[np.ndarray, np.ndarray]:
        """Places and chances of a sample: simple within strata, or each call by its risk."""
        places, chances = [], []
        for stratum, size in enumerate(sizes):
            members = np.flatnonzero(self.stratum == stratum)
            if risky:
                chance = np.minimum(1, size * self.risk[members] / self.risk[members].sum())
                taken = rng.random(len(members)) < chance
                places.append(members[taken])
                chances.append(chance[taken])
            else:
                places.append(rng.choice(members, size, replace=False))
                chances.append(np.full(size, size / len(members)))
        return np.concatenate(places), np.concatenate(chances)


@pytest.mark.parametrize(
    ("violations", "caught", "sizes", "risky"),
    [
        (0.08, 0.8, (150, 80, 300), False),
        (0.2, 0.7, (100, 60, 200), False),
        (0.02, 0.8, (100, 60, 300), False),  # one or two missed violations in the sample
        (0.08, 0.8, (150, 80, 300), True),
    ],
)
def test_intervals_hold_the_truth_in_95_of_100_samples(violations: float, caught: float, sizes: tuple[int, ...], risky: bool) -> None:
    population, rng = _Population(20_000, violations, caught, 1), np.random.default_rng(2)
    held = np.zeros(2)
    values: list[float] = []
    rounds = 1500

    def holds(found: Estimate, truth: float) -> bool:
        return found.low <= truth <= found.high

    for _ in range(rounds):
        places, chances = population.drawn(rng, sizes, risky)
        judged = population.hit[places], population.true[places], chances, population.stratum[places]
        found = recall(*judged)
        held += holds(precision(*judged), population.precision), holds(found, population.recall)
        values.append(found.value)
    assert 0.93 <= held[0] / rounds <= 0.97 and 0.93 <= held[1] / rounds <= 0.97, held / rounds
    assert np.mean(values) == pytest.approx(population.recall, abs=0.05)


@pytest.mark.parametrize(("violations", "estimate"), [(0.05, count), (0.3, total)])
def test_totals_hold_the_truth_and_are_unbiased(violations: float, estimate) -> None:
    population, rng = _Population(8_000, violations, 0.8, 3), np.random.default_rng(4)
    found = []
    for _ in range(600):
        places, chances = population.drawn(rng, (150, 80, 300), False)
        found.append(estimate(population.true[places], chances, population.stratum[places]))
    truth = population.true.sum()
    assert np.mean([f.value for f in found]) == pytest.approx(truth, rel=0.01)
    assert np.var([f.value for f in found]) == pytest.approx(np.mean([f.error**2 for f in found]), rel=0.1)
    assert 0.93 <= np.mean([f.low <= truth <= f.high for f in found]) <= 0.97
