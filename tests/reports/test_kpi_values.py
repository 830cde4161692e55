"""Every KPI of the dictionary equals a plain count over the rows of the feeds, and its rows are those counted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from hotline import sample_centre
from hotline.commands.kpi import app
from hotline.errors import AccessDenied, BadInput, NotFound
from hotline.sample_centre import SampleCentre
from hotline.settings import Settings
from hotline.store import OPERATOR, Store, UserRole, Viewer, audit, feeds, open_store, schema
from hotline.store.figures import Slice
from hotline.store.rollups import roll_up_all
from reports import figures, kpi

FIRST, LAST = date(2026, 9, 21), date(2026, 9, 27)
WEEK = Slice(FIRST, LAST)
ZONE = "Asia/Shanghai"
PHONE = ("available", "talk", "hold", "acw")
Found = tuple[float, float | None]


@pytest.fixture(scope="module")
def made() -> SampleCentre:
    return sample_centre.build(until=date(2026, 10, 4), months=1)


@pytest.fixture(scope="module")
def store(made: SampleCentre, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    home = tmp_path_factory.mktemp("kpis")
    opened = open_store(Settings(home=home, parquet=home / "parquet"))
    opened.migrate()
    feeds.load_all(opened, OPERATOR, made.frames())
    with opened.begin() as connection:
        connection.execute(
            schema.rule_sets.insert().values(content_hash="h" * 64, id="tiny", version=1, source="", stored_at=datetime.now(UTC))
        )
        connection.execute(schema.scores.insert(), _scores(made).to_dicts())
    roll_up_all(opened)
    yield opened
    opened.close()


def _scores(made: SampleCentre) -> pl.DataFrame:
    """A score for every ninth call: fatal items in some, doubt in some."""
    ids = made.calls.sort("id")["id"].to_list()[::9]
    rows = [
        {
            "call_id": name,
            "rule_hash": "h" * 64,
            "scored_at": datetime(2026, 10, 5, tzinfo=UTC),
            "low": 60.0 + place % 30,
            "high": 62.0 + place % 37,
            "passed": ("yes", "yes", "no", "doubtful")[place % 4],
            "fatal_certain": int(place % 50 == 0) * (1 + place % 3),
            "fatal_possible": int(place % 21 == 0),
            "current": True,
            "hits_file": "",
        }
        for place, name in enumerate(ids)
    ]
    return pl.DataFrame(rows)


class Raw:
    """The feeds' rows of the week, before anything was rolled up."""

    def __init__(self, made: SampleCentre) -> None:
        week = pl.col("day").is_between(FIRST, LAST)
        self.calls = made.calls.filter(week & (pl.col("direction") == "inbound"))
        self.out = made.calls.filter(week & (pl.col("direction") == "outbound"))
        self.all = made.calls
        self.asked = self.calls.join(made.surveys.rename({"call_id": "id"}), on="id")
        scores = _scores(made).rename({"call_id": "id"})
        self.scored, self.out_scored = self.calls.join(scores, on="id"), self.out.join(scores, on="id")
        self.halves = made.interval_counts.filter(self.day("start"))
        self.states = made.agent_intervals.filter(self.day("start"))
        self.plan = made.agent_schedules
        self.tickets = made.tickets
        self.external = made.external_surveys.filter(week)

    @staticmethod
    def day(column: str) -> pl.Expr:
        return pl.col(column).dt.convert_time_zone(ZONE).dt.date().is_between(FIRST, LAST)

    def state(self, *names: str) -> float:
        return float(self.states.filter(pl.col("state").is_in(names))["seconds"].sum())

    def clock(
        self, start: str, stop: str, limit: dict[str, float], *, queue: str = "", complaint: bool = False, own: bool = False
    ) -> Found:
        """One work order after the other, as a person with a calendar would."""
        due = kept = 0
        for row in self.tickets.iter_rows(named=True):
            seconds = limit.get(row["type"], limit.get("*"))
            if seconds is None or row[start] is None or (queue and row["queue_id"] != queue) or (complaint and not row["complaint"]):
                continue
            end = row["due_at"] if own and row["due_at"] is not None else row[start] + timedelta(seconds=seconds)
            if FIRST <= end.date() <= LAST:
                due += 1
                kept += row[stop] is not None and row[stop] <= end
        return kept, due

    def resolution(self) -> Found:
        """For each call: does the same caller call about the same topic later, within three days?"""
        kept = 0
        inbound = self.all.filter(pl.col("direction") == "inbound")
        times: dict[tuple[str, str], list[tuple[datetime, date]]] = {}
        for row in inbound.iter_rows(named=True):
            times.setdefault((row["caller_key"], row["topic"]), []).append((row["started_at"], row["day"]))
        for row in self.calls.iter_rows(named=True):
            later = times[row["caller_key"], row["topic"]]
            kept += not any(at > row["started_at"] and day <= row["day"] + timedelta(days=3) for at, day in later)
        return kept, self.calls.height

    def adherence(self) -> Found:
        """Half-hour by half-hour and agent by agent."""
        done: dict[tuple[str, Any, str], float] = {}
        for row in self.states.iter_rows(named=True):
            activity = "phone" if row["state"] in PHONE else row["state"]
            key = (row["agent_id"], row["start"], activity)
            done[key] = done.get(key, 0.0) + row["seconds"]
        plan: dict[tuple[str, Any, str], float] = {}
        half = timedelta(minutes=30)
        for row in self.plan.iter_rows(named=True):
            at = row["start"]
            while at < row["end"]:
                if FIRST <= at.date() <= LAST:
                    key = (row["agent_id"], at, row["activity"])
                    plan[key] = plan.get(key, 0.0) + min(half, row["end"] - at).total_seconds()
                at += half
        return sum(min(seconds, done.get(key, 0.0)) for key, seconds in plan.items()), sum(plan.values())

    def conformance(self) -> Found:
        days = {(row["agent_id"], row["start"].date()): 0.0 for row in self.plan.iter_rows(named=True)}
        days |= {(row["agent_id"], (row["end"] - timedelta(seconds=1)).date()): 0.0 for row in self.plan.iter_rows(named=True)}
        worked = 0.0
        for row in self.states.filter(pl.col("state").is_in(PHONE)).iter_rows(named=True):
            worked += row["seconds"] if (row["agent_id"], row["start"].date()) in days else 0.0
        planned = 0.0
        for row in self.plan.filter(pl.col("activity") == "phone").iter_rows(named=True):
            begin = datetime.combine(FIRST, datetime.min.time(), row["start"].tzinfo)
            end = begin + timedelta(days=7)
            planned += max(0.0, (min(row["end"], end) - max(row["start"], begin)).total_seconds())
        return worked, planned


def _handle(frame: pl.DataFrame) -> float:
    return float(frame.select(pl.sum_horizontal("talk_s", "hold_s", "acw_s").sum()).item())


def _closed(raw: Raw) -> list[float]:
    closed = raw.tickets.filter(pl.col("complaint") & raw.day("closed_at"))
    return [(row["closed_at"] - row["created_at"]).total_seconds() for row in closed.iter_rows(named=True)]


def _sum(frame: pl.DataFrame, column: str) -> float:
    return float(frame[column].sum())


PLAIN: dict[str, Callable[[Raw], Found]] = {
    "calls": lambda raw: (raw.calls.height, None),
    "aht": lambda raw: (_handle(raw.calls), raw.calls.height),
    "qa_score": lambda raw: (_sum(raw.scored, "high"), raw.scored.height),
    "fatal": lambda raw: (_sum(raw.scored, "fatal_certain"), None),
    "satisfaction": lambda raw: ((raw.asked["score"] >= 4).sum(), raw.asked["score"].drop_nulls().len()),
    "response": lambda raw: (raw.asked["score"].drop_nulls().len(), raw.asked.height),
    "fcr": Raw.resolution,
    "fcr_disposition": lambda raw: (raw.calls["resolved"].sum(), raw.calls["resolved"].drop_nulls().len()),
    "att": lambda raw: (_sum(raw.calls, "talk_s"), raw.calls.height),
    "hold": lambda raw: (_sum(raw.calls, "hold_s"), raw.calls.height),
    "acw": lambda raw: (_sum(raw.calls, "acw_s"), raw.calls.height),
    "transfer_rate": lambda raw: (raw.calls["transferred"].sum(), raw.calls.height),
    "pass_rate": lambda raw: ((raw.scored["passed"] == "yes").sum(), raw.scored.height),
    "fatal_rate": lambda raw: ((raw.scored["fatal_certain"] > 0).sum(), raw.scored.height),
    "outbound_calls": lambda raw: (raw.out.height, None),
    "outbound_aht": lambda raw: (_handle(raw.out), raw.out.height),
    "outbound_qa": lambda raw: (_sum(raw.out_scored, "high"), raw.out_scored.height),
    "occupancy": lambda raw: (raw.state("talk", "hold", "acw"), raw.state(*PHONE)),
    "utilisation": lambda raw: (raw.state(*PHONE), _sum(raw.states, "seconds")),
    "adherence": Raw.adherence,
    "conformance": Raw.conformance,
    "offered": lambda raw: (_sum(raw.halves, "offered"), None),
    "answer_rate": lambda raw: (_sum(raw.halves, "answered"), _sum(raw.halves, "offered")),
    "service_level": lambda raw: (_sum(raw.halves, "answered_20s"), _sum(raw.halves, "offered")),
    "service_level_answered": lambda raw: (_sum(raw.halves, "answered_20s"), _sum(raw.halves, "answered")),
    "service_level_net": lambda raw: (_sum(raw.halves, "answered_20s"), _sum(raw.halves, "offered") - _sum(raw.halves, "abandoned_short")),
    "service_level_15": lambda raw: (_sum(raw.halves, "answered_15s"), _sum(raw.halves, "offered")),
    "service_level_30": lambda raw: (_sum(raw.halves, "answered_30s"), _sum(raw.halves, "offered")),
    "abandon_rate": lambda raw: (_sum(raw.halves, "abandoned"), _sum(raw.halves, "offered")),
    "abandon_rate_net": lambda raw: (
        _sum(raw.halves, "abandoned") - _sum(raw.halves, "abandoned_short"),
        _sum(raw.halves, "offered") - _sum(raw.halves, "abandoned_short"),
    ),
    "asa": lambda raw: (_sum(raw.halves, "wait_s"), _sum(raw.halves, "answered")),
    "dispatch_accuracy": lambda raw: (
        raw.tickets.filter(raw.day("dispatched_at") & ~pl.col("returned") & (pl.col("redispatched") == 0)).height,
        raw.tickets.filter(raw.day("dispatched_at")).height,
    ),
    "ticket_errors": lambda raw: (
        raw.tickets.filter(raw.day("dispatched_at"))["error"].sum(),
        raw.tickets.filter(raw.day("dispatched_at"))["error"].drop_nulls().len(),
    ),
    "complaint_closure": lambda raw: (sum(_closed(raw)), len(_closed(raw))),
    "complaint_closure_p50": lambda raw: (pl.Series(_closed(raw)).median(), None),
    "complaint_closure_p90": lambda raw: (pl.Series(_closed(raw)).quantile(0.9, "linear"), None),
    "dispatch_on_time": lambda raw: raw.clock("created_at", "dispatched_at", {"故障报修": 120, "*": 1200}),
    "dispatch_30s": lambda raw: raw.clock("created_at", "dispatched_at", {"故障报修": 30}),
    "callback_complaint": lambda raw: raw.clock("closed_at", "called_back_at", {"*": 86400}, complaint=True),
    "callback_fault": lambda raw: raw.clock("closed_at", "called_back_at", {"故障报修": 86400}),
    "chain_reply": lambda raw: raw.clock("dispatched_at", "replied_at", {"*": 4 * 3600}, queue="q3"),
    "chain_feedback": lambda raw: raw.clock("dispatched_at", "feedback_at", {"*": 48 * 3600}, queue="q3", own=True),
    "chain_answer": lambda raw: raw.clock("feedback_at", "called_back_at", {"*": 8 * 3600}, queue="q3"),
    "third_party": lambda raw: (
        float(raw.external.select((100 * pl.col("score") / pl.col("scale") * pl.col("answered")).sum()).item()),
        _sum(raw.external, "answered"),
    ),
}


def test_every_kpi_is_counted_here() -> None:
    assert set(PLAIN) == set(kpi.kpis())


@pytest.mark.parametrize("name", PLAIN)
def test_a_kpi_is_a_plain_count_over_the_rows(store: Store, made: SampleCentre, name: str) -> None:
    top, bottom = PLAIN[name](Raw(made))
    entry = kpi.kpis()[name]
    part = WEEK if name != "third_party" else Slice(date(2026, 9, 1), date(2026, 9, 30))
    if name == "third_party":
        top, bottom = 0.0, 0.0
        for row in made.external_surveys.iter_rows(named=True):
            top, bottom = top + 100 * row["score"] / row["scale"] * row["answered"], bottom + row["answered"]
    found = figures.figure(store, OPERATOR, entry, part)
    assert found.top == pytest.approx(top, abs=0.01, rel=1e-9) and (top > 0 or name == "ticket_errors")
    assert (found.bottom is None) is (bottom is None) and (bottom is None or found.bottom == pytest.approx(bottom, rel=1e-9))
    if bottom:
        assert found.value == pytest.approx(top / bottom, rel=1e-9, abs=1e-12)
    if entry.interval != "none":
        assert found.low is not None and found.high is not None and found.value is not None
        assert found.low <= found.value <= found.high


@pytest.mark.parametrize("name", PLAIN)
def test_the_rows_behind_add_up_to_the_number(store: Store, name: str) -> None:
    entry = kpi.kpis()[name]
    part = WEEK if name != "third_party" else Slice(date(2026, 9, 1), date(2026, 9, 30))
    found = figures.figure(store, OPERATOR, entry, part)
    every = figures.rows(store, OPERATOR, entry, part, limit=100_000)
    assert every.total == every.rows.height > 0
    if not name.startswith("complaint_closure_p"):
        assert every.rows["top"].sum() == pytest.approx(found.top, abs=0.01)
        assert not found.bottom or every.rows["bottom"].sum() == pytest.approx(found.bottom)
    if entry.bottom:
        failed = figures.rows(store, OPERATOR, entry, part, figures.failing(entry), limit=100_000)
        if entry.unit == "percent" and entry.source in ("ticket_days", "clock_days"):
            assert failed.total == found.failures
        assert failed.total == every.rows.filter(pl.col("top") != (0 if entry.direction == "down" else pl.col("bottom"))).height
    second = figures.rows(store, OPERATOR, entry, part, limit=2, offset=1)
    assert second.rows.equals(every.rows[1:3]) and second.total == every.total


def test_units_and_agents_add_up_to_the_centre(store: Store) -> None:
    for name in ("aht", "answer_rate", "dispatch_on_time", "dispatch_accuracy", "adherence"):
        entry = kpi.kpis()[name]
        by = "queue_id" if name == "answer_rate" else "unit_path"
        parts = figures.figures_by(store, OPERATOR, entry, WEEK, (by,))
        whole = figures.figure(store, OPERATOR, entry, WEEK)
        assert len(parts) > 3 and sum(one.top for _, one in parts) == pytest.approx(whole.top)
    team = figures.figure(store, OPERATOR, kpi.kpis()["calls"], Slice(FIRST, LAST, "/c/0/t01/"))
    people = figures.figures_by(store, OPERATOR, kpi.kpis()["calls"], Slice(FIRST, LAST, "/c/0/t01/"), ("agent_id",))
    assert team.top == sum(one.top for _, one in people) > 0


def test_breaches_name_who_has_to_answer(store: Store, made: SampleCentre) -> None:
    parties = dict(figures.figures_by(store, OPERATOR, kpi.kpis()["chain_reply"], Slice(date(2026, 9, 5), LAST), ("party",)))
    assert set(parties) == {("润滑油一部",), ("润滑油二部",), ("物流部",)}
    assert [name for name, _ in figures.figures_by(store, OPERATOR, kpi.kpis()["dispatch_on_time"], WEEK, ("party",))] == [("",)]
    late = figures.rows(store, OPERATOR, kpi.kpis()["dispatch_on_time"], WEEK, "left")
    assert set(late.rows["owner"]) <= set(made.agents["id"])


def test_everybody_sees_his_own(store: Store) -> None:
    agent = Viewer("agent1", UserRole.AGENT, "/c/0/t01/", "a001")
    lead = Viewer("lead1", UserRole.TEAM_LEAD, "/c/0/t01/")
    entry = kpi.kpis()["transfer_rate"]
    own = figures.figure(store, agent, entry, WEEK)
    assert own.bottom == figures.figure(store, OPERATOR, entry, Slice(FIRST, LAST, None, "a001")).bottom
    assert set(figures.rows(store, agent, entry, WEEK, limit=9999).rows["agent_id"]) == {"a001"}
    assert set(figures.rows(store, lead, entry, WEEK, limit=9999).rows["unit_path"]) == {"/c/0/t01/"}
    assert figures.rows(store, lead, entry, Slice(FIRST, LAST, "/c/1/")).total == 0
    assert figures.rows(store, lead, kpi.kpis()["dispatch_on_time"], WEEK).total > 0
    queue = figures.rows(store, lead, kpi.kpis()["answer_rate"], WEEK, limit=9999)
    assert set(queue.rows["queue_id"]) == {"q0"}
    planner = Viewer("planner", UserRole.PLANNER, "/c/")
    assert figures.figure(store, planner, entry, WEEK).value is not None
    for viewer, name, by in ((planner, "transfer_rate", ("agent_id",)), (agent, "answer_rate", ()), (planner, "dispatch_on_time", ())):
        with pytest.raises(AccessDenied):
            figures.figures_by(store, viewer, kpi.kpis()[name], WEEK, by)
    with pytest.raises(AccessDenied):
        figures.rows(store, planner, entry, WEEK)
    seen = audit.read(store, OPERATOR, action="rows_behind", who="agent1")
    assert seen[0].object == "transfer_rate" and seen[0].detail["first"] == str(FIRST)


def test_other_definitions_do_not_share_a_chart() -> None:
    known = kpi.kpis()
    kpi.require_together([known["att"], known["hold"], known["aht"]])
    for one, other in (("fcr", "fcr_disposition"), ("service_level", "service_level_answered"), ("abandon_rate", "abandon_rate_net")):
        with pytest.raises(BadInput, match=f"{other} counts something else than {one}"):
            kpi.require_together([known[one], known[other]])


def test_the_command_line_gives_the_same_number(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_HOME", str(store.settings.home))

    def run(*arguments: str) -> Any:
        result = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)
        return json.loads(result.stdout)

    entry = kpi.kpis()["dispatch_on_time"]
    found = figures.figure(store, OPERATOR, entry, WEEK)
    told = run("value", "dispatch_on_time", "--week", "2026-W39")
    assert (told["value"], told["low"], told["numerator"], told["failures"]) == (found.value, found.low, found.top, found.failures)
    assert told["shown"] == found.text
    days = run("value", "calls", "--first", "2026-09-21", "--last", "2026-09-27", "--unit", "t01", "--by", "day")
    assert (
        len(days) == 7
        and sum(day["numerator"] for day in days)
        == figures.figure(store, OPERATOR, kpi.kpis()["calls"], Slice(FIRST, LAST, "/c/0/t01/")).top
    )
    listed = run("rows", "satisfaction", "--week", "2026-W39", "--failures", "--limit", "3", "--page", "2")
    assert listed["total"] > 6 and len(listed["rows"]) == 3 and {row["top"] for row in listed["rows"]} == {0.0}
    assert {row["id"] for row in run("list")} == set(kpi.kpis()) and run("show", "satisfaction")["Family"] == "satisfaction"
    for wrong, error in (
        (("show", "speed"), NotFound),
        (("value", "calls", "--unit", "t99"), NotFound),
        (("value", "calls", "--first", "x"), BadInput),
    ):
        with pytest.raises(error):
            run(*wrong)


def test_a_clock_that_the_centre_has_not_got_is_named(store: Store) -> None:
    (store.settings.home / "clocks.yaml").write_text(
        "- {id: a, name: {zh: 甲, en: A}, start: created_at, stop: closed_at, limit_s: {'*': 1}, party: centre}"
    )
    try:
        with pytest.raises(NotFound, match="clock dispatch"):
            figures.rows(store, OPERATOR, kpi.kpis()["dispatch_on_time"], WEEK)
    finally:
        (Path(store.settings.home) / "clocks.yaml").unlink()
    with store.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(schema.clock_days))
