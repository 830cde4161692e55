"""The part of ``hotline calls`` that minds ingestion: watching a folder, how runs go, what was put aside, joining Parquet files."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from hotline import settings
from hotline.console import JsonFlag, emit, err, out, plain
from hotline.errors import BadInput, storable
from hotline.locale import messages
from hotline.store import compaction, jobs, open_store, parquet
from hotline.store.access import OPERATOR
from qa import ingest as room
from qa.ingest import Summary
from qa.progress import Progress
from qa.redaction.file_names import masked_name
from qa.sidecars import NamePattern
from qa.watch import Watch
from qa.watch import watch as watch_folder

quarantine_app = typer.Typer(help="Recordings that were put aside: see why, try again, or drop the line.", no_args_is_help=False)
Ids = Annotated[list[str], typer.Argument(metavar="ID…", help="Calls, or the beginnings of ids as the list shows them.")]


def mount(app: typer.Typer) -> None:
    """Put the commands of this file into ``hotline calls``."""
    app.add_typer(quarantine_app, name="quarantine")
    app.command("watch")(watch)
    app.command("runs")(runs)
    app.command("compact")(compact)


@contextmanager
def showing(console: Console) -> Iterator[Callable[[Progress], None]]:
    """Yields a function that shows a run: calls, hours of audio an hour, where the time goes, and when it will be done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[pace]}"))
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("listening", total=None, pace="")

        def advance(progress: Progress) -> None:
            finished = progress.done + progress.skipped + progress.failed
            bar.update(task, completed=finished, total=progress.total, description=plain(progress.what or "listening"), pace=pace(progress))

        yield advance


def pace(progress: Progress) -> str:
    """One line on how fast a run is: ``21.4 h/h · 0:12:30 left · diarize 61 % decode 20 % …``."""
    parts = []
    if progress.speed:
        parts.append(f"{progress.speed:.1f} h/h")
    if progress.left_s is not None:
        parts.append(f"{clock(progress.left_s)} left")
    whole = sum(progress.stages.values())
    if whole > 0:
        most = sorted(progress.stages.items(), key=lambda stage: -stage[1])[:3]
        parts.append(" ".join(f"{name} {100 * seconds / whole:.0f} %" for name, seconds in most))
    return " · ".join(parts)


def clock(seconds: float) -> str:
    """Seconds as hours, minutes and seconds.

    >>> clock(3725.4)
    '1:02:05'
    """
    return str(timedelta(seconds=round(seconds)))


def print_summary(summary: Summary) -> None:
    """A run's outcome for people."""
    out.print(f"{summary.stored} stored, {summary.skipped} there already, {len(summary.quarantined)} put aside")
    if summary.stored and summary.wall_s > 0:
        speed = f"{summary.audio_s / 3600:.2f} h of audio in {clock(summary.wall_s)} ({summary.audio_s / summary.wall_s:.1f} h/h)"
        out.print(f"{speed}; seconds: {', '.join(f'{stage} {seconds:.1f}' for stage, seconds in summary.stages.items())}")
    for note in summary.notes:
        err.print(f"[yellow]note[/] {plain(messages.line(note))}", soft_wrap=True)
    for problem in summary.quarantined:
        err.print(f"[yellow]put aside[/] {plain(messages.line(problem))}", soft_wrap=True)


@quarantine_app.callback(invoke_without_command=True)
def quarantine(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Recordings that were put aside, why, and what to do."""
    if context.invoked_subcommand is None:
        list_quarantine(as_json)


@quarantine_app.command("list")
def list_quarantine(as_json: JsonFlag = False) -> None:
    """Recordings that were put aside, why, and what to do."""
    rows = jobs.quarantined(open_store(settings.load()), OPERATOR)
    if not rows and not as_json:
        out.print("nothing put aside")
        return
    emit(rows if as_json else [_line(row) for row in rows], as_json, title="quarantine")


@quarantine_app.command("retry")
def retry(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID…]", help="As for drop; none: all of them.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; 1 works in this one. Default: the setting.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Try again what was put aside: from the manifest or folder that named it, with all its tries."""
    current = settings.load()
    store = open_store(current)
    rows = jobs.quarantined(store, OPERATOR)
    wanted = ids or [row["job_id"] for row in rows]
    gone = [row for row in rows if not Path(row["origin"]).exists() and (not ids or row["job_id"] in ids or row["call_id"] in ids)]
    if gone:
        raise BadInput(
            gone[0]["source"], f"{gone[0]['origin'] or 'its source'} is not there", "put it back, or: hotline calls quarantine drop"
        )
    summaries = []
    for origin in dict.fromkeys(row["origin"] for row in jobs.drop(store, OPERATOR, wanted)):
        with showing(err) as show_progress:
            summaries.append(room.ingest(store, Path(origin), workers=workers or current.workers, on_progress=show_progress))
    if as_json:
        emit([summary.row() for summary in summaries], True)
        return
    for summary in summaries:
        print_summary(summary)


@quarantine_app.command("drop")
def drop(ids: Ids, as_json: JsonFlag = False) -> None:
    """Take lines out of the quarantine; the recordings stay where they are."""
    rows = jobs.drop(open_store(settings.load()), OPERATOR, ids)
    emit(rows if as_json else [_line(row) for row in rows], as_json, title="dropped")


def watch(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where recordings and manifests arrive.")],
    once: Annotated[bool, typer.Option("--once", help="Take in what is there and has settled, then end.")] = False,
    settle: Annotated[float, typer.Option(min=0.0, help="Seconds that files must have stayed the same.")] = 10.0,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds from look to look.")] = 5.0,
    names: Annotated[str | None, typer.Option(help="What names of recordings say, e.g. {date}-{time}_{agent_id}_{call_id}.")] = None,
    lone: Annotated[bool, typer.Option("--lone", help="Also recordings that no manifest names and that nothing lies beside.")] = False,
    move_to: Annotated[Path | None, typer.Option(help="Move recordings that were stored, with what lies beside them, there.")] = None,
    rules: Annotated[Path | None, typer.Option(help="Judge by this rule set instead of the one of the call's language.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; 1 works in this one. Default: the setting.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Take in recordings and manifests as they arrive in a folder; Ctrl-C finishes what is under way, twice abandons it."""
    current = settings.load()
    pattern = NamePattern(names) if names else None
    watcher = Watch(open_store(current), folder, settle, rules, workers or current.workers, pattern, lone, move_to)
    with stopping() as stop, showing(err) as show_progress:
        summary = watch_folder(
            watcher,
            every_s=every,
            once=once,
            stop=stop,
            on_progress=show_progress,
            on_summary=lambda one: None if as_json else print_summary(one),
        )
    waiting = {storable(path.relative_to(watcher.folder).as_posix()): why for path, why in sorted(watcher.waiting.items())}
    if as_json:
        emit(summary.row() | {"waiting": waiting}, True)
        return
    for name, why in waiting.items():
        err.print(f"[yellow]left[/] {plain(name)}: {plain(messages.message(why))}", soft_wrap=True)


@contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """Yields a question: has SIGINT or SIGTERM asked to stop? A second signal raises KeyboardInterrupt."""
    asked = 0

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked += 1
        if asked > 1:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked > 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def runs(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 20,
    as_json: JsonFlag = False,
) -> None:
    """How the newest runs of ingestion went or go: counts, seconds per stage, speed, time left."""
    rows = jobs.runs(open_store(settings.load()), OPERATOR, limit)
    if as_json:
        emit(rows, True)
        return
    lines = [
        {
            "run": row["id"],
            "started": f"{row['started_at']:%m-%d %H:%M}",
            "state": row["state"],
            "source": masked_name(row["source"]),
            "rows": row["total"],
            "stored": row["done"],
            "there": row["skipped"],
            "aside": row["failed"],
            "h/h": None if row["speed"] is None else round(row["speed"], 1),
            "left": None if row["left_s"] is None else clock(row["left_s"]),
            "most time": max(row["stages"], key=row["stages"].get) if row["stages"] else None,
        }
        for row in rows
    ]
    emit(lines, False, title="runs")


def compact(
    day: Annotated[str | None, typer.Option(help="Only this day, such as 2026-11-09. Default: all days that are over.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Join the many small Parquet files of a day into few, so that searches and boards read faster; safe at any time."""
    store = open_store(settings.load())
    if day is not None:
        try:
            wanted = date.fromisoformat(day)
        except ValueError:
            raise BadInput("--day", f"'{day}' is not a day", "write it as 2026-11-09") from None
        days = [wanted]
    else:
        today = datetime.now(UTC).astimezone(store.settings.zone).date()
        days = [found for found in compaction.days_with_small_files(store) if found < today]
    rows: list[dict[str, Any]] = [{"day": str(one), "joined": parquet.compact(store, one)} for one in days]
    if not rows and not as_json:
        out.print("nothing to join")
        return
    emit(rows, as_json, title="joined")


def _line(row: dict[str, Any]) -> dict[str, Any]:
    """A line of the quarantine that fits a terminal."""
    return {
        "id": row["job_id"][:8],
        "call": row["call_id"],
        "source": masked_name(row["source"]),
        "problem": messages.line(row["problem"]),
        "mend": messages.message(row["mend"]),
        "tries": row["attempts"] or None,
        "at": f"{row['at']:%Y-%m-%d %H:%M}",
    }
