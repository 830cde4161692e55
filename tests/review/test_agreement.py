"""Agreement coefficients against statsmodels, and against printed values of the packages irrCAC and krippendorff."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats import inter_rater

from qa.review.agreement import Interval, cohen, fleiss, gwet, krippendorff, percent
from qa.review.ratings import Level, Weights, table, weights


def _ratings(text: str) -> np.ndarray:
    return np.array([[np.nan if mark == "." else float(mark) for mark in unit] for unit in text.split()])


# Krippendorff's four observers and twelve units (2011), the table that irrCAC prints its results for
FOUR = _ratings("11.1 2232 3333 3333 2222 1234 4444 1121 2222 .555 ..11 .3..")
# five raters, four categories, a quarter of the ratings missing; results of irrCAC 0.4.4 and krippendorff 0.9.0
FIVE = _ratings(
    "3..13 21231 00032 2222. .2023 00010 1.101 ..312 ..00. 11111 .2222 2.2.3 0100. 3.000 .1.2. 01030 3..3. 0031. 22223 .0210 "
    "20000 11.11 .2200 .300."
)
IRRCAC = {
    "nominal": [
        (fleiss, 0.317857942032058, 0.095316173693321, 0.120681413925347, 0.515034470138769),
        (gwet, 0.333463755940941, 0.091789880682544, 0.143581920707541, 0.523345591174342),
    ],
    "linear": [
        (fleiss, 0.31690255524324, 0.099892402360224, 0.110259376877723, 0.523545733608758),
        (gwet, 0.345805165481187, 0.101911546475093, 0.134985069275911, 0.556625261686463),
    ],
    "quadratic": [
        (fleiss, 0.3042071517583, 0.127163070777164, 0.041150297630864, 0.567264005885735),
        (gwet, 0.35079522268229, 0.133017186555836, 0.075628207397031, 0.62596223796755),
    ],
    "ordinal": [
        (fleiss, 0.308456047876445, 0.116282613919863, 0.067907133631702, 0.549004962121188),
        (gwet, 0.349153993858177, 0.121244933436745, 0.098339739579504, 0.59996824813685),
    ],
}


@pytest.mark.parametrize("kind", list(Weights))
def test_any_number_of_raters_as_irrcac_counts_them(kind: Weights) -> None:
    for coefficient, value, error, low, high in IRRCAC[kind.value]:
        found = coefficient(FIVE, kind)
        assert (found.value, found.error, found.low, found.high) == pytest.approx((value, error, low, high), abs=1e-9)
        assert found.interval is Interval.LINEARISED


def test_the_published_table_of_four_raters() -> None:
    found = [fleiss(FOUR), gwet(FOUR), krippendorff(FOUR), fleiss(FOUR, Weights.QUADRATIC), gwet(FOUR, Weights.QUADRATIC)]
    assert [round(f.value, 5) for f in found] == [0.76117, 0.77544, 0.74342, 0.86494, 0.914]
    assert [round(f.error, 5) for f in found] == [0.15302, 0.14295, 0.14557, 0.14603, 0.10396]
    assert found[0].value == pytest.approx(0.761169275422411, abs=1e-9) and found[0].units == 11


def test_alpha_as_the_krippendorff_package_counts_it() -> None:
    expected = {
        Level.NOMINAL: (0.32067510548523215, 0.743421052631579),
        Level.ORDINAL: (0.28301577678373224, 0.8153875037548814),
        Level.INTERVAL: (0.2659250430406569, 0.8491071428571428),
    }
    for level, values in expected.items():
        assert (krippendorff(FIVE, level).value, krippendorff(FOUR, level).value) == pytest.approx(values, abs=1e-9)


def test_intervals_of_alpha_as_irrcac_counts_them() -> None:
    nominal, interval = krippendorff(FIVE), krippendorff(FIVE, Level.INTERVAL)
    assert (nominal.error, nominal.low, nominal.high) == pytest.approx((0.090932879234395, 0.132566112819686, 0.508784098150778), abs=1e-9)
    assert (interval.error, interval.low, interval.high) == pytest.approx(
        (0.112600962991405, 0.032992204007974, 0.49885788207334), abs=1e-9
    )


def test_ordinal_alpha_is_bootstrapped_with_its_seed() -> None:
    first, again, other = (krippendorff(FIVE, Level.ORDINAL, seed=seed) for seed in (1, 1, 2))
    assert first == again and first.low != other.low and first.interval is Interval.BOOTSTRAP
    assert first.low < first.value < first.high
    analytic, drawn = krippendorff(FIVE), krippendorff(FIVE, seed=5)
    assert drawn.error == pytest.approx(analytic.error, rel=0.15), "two ways to the same standard error"


def test_kappa_of_the_table_85_5_5_5() -> None:
    pairs = np.repeat([[0, 0], [0, 1], [1, 0], [1, 1]], [85, 5, 5, 5], axis=0)
    kappa = cohen(pairs[:, 0], pairs[:, 1])
    assert kappa.value == pytest.approx(4 / 9, abs=1e-12)
    theirs = inter_rater.cohens_kappa(np.array([[85, 5], [5, 5]]))
    assert (kappa.error, kappa.low, kappa.high) == pytest.approx((theirs.std_kappa, theirs.kappa_low, theirs.kappa_upp), abs=1e-9)
    assert percent(pairs).value == pytest.approx(0.9) and gwet(pairs).value == pytest.approx(0.72 / 0.82)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=5, max_size=60))
def test_cohen_is_what_statsmodels_says(pairs: list[tuple[int, int]]) -> None:
    counts = np.zeros((4, 4))
    np.add.at(counts, tuple(np.array(pairs).T), 1)
    share = counts / counts.sum()
    if max(share.sum(axis=1) @ share.sum(axis=0), share.trace()) > 1 - 1e-9:
        return  # chance agreement is all there is, or all agree: our own rules below
    for kind, name in ((Weights.NOMINAL, None), (Weights.LINEAR, "linear"), (Weights.QUADRATIC, "quadratic")):
        ours = cohen(*np.array(pairs).T, kind, categories=range(4))
        theirs = inter_rater.cohens_kappa(counts, wt=name)
        assert ours.value == pytest.approx(theirs.kappa, abs=1e-9)
        if ours.error > 1e-6:
            assert ours.error == pytest.approx(theirs.std_kappa, abs=1e-9)


@given(st.lists(st.lists(st.integers(0, 2), min_size=4, max_size=4), min_size=3, max_size=30))
def test_fleiss_is_what_statsmodels_says(ratings: list[list[int]]) -> None:
    if len({value for unit in ratings for value in unit}) < 2:
        return
    assert fleiss(ratings).value == pytest.approx(inter_rater.fleiss_kappa(inter_rater.aggregate_raters(ratings)[0]), abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=3, max_size=30), st.randoms(use_true_random=False))
def test_neither_order_of_raters_nor_of_units_matters(pairs: list[tuple[int, int]], shuffled) -> None:
    other = [tuple(reversed(pair)) for pair in pairs]
    shuffled.shuffle(other)
    for coefficient in (percent, fleiss, gwet, krippendorff):
        first, second = coefficient(pairs), coefficient(other)
        assert first.value == pytest.approx(second.value, abs=1e-9, nan_ok=True)
        assert first.low == pytest.approx(second.low, abs=1e-6, nan_ok=True)


def test_all_agree_in_several_categories() -> None:
    same = np.repeat([[0, 0, 0], [1, 1, 1]], [8, 2], axis=0)
    for coefficient in (percent, fleiss, gwet, krippendorff):
        found = coefficient(same)
        assert (found.value, found.high, found.interval) == (1, 1, Interval.EXACT)
        assert -1 <= found.low < 1
    assert percent(same).low == pytest.approx(0.025 ** (1 / 10), abs=1e-12), "Clopper and Pearson for ten of ten"
    assert fleiss(same).low == pytest.approx((0.025 ** (1 / 10) - 0.68) / 0.32, abs=1e-12)
    assert cohen(same[:, 0], same[:, 1]).low == pytest.approx(fleiss(same).low)
    assert krippendorff(same, Level.ORDINAL).interval is Interval.EXACT


def test_one_category_used_by_all() -> None:
    same = [[1, 1]] * 9
    assert percent(same).value == 1
    assert gwet(same, categories=[0, 1]).value == 1 and np.isnan(gwet(same).value)
    for coefficient in (fleiss, krippendorff):
        assert np.isnan(coefficient(same, categories=[0, 1]).value) and coefficient(same).interval is Interval.NONE
    assert np.isnan(cohen([1] * 9, [1] * 9).value)


@pytest.mark.parametrize("ratings", [np.zeros((0, 2)), [[1], [0], [1]], [[1, np.nan], [np.nan, 0]]])
def test_nobody_to_agree_with(ratings: np.ndarray) -> None:
    for coefficient in (percent, fleiss, gwet, krippendorff):
        found = coefficient(ratings)
        assert np.isnan([found.value, found.low, found.high]).all() and found.units == 0 and found.interval is Interval.NONE


def test_one_unit_has_a_value_and_no_interval() -> None:
    found = percent([[0, 1, 1]])
    assert found.value == pytest.approx(1 / 3) and found.interval is Interval.NONE


def test_raters_who_always_differ() -> None:
    found = cohen([0, 1] * 10, [1, 0] * 10)
    assert found.value == pytest.approx(-1) and np.isnan(found.low)


def test_one_rater_who_knows_one_answer_is_worth_no_kappa() -> None:
    found = cohen([0] * 37, [1] + [0] * 36, Weights.QUADRATIC, categories=range(4))
    assert found.value == pytest.approx(0, abs=1e-9) and found.interval is Interval.NONE


def test_what_is_no_rating_is_refused() -> None:
    with pytest.raises(ValueError, match="none of the categories"):
        percent([[1, 2]], categories=[0, 1])
    with pytest.raises(ValueError, match="units × raters"):
        percent([1, 2])


def test_weights_by_hand() -> None:
    assert weights([0, 1, 2, 3], Weights.ORDINAL)[0].tolist() == pytest.approx([1, 5 / 6, 1 / 2, 0])
    assert weights([0, 2, 10], Weights.QUADRATIC)[0].tolist() == pytest.approx([1, 0.96, 0])
    assert table([[1, np.nan], [np.nan, np.nan]]).counts.tolist() == [[1]]
