"""The command as a shell runs it: a wrong call is one message and an exit code, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


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
