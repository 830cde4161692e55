"""Board numbers against hand calculation, the edges of small samples, and who sees what."""

from __future__ import annotations

import json
from datetime import timedelta

import polars as pl
import pytest
from typer.testing import CliRunner

from hotline.commands import board as board_command
from hotline.errors import AccessDenied, HotlineError, NotFound
from hotline.store import OPERATOR, Store, UserRole, Viewer
from reports import boards, wording
from reports.kpi import kpis
from reports.week import IsoWeek

WEEK = IsoWeek(2026, 46)


def row(frame: pl.DataFrame, key: str) -> dict:
    return frame.filter(frame[frame.columns[0]] == key).row(0, named=True)


def test_an_agents_week_by_hand(small: Store) -> None:
    a1 = row(boards.weekly(small, OPERATOR, WEEK).agents, "a1")
    assert a1["calls"] == 6 and a1["calls_change"] is None  # nobody worked the week before
    # handle time: Monday 300 s in 2 calls, Tuesday 100 in 1, Wednesday 500 in 3; see test_ratio_variance_by_hand
    assert a1["aht"] == pytest.approx(150) and a1["aht_low"] == pytest.approx(150 - 4.3027 * 208.3333**0.5, abs=0.01)
    assert (a1["scored"], a1["qa_low"], a1["qa_high"]) == (5, pytest.approx(86), pytest.approx(90))
    assert a1["qa_ci_low"] == pytest.approx(81.2201, abs=1e-3) and a1["qa_ci_high"] == pytest.approx(98.7799, abs=1e-3)
    assert (a1["fatal_certain"], a1["fatal_possible"]) == (1, 0)
    assert (a1["surveys_asked"], a1["surveys_answered"], a1["response"], a1["satisfaction"]) == (5, 5, 1.0, 0.2)
    assert a1["satisfaction_low"] == pytest.approx(0.03622, abs=1e-5) and a1["satisfaction_high"] == pytest.approx(0.62447, abs=1e-5)
    assert a1["fcr_closed"] == 6 and a1["fcr"] == pytest.approx(5 / 6)  # the call of Monday came back on Tuesday
    assert not a1["satisfaction_enough"] and not a1["fcr_enough"] and a1["qa_score_enough"] and not a1["aht_enough"]


def test_none_of_none_is_said_to_be_nothing(small: Store) -> None:
    a2 = row(boards.weekly(small, OPERATOR, WEEK).agents, "a2")
    assert a2["satisfaction"] is None and a2["satisfaction_low"] is None and a2["response"] == 0.0
    assert a2["qa_low"] is None and a2["aht_low"] is None  # one day of work has no interval
    known = kpis()
    assert wording.cell(a2, known["satisfaction"]) == "– n=0" and wording.cell(a2, known["qa_score"]) == "– n=0"
    assert wording.cell(a2, known["fatal"]) == "–" and wording.cell(a2, known["aht"]) == "150"
    assert wording.change(a2, known["satisfaction"], "zh") == "样本少"


def test_few_answers_are_shown_as_counts(small: Store) -> None:
    a1 = row(boards.weekly(small, OPERATOR, WEEK).agents, "a1")
    known = kpis()
    assert wording.cell(a1, known["satisfaction"]) == "1/5" and wording.cell(a1, known["fcr"]) == "5/6"
    assert wording.cell(a1, known["qa_score"]) == "86.0–90.0 [81.2–98.8] n=5"
    assert wording.cell(a1, known["fatal"]) == "1"


def test_teams_and_total_are_the_sums(small: Store) -> None:
    board = boards.weekly(small, OPERATOR, WEEK)
    assert board.teams.select("unit_path", "calls").rows() == [("/c/0/t01/", 8), ("/c/0/t02/", 1)]
    assert board.total.row(0, named=True)["calls"] == 9 and board.total.row(0, named=True)["fcr"] == pytest.approx(8 / 9)
    assert not board.synthetic and board.unit == "中心"
    one = boards.weekly(small, OPERATOR, WEEK, "t02")
    assert one.agents["agent_id"].to_list() == ["a3"] and one.unit == "二班"


def test_rows_stand_by_id_not_by_result(small: Store) -> None:
    assert boards.weekly(small, OPERATOR, WEEK).agents["agent_id"].to_list() == ["a1", "a2", "a3"]


def test_an_empty_week_is_an_empty_board(small: Store) -> None:
    board = boards.weekly(small, OPERATOR, IsoWeek(2025, 10))
    assert board.agents.is_empty() and board.teams.is_empty() and board.total.is_empty()
    assert board.agents.columns == boards.weekly(small, OPERATOR, WEEK).agents.columns


def days_of(weeks: dict[IsoWeek, dict[str, float]]) -> pl.DataFrame:
    """agent_days of one agent: the same numbers on five days of each week, with handle time a little different each day."""
    base = {"surveys_asked": 20, "surveys_answered": 10, "surveys_satisfied": 9, "fcr_closed": 20, "fcr_resolved": 17}
    base |= {
        "scored": 2,
        "score_low_sum": 170.0,
        "score_high_sum": 180.0,
        "score_high_sq": 16208.0,
        "fatal_certain": 0,
        "fatal_possible": 0,
    }
    rows = [
        {"day": week.first + timedelta(i), "unit_path": "/c/", "agent_id": "a", "calls": 40, **base, **given}
        | {"handle_s": given.get("handle_s", 8000.0) + 100 * (i - 2)}
        for week, given in weeks.items()
        for i in range(5)
    ]
    return pl.DataFrame(rows)


@pytest.mark.parametrize(
    ("now", "changed", "verdict"),
    [
        ({}, "fcr_change", "no_difference"),
        ({"fcr_resolved": 20}, "fcr_change", "up"),
        ({"fcr_resolved": 11}, "fcr_change", "down"),
        ({"fcr_closed": 5, "fcr_resolved": 1}, "fcr_change", "too_few"),
        ({"surveys_answered": 5, "surveys_satisfied": 0}, "satisfaction_change", "too_few"),
        ({"surveys_satisfied": 5}, "satisfaction_change", "down"),
        ({"handle_s": 9000.0}, "aht_change", "up"),
        ({"handle_s": 8040.0}, "aht_change", "no_difference"),
        ({"score_high_sum": 196.0, "score_high_sq": 19216.0}, "qa_score_change", "up"),
        ({"score_high_sum": 181.0, "score_high_sq": 16388.5}, "qa_score_change", "no_difference"),
        ({"scored": 0, "score_low_sum": 0.0, "score_high_sum": 0.0, "score_high_sq": 0.0}, "qa_score_change", "too_few"),
    ],
)
def test_a_change_is_named_only_where_the_intervals_allow(now: dict, changed: str, verdict: str) -> None:
    measured = boards.measure(days_of({WEEK: now, WEEK.previous: {}}), ["agent_id"], WEEK, least=30).row(0, named=True)
    assert measured[changed] == verdict
    assert measured["calls_change"] == 0


def test_good_and_bad_depend_on_the_direction() -> None:
    known = kpis()
    assert wording.tone({"fcr_change": "up"}, known["fcr"]) == "good"
    assert wording.tone({"fcr_change": "down"}, known["fcr"]) == "bad"
    assert wording.tone({"aht_change": "up"}, known["aht"]) == "neutral"  # shorter is not better by itself
    assert wording.tone({"fcr_change": "too_few"}, known["fcr"]) == "neutral"


def test_an_agent_sees_only_the_own_row(small: Store) -> None:
    board = boards.weekly(small, Viewer("x", UserRole.AGENT, "/c/0/t01/", "a1"), WEEK)
    assert board.agents["agent_id"].to_list() == ["a1"] and board.teams.is_empty()
    assert board.total.row(0, named=True)["calls"] == 6


def test_a_planner_sees_teams_only(small: Store) -> None:
    board = boards.weekly(small, Viewer("p", UserRole.PLANNER, "/c/"), WEEK)
    everybody = boards.weekly(small, OPERATOR, WEEK)
    assert board.agents.is_empty() and board.teams.equals(everybody.teams)


def test_a_team_lead_stays_in_the_team(small: Store) -> None:
    lead = Viewer("l", UserRole.TEAM_LEAD, "/c/0/t01/")
    board = boards.weekly(small, lead, WEEK)
    assert board.agents["agent_id"].to_list() == ["a1", "a2"] and board.unit == "一班"
    with pytest.raises(NotFound, match="t02"):
        boards.weekly(small, lead, WEEK, "t02")
    with pytest.raises(AccessDenied):
        boards.weekly(small, Viewer("a", UserRole.ADMIN, "/c/"), WEEK)


def run(home: object, *arguments: str) -> dict:
    result = CliRunner().invoke(board_command.app, [*arguments, "--json"], env={"HOTLINE_HOME": str(home)}, catch_exceptions=False)
    assert result.exit_code == 0
    return json.loads(result.stdout)


def test_the_command_prints_the_same_numbers(small: Store, home: object) -> None:
    board = boards.weekly(small, OPERATOR, WEEK)
    printed = run(home, "weekly", "--week", "2026-W46")
    assert printed["agents"] == board.agents.to_dicts() and printed["teams"] == board.teams.to_dicts()
    assert set(printed["definitions"]) == set(boards.BOARD_KPIS)
    assert [line["agent_id"] for line in run(home, "weekly", "--week", "2026-W46", "--agent", "a2")["agents"]] == ["a2"]
    assert run(home, "weekly")["week"] == "2026-W47"  # the last week in the store
    with pytest.raises(HotlineError, match="agent a9"):
        run(home, "weekly", "--week", "2026-W46", "--agent", "a9")


def test_the_table_is_printed_with_its_reading(small: Store, home: object) -> None:
    environment = {"HOTLINE_HOME": str(home), "COLUMNS": "240", "HOTLINE_LANGUAGE": "zh"}
    result = CliRunner().invoke(board_command.app, ["weekly", "--week", "2026-W46"], env=environment)
    assert result.exit_code == 0 and "1/5" in result.stdout and "86.0–90.0" in result.stdout and "一班" in result.stdout
    assert "纯属偶然" in result.stdout and "合成数据" not in result.output
