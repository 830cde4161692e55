"""Queues, work orders and clocks by the day, and how states fit schedules: each sum against one counted by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from hotline.errors import BadInput
from hotline.store import OPERATOR, Store, clocks, feeds, rollups, schema, weeks

DAY = date(2026, 11, 9)


def _rows(store: Store, table: sa.Table, *columns: str) -> list[tuple[Any, ...]]:
    query = sa.select(*(table.c[name] for name in columns)).order_by(*(table.c[name] for name in columns))
    with store.read() as connection:
        return [tuple(row) for row in connection.execute(query)]


def _tickets(samples: Any, *rows: dict[str, Any]) -> pl.DataFrame:
    """Work orders; an instant is given in seconds after 10:00 of the day."""
    start = samples.at(str(DAY), "10:00")
    given = [{"id": f"T{n}", "queue_id": "q1", "type": "故障报修", "created_at": 0, **row} for n, row in enumerate(rows)]
    for row in given:
        for name in ("created_at", *clocks.INSTANTS[1:], "due_at"):
            row[name] = None if row.get(name) is None else start + timedelta(seconds=row[name])
    instants = dict.fromkeys((*clocks.INSTANTS, "due_at"), pl.Datetime("us", "Asia/Shanghai"))
    defaults: dict[str, Any] = {"complaint": False, "owner": "", "dispatched_to": "", "redispatched": 0, "returned": False, "error": None}
    schema_of: Any = {**instants, "error": pl.Boolean}
    return pl.DataFrame([defaults | row for row in given], schema_overrides=schema_of, infer_schema_length=None)


def _load(store: Store, samples: Any, orders: pl.DataFrame, *days: date) -> None:
    """Load work orders into a history that goes on, and roll the days up."""
    feeds.load(store, OPERATOR, "calls", samples.call_feed({"id": "later", "started_at": samples.at(str(DAY + timedelta(9)))}))
    feeds.load(store, OPERATOR, "tickets", orders)
    rollups.roll_up(store, [], days or [DAY + timedelta(n) for n in range(5)])


def test_a_clock_that_still_runs_is_not_counted(centre: Store, samples: Any) -> None:
    orders = _tickets(samples, {"dispatched_at": None}, {"created_at": 60, "dispatched_at": 100})  # the history ends after 100 s
    feeds.load(centre, OPERATOR, "tickets", orders)
    rollups.roll_up_all(centre)
    assert _rows(centre, schema.clock_days, "clock", "due", "kept") == [("dispatch_inner", 2, 0)]
    feeds.load(centre, OPERATOR, "tickets", _tickets(samples, *[{}] * 2, {"created_at": 5 * 86400}).filter(pl.col("id") == "T2"))
    rollups.roll_up(centre, [])  # nothing new on the day itself, but its clocks have run out
    assert _rows(centre, schema.clock_days, "clock", "due", "kept") == [("dispatch", 2, 1), ("dispatch_inner", 2, 0)]


@pytest.mark.parametrize(
    ("seconds", "kept"),
    [(119.999, 1), (120, 1), (120.001, 0), (None, 0)],  # in time to the millisecond; never dispatched is late
)
def test_a_clock_is_kept_up_to_its_last_millisecond(centre: Store, samples: Any, seconds: float | None, kept: int) -> None:
    _load(centre, samples, _tickets(samples, {"dispatched_at": seconds, "owner": "a1"}))
    rows = _rows(centre, schema.clock_days, "clock", "party", "unit_path", "day", "due", "kept", "breached")
    assert ("dispatch", "", "/c/1/", DAY, 1, kept, 1 - kept) in rows
    assert ("dispatch_inner", "", "/c/1/", DAY, 1, 0, 1) in rows


def test_types_and_complaints_have_their_own_clocks(centre: Store, samples: Any) -> None:
    orders = _tickets(
        samples,
        {"type": "电费", "dispatched_at": 1000},  # 20 minutes: kept
        {"type": "电费", "dispatched_at": 1300, "created_at": 0},
        {"type": "投诉", "complaint": True, "dispatched_at": 60, "closed_at": 3600, "called_back_at": 3600 + 86400},
        {"type": "投诉", "complaint": True, "dispatched_at": 60, "closed_at": 3600},
    )
    _load(centre, samples, orders)
    rows = _rows(centre, schema.clock_days, "clock", "type", "day", "due", "kept")
    assert rows == [
        ("callback_complaint", "投诉", DAY + timedelta(1), 2, 1),  # counted on the day the time ran out
        ("dispatch", "投诉", DAY, 2, 2),
        ("dispatch", "电费", DAY, 2, 1),
    ]


def test_the_chain_names_who_was_late(centre: Store, samples: Any) -> None:
    hour = 3600
    with centre.begin() as connection:
        connection.execute(schema.queues.insert().values(id="q3", name="润滑油", unit_id="c-10"))
    chain = {"queue_id": "q3", "type": "订单", "dispatched_at": 0, "owner": "a4", "dispatched_to": "works"}
    orders = _tickets(
        samples,
        {**chain, "replied_at": 3 * hour, "feedback_at": 40 * hour, "called_back_at": 49 * hour},  # the centre is an hour late
        {**chain, "replied_at": 5 * hour, "feedback_at": 50 * hour, "called_back_at": 51 * hour},  # the unit, twice
        {**chain, "replied_at": 1 * hour, "feedback_at": 70 * hour, "due_at": 72 * hour, "called_back_at": 71 * hour},  # own deadline
    )
    _load(centre, samples, orders)
    late = [row for row in _rows(centre, schema.clock_days, "clock", "party", "breached") if row[0].startswith("chain") and row[2]]
    assert late == [("chain_answer", "", 1), ("chain_feedback", "works", 1), ("chain_reply", "works", 1)]
    due = _rows(centre, schema.clock_days, "clock", "day", "due")
    assert ("chain_feedback", DAY + timedelta(3), 1) in due and ("chain_feedback", DAY + timedelta(2), 2) in due


def test_work_orders_sent_wrong_and_complaints_closed(centre: Store, samples: Any) -> None:
    orders = _tickets(
        samples,
        {"dispatched_at": 60, "returned": True, "error": True},
        {"dispatched_at": 60, "redispatched": 2, "error": False},
        {"dispatched_at": 60, "closed_at": 7200},
        {"dispatched_at": 60, "closed_at": 86400, "complaint": True},
        {},
    )
    _load(centre, samples, orders)
    columns = ("day", "dispatched", "misdirected", "checked", "wrong", "complaints_closed", "closure_s")
    assert _rows(centre, schema.ticket_days, *columns) == [(DAY, 4, 2, 2, 1, 0, 0.0), (DAY + timedelta(1), 0, 0, 0, 0, 1, 86400.0)]


def test_half_hours_of_a_queue_add_up_by_local_days(centre: Store, samples: Any) -> None:
    zone = pl.Datetime("us", "Asia/Shanghai")
    start = pl.Series(
        [samples.at(str(DAY), "00:00"), samples.at(str(DAY), "23:30"), samples.at(str(DAY + timedelta(1)), "00:00")], dtype=zone
    )
    counts: dict[str, list[float | None]] = {
        "offered": [10, 20, 40],
        "answered": [8, 20, 40],
        "abandoned": [2, 0, 0],
        "answered_20s": [6, 15, 30],
    }
    counts |= {"wait_s": [50.0, 60.0, 1.0], "handle_s": [900.0, 1200.0, 1.0], "answered_15s": [5, None, 20], "abandoned_short": [1, 0, 0]}
    feeds.load(centre, OPERATOR, "interval_counts", pl.DataFrame({"queue_id": ["q1"] * 3, "start": start, **counts}))
    rollups.roll_up_all(centre)
    columns = (
        "offered",
        "answered",
        "abandoned",
        "abandoned_short",
        "answered_20s",
        "answered_15s",
        "offered_15s",
        "offered_30s",
        "wait_s",
    )
    assert _rows(centre, schema.queue_days, "day", *columns) == [
        (DAY, 30, 28, 2, 1, 21, 5, 10, 0, 110.0),
        (DAY + timedelta(1), 40, 40, 0, 0, 30, 20, 40, 0, 1.0),
    ]


def test_states_are_held_against_the_schedule(centre: Store, samples: Any) -> None:
    def at(clock: str) -> datetime:
        return samples.at(str(DAY), clock)

    states = [("08:00", "talk", 900.0), ("08:00", "available", 600.0), ("08:00", "break", 300.0), ("08:30", "available", 1800.0)]
    frame = pl.DataFrame({"agent_id": "a1", "start": [at(c) for c, _, _ in states], "state": [s for _, s, _ in states]})
    frame = frame.with_columns(seconds=pl.Series([n for _, _, n in states]))
    plan = [("08:00", "08:40", "phone"), ("08:40", "09:00", "break"), ("09:00", "09:30", "training")]
    planned = {"start": [at(a) for a, _, _ in plan], "end": [at(b) for _, b, _ in plan], "activity": [c for _, _, c in plan]}
    calls = samples.call_feed({"id": "C1", "started_at": at("08:05")}, {"id": "C2", "started_at": at("08:06"), "agent_id": "a2"})
    feeds.load_all(
        centre, OPERATOR, {"calls": calls, "agent_intervals": frame, "agent_schedules": pl.DataFrame({"agent_id": "a1", **planned})}
    )
    rollups.roll_up_all(centre)
    seconds = ("login_s", "busy_s", "available_s", "break_s", "away_s", "scheduled_s", "adherent_s", "scheduled_phone_s", "worked_s")
    # 08:00: 1800 s of phone planned, 1500 done; 08:30: 600 of phone planned and done, 1200 of break not taken; training missed
    sums = (3600.0, 900.0, 2400.0, 300.0, 0.0, 5400.0, 2100.0, 2400.0, 3300.0)
    assert _rows(centre, schema.agent_days, "agent_id", "calls", *seconds) == [("a1", 1, *sums), ("a2", 1, *([0.0] * 9))]


def test_a_published_week_keeps_its_clocks_and_queues(centre: Store, samples: Any) -> None:
    feeds.load(centre, OPERATOR, "calls", samples.call_feed({"id": "C1", "started_at": samples.at(str(DAY))}))
    _load(centre, samples, _tickets(samples, {"dispatched_at": 60}))
    before = _rows(centre, schema.clock_days, "clock", "due", "kept")
    weeks.publish_week(centre, OPERATOR, "2026-W46", today=date(2026, 11, 20))
    feeds.load(centre, OPERATOR, "tickets", _tickets(samples, {"dispatched_at": 6000}))
    rollups.roll_up_all(centre)
    assert before and _rows(centre, schema.clock_days, "clock", "due", "kept") == before


def test_a_home_folder_brings_its_own_clocks(centre: Store, samples: Any) -> None:
    own = centre.settings.home / "clocks.yaml"
    own.write_text("- {id: mine, name: {zh: 我的, en: Mine}, start: created_at, stop: closed_at, limit_s: {'*': 60}, party: centre}")
    _load(centre, samples, _tickets(samples, {"closed_at": 60}))
    assert _rows(centre, schema.clock_days, "clock", "due", "kept") == [("mine", 1, 1)]
    own.write_text("- {id: mine, start: someday}")
    with pytest.raises(BadInput, match=r"clocks\.yaml: mine: fields missing"):
        rollups.roll_up_all(centre)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("start: created_at", "start: replied_at"), "start: 'replied_at' is unknown"),
        (("limit_s: {'*': 60}", "limit_s: 60"), "limit_s: '60' does not give seconds"),
        (("limit_s: {'*': 60}", "limit_s: {'*': -1}"), "limit_s"),
        (("party: centre", "party: nobody"), "party: 'nobody'"),
        (("party: centre", "party: centre, only: {team: 1}"), "only"),
        (("zh: 我的, ", ""), "name: not a text in both languages"),
        (("- {", "{"), "not a list"),
        (("}, start", ", start"), "not valid YAML"),
    ],
)
def test_a_wrong_clock_is_named(change: tuple[str, str], named: str) -> None:
    text = "- {id: mine, name: {zh: 我的, en: Mine}, start: created_at, stop: closed_at, limit_s: {'*': 60}, party: centre}"
    assert clocks.parse(text, "clocks.yaml")[0].party == "centre"
    with pytest.raises(BadInput, match=named):
        clocks.parse(text.replace(*change), "clocks.yaml")
    with pytest.raises(BadInput, match="defined twice"):
        clocks.parse(f"{text}\n{text}", "clocks.yaml")
