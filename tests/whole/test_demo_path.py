"""The demo's path on a handful of calls, and that nothing but the comparison reads the truth."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
HANDFUL = ("S001", "S012", "S021", "S029")


def _hotline(home: Path, *arguments: str, cwd: Path = ROOT) -> str:
    environment = os.environ | {"HOTLINE_HOME": str(home)}
    command = [sys.executable, "-m", "hotline", *arguments]
    done = subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository's data folder with a handful of calls in the manifest."""
    data = tmp_path_factory.mktemp("copy") / "data"
    shutil.copytree(ROOT / "data", data, ignore=shutil.ignore_patterns("__pycache__"))
    manifest = data / "calls" / "manifest.csv"
    pl.read_csv(manifest, infer_schema=False).filter(pl.col("call_id").is_in(HANDFUL)).write_csv(manifest)
    return data


@pytest.fixture(scope="module")
def demo(data: Path, tmp_path_factory: pytest.TempPathFactory, models_ready: Path) -> tuple[Path, str]:
    """A home in which the demo has run, and what it printed."""
    home = tmp_path_factory.mktemp("demo") / "home"
    return home, _hotline(home, "demo", "--months", "8", "--calls", str(data / "calls" / "manifest.csv"))


def test_the_demo_prints_what_it_promises(demo: tuple[Path, str]) -> None:
    home, printed = demo
    for call in HANDFUL:
        assert call in printed
    assert "supplied" in printed and "tiny.en" in printed  # each call's text source
    assert "2026-W46" in printed
    assert "2026-11-16" in printed
    assert "合成数据" in printed
    for account in ("admin", "manager", "qalead", "qa", "lead1", "agent1", "planner"):
        assert f" {account} " in printed
    for suffix in ("xlsx", "pdf"):
        (report,) = (home / "reports").glob(f"*.{suffix}")
        assert report.name in printed.replace("\n", "")


def test_planted_faults_are_found(demo: tuple[Path, str]) -> None:
    home, _ = demo
    found = {call: _outcomes(home, call) for call in HANDFUL}
    assert not [item for item, outcome in found["S001"].items() if outcome == "fail"]
    planted = yaml.safe_load((ROOT / "data" / "truth" / "faults.yaml").read_text(encoding="utf-8"))
    here = [fault for fault in planted if fault["call"] in HANDFUL and fault["wording"] != 3]
    assert len(here) >= 3
    for fault in here:
        assert found[fault["call"]][fault["item"]] in ("fail", "doubtful"), fault


def test_without_the_truth_the_scores_are_the_same(demo: tuple[Path, str], data: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    home, _ = demo
    shutil.rmtree(data / "truth")
    blind = tmp_path_factory.mktemp("blind") / "home"
    _hotline(blind, "init", "--no-admin")
    _hotline(blind, "centre", "sample", "--months", "1")
    _hotline(blind, "calls", "ingest", str(data / "calls" / "manifest.csv"), "--workers", "1")
    for call in HANDFUL:
        assert _outcomes(blind, call) == _outcomes(home, call)
        assert _score(blind, call) == _score(home, call)


def test_the_demo_runs_again(demo: tuple[Path, str], data: Path) -> None:
    home, _ = demo
    printed = _hotline(home, "calls", "ingest", str(data / "calls" / "manifest.csv"))
    assert "0 stored, 4 there already" in printed


def _call(home: Path, call: str) -> dict[str, Any]:
    return json.loads(_hotline(home, "calls", "show", call, "--json"))


def _outcomes(home: Path, call: str) -> dict[str, str]:
    return {item["item"]: item["outcome"] for item in _call(home, call)["items"]}


def _score(home: Path, call: str) -> dict[str, float]:
    return _call(home, call)["call"]["score"]
