"""Sums and the rows behind them on either database: every KPI of the dictionary can be asked, and both agree."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from hotline.errors import BadInput
from hotline.store import OPERATOR, Store, feeds, rollups
from hotline.store.figures import Slice, sums
from reports import figures, kpi

DAY = date(2026, 11, 9)
PART = Slice(DAY, DAY)


@pytest.fixture
def full(centre: Store, samples: Any) -> Store:
    """A day with a call, a call-back, a survey, a score, half-hours, states, a plan and a work order; the history goes on."""
    at = samples.at
    samples.store_call(centre, samples.call("S1"), samples.scorecard("S1"))
    calls = [
        {"id": "C1", "started_at": at(str(DAY)), "caller": "1", "direction": "inbound", "resolved": True, "hung_up_by": "caller"},
        {"id": "C2", "started_at": at(str(DAY), "11:00"), "caller": "1", "direction": "inbound", "resolved": False, "hung_up_by": "agent"},
        {"id": "B1", "started_at": at(str(DAY), "12:00"), "caller": "1", "direction": "outbound", "resolved": None, "hung_up_by": ""},
        {"id": "C9", "started_at": at("2026-11-20"), "caller": "9", "direction": "inbound", "resolved": None, "hung_up_by": ""},
    ]
    start = [at(str(DAY), "10:00")]
    order = {
        "id": ["T1"],
        "queue_id": ["q1"],
        "call_id": ["C1"],
        "type": ["故障报修"],
        "complaint": [True],
        "error": [False],
        "created_at": start,
    }
    later = {"dispatched_at": at(str(DAY), "10:01"), "closed_at": at(str(DAY), "14:00"), "called_back_at": at(str(DAY), "15:00")}
    counts = {"offered": [10], "answered": [9], "abandoned": [1], "abandoned_short": [1], "answered_15s": [7], "answered_20s": [8]}
    frames = {
        "calls": samples.call_feed(*calls),
        "surveys": pl.DataFrame({"call_id": ["C1", "C2"], "score": [5, 2], "asked_at": start * 2}),
        "interval_counts": pl.DataFrame(
            {"queue_id": ["q1"], "start": start, **counts, "answered_30s": [9], "wait_s": [90.0], "handle_s": [900.0]}
        ),
        "agent_intervals": pl.DataFrame({"agent_id": ["a1"], "start": start, "state": ["talk"], "seconds": [600.0]}),
        "agent_schedules": pl.DataFrame({"agent_id": ["a1"], "start": start, "end": [at(str(DAY), "11:00")], "activity": ["phone"]}),
        "tickets": pl.DataFrame(order | {name: [value] for name, value in later.items()}),
        "external_surveys": pl.DataFrame(
            {
                "id": ["E1"],
                "day": [DAY],
                "unit_path": ["/c/1/"],
                "kind": ["第三方"],
                "score": [9.0],
                "scale": [10.0],
                "asked": [40],
                "answered": [20],
            }
        ),
    }
    feeds.load_all(centre, OPERATOR, frames)
    rollups.roll_up_all(centre)
    return centre


EXPECTED = {
    "calls": (3, None),
    "outbound_calls": (1, None),
    "satisfaction": (1, 2),
    "fcr": (1, 2),
    "fcr_disposition": (1, 2),
    "answer_rate": (9, 10),
    "abandon_rate_net": (0, 9),
    "service_level_15": (7, 10),
    "occupancy": (600, 600),
    "adherence": (600, 3600),
    "dispatch_on_time": (1, 1),
    "dispatch_30s": (0, 1),
    "dispatch_accuracy": (1, 1),
    "complaint_closure": (14400, 1),
    "complaint_closure_p90": (14400, None),
    "third_party": (1800, 20),
    "qa_score": (90, 1),
}


def test_every_kpi_and_its_rows_on_either_database(full: Store) -> None:
    for name, entry in kpi.kpis().items():
        found = figures.figure(full, OPERATOR, entry, PART)
        rows = figures.rows(full, OPERATOR, entry, PART)
        failures = figures.rows(full, OPERATOR, entry, PART, figures.failing(entry))
        assert rows.total == rows.rows.height and failures.total <= rows.total, name
        if entry.source != "closures":
            assert rows.rows["top"].sum() == pytest.approx(found.top), name
            assert rows.rows["bottom"].sum() == pytest.approx(found.bottom or 0), name
        if name in EXPECTED:
            assert (found.top, found.bottom) == pytest.approx(EXPECTED[name]), name
        if entry.source not in ("closures",):
            parts = figures.figures_by(full, OPERATOR, entry, PART, ("day",))
            assert sum(one.top for _, one in parts) == pytest.approx(found.top), name


def test_sums_that_are_not_there_are_refused(full: Store) -> None:
    for source, by in (("speed", ()), ("queue_days", ("agent_id",))):
        with pytest.raises(BadInput, match="no such sums"):
            sums(full, OPERATOR, source, PART, by)
    assert sums(full, OPERATOR, "clock_days", PART).row(0, named=True)["due"] == 0  # no clock named, none counted
