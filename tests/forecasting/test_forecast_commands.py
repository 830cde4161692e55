"""``hotline forecast`` and ``hotline staff`` on a small store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.text import Text
from typer.testing import CliRunner

from hotline import console, settings
from hotline.commands import forecast, staff
from hotline.errors import BadInput, NotFound
from hotline.store import feeds, forecasts, open_store
from hotline.store.access import OPERATOR


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, invented: Any) -> Path:
    """A store with one queue that has history and one that has none."""
    folder = tmp_path_factory.mktemp("home")
    store = open_store(settings.load(folder, {}))
    store.migrate()
    units = [{"id": "c", "parent_id": None, "kind": "centre", "name": "中心", "path": "/c/"}]
    counts = invented.intervals.tail(48 * 400).with_columns(
        queue_id=pl.lit("q0"), abandoned=pl.col("offered") - pl.col("answered"), answered_20s=pl.col("answered"), wait_s=0.0, synthetic=True
    )
    queues = [{"id": "q0", "name": "综合", "unit_id": "c"}, {"id": "q9[/x]", "name": "新", "unit_id": "c"}]
    frames = {
        "org_units": pl.DataFrame(units, schema_overrides={"parent_id": pl.String}),
        "queues": pl.DataFrame(queues),
        "interval_counts": counts,
    }
    feeds.load_all(store, OPERATOR, frames)
    store.close()
    return folder


@pytest.fixture
def call(home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("HOTLINE_HOME", str(home))
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(app: Any, *arguments: str) -> str:
        result = CliRunner().invoke(app, list(arguments))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return str(result.stdout)

    return invoke


def test_run_show_and_staff(call: Any, home: Path) -> None:
    ran = json.loads(call(forecast.app, "run", "--queue", "q0", "--json"))
    assert ran[0]["first_day"] == "2026-11-16" and ran[0]["last_day"] == "2027-11-16"
    assert any("招聘季" in note for note in ran[0]["notes"]) and ran[0]["peak_month"] == "2026-11"

    shown = json.loads(call(forecast.app, "show", "--queue", "q0", "--days", "3", "--json"))
    assert [row["start"] for row in shown["values"]] == ["2026-11-16 Mon", "2026-11-17 Tue", "2026-11-18 Wed"]
    monthly = json.loads(call(forecast.app, "show", "--queue", "q0", "--grain", "month", "--json"))["values"]
    assert monthly[0]["start"] == "2026-11" and monthly[-1]["start"] == "2027-10" and monthly[0]["aht_s"] > 200
    assert "09:30" in call(forecast.app, "show", "--queue", "q0", "--grain", "half_hour")

    day = json.loads(call(staff.app, "day", "--queue", "q0", "--date", "2026-11-16", "--json"))
    stored = forecasts.plan(open_store(settings.load(home, {})), OPERATOR, ran[0]["id"])
    assert stored.height == 42 * 48 and [r["net"] for r in day["half_hours"]] == stored["net"].head(48).to_list()
    strict = json.loads(
        call(
            staff.app,
            "day",
            "--queue",
            "q0",
            "--service-level",
            "0.95",
            "--within",
            "10",
            "--shrinkage",
            "leave=0.2,training=0.1",
            "--json",
        )
    )
    assert strict["net_hours"] > day["net_hours"] and strict["shrinkage"] == pytest.approx(0.28)
    table = call(staff.app, "day", "--queue", "q0", "--date", "2026-11-20", "--patience", "120", "--abandonment", "0.03")
    assert "09:30" in table and "服务水平" in table and "排班 rostered" in table

    planned = json.loads(call(staff.app, "plan", "--queue", "q0", "--occupancy", "0.5", "--json"))
    assert len(planned) == 42
    replaced = forecasts.plan(open_store(settings.load(home, {})), OPERATOR, ran[0]["id"])
    assert replaced["net"].sum() > stored["net"].sum() and "occupancy" in set(replaced["binding"])


def test_run_all_skips_a_queue_without_history(call: Any) -> None:
    assert [row["queue"] for row in json.loads(call(forecast.app, "run", "--days", "30", "--json"))] == ["q0"]
    with pytest.raises(BadInput, match="q9"):
        call(forecast.app, "run", "--queue", "q9[/x]")


def test_names_with_brackets_are_printed_as_they_stand(call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(console.err, "print", lambda line, **_: said.append(Text.from_markup(line).plain))
    file = tmp_path / "events.yaml"
    file.write_text("events: [{id: launch, title: {zh: '上线[/]', en: '[bold]'}, dates: [{from: 2026-11-20, to: 2026-12-04}], factor: 2}]")
    call(forecast.app, "run", "--days", "30", "--events", str(file))
    call(forecast.app, "show", "--queue", "q0")
    assert any(line.startswith("q9[/x] ") and "has no interval counts" in line for line in said)
    assert sum("上线[/]" in line and "[bold]" in line for line in said) == 2


def test_own_event_table_moves_the_forecast(call: Any, home: Path, tmp_path: Path) -> None:
    plain = json.loads(call(forecast.app, "run", "--queue", "q0", "--days", "40", "--json"))[0]
    file = tmp_path / "events.yaml"
    file.write_text(
        "events: [{id: launch, title: {zh: 上线, en: Launch}, dates: [{from: 2026-11-20, to: 2026-12-04}], factor: 2, spread: 0.1}]",
        encoding="utf-8",
    )
    moved = json.loads(call(forecast.app, "run", "--queue", "q0", "--days", "40", "--events", str(file), "--json"))[0]
    assert moved["next_28_days"] > 1.25 * plain["next_28_days"]
    assert any("上线：期间来电 +100%" in note for note in moved["notes"])


def test_backtest_prints_both_models(call: Any) -> None:
    output = json.loads(call(forecast.app, "backtest", "--queue", "q0", "--origins", "2", "--days", "14", "--json"))
    assert {row["model"] for row in output["scores"]} == {"calendar regression + day profile", "seasonal naive"}
    assert "seasonal naive" in call(forecast.app, "backtest", "--queue", "q0", "--origins", "1", "--days", "7")


def test_calc_needs_no_store(call: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "nothing"))
    result = json.loads(call(staff.app, "calc", "--calls", "9000", "--aht", "240", "--json"))
    assert result["net"] == 1412 and result["binding"] == "occupancy" and result["by_target"]["service_level"] == 1214
    alone = json.loads(call(staff.app, "calc", "--calls", "100", "--aht", "180", "--occupancy", "0", "--shrinkage", "all=0.3", "--json"))
    assert (alone["net"], alone["gross"]) == (14, 20)
    assert "占用率" in call(staff.app, "calc", "--calls", "9000", "--aht", "240", "--shrinkage", "none")


@pytest.mark.parametrize(
    ("app", "arguments", "kind", "words"),
    [
        (forecast.app, ["show", "--queue", "q0", "--grain", "hour"], BadInput, "--grain"),
        (forecast.app, ["show", "--queue", "q0", "--from", "2031-01-01"], NotFound, "earlier day"),
        (forecast.app, ["show", "--queue", "q9[/x]"], NotFound, "forecast run"),
        (forecast.app, ["run", "--first-day", "tomorrow"], BadInput, "--first-day"),
        (forecast.app, ["backtest", "--queue", "q9[/x]"], NotFound, "interval counts"),
        (forecast.app, ["run", "--events", "/nowhere.yaml"], BadInput, "cannot be read"),
        (staff.app, ["day", "--queue", "q0", "--date", "2029-01-01"], NotFound, "half-hours reach"),
        (staff.app, ["day", "--queue", "q0", "--shrinkage", "leave"], BadInput, "--shrinkage"),
        (staff.app, ["day", "--queue", "q0", "--shrinkage", "leave=2"], BadInput, "leave"),
        (staff.app, ["calc", "--calls", "-4", "--aht", "180"], BadInput, "calls"),
        (staff.app, ["calc", "--calls", "4", "--aht", "180", "--abandonment", "0.1"], BadInput, "patience"),
    ],
)
def test_mistakes_are_one_line(call: Any, app: Any, arguments: list[str], kind: type[Exception], words: str) -> None:
    call(forecast.app, "run", "--queue", "q0", "--days", "7")
    with pytest.raises(kind) as caught:
        call(app, *arguments)
    assert words in str(caught.value) and "\n" not in str(caught.value)
