"""What the benchmarks share: tables on the terminal, one line of JSON at the end, versions, where data lies, other projects' systems.

Peers run in environments of their own, ``.bench/<peer>``, made when first asked for: their requirements would fight with ours.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import venv
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / ".bench"
_console = Console(width=140, highlight=False)


def arguments(description: str) -> argparse.ArgumentParser:
    """A parser with what every benchmark takes: ``--data`` (also ``HOTLINE_BENCH_DATA``) and ``--no-peers``."""
    parser = argparse.ArgumentParser(description=description)
    default = os.environ.get("HOTLINE_BENCH_DATA")
    parser.add_argument("--data", type=Path, default=Path(default) if default else None, help="folder of public recordings (see the docs)")
    parser.add_argument("--no-peers", action="store_true", help="leave other projects' systems out")
    return parser


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows; None is shown as –, a float with as many digits as it needs."""
    drawn = Table(title=title, title_justify="left", title_style="bold")
    for index, column in enumerate(columns):
        drawn.add_column(column, justify="left" if index == 0 else "right", overflow="fold")
    for row in rows:
        drawn.add_row(*(_shown(cell) for cell in row))
    _console.print(drawn)


def remark(text: str) -> None:
    """One line beside the tables."""
    _console.print(text, markup=False)


def finish(results: Mapping[str, Any], **known: Any) -> None:
    """The last line: the results as JSON, with versions, date and machine."""
    record = {**results, **known, "at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine()}
    print(json.dumps(record, ensure_ascii=False, default=str), flush=True)


def versions(*names: str) -> dict[str, str]:
    """Versions of installed distributions; those that are not installed are left out."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def machine() -> str:
    """Processor, cores, Python."""
    return f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def environment(peer: str, requirements: Sequence[str]) -> Path:
    """The Python of ``.bench/<peer>``, made and filled when it is not there. Raises RuntimeError when pip cannot."""
    folder = PEERS / peer
    python, done = folder / "bin" / "python", folder / "installed"
    wanted = "\n".join(requirements)
    if not done.is_file() or done.read_text() != wanted:
        remark(f"installing {', '.join(requirements)} into {folder.relative_to(ROOT)} …")
        if not python.is_file():
            venv.create(folder, with_pip=True)
        ran = subprocess.run([str(python), "-m", "pip", "install", "--quiet", *requirements], capture_output=True, text=True, check=False)
        if ran.returncode:
            raise RuntimeError(f"{peer} cannot be installed: {_last(ran.stderr)}")
        done.write_text(wanted)
    return python


def ask(python: Path, script: str, question: Mapping[str, Any], timeout_s: float = 1800) -> dict[str, Any]:
    """Run ``benchmarks/<script>`` in a peer's environment; question and answer are JSON. Raises RuntimeError when it fails."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYANNOTE_METRICS_ENABLED": "0", "HF_HUB_OFFLINE": "1"}
    try:
        ran = subprocess.run(
            [str(python), str(ROOT / "benchmarks" / script)],
            input=json.dumps(question),
            capture_output=True,
            text=True,
            env=environ,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{script} did not end within {timeout_s:.0f} s") from None
    if ran.returncode:
        raise RuntimeError(f"{script} failed: {_last(ran.stderr)}")
    answer: dict[str, Any] = json.loads(ran.stdout.strip().splitlines()[-1])
    return answer


def percent(share: float | None, digits: int = 2) -> float | None:
    """A share as per cent, rounded."""
    return None if share is None else round(100 * share, digits)


def _shown(cell: Any) -> str:
    if cell is None:
        return "–"
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "no message"


def _processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
