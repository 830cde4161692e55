"""``hotline calls show`` and ``hotline agents list``: all that was heard is there, and nothing is an empty line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from hotline.cli import app
from hotline.store import Store, schema
from qa.ingest import ingest


@pytest.fixture
def home(quick_store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("HOTLINE_HOME", str(quick_store.settings.home))
    monkeypatch.setenv("COLUMNS", "240")
    return quick_store


def _run(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_shown_call_says_all_that_was_heard(home: Store, tmp_path: Path, record: Any) -> None:
    record(tmp_path / "in" / "S1.wav", text="请留电话一三九零零零零一一一一好吗")
    (tmp_path / "in" / "m.csv").write_text(
        "call_id,file,started_at,transcript\nS1,S1.wav,2026-11-09T09:30:00+08:00,S1.json\n", encoding="utf-8"
    )
    assert ingest(home, tmp_path / "in" / "m.csv").stored == 1
    heard = {"sounds": [["ring", 0.0, 0.2], ["music", 1.2, 1.9]], "overlaps": [[1.1, 1.3]], "overlap_known": True, "speakers": 3}
    with home.begin() as connection:
        connection.execute(sa.update(schema.recordings).values(**heard))
    shown = json.loads(_run("calls", "show", "S1", "--json"))
    assert shown["call"]["speakers"] == 3 and shown["call"]["overlap_known"] is True
    assert shown["call"]["sounds"] == [{"kind": "ring", "start_s": 0.0, "end_s": 0.2}, {"kind": "music", "start_s": 1.2, "end_s": 1.9}]
    assert shown["call"]["overlaps"] == [{"start_s": 1.1, "end_s": 1.3}]
    (token,) = shown["turns"][0]["tokens"]
    assert (token["kind"], token["digits"], token["valid"], token["part"]) == ("phone", 11, None, 0)
    start, end = token["chars"]
    assert shown["turns"][0]["text"][start:end] == "*" * 11
    assert not {"whole", "last_four"} & set(token)
    table = _run("calls", "show", "S1")
    for said in ("2026-11-09 09:30", "ring 0:00.0–0:00.2", "music 0:01.2–0:01.9", "0:01.1–0:01.3", "phone 11", "sure"):
        assert said in table, table
    (speakers,) = (line for line in table.splitlines() if "│ speakers " in line)
    assert "3" in speakers
    with home.begin() as connection:
        connection.execute(sa.update(schema.recordings).values(overlaps=[], overlap_known=False, sounds=[], speakers=None))
    assert "none found (there may be more: one track)" in _run("calls", "show", "S1")


def test_no_kept_voice_is_a_sentence(home: Store) -> None:
    assert "hotline centre import" in _run("agents", "list")
    with home.begin() as connection:
        connection.execute(sa.insert(schema.org_units).values(id="t1", kind="team", name="一组", path="/t1/"))
        connection.execute(sa.insert(schema.agents).values(id="a001", name="甲", team_id="t1"))
    assert "a001" in _run("agents", "list")
    assert "no voice is kept" in _run("agents", "list", "--enrolled")
    assert json.loads(_run("agents", "list", "--enrolled", "--json")) == []
