"""Once installed, nothing uses the network: the main path runs with every socket refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl

CALLS = Path(__file__).parent.parent.parent / "data" / "calls"

REFUSING = """
import socket, sys

def refuse(*args, **kwargs):
    raise AssertionError(f"network used: {args[1:] or args}")

socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = refuse
socket.getaddrinfo = socket.create_connection = refuse
from hotline.cli import main
for command in sys.argv[1].split(";"):
    try:
        main(command.split())
    except SystemExit as end:
        if end.code:
            raise
print("quiet")
"""


def test_the_main_path_uses_no_network(tmp_path: Path, models_ready: Path) -> None:
    rows = pl.read_csv(CALLS / "manifest.csv", infer_schema=False)
    stereo = rows.filter(pl.col("agent_channel").fill_null("") != "").head(1)
    mono = rows.filter((pl.col("language") == "zh") & (pl.col("agent_channel").fill_null("") == "")).head(1)
    english = rows.filter(pl.col("language") == "en")
    for row in pl.concat([stereo, mono]).iter_rows(named=True):
        for name in (row["file"], row["transcript"]):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes((CALLS / name).read_bytes())
    pl.concat([stereo, mono, english]).write_csv(tmp_path / "manifest.csv")
    commands = [
        "init --no-admin",
        "centre sample --months 8",
        f"calls ingest {tmp_path / 'manifest.csv'} --workers 1",
        "board weekly --week 2026-W46",
        "forecast run --queue q0 --days 30",
        "staff day --queue q0 --date 2026-11-16",
        "report weekly --week 2026-W46",
    ]
    environment = os.environ | {"HOTLINE_HOME": str(tmp_path / "home"), "HOTLINE_MODELS": str(models_ready)}
    done = subprocess.run(
        [sys.executable, "-c", REFUSING, ";".join(commands)], env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "network used" not in done.stdout + done.stderr
    assert "3 stored" in done.stdout
    assert done.stdout.rstrip().endswith("quiet")
    assert len(list((tmp_path / "home" / "reports").glob("*.pdf"))) == 1
    listed = subprocess.run(
        [sys.executable, "-m", "hotline", "calls", "list", "--json"], env=environment, capture_output=True, text=True, check=True
    )
    sources = {row["call"]: row["text_source"] for row in json.loads(listed.stdout)["calls"]}
    assert sum(source.startswith("supplied") for source in sources.values()) == 2
    assert sum("tiny.en" in source for source in sources.values()) == 1
