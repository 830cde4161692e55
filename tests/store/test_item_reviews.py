"""Reviews of single items: who may judge what, which review counts, the precision they give; and statistics of items."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from hotline.errors import AccessDenied, BadInput, NotFound
from hotline.store import OPERATOR, Store, UserRole, Viewer, audit, erasure, item_reviews, item_statistics, parquet
from hotline.store.item_reviews import Precision
from hotline.store.schema import item_reviews as table
from hotline.store.schema import rule_sets

QA = Viewer("some-qa", UserRole.QA, "/c/1/")
HASH = "h" * 64


@pytest.fixture
def house(centre: Store, samples: Any) -> Store:
    """Three judged calls of two teams in two weeks."""
    for call_id, agent, day in (("S1", "a1", "2026-11-09"), ("S2", "a3", "2026-11-04"), ("S3", "a4", "2026-11-10")):
        samples.store_call(centre, samples.call(call_id, agent, day), samples.scorecard(call_id))
    return centre


def test_a_review_is_kept_and_the_newest_counts(house: Store) -> None:
    item_reviews.judge(house, QA, "S1", "no_dead_air", True)
    item_reviews.judge(house, QA, "S1", "no_dead_air", False, "  电话 13912345678 等待是系统原因 ")
    item_reviews.judge(house, QA, "S1", "rude", True)
    item_reviews.judge(house, QA, "S2", "no_dead_air", True)
    kept = item_reviews.of_call(house, QA, "S1", HASH)
    assert {name: (review.agreed, review.outcome) for name, review in kept.items()} == {
        "no_dead_air": (False, "fail"),
        "rude": (True, "doubtful"),
    }
    assert "13912345678" not in kept["no_dead_air"].note and "等待是系统原因" in kept["no_dead_air"].note
    assert kept["rude"].by == "some-qa" and kept["rude"].at.tzinfo is not None
    found = item_reviews.precision(house, QA, "tiny")
    assert found == {("no_dead_air", "fail"): Precision(2, 1), ("rude", "doubtful"): Precision(1, 1)}
    assert item_reviews.precision(house, QA, "other") == {}
    with house.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(table)) == 4
    lines = audit.read(house, OPERATOR, action="review_item")
    assert [(line.object, line.detail["item"], line.detail["agreed"]) for line in lines[-2:]] == [
        ("S1", "no_dead_air", False),
        ("S1", "no_dead_air", True),
    ]


def test_only_reviewers_judge_and_nobody_their_own_call(house: Store, samples: Any) -> None:
    for role in samples.roles:
        viewer = samples.viewer(role)
        if role in (UserRole.QA, UserRole.QA_LEAD):
            item_reviews.judge(house, viewer, "S1", "rude", True)
        else:
            with pytest.raises(AccessDenied):
                item_reviews.judge(house, viewer, "S1", "rude", True)
    with pytest.raises(AccessDenied, match="your own"):
        item_reviews.judge(house, Viewer("both", UserRole.QA, "/c/1/", "a1"), "S1", "rude", True)
    item_reviews.judge(house, Viewer("both", UserRole.QA, "/c/1/", "a1"), "S2", "rude", True)


def test_reviews_stay_in_their_scope(house: Store) -> None:
    with pytest.raises(AccessDenied, match="outside"):
        item_reviews.judge(house, QA, "S3", "rude", True)
    item_reviews.judge(house, OPERATOR, "S3", "rude", True)
    assert item_reviews.precision(house, QA, "tiny") == {}
    assert item_reviews.of_call(house, QA, "S3", HASH) == {}
    assert list(item_reviews.of_call(house, OPERATOR, "S3", HASH)) == ["rude"]


def test_what_cannot_be_judged_is_named(house: Store) -> None:
    with pytest.raises(BadInput, match="neither lost nor doubtful"):
        item_reviews.judge(house, QA, "S1", "greeting", True)
    with pytest.raises(NotFound, match="not in its current result"):
        item_reviews.judge(house, QA, "S1", "nothing", True)
    with pytest.raises(BadInput, match="at most"):
        item_reviews.judge(house, QA, "S1", "rude", True, "长" * 501)
    assert audit.read(house, OPERATOR, action="review_item") == []


def test_erasing_a_call_takes_the_notes_and_leaves_the_counts(house: Store) -> None:
    item_reviews.judge(house, QA, "S1", "rude", True, "王女士")
    erasure.erase(house, OPERATOR, call_id="S1")
    assert item_reviews.of_call(house, OPERATOR, "S1", HASH)["rude"].note == ""
    assert item_reviews.precision(house, OPERATOR, "tiny") == {("rude", "doubtful"): Precision(1, 1)}


def test_statistics_count_each_item_once_a_call(house: Store) -> None:
    found = item_statistics.statistics(house, QA, "tiny")
    assert found is not None
    assert (found.first, found.last) == (date(2026, 8, 17), date(2026, 11, 9))
    assert found.counts("no_dead_air") == {"fail": 2}  # two pieces of evidence a call, and S3 lies outside
    assert found.counts("greeting") == {"pass": 2}
    assert found.weeks.filter(pl.col("item_id") == "rude").rows() == [
        ("rude", date(2026, 11, 2), "doubtful", 1),
        ("rude", date(2026, 11, 9), "doubtful", 1),
    ]
    newest = found.newest.filter(pl.col("item_id") == "no_dead_air")
    assert newest["call_id"].to_list() == ["S1", "S2"]
    assert newest["start"].to_list() == [10.0, 10.0] and newest["lost"].to_list() == [10.0, 10.0]
    assert found.newest.filter(pl.col("item_id") == "rude").is_empty()
    wide = item_statistics.statistics(house, OPERATOR, "tiny", weeks=1)
    assert wide is not None and wide.counts("no_dead_air") == {"fail": 2} and wide.last == date(2026, 11, 10)


def test_statistics_of_joined_files_are_the_same(house: Store) -> None:
    before = item_statistics.statistics(house, OPERATOR, "tiny")
    for day in (date(2026, 11, 4), date(2026, 11, 9), date(2026, 11, 10)):
        parquet.compact(house, day)
    after = item_statistics.statistics(house, OPERATOR, "tiny")
    assert before is not None and after is not None
    assert before.weeks.equals(after.weeks) and before.newest.equals(after.newest)


def test_an_agent_counts_only_own_calls_and_nothing_gives_nothing(house: Store, samples: Any) -> None:
    found = item_statistics.statistics(house, samples.viewer(UserRole.AGENT), "tiny")
    assert found is not None and found.counts("no_dead_air") == {"fail": 1}
    assert item_statistics.statistics(house, OPERATOR, "other") is None
    assert item_statistics.state(house, OPERATOR) == 3


def test_versions_are_told_apart_and_together_make_all(house: Store, samples: Any) -> None:
    """Three calls judged by version 1, a fourth by version 2."""
    item_reviews.judge(house, QA, "S2", "no_dead_air", True)
    with house.begin() as connection:
        connection.execute(rule_sets.insert().values(content_hash="2" * 64, id="tiny", version=2, source="", stored_at=datetime.now(UTC)))
    samples.store_call(house, samples.call("S4", "a1", "2026-11-10"), samples.scorecard("S4", rule_hash="2" * 64))
    assert item_statistics.versions(house, OPERATOR, "tiny") == {2: 1, 1: 3}
    counts = {}
    for version in (1, 2, None):
        found = item_statistics.statistics(house, OPERATOR, "tiny", version=version)
        assert found is not None
        counts[version] = found.counts("no_dead_air")["fail"]
    assert counts == {1: 3, 2: 1, None: 4}
    assert item_statistics.last_day(house, OPERATOR, "tiny", 2) == date(2026, 11, 10)
    assert item_statistics.statistics(house, OPERATOR, "tiny", version=3) is None
    assert item_reviews.precision(house, OPERATOR, "tiny", 1) == {("no_dead_air", "fail"): Precision(1, 1)}
    assert item_reviews.precision(house, OPERATOR, "tiny", 2) == {}
    assert item_statistics.versions(house, samples.viewer(UserRole.AGENT), "tiny") == {2: 1, 1: 1}
    assert item_statistics.versions(house, OPERATOR, "other") == {}
