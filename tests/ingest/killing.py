"""Run ingestions that kill themselves: a server that imports the slow libraries once and forks for each run.

Models are loaded after the fork: a fork of a process whose libraries have computed can hang.

Reads one JSON object a line ({"home", "manifest", "point", "nth"}), writes {"signal": N} when the run has ended
(0: it finished). ``point`` is where the n-th passage ends in SIGKILL; "" lets it finish.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import qa.diarization.pyannote
import qa.diarization.vad
import qa.ingest
import qa.judging
import qa.listen
from hotline import settings
from hotline.store import open_store

POINTS = ("decode", "diarize", "transcribe", "score", "parquet", "sql", "commit", "rollup")


def arm(point: str, nth: int) -> None:
    """Arrange that the ``nth`` passage of ``point`` kills this process in the middle of it."""
    passages = 0

    def strike() -> None:
        nonlocal passages
        passages += 1
        if passages == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    def after(target: Any, name: str) -> None:
        inner: Callable[..., Any] = getattr(target, name)

        def struck(*args: Any, **kwargs: Any) -> Any:
            result = inner(*args, **kwargs)
            strike()
            return result

        setattr(target, name, struck)

    if point == "decode":
        after(qa.listen, "decode")
    elif point == "diarize":
        after(qa.diarization.vad, "speech")
        after(qa.diarization.pyannote, "run")
    elif point == "transcribe":
        after(qa.listen, "words_for")
    elif point == "score":
        after(qa.judging, "score")
    elif point == "parquet":
        replace = Path.replace

        def struck_replace(self: Path, target: Any) -> Path:
            strike()
            return replace(self, target)

        Path.replace = struck_replace
    elif point == "commit":
        sa.event.listen(sa.Engine, "commit", lambda connection: strike() if connection.info.get("scored") else None)
    if point in ("sql", "commit", "rollup"):

        def statement(connection: sa.Connection, cursor: Any, text: str, *rest: Any) -> None:
            if "INSERT INTO scores" in text:
                connection.info["scored"] = True
                if point == "sql":
                    strike()
            elif point == "rollup" and "INSERT INTO agent_days" in text:
                strike()

        sa.event.listen(sa.Engine, "before_cursor_execute", statement)


def run(order: dict[str, Any]) -> None:
    if order["point"]:
        arm(order["point"], order["nth"])
    store = open_store(settings.load(Path(order["home"])))
    qa.ingest.ingest(store, Path(order["manifest"]), workers=1)


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run(json.loads(line))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, "exit": os.waitstatus_to_exitcode(status)}))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
