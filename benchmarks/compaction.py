"""How fast a day's words are read before and after its files are joined: ``python -m benchmarks.compaction [CALLS]``.

Writes synthetic calls (30 turns of ten characters, with word times), ends with one line of JSON: seconds of a search through
all words, of opening one call, of joining, of erasing one call; bytes on disk.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from hotline import settings
from hotline.store import OPERATOR, Store, calls, open_store, parquet
from qa.calls import Call, Layout, Role, SourceKind, Span, TextSource, Turn, Word

STARTED = datetime(2026, 11, 9, 2, tzinfo=UTC)
TURNS = 30
TEXT = "您好请问有什么可以帮"


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(settings.load(Path(folder)))
        store.migrate()
        figures: dict[str, Any] = {"calls": count, "turns": count * TURNS, "write_s": _time(lambda: _fill(store, count))[0]}
        day = STARTED.astimezone(store.settings.zone).date()
        for when in ("before", "after"):
            figures[f"search_s_{when}"], found = _time(lambda: _search(store))
            assert found == count // 100
            figures[f"open_s_{when}"] = _time(lambda: calls.open_call(store, OPERATOR, f"C{count // 2:06}"))[0]
            figures[f"megabytes_{when}"] = round(sum(p.stat().st_size for p in store.settings.parquet.rglob("*.parquet")) / 1e6, 1)
            if when == "before":
                figures["compact_s"], joined = _time(lambda: parquet.compact(store, day))
                assert joined == count
                for file in store.settings.parquet.rglob("*.parquet"):
                    os.utime(file, (0, 0))
                parquet.sweep(store)
        figures["files_after"] = len(list(store.settings.parquet.rglob("*.parquet")))
        figures["forget_s"], _ = _time(lambda: parquet.forget(store, f"C{count // 3:06}"))
        print(json.dumps(figures))


def _fill(store: Store, count: int) -> None:
    os.fsync = lambda handle: None  # the disk is not what is measured
    source = TextSource(SourceKind.SUPPLIED, "synthetic", "1")
    for first in range(0, count, 500):
        rows = []
        for number in range(first, min(count, first + 500)):
            text = f"{TEXT}{number}" + ("停电" if number % 100 == 0 else "")
            turns = tuple(
                Turn(
                    i,
                    Role.AGENT if i % 2 else Role.CUSTOMER,
                    text,
                    Span(i * 3.0, i * 3.0 + 2.5),
                    source=source,
                    words=tuple(Word(c, n, Span(i * 3 + n * 0.1, i * 3 + n * 0.1 + 0.1)) for n, c in enumerate(text)),
                )
                for i in range(TURNS)
            )
            call = Call(f"C{number:06}", turns, 90.0, Layout.STEREO, STARTED)
            rows.append((call, parquet.write_turns(store, call)))
        with store.begin() as connection:
            for call, file in rows:
                calls.save_heard(
                    connection,
                    {"id": call.id, "started_at": STARTED, "day": STARTED.astimezone(store.settings.zone).date()},
                    {
                        "call_id": call.id,
                        "content_hash": call.id,
                        "path": "/nowhere",
                        "codec": "pcm",
                        "layout": "stereo",
                        "duration_s": call.duration,
                        "text_kind": "supplied",
                        "turns_file": file,
                        "ingested_at": STARTED,
                    },
                )


def _search(store: Store) -> int:
    return (
        parquet.scan_turns(store, OPERATOR)
        .filter(pl.col("text").str.contains("停电", literal=True))
        .select(pl.col("call_id").n_unique())
        .collect()
        .item()
    )


def _time(what: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    result = what()
    return round(time.perf_counter() - begun, 3), result


if __name__ == "__main__":
    main()
