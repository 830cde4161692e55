"""Agreement per item and per pair of raters, from lists of ratings."""

from __future__ import annotations

import polars as pl
import pytest

from qa.review.agreement import cohen, fleiss, krippendorff
from qa.review.panels import by_item, by_pair
from qa.review.ratings import Level, Weights

VERDICTS = {"zhang": "pfppfpf.", "wang": "pfpfffpp", "machine": "ppppffp."}
NAMES = {"p": "pass", "f": "fail"}


def _ratings(item: str, marks: dict[str, str]) -> pl.DataFrame:
    rows = [
        {"item": item, "unit": f"C{place}", "rater": rater, "rating": NAMES.get(mark, mark)}
        for rater, said in marks.items()
        for place, mark in enumerate(said)
        if mark != "."
    ]
    return pl.DataFrame(rows)


def _numbers(marks: str) -> list[float]:
    return [float("nan") if mark == "." else float("pf".index(mark)) for mark in marks]


def test_each_item_has_every_coefficient() -> None:
    two = {rater: VERDICTS[rater] for rater in ("zhang", "wang")}
    found = by_item(pl.concat([_ratings("greeting", VERDICTS), _ratings("apology", two)]), ["pass", "fail"])
    assert found["coefficient"].to_list() == [*("percent", "fleiss", "ac1", "alpha", "cohen"), *("percent", "fleiss", "ac1", "alpha")]
    matrix = list(zip(*(_numbers(VERDICTS[rater]) for rater in ("machine", "wang", "zhang")), strict=True))
    row = found.row(by_predicate=(pl.col("item") == "greeting") & (pl.col("coefficient") == "fleiss"), named=True)
    expected = fleiss(matrix)
    assert (row["value"], row["low"], row["raters"], row["units"]) == (expected.value, expected.low, 3, 7)
    row = found.row(by_predicate=(pl.col("item") == "apology") & (pl.col("coefficient") == "cohen"), named=True)
    assert row["value"] == pytest.approx(cohen(*map(_numbers, two.values())).value)


def test_pairs_show_who_differs_from_whom() -> None:
    found = by_pair(_ratings("greeting", VERDICTS), ["pass", "fail"])
    assert found.select("first", "second").rows() == [("machine", "wang"), ("machine", "zhang"), ("wang", "zhang")]
    row = found.row(2, named=True)
    assert row["value"] == pytest.approx(cohen(_numbers(VERDICTS["wang"]), _numbers(VERDICTS["zhang"])).value)
    assert row["percent"] == pytest.approx(4 / 7) and row["units"] == 7


def test_what_cannot_be_said_is_null() -> None:
    found = by_pair(_ratings("greeting", {"a": "pp..", "b": "..pp"}), ["pass", "fail"])
    assert found["percent"].to_list() == [None] and found["value"].to_list() == [None]
    assert by_item(_ratings("greeting", {"a": "pp"}), ["pass", "fail"])["value"].null_count() == 4
    assert by_item(_ratings("greeting", VERDICTS).clear(), ["pass", "fail"]).is_empty()


def test_grades_have_an_order_and_points_have_distances() -> None:
    marks = {"a": "1223312", "b": "1123322"}
    frame = _ratings("tone", marks)
    found = by_item(frame, ["1", "2", "3"], Level.ORDINAL, seed=7)
    pairs = [(int(x), int(y)) for x, y in zip(marks["a"], marks["b"], strict=True)]
    values = dict(zip(found["coefficient"], found["value"], strict=True))
    assert values["alpha"] == pytest.approx(krippendorff(pairs, Level.ORDINAL).value)
    assert values["cohen"] == pytest.approx(cohen(*zip(*pairs, strict=True), Weights.LINEAR).value)
    points = by_item(frame.with_columns(pl.col("rating").cast(pl.Float64) * 10), [10, 20, 30], Level.INTERVAL)
    assert points.filter(coefficient="alpha")["value"].item() == pytest.approx(krippendorff(pairs, Level.INTERVAL).value)


def test_wrong_ratings_are_refused() -> None:
    frame = _ratings("greeting", VERDICTS)
    with pytest.raises(ValueError, match="none of the categories"):
        by_item(frame, ["pass"])
    with pytest.raises(ValueError, match="twice"):
        by_pair(pl.concat([frame, frame]), ["pass", "fail"])
