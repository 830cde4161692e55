"""The weekly report of a unit as files that can be handed on: an Excel workbook and a PDF, in Chinese or English."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from hotline.errors import AccessDenied, BadInput, NotFound
from hotline.store.access import Permission, Viewer
from hotline.store.audit import record
from hotline.store.engine import Store
from reports.boards import Board, weekly
from reports.deductions import deductions
from reports.service import week_of_service
from reports.week import IsoWeek

LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class WeeklyReport:
    """Everything the files show. ``queues``, ``days`` and ``service`` come from :mod:`reports.service`."""

    board: Board
    queues: pl.DataFrame
    days: pl.DataFrame
    service: pl.DataFrame
    deductions: pl.DataFrame
    language: str
    made_at: datetime

    @property
    def unit(self) -> str:
        return self.board.unit if self.language == "zh" else self.board.unit_en

    @property
    def title(self) -> str:
        return "服务质量周报" if self.language == "zh" else "Weekly service report"

    @property
    def period(self) -> str:
        week = self.board.week
        return f"{week} · {week.first:%Y-%m-%d} – {week.last:%Y-%m-%d}"


def gather(store: Store, viewer: Viewer, week: IsoWeek, unit: str | None = None, language: str = "zh") -> WeeklyReport:
    """The numbers of a report. Needs SEE_REPORTS; raises AccessDenied, NotFound for a unit out of scope, BadInput for the language."""
    viewer.require(Permission.SEE_REPORTS, "weekly report")
    if language not in LANGUAGES:
        raise BadInput("language", f"'{language}' is not a language of the reports", "use zh or en")
    board = weekly(store, viewer, week, unit)
    queues, days, service = week_of_service(store, viewer, week, board.unit_path)
    lost = deductions(store, viewer, week, board.unit_path)
    return WeeklyReport(board, queues, days, service, lost, language, datetime.now(store.settings.zone))


def write(store: Store, viewer: Viewer, week: IsoWeek, out: Path, unit: str | None = None, language: str = "zh") -> list[Path]:
    """Write ``<out>/<unit>_<week>_<language>.xlsx`` and ``.pdf``; returns the paths. The audit trail says who took the report away.

    Needs SEE_REPORTS; raises like :func:`gather`, NotFound for a week without calls, and BadInput when the folder cannot be written.
    """
    from reports.exports import excel, pdf  # drawing libraries load slowly, and most callers only gather

    report = gather(store, viewer, week, unit, language)
    if report.board.total.is_empty():
        raise NotFound(f"weekly report {week}", f"no calls of {report.board.unit} in this week", "see: hotline board weekly")
    name = re.sub(r"[^A-Za-z0-9]+", "-", report.board.unit_path).strip("-") or "all"
    stem = out / f"{name}_{week}_{language}"
    try:
        out.mkdir(parents=True, exist_ok=True)
        paths = [excel.write(report, stem.with_suffix(".xlsx")), pdf.write(report, stem.with_suffix(".pdf"))]
    except OSError as error:
        raise BadInput(
            str(out), f"reports cannot be written here ({error.strerror or error})", "choose another folder with --out"
        ) from None
    with store.begin() as connection:
        record(connection, viewer.name, "export_report", report.board.unit_path, week=str(week), language=language)
    return paths


def take(store: Store, viewer: Viewer, name: str) -> bytes:
    """The file ``name`` of the installation's reports folder, written by an earlier run; the audit trail says who took it away.

    Such a file does not say whose scope it holds, so it needs SEE_REPORTS and the widest scope. Raises AccessDenied, and NotFound
    for anything that does not lie directly in the folder: a path, a link out of it, a folder.
    """
    viewer.require(Permission.SEE_REPORTS, "weekly report")
    if viewer.scope != "/":
        raise AccessDenied(f"report {name}", "it may hold units outside your scope", "make the report of your own unit")
    folder = store.settings.reports.resolve()
    try:
        file = (folder / name).resolve()
        if file.parent != folder or file.name != name:
            raise OSError
        content = file.read_bytes()
    except (OSError, ValueError):  # ValueError: a NUL in the name
        raise NotFound(f"report {name}", "the reports folder holds no such file", "write it anew: hotline report") from None
    with store.begin() as connection:
        record(connection, viewer.name, "export_report", name)
    return content
