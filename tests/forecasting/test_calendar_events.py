"""调休, lunar days, guessed years, and the event table with its errors."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from forecasting.calendar import OFFICIAL_UNTIL, ONE_DAY, Calendar, DayKind, festival, spring_festival_offset
from forecasting.events import Window, load_events
from forecasting.features import AHT_PRIORS, design
from hotline.errors import BadInput


@pytest.mark.parametrize(
    ("day", "kind", "holiday"),
    [
        ("2026-10-01", "holiday", "national_day"),
        ("2026-10-10", "makeup", "national_day"),  # a Saturday that is worked
        ("2025-10-06", "holiday", "mid_autumn_festival"),
        ("2026-02-15", "holiday", "spring_festival"),
        ("2026-11-14", "weekend", None),
        ("2026-11-16", "workday", None),
    ],
)
def test_official_days(day: str, kind: str, holiday: str | None) -> None:
    found = Calendar().day(date.fromisoformat(day))
    assert (found.kind.value, found.holiday, found.official) == (kind, holiday, True)


def test_periods_join_and_keep_their_length() -> None:
    periods = {p.name: p for p in Calendar().periods(date(2025, 9, 30), date(2025, 10, 4))}
    assert (periods["national_day"].first, periods["national_day"].days) == (date(2025, 10, 1), 8)  # 中秋 inside


def test_years_nobody_announced_are_guessed_and_said_so() -> None:
    china, after = Calendar(), OFFICIAL_UNTIL + ONE_DAY
    warning = china.warning(date(2026, 11, 16), after + 30 * ONE_DAY)
    assert warning is not None and warning.first_unofficial == after and "调休" in str(warning)
    assert china.warning(date(2026, 1, 1), OFFICIAL_UNTIL) is None
    year = after.year
    assert china.day(date(year, 10, 7)).holiday == "national_day" and not china.day(date(year, 10, 7)).official
    assert all(china.day(date(year, 1, 1) + i * ONE_DAY).kind is not DayKind.MAKEUP for i in range(365))


def test_lunar_days() -> None:
    assert spring_festival_offset(date(2026, 2, 16)) == 0 and spring_festival_offset(date(2026, 2, 17)) == 1
    assert spring_festival_offset(date(2025, 1, 18)) == -10
    assert festival("mid_autumn_festival", 2026) == date(2026, 9, 25)
    assert festival("dragon_boat_festival", 2025) == date(2025, 5, 31)
    assert festival("tomb_sweeping_day", 2026) == date(2026, 4, 5)
    with pytest.raises(BadInput, match="lunar"):
        spring_festival_offset(date(1850, 1, 1))


def test_days_entered_by_hand_win(tmp_path: Path) -> None:
    file = tmp_path / "events.yaml"
    file.write_text(
        "calendar:\n  holidays: {spring_festival: [{from: 2027-02-05, to: 2027-02-13}]}\n  workdays: {spring_festival: [2027-02-20]}\n"
    )
    calendar = load_events(file).calendar
    assert calendar.day(date(2027, 2, 13)).holiday == "spring_festival" and calendar.day(date(2027, 2, 13)).official
    assert calendar.day(date(2027, 2, 20)).kind is DayKind.MAKEUP
    assert calendar.day(date(2027, 10, 1)).holiday == "national_day"  # the rest of the year is still a guess
    assert calendar.day(date(2027, 2, 14)).holiday is None  # the guessed length no longer counts


def test_other_countries() -> None:
    britain = Calendar("GB")
    assert britain.day(date(2018, 12, 25)).kind is DayKind.HOLIDAY and britain.warning(date(2030, 1, 1), date(2030, 2, 1)) is None
    with pytest.raises(BadInput, match="country"):
        Calendar("Atlantis").day(date(2026, 1, 1))


def test_the_table_that_comes_along() -> None:
    table = load_events()
    assert {e.id for e in table.of_queue("q0")} == {"recruitment"}
    assert {e.id for e in table.of_queue("q6")} == {"pension"}
    refuelling = table.of_queue("q1")[0]
    windows = refuelling.windows(date(2026, 9, 20), date(2026, 10, 20), table.calendar)
    assert windows[-1] == Window(date(2026, 10, 1), date(2026, 10, 7), 1, 1)


def test_seasons_may_cross_the_year(tmp_path: Path) -> None:
    file = tmp_path / "events.yaml"
    file.write_text("events:\n- {id: winter, every_year: {from: 12-20, to: 01-10}}\n")
    event = load_events(file).events[0]
    assert event.windows(date(2026, 1, 5), date(2026, 1, 6), Calendar()) == [Window(date(2025, 12, 20), date(2026, 1, 10))]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("events: [{id: a}]", "0 of every_year"),
        ("events: [{id: A, every_year: {from: 10-01, to: 10-02}}]", "not an id"),
        ("events: [{id: a, every_year: {from: 02-30, to: 10-02}}]", "not a day of every year"),
        ("events: [{id: a, every_year: {from: 10-01}}]", "span"),
        ("events: [{id: a, dates: [{from: 2026-03-02, to: 2026-03-01}]}]", "ends before"),
        ("events: [{id: a, dates: [{from: soon, to: 2026-03-01}]}]", "not a date"),
        ("events: [{id: a, around: {holidays: national_day}}]", "holiday window"),
        ("events: [{id: a, around: {holidays: [national_day], before: 99}}]", "0 to 30"),
        ("events: [{id: a, every_year: {from: 10-01, to: 10-02}, colour: red}]", "colour: unknown field"),
        ("events: [{id: a, every_year: {from: 10-01, to: 10-02}, factor: much}]", "usable number"),
        ("events: [{id: a, every_year: {from: 10-01, to: 10-02}, queues: q0}]", "queue ids"),
        (
            "events: [{id: a, dates: [{from: 2026-03-01, to: 2026-03-01}]}, {id: a, dates: [{from: 2026-03-01, to: 2026-03-01}]}]",
            "two events",
        ),
        ("events: {a: 1}", "not a list"),
        ("evnts: []", "events and calendar"),
        ("events: [}", ":1: is not valid YAML"),
        ("events: [{id: a, dates: [{from: 2026-02-30, to: 2026-03-01}]}]", "not valid YAML"),
        ("calendar: {holidays: [2027-01-01]}", "keyed by holiday"),
        ("calendar: {workdays: {national_day: 2027-01-01}}", "list of dates"),
    ],
)
def test_a_bad_table_is_one_line(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "events.yaml"
    file.write_text(text)
    with pytest.raises(BadInput) as caught:
        load_events(file)
    assert words in str(caught.value) and str(file) in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_table_and_code_in_it(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        load_events(tmp_path / "nowhere.yaml")
    evil = tmp_path / "evil.yaml"
    evil.write_text("events: !!python/object/apply:os.system ['touch /tmp/evil']")
    with pytest.raises(BadInput, match="not valid YAML"):
        load_events(evil)


def test_design_columns() -> None:
    calendar, table = Calendar(), load_events()
    first = date(2025, 11, 1)
    x = design(first, 365, 60, calendar, table.of_queue("q0"))
    row = {name: x.values[(date(2026, 10, 10) - first).days, i] for i, name in enumerate(x.names)}
    assert row["makeup day"] == 1 and row["weekday mon"] == pytest.approx(0.2) and row["weekday sat"] == 0
    assert row["event recruitment"] == 1 and row["day after holiday"] == 0
    assert row["event recruitment slope"] == pytest.approx(2 * 2.5 / 54 - 1)
    holiday = {name: x.values[(date(2026, 10, 1) - first).days, i] for i, name in enumerate(x.names)}
    assert holiday["holiday national_day"] == 1 and holiday["weekday thu"] == 0 and holiday["weekday sun"] == 1
    assert np.all(np.isfinite(x.values)) and x.values.shape == (425, len(x.names)) and len(x.prior_sd) == len(x.names)
    trend = x.values[:, x.names.index("trend")]
    assert trend[364] == 0 and 0 < trend[-1] < 60 / 365.2425 and trend[-1] - trend[-2] < trend[366] - trend[365]
    assert not any(name.startswith("year") for name in design(first, 200, 30, calendar).names)  # half a year shows no season
    assert not any("除夕" in name for name in design(first, 365, 30, calendar, (), AHT_PRIORS).names)


def test_judgement_becomes_a_prior(tmp_path: Path) -> None:
    file = tmp_path / "events.yaml"
    file.write_text("events: [{id: launch, dates: [{from: 2026-12-01, to: 2026-12-05}], factor: 1.3, spread: 0.1}]")
    x = design(date(2026, 1, 1), 300, 60, Calendar(), load_events(file).events)
    i = x.names.index("event launch")
    assert (x.prior_mean[i], x.prior_sd[i]) == (pytest.approx(0.2624, abs=1e-4), pytest.approx(0.0953, abs=1e-4))
