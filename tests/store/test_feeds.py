"""Feeds: loaded twice they change nothing, and what is wrong in them is named."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from hotline.errors import AccessDenied, BadInput
from hotline.store import OPERATOR, Store, UserRole, Viewer, feeds, schema


def _rows(store: Store, table: sa.Table) -> list[Any]:
    with store.read() as connection:
        return sorted(map(str, connection.execute(sa.select(table)).all()))


def _all_feeds(samples: Any) -> dict[str, pl.DataFrame]:
    local = pl.Datetime("us", "Asia/Shanghai")
    start = pl.Series("start", [samples.at("2026-11-09", "08:00"), samples.at("2026-11-09", "08:30")], dtype=local)
    counts = {"offered": [10, 12], "answered": [9, 12], "abandoned": [1, 0], "answered_20s": [8, 11]}
    counts |= {"wait_s": [50.0, 60.5], "handle_s": [900.0, 1200.0]}
    when = pl.Series("created_at", [samples.at("2026-11-09", "08:05")], dtype=local)
    return {
        "surveys": pl.DataFrame({"call_id": ["C1", "C2"], "score": [5, None], "asked_at": [when[0], when[0]]}),
        "calls": samples.call_feed(
            {
                "id": "C1",
                "started_at": samples.at("2026-11-09", "08:00"),
                "caller": "138-0000-1234",
                "metadata": {"area": "城区", "note": None},
            },
            {"id": "C2", "started_at": samples.at("2026-11-09", "23:59"), "agent_id": "a4", "metadata": {"area": None, "note": "急"}},
        ),
        "interval_counts": pl.DataFrame({"queue_id": ["q1", "q1"], "start": start, **counts}),
        "topic_days": pl.DataFrame({"queue_id": ["q1"], "day": [date(2026, 11, 9)], "topic": ["电费"], "offered": [22]}),
        "agent_intervals": pl.DataFrame({"agent_id": ["a1"], "start": start[:1], "state": ["talk"], "seconds": [600.0]}),
        "agent_schedules": pl.DataFrame({"agent_id": ["a1"], "start": start[:1], "end": start[1:].alias("end"), "activity": ["phone"]}),
        "external_surveys": pl.DataFrame(
            {
                "id": ["E1"],
                "day": [date(2026, 11, 30)],
                "kind": ["第三方"],
                "score": [9.1],
                "scale": [10.0],
                "asked": [400],
                "answered": [380],
            }
        ),
        "tickets": pl.DataFrame({"id": ["T1"], "call_id": ["C1"], "queue_id": ["q1"], "type": ["故障报修"], "created_at": when}),
    }


def test_loading_twice_changes_nothing(centre: Store, samples: Any) -> None:
    frames = _all_feeds(samples)
    loaded = feeds.load_all(centre, OPERATOR, frames)
    once = {"topic_days": 1, "agent_intervals": 1, "agent_schedules": 1, "tickets": 1, "external_surveys": 1}
    assert loaded == {"calls": 2, "interval_counts": 2, "surveys": 2, **once}
    before = {name: _rows(centre, table) for name, table in feeds.FEEDS.items()}
    assert all(before.values())
    assert feeds.load_all(centre, OPERATOR, frames) == loaded
    assert {name: _rows(centre, table) for name, table in feeds.FEEDS.items()} == before


def test_a_correction_updates_only_what_it_gives(centre: Store, samples: Any) -> None:
    frames = _all_feeds(samples)
    feeds.load_all(centre, OPERATOR, frames)
    feeds.load(centre, OPERATOR, "calls", frames["calls"].select("id", "started_at", pl.lit("停电").alias("topic")))
    with centre.read() as connection:
        row = connection.execute(sa.select(schema.calls).where(schema.calls.c.id == "C1")).one()
    assert (row.topic, row.talk_s, row.agent_id, row.unit_path) == ("停电", 100.0, "a1", "/c/1/t01/")


def test_calls_are_completed_at_the_door(centre: Store, samples: Any) -> None:
    feeds.load(centre, OPERATOR, "calls", _all_feeds(samples)["calls"])
    with centre.read() as connection:
        one, two = connection.execute(sa.select(schema.calls).order_by(schema.calls.c.id)).all()
    assert (one.day, two.day) == (date(2026, 11, 9), date(2026, 11, 9))  # 23:59 in Shanghai is still that day
    assert one.started_at == datetime(2026, 11, 9, 0, 0, tzinfo=UTC)
    assert (one.unit_path, two.unit_path) == ("/c/1/t01/", "/c/10/t10/")
    assert (one.metadata, two.metadata) == ({"area": "城区"}, {"note": "急"})
    assert len(one.caller_key) == 64 and two.caller_key is None
    assert "13800001234" not in str(_rows(centre, schema.calls)).replace("-", "")


def test_calls_stay_with_the_team_of_their_day(centre: Store, samples: Any) -> None:
    feed = _all_feeds(samples)["calls"]
    feeds.load(centre, OPERATOR, "calls", feed)
    feeds.load(centre, OPERATOR, "agents", pl.DataFrame({"id": ["a1"], "name": ["坐席a1"], "team_id": ["t02"]}))
    later = samples.call_feed({"id": "C3", "started_at": samples.at("2026-11-10")})
    feeds.load(centre, OPERATOR, "calls", feed)
    feeds.load(centre, OPERATOR, "calls", later)
    with centre.read() as connection:
        paths = {row.id: row.unit_path for row in connection.execute(sa.select(schema.calls))}
    assert paths == {"C1": "/c/1/t01/", "C2": "/c/10/t10/", "C3": "/c/1/t02/"}


def test_the_last_of_two_rows_with_one_key_counts(centre: Store) -> None:
    day = date(2026, 11, 9)
    twice = pl.DataFrame({"queue_id": ["q1", "q1"], "day": [day, day], "topic": ["电费", "电费"], "offered": [1, 2]})
    assert feeds.load(centre, OPERATOR, "topic_days", twice) == 1
    with centre.read() as connection:
        assert connection.scalar(sa.select(schema.topic_days.c.offered)) == 2


BAD = [
    ("calls", lambda f: f.with_columns(pl.lit(1).alias("colour")), "colour: unknown column"),
    ("calls", lambda f: f.drop("started_at"), "started_at: this column is missing"),
    ("calls", lambda f: f.with_columns(pl.col("started_at").dt.replace_time_zone(None)), "not an instant with a time zone"),
    ("calls", lambda f: f.with_columns(agent_id=pl.lit("a99")), "'a99' not in agents"),
    ("calls", lambda f: f.with_columns(direction=pl.lit("sideways")), "'sideways' is not one of them"),
    ("calls", lambda f: f.with_columns(talk_s=pl.lit(-1.0)), "-1.0 is not a usable number"),
    ("calls", lambda f: f.with_columns(talk_s=pl.lit(float("nan"))), "nan is not a usable number"),
    ("calls", lambda f: f.with_columns(hold_s=pl.lit("long")), "not a number"),
    ("calls", lambda f: f.with_columns(topic=pl.lit("电" * 61)), "61 characters"),
    ("calls", lambda f: f.with_columns(id=pl.lit(None, dtype=pl.String)), "have no value"),
    ("surveys", lambda f: f.with_columns(score=pl.lit(6)), "'6' is not one of them"),
    ("surveys", lambda f: f.with_columns(call_id=pl.lit("C9")), "'C9' not in calls"),
    ("interval_counts", lambda f: f.with_columns(queue_id=pl.lit("q9")), "'q9' not in queues"),
    ("interval_counts", lambda f: f.drop("offered"), "offered: this column is missing"),
    ("topic_days", lambda f: f.with_columns(day=pl.lit("2026-11-09")), "not a date"),
]


@pytest.mark.parametrize(("name", "change", "problem"), BAD, ids=[problem for *_, problem in BAD])
def test_what_is_wrong_is_named_and_nothing_is_written(centre: Store, samples: Any, name: str, change: Any, problem: str) -> None:
    frames = _all_feeds(samples)
    if name == "surveys":
        feeds.load(centre, OPERATOR, "calls", frames["calls"])
    with pytest.raises(BadInput, match=f"feed {name}") as error:
        feeds.load(centre, OPERATOR, name, change(frames[name]))
    assert problem in str(error.value)
    assert _rows(centre, feeds.FEEDS[name]) == []


UNITS = [("/c/1/t03", "c-1"), ("/c/10/t03/", "c-1"), ("/c/1/x/t03/", "c-1"), ("/c/1/", "c-1"), ("/d/", "nobody")]


@pytest.mark.parametrize(("path", "parent"), UNITS)
def test_a_unit_lies_one_step_below_its_parent(centre: Store, path: str, parent: str) -> None:
    unit = pl.DataFrame({"id": ["new"], "parent_id": [parent], "kind": ["team"], "name": ["新"], "path": [path]})
    with pytest.raises(BadInput, match="feed org_units: new"):
        feeds.load(centre, OPERATOR, "org_units", unit)


def test_unknown_feeds_are_refused(centre: Store) -> None:
    with pytest.raises(BadInput, match="there is no such feed"):
        feeds.load(centre, OPERATOR, "users", pl.DataFrame({"name": ["x"]}))


def test_only_importers_import(centre: Store, samples: Any) -> None:
    for role in samples.roles:
        someone = Viewer("someone", role, "/", "a1")
        if role is UserRole.ADMIN:
            feeds.load(centre, someone, "calls", _all_feeds(samples)["calls"])
            continue
        with pytest.raises(AccessDenied):
            feeds.load(centre, someone, "calls", _all_feeds(samples)["calls"])


def test_what_ingestion_asks_about_people_and_queues(centre: Store) -> None:
    with centre.read() as connection:
        assert feeds.team_path(connection, "a4") == "/c/10/t10/" and feeds.team_path(connection, "a99") is None
        assert feeds.has_queue(connection, "q10") and not feeds.has_queue(connection, "q99")


def test_the_organisation_is_shown_by_scope(centre: Store, samples: Any) -> None:
    def seen(role: UserRole, scope: str) -> tuple[list[str], list[str], list[str]]:
        viewer = samples.viewer(role, scope)
        place = feeds.organisation(centre, viewer)
        return place.units["id"].to_list(), place.agents["id"].to_list(), feeds.queues(centre, viewer)["id"].to_list()

    assert seen(UserRole.MANAGER, "/c/1/") == (["c-1", "t01", "t02"], ["a1", "a2", "a3"], ["q1"])
    assert seen(UserRole.TEAM_LEAD, "/c/1/t01/") == (["t01"], ["a1", "a2"], ["q1"])
    assert seen(UserRole.AGENT, "/c/1/t01/") == (["t01"], ["a1"], ["q1"])
    assert seen(UserRole.PLANNER, "/c/10/") == (["c-10", "t10"], [], ["q10"])
    assert seen(UserRole.ADMIN, "/c/") == (["c", "c-1", "t01", "t02", "c-10", "t10"], ["a1", "a2", "a3", "a4"], ["q1", "q10"])
