"""The roll-up: sums, repeat calls, whole days, and who sees which rows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from hotline.errors import AccessDenied
from hotline.store import OPERATOR, Store, UserRole, Viewer, agent_sums, feeds, rollups, schema

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)


def _load(store: Store, samples: Any, *rows: dict[str, Any]) -> None:
    feeds.load(store, OPERATOR, "calls", samples.call_feed(*rows))
    rollups.roll_up_all(store)


def _days(store: Store, viewer: Viewer = OPERATOR) -> pl.DataFrame:
    return rollups.agent_days(store, viewer, FIRST, LAST)


def _calls(samples: Any) -> list[dict[str, Any]]:
    return [
        {"id": "C1", "started_at": samples.at("2026-11-09", "09:00"), "caller": "1"},
        {"id": "C2", "started_at": samples.at("2026-11-09", "10:00"), "caller": "2"},
        {"id": "C3", "started_at": samples.at("2026-11-10", "09:00"), "caller": "3", "agent_id": "a3"},
        {"id": "C4", "started_at": samples.at("2026-11-20", "09:00"), "caller": "4", "agent_id": "a4"},
    ]


def test_sums_of_calls_surveys_and_current_scores(centre: Store, samples: Any) -> None:
    samples.store_call(centre, samples.call("S1"), samples.scorecard("S1", 60.0, 80.0, "1" * 64))
    samples.store_call(centre, samples.call("S1"), samples.scorecard("S1", 70.0, 90.0, "2" * 64))
    samples.store_call(centre, samples.call("S2"), samples.scorecard("S2", 100.0, 100.0, "2" * 64))
    _load(centre, samples, *_calls(samples))
    asked = [samples.at("2026-11-09", "11:00")] * 3
    feeds.load(centre, OPERATOR, "surveys", pl.DataFrame({"call_id": ["C1", "C2", "S1"], "score": [4, 3, None], "asked_at": asked}))
    rollups.roll_up(centre, [date(2026, 11, 9)])
    row = _days(centre).row(0, named=True)
    assert {name: value for name, value in row.items() if value or name in ("team_en", "fatal_certain")} == {
        "day": date(2026, 11, 9),
        "unit_path": "/c/1/t01/",
        "team": "单位t01",
        "team_en": "",
        "agent_id": "a1",
        "agent_name": "坐席a1",
        "calls": 4,
        "handle_s": 260.0,
        "surveys_asked": 3,
        "surveys_answered": 2,
        "surveys_satisfied": 1,
        "fcr_closed": 2,
        "fcr_resolved": 2,
        "scored": 2,
        "score_low_sum": 170.0,
        "score_high_sum": 190.0,
        "score_high_sq": 18100.0,
        "fatal_certain": 0,
        "fatal_possible": 2,
        "talk_s": 200.0,
        "hold_s": 20.0,
        "acw_s": 40.0,
        "doubtful": 2,
        "fatal_calls_possible": 2,
    }


@pytest.mark.parametrize(
    ("second", "closed", "resolved"),
    [
        ({}, 1, 0),  # the next day, same caller and topic
        ({"day": "2026-11-12"}, 1, 0),  # the last day of the window
        ({"day": "2026-11-13"}, 1, 1),  # a day too late
        ({"topic": "停电"}, 1, 1),
        ({"caller": "other"}, 1, 1),
        ({"direction": "outbound"}, 1, 1),  # we called back
        ({"agent_id": None}, 1, 0),  # the caller hung up while waiting: came back all the same
    ],
)
def test_a_caller_who_comes_back_was_not_helped(centre: Store, samples: Any, second: dict[str, Any], closed: int, resolved: int) -> None:
    again = {"id": "C2", "day": "2026-11-10", "caller": "138", "agent_id": "a2", **second}
    again["started_at"] = samples.at(again.pop("day"))
    _load(
        centre,
        samples,
        {"id": "C1", "started_at": samples.at("2026-11-09"), "caller": "138", "direction": "inbound"},
        {"direction": "inbound", **again},
        {"id": "C9", "started_at": samples.at("2026-11-20"), "agent_id": "a4", "direction": "inbound"},
    )
    row = _days(centre).filter(agent_id="a1").row(0, named=True)
    assert (row["fcr_closed"], row["fcr_resolved"]) == (closed, resolved)


def test_open_windows_and_hidden_numbers_are_not_counted(centre: Store, samples: Any) -> None:
    _load(
        centre,
        samples,
        {"id": "hidden", "started_at": samples.at("2026-11-09"), "agent_id": "a1"},
        {"id": "closed", "started_at": samples.at("2026-11-09"), "agent_id": "a2", "caller": "1"},
        {"id": "open", "started_at": samples.at("2026-11-10"), "agent_id": "a3", "caller": "2"},
        {"id": "last", "started_at": samples.at("2026-11-12"), "agent_id": "a4", "caller": "3"},
    )
    assert dict(_days(centre).select("agent_id", "fcr_closed").iter_rows()) == {"a1": 0, "a2": 1, "a3": 0, "a4": 0}


def test_a_new_call_mends_the_days_before_it(centre: Store, samples: Any) -> None:
    _load(centre, samples, *_calls(samples))
    assert _days(centre)["fcr_resolved"].to_list()[0] == 2
    back = {"id": "C5", "started_at": samples.at("2026-11-12"), "caller": "1", "agent_id": "a2"}
    feeds.load(centre, OPERATOR, "calls", samples.call_feed(back))
    rollups.roll_up(centre, [date(2026, 11, 12)])
    assert _days(centre)["fcr_resolved"].to_list()[0] == 1


def test_the_next_call_after_a_gap_closes_the_days_before_it(centre: Store, samples: Any) -> None:
    for day in ("2026-11-01", "2026-11-02", "2026-11-03", "2026-11-20"):
        number = day[-2:]
        feed = samples.call_feed({"id": f"C{number}", "started_at": samples.at(day), "caller": number})
        feeds.load(centre, OPERATOR, "calls", feed)
        rollups.roll_up(centre, [date.fromisoformat(day)])
    assert _days(centre)["fcr_closed"].to_list() == [1, 1, 1, 0]
    stepwise = _days(centre)
    rollups.roll_up_all(centre)
    assert _days(centre).equals(stepwise)


def test_a_roll_up_killed_after_a_gap_is_caught_up(centre: Store, samples: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _load(centre, samples, *({"id": f"C{n}", "started_at": samples.at(f"2026-11-0{n}"), "caller": str(n)} for n in (1, 2, 3)))
    last = {"id": "C20", "started_at": samples.at("2026-11-20"), "caller": "20", "agent_id": "a4"}
    feeds.load(centre, OPERATOR, "calls", samples.call_feed(last))
    build = agent_sums.write

    def struck(connection: sa.Connection, day: date, *rest: Any) -> Any:
        if day == date(2026, 11, 2):
            raise RuntimeError("power cut")
        return build(connection, day, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(agent_sums, "write", struck)
        with pytest.raises(RuntimeError, match="power cut"):
            rollups.roll_up(centre, [date(2026, 11, 20)])
    rollups.roll_up(centre, [date(2026, 11, 20)])
    assert _days(centre)["fcr_closed"].to_list() == [1, 1, 1, 0]


def test_an_agent_counts_for_the_team_of_the_days_last_call(centre: Store, samples: Any) -> None:
    day = "2026-11-09"
    rows = [{"id": f"C{clock[:2]}", "started_at": samples.at(day, clock)} for clock in ("09:00", "15:00", "12:00")]
    feeds.load(centre, OPERATOR, "calls", samples.call_feed(*rows))
    with centre.begin() as connection:  # from t02 to t01 at two o'clock; t02 is the greater path
        connection.execute(sa.update(schema.calls).where(schema.calls.c.id != "C15").values(unit_path="/c/1/t02/"))
    rollups.roll_up_all(centre)
    assert _days(centre).select("unit_path", "calls").rows() == [("/c/1/t01/", 3)]


@hypothesis_settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 23), st.integers(0, 3), st.booleans()), min_size=1, max_size=30))
def test_repeat_calls_as_counted_one_by_one(centre: Store, samples: Any, made: list[tuple[int, int, int, bool]]) -> None:
    """The set-wise SQL agrees with a plain loop over all pairs of calls."""
    made = list(dict.fromkeys(made))
    with centre.begin() as connection:
        connection.execute(schema.agent_days.delete())
        connection.execute(schema.calls.delete())
    rows = []
    for i, (day, hour, caller, topic) in enumerate(made):
        started_at = samples.at(FIRST + timedelta(days=day), f"{hour:02}:{i:02}")
        rows.append({"id": f"C{i}", "started_at": started_at, "caller": str(caller), "topic": str(topic)})
    _load(centre, samples, *rows)
    last = max(row["started_at"].date() for row in rows)
    closed = resolved = 0
    for row in rows:
        until = row["started_at"].date() + timedelta(days=3)
        if until > last:
            continue
        closed += 1
        resolved += not any(
            other["caller"] == row["caller"]
            and other["topic"] == row["topic"]
            and other["started_at"] > row["started_at"]
            and other["started_at"].date() <= until
            for other in rows
        )
    days = _days(centre)
    assert (days["fcr_closed"].sum(), days["fcr_resolved"].sum(), days["calls"].sum()) == (closed, resolved, len(rows))


def test_a_day_is_rebuilt_whole_or_not_at_all(centre: Store, samples: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _load(centre, samples, *_calls(samples))
    before = _days(centre)
    feeds.load(centre, OPERATOR, "calls", samples.call_feed({"id": "C6", "started_at": samples.at("2026-11-09", "12:00"), "caller": "6"}))

    def stop(*_: object) -> Any:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(agent_sums, "of_calls", stop)
        with pytest.raises(RuntimeError, match="power cut"):
            rollups.roll_up(centre, [date(2026, 11, 9)])
    assert _days(centre).equals(before)
    rollups.roll_up(centre, [date(2026, 11, 9)])
    assert _days(centre).filter(agent_id="a1")["calls"].to_list() == [3]


def test_days_that_lost_their_calls_lose_their_rows(centre: Store, samples: Any) -> None:
    _load(centre, samples, *_calls(samples))
    with centre.begin() as connection:
        connection.execute(sa.delete(schema.calls).where(schema.calls.c.id == "C3"))
    rollups.roll_up(centre, [date(2026, 11, 10)])
    assert "a3" not in _days(centre)["agent_id"].to_list()


def test_rolling_up_again_changes_nothing(centre: Store, samples: Any) -> None:
    _load(centre, samples, *_calls(samples))
    before = _days(centre)
    assert rollups.roll_up_all(centre) == before.height
    assert _days(centre).equals(before)


def test_who_sees_which_rows(centre: Store, samples: Any) -> None:
    _load(centre, samples, *_calls(samples))

    def agents(role: UserRole, scope: str, agent_id: str = "a1") -> list[str | None]:
        return _days(centre, samples.viewer(role, scope, agent_id))["agent_id"].to_list()

    assert agents(UserRole.MANAGER, "/c/") == ["a1", "a3", "a4"]
    assert agents(UserRole.MANAGER, "/c/1/") == ["a1", "a3"]  # not /c/10/
    assert agents(UserRole.TEAM_LEAD, "/c/1/t01/") == ["a1"]
    assert agents(UserRole.AGENT, "/c/1/t02/", "a3") == ["a3"]
    assert agents(UserRole.AGENT, "/c/1/", "a2") == []
    planner = _days(centre, samples.viewer(UserRole.PLANNER, "/c/1/"))
    assert planner["agent_id"].to_list() == [None, None] and planner["agent_name"].to_list() == [None, None]
    assert planner.select("day", "unit_path", "calls").rows() == [(date(2026, 11, 9), "/c/1/t01/", 2), (date(2026, 11, 10), "/c/1/t02/", 1)]
    with pytest.raises(AccessDenied):
        _days(centre, samples.viewer(UserRole.ADMIN, "/c/"))


def test_team_rows_are_the_sums_of_agent_rows(centre: Store, samples: Any) -> None:
    _load(centre, samples, *_calls(samples), {"id": "C7", "started_at": samples.at("2026-11-09"), "agent_id": "a2", "caller": "7"})
    keys = ["day", "unit_path"]
    by_agent = _days(centre, samples.viewer(UserRole.MANAGER, "/c/")).group_by(keys).agg(pl.col(rollups.MEASURES).sum()).sort(keys)
    by_team = _days(centre, samples.viewer(UserRole.PLANNER, "/c/")).select(*keys, *rollups.MEASURES)
    assert by_team.equals(by_agent)


def test_no_rows_keep_their_columns(centre: Store) -> None:
    empty = _days(centre)
    assert empty.is_empty() and empty.schema["day"] == pl.Date and empty.schema["handle_s"] == pl.Float64
