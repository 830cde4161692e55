"""Work that takes longer than a click: a run of ingestion as a process of its own, which outlives the page and the browser."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

from hotline.store import Permission, Store, Viewer, audit


def ingest(store: Store, viewer: Viewer, source: Path) -> int:
    """Start ``hotline calls ingest SOURCE`` on this server; returns its process id. Needs IMPORT; written to the audit trail.

    What it prints goes to ``ingestion.log`` in the home folder; how it goes, it writes to the store.
    """
    viewer.require(Permission.IMPORT, "ingestion")
    with store.begin() as connection:
        audit.record(connection, viewer.name, "start_ingestion", str(source))
    home = store.settings.home
    command = [sys.executable, "-m", "hotline", "calls", "ingest", str(source)]
    with (home / "ingestion.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command, given as a list
            command,
            cwd=Path.cwd(),
            env={**os.environ, "HOTLINE_HOME": str(home.absolute())},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    # Somebody must ask how it ended, or the process stays in the system's table and looks alive.
    threading.Thread(target=process.wait, daemon=True).start()
    return process.pid
