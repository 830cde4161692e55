"""Whatever is wrong with an input: one line that names the thing and the mend, and the rest is processed."""

from __future__ import annotations

import json
import shutil
import wave
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from hotline import cli
from hotline.errors import HotlineError

CALLS = Path(__file__).parent.parent.parent / "data" / "calls"
STARTED = "2026-11-09T09:30:00+08:00"


def _hotline(*arguments: str) -> tuple[int, str]:
    """Exit code and everything printed, as the console script would give them."""
    result = CliRunner().invoke(cli.app, list(arguments))
    if isinstance(result.exception, HotlineError):
        return result.exception.exit_code, result.output + str(result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    assert _hotline("init", "--no-admin")[0] == 0
    return tmp_path / "home"


def _tone(path: Path, seconds: float) -> None:
    samples = (np.sin(np.arange(int(8000 * seconds)) / 5) * 8000).astype("<i2")
    with wave.open(str(path), "wb") as handle:
        handle.setnchannels(1)
        handle.setsampwidth(2)
        handle.setframerate(8000)
        handle.writeframes(samples.tobytes())


def test_each_bad_recording_is_put_aside_with_a_line(home: Path, tmp_path: Path, models_ready: Path) -> None:
    folder = tmp_path / "calls"
    folder.mkdir()
    good = pl.read_csv(CALLS / "manifest.csv", infer_schema=False).row(0, named=True)
    shutil.copy(CALLS / good["file"], folder / "good.wav")
    shutil.copy(CALLS / good["transcript"], folder / "good.json")
    (folder / "corrupt.wav").write_bytes((folder / "good.wav").read_bytes()[:44] + b"\xff" * 10)
    (folder / "corrupt.mp3").write_bytes(np.random.default_rng(0).bytes(5000))
    (folder / "empty.wav").write_bytes(b"")
    (folder / "text.wav").write_text("您好，这不是录音。", encoding="utf-8")
    _tone(folder / "zero.wav", 0)
    _tone(folder / "mono.wav", 2)
    (folder / "wrong.json").write_text('{"entries": [{"role": "agent", "start": "soon", "text": "您好"}]}', encoding="utf-8")
    shutil.copy(CALLS / good["file"], folder / "again.wav")
    rows = [
        {"call_id": "CORRUPT", "file": "corrupt.mp3"},
        {"call_id": "EMPTY", "file": "empty.wav"},
        {"call_id": "TEXT", "file": "text.wav"},
        {"call_id": "ZERO", "file": "zero.wav"},
        {"call_id": "CHANNEL", "file": "mono.wav", "agent_channel": "left"},
        {"call_id": "GONE", "file": "gone.wav"},
        {"call_id": "STRANGER", "file": "mono.wav", "agent_id": "nobody"},
        {"call_id": "GOOD", "file": "good.wav", "transcript": "good.json", "agent_channel": good["agent_channel"]},
    ]
    columns = ("call_id", "file", "started_at", "agent_id", "transcript", "agent_channel")
    pl.DataFrame([{c: {"started_at": STARTED, **row}.get(c, "") for c in columns} for row in rows]).write_csv(folder / "manifest.csv")

    code, printed = _hotline("calls", "ingest", str(folder / "manifest.csv"), "--workers", "1", "--json")
    assert code == 0, printed
    summary = json.loads(printed[printed.index("{") :])
    assert (summary["stored"], summary["skipped"]) == (1, 0)
    lines = summary["quarantined"]
    assert len(lines) == 7
    for said in ("corrupt.mp3", "empty.wav", "text.wav", "zero.wav", "agent_channel", "gone.wav", "'nobody'"):
        (line,) = [line for line in lines if said in line]
        assert "\n" not in line
        assert ";" in line, f"no mend in: {line}"

    code, printed = _hotline("calls", "quarantine", "--json")
    assert len(json.loads(printed)) == 7

    # mended, the same command takes the rest in and empties the quarantine
    shutil.copy(CALLS / good["file"], folder / "gone.wav")
    with (folder / "gone.wav").open("ab") as handle:
        handle.write(b"\x7f" * 800)
    code, printed = _hotline("calls", "ingest", str(folder / "manifest.csv"), "--workers", "1", "--json")
    summary = json.loads(printed[printed.index("{") :])
    assert (summary["stored"], summary["skipped"], len(summary["quarantined"])) == (1, 1, 6)
    assert len(json.loads(_hotline("calls", "quarantine", "--json")[1])) == 6


def test_the_same_recording_under_another_id_is_named(home: Path, tmp_path: Path, models_ready: Path) -> None:
    shutil.copy(CALLS / "audio" / "S002.wav", tmp_path / "a.wav")
    for call_id in ("FIRST", "SECOND"):
        pl.DataFrame({"call_id": [call_id], "file": ["a.wav"], "started_at": [STARTED]}).write_csv(tmp_path / f"{call_id}.csv")
    assert "1 stored" in _hotline("calls", "ingest", str(tmp_path / "FIRST.csv"))[1]
    assert "stored as call FIRST" in _hotline("calls", "ingest", str(tmp_path / "SECOND.csv"))[1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("say:", "sya:"),
        ("forbid: word", "forbid: wrod"),
        ("say: [吵死了]", "regex: '(?=吵)'"),
        ("say: [吵死了]", "regex: '('"),
        ("points: 5", "points: many"),
    ],
)
def test_a_wrong_rule_is_one_line_with_file_and_line(change: str, said: str, tmp_path: Path) -> None:
    good = """\
id: small
title: {zh: 小, en: small}
version: 1
start: 100
pass_mark: 60
sections:
  - id: manner
    title: 态度
    items:
      - id: polite
        title: 文明用语
        points: 5
        conditions:
          word: {say: [吵死了], by: agent}
        forbid: word
        examples:
          pass: ["agent: 您好"]
          fail: ["agent: 吵死了"]
"""
    file = tmp_path / "small.yaml"
    file.write_text(good, encoding="utf-8")
    assert _hotline("rules", "check", str(file))[0] == 0
    assert change in good
    file.write_text(good.replace(change, said), encoding="utf-8")
    code, printed = _hotline("rules", "check", str(file))
    assert code != 0
    line = next(line for line in printed.splitlines() if "small.yaml:" in line)
    assert any(f"small.yaml:{number}:" in line for number in (12, 14, 15)), line
