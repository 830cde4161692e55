"""Bands of no difference: q-values against statsmodels, verdicts by hand, false names counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from reports.fairness.bands import Standing, benjamini_hochberg, compare, others_mean


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_q_values_are_what_statsmodels_says(p: list[float]) -> None:
    assert benjamini_hochberg(p) == pytest.approx(multipletests(p, method="fdr_bh")[1], abs=1e-9)


def test_q_values_leave_out_what_was_not_tested() -> None:
    q = benjamini_hochberg([0.01, np.nan, 0.02])
    assert q.tolist() == pytest.approx([0.02, np.nan, 0.02], nan_ok=True)


def test_each_is_set_beside_the_others_alone() -> None:
    mean, variance = others_mean(np.array([1.0, 2.0, 6.0, np.nan]), np.array([1.0, 4.0, 9.0, 1.0]), np.array([1.0, 2.0, 2.0, 5.0]))
    assert mean[:3] == pytest.approx([4, 13 / 3, 5 / 3])
    assert variance[0] == pytest.approx((4 * 4 + 4 * 9) / 16)
    mean, _ = others_mean(np.array([1.0, 3.0, 9.0]), np.ones(3), np.ones(3), np.array([0, 0, 1]))
    assert mean.tolist() == pytest.approx([3, 1, np.nan], nan_ok=True), "one who is alone has no others"


def _compare(values: list[float], error: float = 1.0, **options):
    many = len(values)
    every = np.ones(many, bool)
    return compare(
        np.array(values), np.full(many, error**2), np.full(many, 1e6), np.full(many, 30.0), options.pop("enough", every), **options
    )


def test_who_is_named_and_the_band_agree() -> None:
    values = [80.0] * 30 + [75.0, 85.5]
    found = _compare(values)
    assert found.standing.tolist() == [Standing.SAME] * 30 + [Standing.BELOW, Standing.ABOVE]
    z = (80 - 75 + 5.5 / 31) / np.sqrt(1 + 1 / 31)
    assert found.p[30] == pytest.approx(2 * stats.norm.sf(z), rel=1e-3)
    inside = (found.low <= values) & (values <= found.high)
    assert inside.tolist() == (found.standing == Standing.SAME).tolist()


@given(st.lists(st.floats(60, 100), min_size=3, max_size=40), st.floats(0, 5))
def test_nobody_inside_the_band_is_named(values: list[float], margin: float) -> None:
    found = _compare(values, margin=margin)
    named = found.standing != Standing.SAME
    strictly = (np.array(values) > found.low + 1e-9) & (np.array(values) < found.high - 1e-9)
    assert not (named & strictly).any()


def test_a_difference_must_be_larger_than_what_matters() -> None:
    values = [80.0] * 30 + [75.0]
    assert _compare(values, margin=4.0).standing[30] == Standing.SAME
    assert _compare(values, margin=0.5).standing[30] == Standing.BELOW


def test_more_agents_do_not_make_more_wrong_names() -> None:
    rng = np.random.default_rng(3)
    for many in (20, 400):
        boards = [_compare(rng.normal(80, 1, many).tolist()) for _ in range(300)]
        assert np.mean([(b.standing != Standing.SAME).any() for b in boards]) < 0.08


def test_who_has_too_few_calls_or_a_mix_of_their_own_is_not_judged() -> None:
    enough, comparable = np.array([True, True, False, True]), np.array([True, True, True, False])
    found = _compare([80.0, 80.5, 79.5, 40.0], enough=enough, comparable=comparable)
    assert found.standing.tolist() == [Standing.SAME, Standing.SAME, Standing.TOO_FEW, Standing.NOT_COMPARABLE]
    assert np.isnan(found.low[2:]).all() and np.isnan(found.q[2:]).all()
    assert _compare([80.0]).standing.tolist() == [Standing.TOO_FEW]
