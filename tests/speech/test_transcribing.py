"""``hotline calls transcribe``: what one recording says, with nothing kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hotline.commands.calls import app

CALLS = Path(__file__).parents[2] / "data" / "calls"


def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, models: Path) -> None:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path))
    monkeypatch.setenv("HOTLINE_MODELS", str(models))


def test_a_recording_is_written_down_masked_and_not_stored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, models_ready: Path) -> None:
    _home(monkeypatch, tmp_path, models_ready)
    options = ["transcribe", str(CALLS / "audio" / "S002.wav"), "--transcript", str(CALLS / "transcripts" / "S002.json"), "--json"]
    result = CliRunner().invoke(app, options)
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)
    assert len(rows) > 5
    text = "".join(row["text"] for row in rows)
    assert "*" in text, "the account number is masked"
    assert [row["turn"] for row in rows] == list(range(len(rows)))
    assert not list(tmp_path.rglob("*.parquet"))


def test_a_file_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _home(monkeypatch, tmp_path, tmp_path)
    result = CliRunner().invoke(app, ["transcribe", "nothing.wav"])
    assert result.exit_code != 0
    assert "nothing.wav" in str(result.exception)
