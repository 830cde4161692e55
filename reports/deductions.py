"""Where points are lost: every item of the rule sets with how often it failed, was doubtful, and what that cost."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from hotline.store.access import Viewer
from hotline.store.engine import Store
from hotline.store.parquet import gathered, scan_hits
from hotline.store.scores import rule_source
from qa.rules import load_text
from reports.week import IsoWeek

COLUMNS = {
    "rule_set": pl.String,
    "item_no": pl.Int32,
    "item_id": pl.String,
    "section": pl.String,
    "section_en": pl.String,
    "title": pl.String,
    "title_en": pl.String,
    "fatal": pl.Boolean,
    "judged": pl.Int64,
    "failed": pl.Int64,
    "doubtful": pl.Int64,
    "lost_certain": pl.Float64,
    "lost_possible": pl.Float64,
}


def deductions(store: Store, viewer: Viewer, week: IsoWeek, unit_path: str) -> pl.DataFrame:
    """One row an item that was judged in the week, in the order of the rule set; columns as in ``COLUMNS``.

    ``judged`` counts calls to which the item applied; points lost for certain, and beyond that if every doubt went against the agent.
    Titles come from the rule set as it was when it judged. ``unit_path`` must lie inside the viewer's scope.
    """
    inside = replace(viewer, scope=unit_path) if viewer.sees_unit(unit_path) else viewer
    counted = gathered(lambda: _counted(scan_hits(store, inside, week.first, week.last)))
    titles = [row for rule_hash in counted["rule_hash"].unique() for row in _titles(store, viewer, rule_hash)]
    named = counted.join(pl.DataFrame(titles, schema=_TITLES, orient="row"), on=["rule_hash", "item_id"], how="left")
    return named.select(pl.col(name).cast(kind) for name, kind in COLUMNS.items()).sort("rule_set", "item_no")


def _counted(hits: pl.LazyFrame) -> pl.LazyFrame:
    one_a_call = hits.unique(subset=["call_id", "rule_hash", "item_id"]).filter(pl.col("outcome") != "na")
    return one_a_call.group_by("rule_hash", "item_id").agg(
        item_no=pl.col("item_no").min(),
        fatal=pl.col("fatal").any(),
        judged=pl.len().cast(pl.Int64),
        failed=(pl.col("outcome") == "fail").sum().cast(pl.Int64),
        doubtful=(pl.col("outcome") == "doubtful").sum().cast(pl.Int64),
        lost_certain=pl.col("lost_low").sum(),
        lost_possible=(pl.col("lost_high") - pl.col("lost_low")).sum(),
    )


_TITLES = dict.fromkeys(("rule_hash", "item_id", "rule_set", "section", "section_en", "title", "title_en"), pl.String)


def _titles(store: Store, viewer: Viewer, rule_hash: str) -> list[tuple[str, ...]]:
    rules = load_text(rule_source(store, viewer, rule_hash), f"rule set {rule_hash[:12]}")
    return [
        (rule_hash, item.id, f"{rules.id} v{rules.version}", section.title["zh"], section.title["en"], item.title["zh"], item.title["en"])
        for section in rules.sections
        for item in section.items
    ]
