"""The command as a shell runs it: a wrong call is one message and an exit code, never a traceback."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from hotline import cli


def _run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"HOTLINE_HOME": str(home)}
    command = [sys.executable, "-m", "hotline", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, check=False)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("calls", "nosuch"), 2, "nosuch"),
        (("calls", "list", "--limit", "x"), 2, "--limit"),
        (("board", "weekly"), 3, "hotline init"),
        (("calls", "ingest", "gone.csv"), 2, "gone.csv"),
        (("rules", "check", "gone.yaml"), 1, "gone.yaml"),
        (("forecast", "show", "--queue", "zz"), 3, "hotline init"),
        (("init",), 1, "Aborted"),
    ],
)
def test_wrong_calls(arguments: tuple[str, ...], code: int, said: str, tmp_path: Path) -> None:
    done = _run(tmp_path / "home", *arguments)
    printed = done.stdout + done.stderr
    assert "Traceback" not in printed
    assert done.returncode == code, printed
    assert said in printed


def test_doctor_names_what_to_do(tmp_path: Path) -> None:
    before = _run(tmp_path / "home", "doctor")
    assert before.returncode == 1
    assert "hotline init" in before.stdout
    assert _run(tmp_path / "home", "init", "--no-admin").returncode == 0
    assert _run(tmp_path / "home", "doctor").returncode == 0


def test_names_with_brackets_are_printed_as_they_are(tmp_path: Path) -> None:
    assert _run(tmp_path / "home", "init", "--no-admin").returncode == 0
    (tmp_path / "calls").mkdir()
    (tmp_path / "calls" / "x[red].wav").write_bytes(b"")
    done = _run(tmp_path / "home", "calls", "ingest", str(tmp_path / "calls"), "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert "x[red].wav" in done.stderr


def test_a_store_that_lacks_a_column_is_named_by_init_and_doctor(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert _run(home, "init", "--no-admin").returncode == 0
    with sqlite3.connect(home / "hotline.db") as database:
        database.execute("alter table recordings drop column speakers")
        database.execute("alter table recordings drop column layout")
    for arguments, code, said in (
        (("calls", "list"), 3, "recordings.layout); run: hotline doctor"),
        (("doctor",), 1, "recordings.layout, recordings.speakers"),
        (("init", "--no-admin"), 3, "recordings.layout, recordings.speakers"),
    ):
        done = _run(home, *arguments)
        assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
        assert said in " ".join((done.stdout + done.stderr).split())


def test_an_error_of_the_database_is_one_line_without_what_was_stored(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(arguments: object) -> None:
        raise sa.exc.OperationalError(
            "insert into calls", {"caller": "13900001111"}, Exception("disk I/O error near 13900001111\nDETAIL: x")
        )

    monkeypatch.setattr(cli, "app", broken)
    with pytest.raises(SystemExit) as left:
        cli.main([])
    printed = capsys.readouterr().err
    assert left.value.code == 3
    assert "disk I/O error" in printed and "hotline doctor" in printed and printed.count("\n") == 1
    assert "13900001111" not in printed and "insert" not in printed
