"""听音处理: runs as they go, the quarantine and both ways out of it, for those who import and nobody else."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from hotline import locale
from hotline.errors import AccessDenied
from hotline.store import OPERATOR, UserRole, Viewer, audit, jobs, schema
from hotline.ui import background

Opener = Callable[..., AppTest]
STAGES = {"decode": 20.0, "diarize": 60.0, "transcribe": 115.5, "store": 4.5}


def component(test: AppTest, key: str) -> dict[str, Any]:
    found = [element for element in test.get("bidi_component") if element.proto.id.endswith(f"-{key}")]
    assert len(found) == 1, key
    return json.loads(found[0].proto.json)


def run(house: Any, **fields: Any) -> None:
    """Write a run as the driver would; this process is alive, so ``running`` is true."""
    now = datetime.now(UTC)
    row = {"started_at": now - timedelta(minutes=30), "updated_at": now, "source": "/srv/monday/manifest.csv", "state": "finished"}
    row |= {"host": socket.gethostname()[:80], "pid": os.getpid(), "workers": 2, "total": 400, "done": 90, "skipped": 8, "failed": 2}
    row |= {"retried": 1, "audio_s": 18_000.0, "stages": STAGES, "left_s": None}
    with house.store.begin() as connection:
        connection.execute(schema.ingest_runs.insert().values(row | fields))


def put_aside(house: Any, job: str, name: str, origin: str = "") -> None:
    with house.store.begin() as connection:
        jobs.quarantine(connection, job * 64, name, f"{name}: the file is empty", "export it again", call_id=name, origin=origin)


def press(test: AppTest, key: str) -> AppTest:
    return test.button(key=key).click().run()


def card(test: AppTest, label: str) -> dict[str, Any]:
    [found] = [card for card in component(test, "ingestion_cards")["cards"] if card["label"] == label]
    return found


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    yield
    locale.use("zh")


def aside(app: Opener, language: str = "zh") -> AppTest:
    locale.use(language)  # AppTest finds a button of a group by its words
    test = app("admin", "ingestion", language)
    return test.main.button_group(key="ingestion_part").set_value("aside").run()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_without_a_run_it_says_how_to_begin(app: Opener, language: str) -> None:
    test = app("admin", "ingestion", language)
    assert not test.exception
    assert test.title[0].value == {"zh": "听音处理", "en": "Listening"}[language]
    assert "hotline calls ingest" in test.info[0].value
    empty = aside(app, language)
    assert not empty.exception
    assert {"zh": "隔离区是空的", "en": "Nothing is in quarantine"}[language] in empty.success[0].value


def test_a_run_under_way_shows_how_far_how_fast_and_how_long(app: Opener, house: Any) -> None:
    run(house, state="running", left_s=5400.0)
    test = app("admin", "ingestion")
    assert not test.exception
    assert "100 / 400" in test.get("progress")[0].proto.text
    assert test.get("progress")[0].proto.value == 25
    assert card(test, "已入库")["value"] == "90"
    assert card(test, "处理速度")["value"] == "10.0 倍实时"  # five hours of audio in half an hour
    assert card(test, "预计还需")["value"] == "1:30:00"
    assert card(test, "进隔离区")["badge"]["text"] == "见隔离区"
    chart = test.get("vega_lite_chart") or test.get("arrow_vega_lite_chart")
    assert len(chart) == 1


def test_a_run_whose_process_is_gone_is_called_so(app: Opener, house: Any) -> None:
    run(house, state="running", host="another machine", updated_at=datetime.now(UTC) - timedelta(minutes=20))
    test = app("admin", "ingestion")
    assert any("中途断了" in warning.value for warning in test.warning)
    assert component(test, "ingestion_runs")["rows"][0]["cells"][5]["badges"][0]["text"] == "中断"


def test_all_runs_are_listed_newest_first(app: Opener, house: Any) -> None:
    run(house, source="/srv/monday/manifest.csv")
    run(house, source="/srv/tuesday/manifest.csv", total=7, done=7, skipped=0, failed=0)
    rows = component(app("admin", "ingestion"), "ingestion_runs")["rows"]
    assert [row["cells"][1]["lines"][1] for row in rows] == ["/srv/tuesday", "/srv/monday"]


@pytest.mark.parametrize("who", ["agent", "lead", "qa", "manager", "planner"])
def test_others_do_not_find_the_screen(app: Opener, who: str) -> None:
    assert "ingestion" not in {page["url_pathname"] for page in app(who)._registered_pages.values()}


def test_each_line_of_the_quarantine_says_what_to_do_and_can_be_dropped(app: Opener, house: Any) -> None:
    put_aside(house, "a", "C1")
    put_aside(house, "b", "C2")
    test = aside(app)
    assert not test.exception
    words = " ".join(markdown.value for markdown in test.markdown)
    assert "文件是空的" in words and "请重新导出" in words  # stored in English, told in the language of the screen
    press(test, f"drop_{'a' * 64}")
    assert not test.exception
    assert [row["call_id"] for row in jobs.quarantined(house.store, OPERATOR)] == ["C2"]
    assert [line.object for line in audit.read(house.store, OPERATOR, who="admin", action="quarantine_drop")] == ["C1"]


def test_retry_without_the_source_says_so_and_drops_nothing(app: Opener, house: Any) -> None:
    put_aside(house, "a", "C1", str(house.home / "gone.csv"))
    test = press(aside(app), f"retry_{'a' * 64}")
    assert not test.exception
    assert "gone.csv" in test.error[0].value.replace("\\", "")
    assert len(jobs.quarantined(house.store, OPERATOR)) == 1


def test_nothing_is_tried_again_while_a_run_goes_on(app: Opener, house: Any) -> None:
    put_aside(house, "a", "C1", str(house.home))
    run(house, state="running")
    assert aside(app).button(key=f"retry_{'a' * 64}").disabled


def test_retry_runs_the_source_again_in_a_process_of_its_own(app: Opener, house: Any) -> None:
    folder = house.home / "incoming"
    folder.mkdir()
    (folder / "C77.wav").write_bytes(b"")
    manifest = folder / "manifest.csv"
    manifest.write_text("file,call_id,started_at\nC77.wav,C77,2026-11-12T09:30:00+08:00\n", encoding="utf-8")
    put_aside(house, "a", "C77", str(manifest))
    test = press(aside(app), f"retry_{'a' * 64}")
    assert not test.exception
    assert not test.error
    until = time.monotonic() + 300
    while not any(row["state"] in ("finished", "failed") for row in jobs.runs(house.store, OPERATOR)):
        assert time.monotonic() < until, (house.home / "ingestion.log").read_text(encoding="utf-8")
        time.sleep(0.5)
    [row] = jobs.runs(house.store, OPERATOR)
    assert (row["source"], row["failed"]) == (str(manifest), 1)
    assert [line.object for line in audit.read(house.store, OPERATOR, action="start_ingestion")] == [str(manifest)]


def test_only_who_imports_starts_a_run(house: Any, tmp_path: Path) -> None:
    with pytest.raises(AccessDenied):
        background.ingest(house.store, Viewer("qa", UserRole.QA, "/c/"), tmp_path)
    assert jobs.runs(house.store, OPERATOR) == []
