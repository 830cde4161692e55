"""The sample centre: feeds that agree with each other, the same for the same seed, with the seasons a hotline has."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

from hotline import sample_centre
from hotline.commands import centre as command
from hotline.errors import BadInput
from hotline.sample_centre import SampleCentre, demand
from hotline.settings import Settings
from hotline.store import OPERATOR, open_store, schema
from hotline.store import calls as store_calls
from hotline.store.feeds import load
from reports import boards
from reports.week import IsoWeek


def daily(centre: SampleCentre, topic: str, queue: str = "q0") -> pl.DataFrame:
    return centre.topic_days.filter((pl.col("topic") == topic) & (pl.col("queue_id") == queue))


def mean(frame: pl.DataFrame, first: date, last: date) -> float:
    value = frame.filter(pl.col("day").is_between(first, last))["offered"].mean()
    assert isinstance(value, float)
    return value


def test_counts_add_up(centre: SampleCentre) -> None:
    counts = centre.interval_counts
    assert (counts["offered"] == counts["answered"] + counts["abandoned"]).all()
    assert (counts["answered_20s"] <= counts["answered"]).all()
    assert counts.select("queue_id", "start").is_unique().all()
    by_day = counts.group_by("queue_id", day=pl.col("start").dt.date()).agg(pl.col("offered").sum())
    by_topic = centre.topic_days.group_by("queue_id", "day").agg(pl.col("offered").sum())
    both = by_day.join(by_topic, on=["queue_id", "day"], how="full", suffix="_topic")
    assert (both["offered"] == both["offered_topic"]).all() and both.null_count().sum_horizontal().item() == 0


def test_calls_are_the_counted_ones(centre: SampleCentre) -> None:
    """Per queue and half-hour: answered, quick answers, waiting and handle time are those of the rows."""
    rows = (
        centre.calls.filter(pl.col("direction") == "inbound")
        .group_by("queue_id", start=pl.col("started_at").dt.truncate("30m"))
        .agg(
            answered=pl.len().cast(pl.Int64),
            **{f"answered_{n}s": (pl.col("wait_s") <= n).sum().cast(pl.Int64) for n in (15, 20, 30)},
            wait_s=pl.col("wait_s").sum(),
            handle_s=(pl.col("talk_s") + pl.col("hold_s") + pl.col("acw_s")).sum(),
        )
    )
    counted = centre.interval_counts.filter(
        (pl.col("answered") > 0) & (pl.col("start") >= centre.calls["started_at"].dt.truncate("1d").min())
    )
    columns = ["queue_id", "start", "answered", "answered_15s", "answered_20s", "answered_30s", "wait_s", "handle_s"]
    assert_frame_equal(rows.select(columns).sort("queue_id", "start"), counted.select(columns).sort("queue_id", "start"))
    assert centre.calls["day"].n_unique() == (centre.calls["day"].max() - centre.calls["day"].min()).days + 1 > 900


def test_agents_answer_their_own_queue_one_call_at_a_time(centre: SampleCentre) -> None:
    team_queue = dict(zip(centre.org_units["path"], centre.org_units["id"], strict=True))
    assert {(path.split("/")[2], queue) for path, queue in centre.calls.select("unit_path", "queue_id").unique().iter_rows()} == {
        (key, f"q{key}") for key in "012356"
    }
    assert set(centre.calls["unit_path"]) <= set(team_queue)
    begin = pl.col("started_at") + pl.duration(seconds=pl.col("wait_s"))
    end = begin + pl.duration(seconds=pl.col("talk_s") + pl.col("hold_s") + pl.col("acw_s"))
    ordered = centre.calls.select("agent_id", begin=begin, end=end).sort("agent_id", "begin")
    overlap = ordered.filter(pl.col("begin").shift(-1).over("agent_id") < pl.col("end"))
    assert overlap.is_empty()


def test_states_fill_the_half_hours(centre: SampleCentre) -> None:
    states = centre.agent_intervals
    assert (states["seconds"] > 0).all()
    sums = states.group_by("agent_id", "start").agg(pl.col("seconds").sum(), rostered=pl.col("state").is_in(["available", "break"]).any())
    assert (sums["seconds"] <= 1800 + 1e-6).all()
    assert sums.filter("rostered")["seconds"].to_list() == pytest.approx([1800.0] * sums["rostered"].sum())
    worked = states.filter(pl.col("state").is_in(["talk", "hold", "acw"]))["seconds"].sum()
    called = centre.calls.select(pl.sum_horizontal(pl.col("talk_s", "hold_s", "acw_s").sum())).item()
    assert called - 3600 <= worked <= called  # a call at the very end runs past the last half-hour


def test_the_same_seed_makes_the_same_centre() -> None:
    until = date(2026, 11, 15)
    first, again, other = (sample_centre.build(seed, until, 1, 1) for seed in (7, 7, 8))
    for name, frame in first.frames().items():
        assert_frame_equal(frame, again.frames()[name])
    assert not first.interval_counts.equals(other.interval_counts)


def test_night_halves_without_calls_are_there(centre: SampleCentre) -> None:
    night = centre.interval_counts.filter(pl.col("start").dt.hour() == 3)
    assert night.height == centre.interval_counts["start"].dt.date().n_unique() * 2 * 6
    assert night.filter(pl.col("queue_id") != "q0")["offered"].sum() == 0
    around_the_clock = night.filter(pl.col("queue_id") == "q0")
    assert around_the_clock["offered"].sum() > 0 and (around_the_clock["offered"] == 0).any()


def test_size_is_as_described(centre: SampleCentre) -> None:
    days = centre.topic_days["day"].n_unique()
    per_day = centre.topic_days.group_by("queue_id").agg(pl.col("offered").sum() / days).sort("offered", descending=True)
    assert per_day["queue_id"][0] == "q0" and 1400 < per_day["offered"].sum() < 1800
    assert centre.agents.height == 40 and centre.agents["name"].is_unique().all()
    answered = centre.interval_counts["answered"].sum() / centre.interval_counts["offered"].sum()
    assert 0.88 < answered < 0.97


def test_recruitment_comes_back_every_autumn(centre: SampleCentre) -> None:
    recruiting = daily(centre, "招聘咨询")
    for year in (2024, 2025):
        assert mean(recruiting, date(year, 10, 10), date(year, 11, 15)) > 5 * mean(recruiting, date(year, 7, 1), date(year, 8, 31))
    a_day = centre.topic_days.filter(pl.col("queue_id") == "q0").group_by("day").agg(pl.col("offered").sum())
    for year in (2024, 2025, 2026):  # the planner of q0 must see it: after the National Day holiday come the busiest weeks of the year
        assert mean(a_day, date(year, 10, 10), date(year, 11, 15)) > 1.06 * mean(a_day, date(year, 7, 1), date(year, 8, 31))


def test_pension_deadline_peaks_at_the_end_of_december(centre: SampleCentre) -> None:
    pension = daily(centre, "个人养老金", "q6")
    assert mean(pension, date(2025, 12, 25), date(2025, 12, 31)) > 3 * mean(pension, date(2025, 11, 1), date(2025, 11, 30))
    assert mean(pension, date(2026, 1, 4), date(2026, 1, 31)) < 0.5 * mean(pension, date(2025, 12, 25), date(2025, 12, 31))


def test_long_holidays_fill_the_pumps_and_empty_the_offices(centre: SampleCentre) -> None:
    refuelling = daily(centre, "节假日加油", "q1")
    assert mean(refuelling, date(2025, 10, 1), date(2025, 10, 8)) > 3 * mean(refuelling, date(2025, 9, 8), date(2025, 9, 19))
    orders = daily(centre, "订单咨询", "q2")
    assert mean(orders, date(2025, 10, 1), date(2025, 10, 8)) < 0.25 * mean(orders, date(2025, 9, 8), date(2025, 9, 12))


def test_make_up_days_are_working_days(centre: SampleCentre) -> None:
    """调休: Sunday 2025-09-28 and Saturday 2025-10-11 were working days; an ordinary Saturday is quiet."""
    orders = daily(centre, "订单咨询", "q2")
    make_up = [mean(orders, day, day) for day in (date(2025, 9, 28), date(2025, 10, 11))]
    ordinary = mean(orders, date(2025, 9, 13), date(2025, 9, 13))
    assert min(make_up) > 2 * ordinary
    assert demand.is_workday(date(2025, 10, 11)) and not demand.is_workday(date(2025, 10, 18))


def test_storms_show_in_faults_only(centre: SampleCentre) -> None:
    faults, bills = daily(centre, "故障报修"), daily(centre, "电费查询")
    storm = pl.col("day").is_in(list(centre.storms))
    assert faults.filter(storm)["offered"].mean() > 1.6 * faults.filter(~storm)["offered"].mean()
    assert bills.filter(storm)["offered"].mean() < 1.3 * bills.filter(~storm)["offered"].mean()
    assert len(centre.storms) >= 8 and sum(6 <= day.month <= 9 for day in centre.storms) > len(centre.storms) / 2


def test_repeat_callers_give_a_plausible_first_call_resolution(centre: SampleCentre) -> None:
    inbound = centre.calls.filter(pl.col("direction") == "inbound")
    rows = inbound.filter(pl.col("day") <= pl.col("day").max() - timedelta(days=3)).sort("started_at")
    following = pl.col("started_at").shift(-1).over("caller_key", "topic") - pl.col("started_at")
    rows = rows.with_columns(back=(following <= timedelta(days=3)).fill_null(False))
    assert 0.84 < 1 - rows["back"].mean() < 0.91
    agents = rows.group_by("agent_id").agg(fcr=1 - pl.col("back").mean())["fcr"]
    assert 0.01 < agents.std() < 0.05


def test_tickets_and_surveys_follow_their_calls(centre: SampleCentre) -> None:
    tickets = centre.tickets.with_columns(
        seconds=(pl.col("dispatched_at") - pl.col("created_at")).dt.total_seconds(fractional=True),
        due=pl.when(pl.col("type") == "故障报修").then(120.0).otherwise(1200.0),
    ).drop_nulls("seconds")
    on_time = (tickets["seconds"] <= tickets["due"]).mean()
    assert 0.997 < on_time < 1 and 0 < tickets["returned"].mean() < 0.01
    assert set(centre.tickets["call_id"]) <= set(centre.calls["id"]) and centre.tickets["closed_at"].null_count() > 0
    answered = centre.surveys["score"].drop_nulls()
    assert 0.33 < len(answered) / centre.surveys.height < 0.37
    assert (centre.surveys["reason"] != "").sum() == (answered < 4).sum() > 0
    assert 0.97 < (answered >= 4).mean() < 0.99


def _within(tickets: pl.DataFrame, start: str, stop: str, seconds: float) -> float:
    """Share of work orders that stopped a clock in time, of those that did."""
    taken = tickets.select((pl.col(stop) - pl.col(start)).dt.total_milliseconds()).drop_nulls().to_series()
    value = (taken <= 1000 * seconds).mean()
    assert isinstance(value, float) and (taken >= 0).all()
    return value


def test_clocks_are_kept_with_rare_breaches(centre: SampleCentre) -> None:
    chain, faults = centre.tickets.filter(pl.col("queue_id") == "q3"), centre.tickets.filter(pl.col("type") == "故障报修")
    assert 0.9 < _within(faults, "created_at", "dispatched_at", 30) < 0.98
    assert 0.999 < _within(faults, "closed_at", "called_back_at", 86400) < 1
    usual = chain.filter(pl.col("due_at").is_null())
    for start, stop, hours in (
        ("dispatched_at", "replied_at", 4),
        ("dispatched_at", "feedback_at", 48),
        ("feedback_at", "called_back_at", 8),
    ):
        assert 0.95 < _within(usual, start, stop, hours * 3600) < 1
    assert 0 < chain["due_at"].is_not_null().mean() < 0.06 and 0 < centre.tickets["error"].drop_nulls().mean() < 0.02
    assert centre.tickets.filter(pl.col("dispatched_at").is_null())["dispatched_to"].unique().to_list() in ([], [""])


def test_complaints_are_called_back_by_people(centre: SampleCentre) -> None:
    back = centre.calls.filter(pl.col("direction") == "outbound")
    orders = centre.tickets.filter(pl.col("complaint")).join(back.select(call_id="linked_to", begun="started_at"), on="call_id", how="left")
    told = orders.drop_nulls("called_back_at")
    assert back.height == told.height == told["begun"].drop_nulls().len() > 30_000
    assert 0.9 < _within(orders, "closed_at", "called_back_at", 86400) <= 1
    assert set(back["linked_to"]) <= set(centre.calls["id"])


def test_dispositions_say_more_than_repeat_calls_bear_out(centre: SampleCentre) -> None:
    calls = centre.calls.filter(pl.col("direction") == "inbound")
    assert 0.84 < calls["resolved"].mean() < 0.93 and 0.02 < calls["resolved"].null_count() / calls.height < 0.04
    assert not calls.filter("transferred")["resolved"].any() and calls.filter("transferred")["transferred_to"].null_count() == 0
    assert set(calls["key_path"].str.split("/").list.first().unique()) == set("012356")
    linked = calls.drop_nulls("linked_to").join(calls.select(linked_to="id", before="started_at"), on="linked_to")
    assert (linked["before"] < linked["started_at"]).all() and linked.height > 50_000


def test_schedules_are_nearly_kept(centre: SampleCentre) -> None:
    plan = centre.agent_schedules
    assert (plan["end"] > plan["start"]).all() and plan.select("agent_id", "start").is_unique().all()
    overlap = plan.sort("agent_id", "start").filter(pl.col("start").shift(-1).over("agent_id") < pl.col("end"))
    assert overlap.is_empty()
    phone = plan.filter(pl.col("activity") == "phone").select((pl.col("end") - pl.col("start")).dt.total_seconds().sum()).item()
    worked = centre.agent_intervals.filter(pl.col("state").is_in(["talk", "hold", "acw", "available"]))["seconds"].sum()
    assert 0.97 < phone / worked < 1.02


def test_everything_is_labelled_and_nobody_has_a_number(centre: SampleCentre) -> None:
    assert centre.calls["synthetic"].all() and centre.interval_counts["synthetic"].all()
    assert centre.calls["caller_key"].str.contains(r"^[0-9a-f]{32}$").all()


def test_a_history_without_calendar_is_refused() -> None:
    with pytest.raises(BadInput, match="2027"):
        sample_centre.build(until=date(2027, 3, 1), months=1)
    with pytest.raises(BadInput, match="months"):
        sample_centre.build(months=0)


def run(home: Path, *arguments: str) -> dict:
    result = CliRunner().invoke(command.app, ["sample", *arguments, "--json"], env={"HOTLINE_HOME": str(home)}, catch_exceptions=False)
    return json.loads(result.stdout)


def test_the_command_loads_it_and_twice_is_once(home: Path) -> None:
    store = open_store(Settings(home=home, parquet=home / "parquet"))
    store.migrate()

    def counted() -> dict[str, int]:
        with store.read() as connection:
            return {
                table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in schema.metadata.sorted_tables
            }

    loaded = run(home, "--months", "1", "--until", "2026-10-31", "--seed", "5")
    first = counted()
    assert {name: first[name] for name in loaded} == loaded and loaded["calls"] > 10_000
    run(home, "--months", "1", "--until", "2026-10-31", "--seed", "5")
    assert {name: count for name, count in counted().items() if name != "audit"} == {
        name: c for name, c in first.items() if name != "audit"
    }
    board = boards.weekly(store, OPERATOR, IsoWeek(2026, 43))
    assert board.synthetic and board.teams.height == 9 and board.agents.height == 40
    listed = store_calls.page(store, OPERATOR, first_day=date(2026, 10, 19), last_day=date(2026, 10, 25), limit=1).total
    of_week = sa.and_(schema.calls.c.day.between(date(2026, 10, 19), date(2026, 10, 25)), schema.calls.c.direction == "outbound")
    with store.read() as connection:
        back = connection.scalar(sa.select(sa.func.count()).where(of_week)) or 0
    assert back > 100 and board.total["calls"].item() == listed - back
    store.close()


def test_invented_history_does_not_mix_with_a_real_centre(home: Path) -> None:
    store = open_store(Settings(home=home, parquet=home / "parquet"))
    store.migrate()
    real = pl.DataFrame(
        {"id": ["hq"], "parent_id": [None], "kind": ["centre"], "name": ["真"], "path": ["/hq/"]}, schema_overrides={"parent_id": pl.String}
    )
    load(store, OPERATOR, "org_units", real)
    with pytest.raises(BadInput, match=r"hq.*another centre"):
        run(home, "--months", "1")
    with pytest.raises(BadInput, match="not a date"):
        run(home, "--until", "yesterday")
    store.close()


@pytest.mark.parametrize(("kind", "read"), [("parquet", pl.read_parquet), ("csv", pl.read_csv)])
def test_the_script_writes_the_tables(tmp_path: Path, kind: str, read: Callable[[Path], pl.DataFrame]) -> None:
    script = Path(__file__).parents[2] / "data" / "make_centre.py"
    arguments = [sys.executable, str(script), str(tmp_path), "--months", "1", "--until", "2026-06-30", "--format", kind]
    subprocess.run(arguments, check=True, capture_output=True)
    centre = sample_centre.build(until=date(2026, 6, 30), months=1)
    assert {file.stem: read(file).height for file in tmp_path.iterdir()} == {name: frame.height for name, frame in centre.frames().items()}
