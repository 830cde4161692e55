"""The report files: the same numbers as the board, text that stays text, both languages, the label of invented data, and access."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from hotline.commands import board as board_command
from hotline.commands import report as report_command
from hotline.errors import AccessDenied, BadInput, NotFound
from hotline.store import OPERATOR, Store, UserRole, Viewer, audit
from reports import boards, weekly
from reports.exports import pdf
from reports.exports.excel import SHEETS
from reports.kpi import kpis
from reports.week import IsoWeek

WEEK = IsoWeek(2026, 46)
EVIL = '=HYPERLINK("http://evil.example","click")'  # the name of agent a1 in conftest.py


def cells(path: Path, sheet: str) -> list[list[str | None]]:
    frame = pl.read_excel(path, sheet_name=sheet, has_header=False, infer_schema_length=0)
    return [list(row) for row in frame.rows()]


def test_board_command_and_excel_show_the_same_number(small: Store, home: Path, tmp_path: Path) -> None:
    workbook = weekly.write(small, OPERATOR, WEEK, tmp_path / "out")[0]
    line = next(row for row in cells(workbook, "坐席") if row[0] == "a1")
    printed = CliRunner().invoke(
        board_command.app, ["weekly", "--week", str(WEEK), "--agent", "a1", "--json"], env={"HOTLINE_HOME": str(home)}
    )
    told = json.loads(printed.stdout)["agents"][0]
    known = boards.weekly(small, OPERATOR, WEEK).agents.filter(pl.col("agent_id") == "a1").row(0, named=True)
    assert told == known
    # the columns of a row of the sheet: id, name, team, calls + change, aht ×3 + change, qa ×5 + change, fatal ×2, satisfaction …
    places = {"calls": 3, "aht": 5, "aht_low": 6, "aht_high": 7, "qa_low": 9, "qa_high": 10, "qa_ci_low": 11, "scored": 13}
    places |= {
        "fatal_certain": 15,
        "satisfaction": 17,
        "satisfaction_low": 18,
        "surveys_answered": 20,
        "response": 22,
        "fcr": 23,
        "fcr_closed": 26,
    }
    for name, at in places.items():
        assert float(line[at] or "nan") == pytest.approx(known[name]), name
    overview = {row[0]: row for row in cells(workbook, "概览")}
    assert float(overview["人工服务接通率"][1] or "nan") == pytest.approx(0.8) and float(
        overview["平均应答速度"][1] or "nan"
    ) == pytest.approx(12.5)
    assert float(overview["一次解决率"][1] or "nan") == pytest.approx(8 / 9)


def test_a_name_is_never_a_formula_or_a_link(small: Store, tmp_path: Path) -> None:
    workbook = weekly.write(small, OPERATOR, WEEK, tmp_path)[0]
    assert any(EVIL in row for row in cells(workbook, "坐席"))
    with zipfile.ZipFile(workbook) as parts:
        sheets = {name: parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/sheet")}
        assert len(sheets) == 5
        for text in sheets.values():
            assert "<f>" not in text and "<f " not in text and "<hyperlink" not in text


def test_the_workbook_is_complete(small: Store, tmp_path: Path) -> None:
    for language in ("zh", "en"):
        workbook, page = weekly.write(small, OPERATOR, WEEK, tmp_path, language=language)
        with zipfile.ZipFile(workbook) as parts:
            names = parts.namelist()
            book = parts.read("xl/workbook.xml").decode()
            assert re.findall(r'<sheet name="([^"]+)"', book) == list(SHEETS[language])
            assert sum(name.startswith("xl/charts/chart") for name in names) == 4
            frozen = [parts.read(name).decode() for name in names if name.startswith("xl/worksheets/sheet")]
            assert all('state="frozen"' in text for text in frozen)
            notes = "".join(parts.read(name).decode() for name in names if name.startswith("xl/comments"))
        assert kpis()["fcr"].formula[language] in notes.replace("&quot;", '"')
        definitions = {row[0] for row in cells(workbook, SHEETS[language][4])}
        assert set(kpis()) <= definitions
        assert page.read_bytes().startswith(b"%PDF-") and page.stat().st_size > 20_000


def test_deductions_add_up_and_carry_their_titles(small: Store) -> None:
    lost = weekly.gather(small, OPERATOR, WEEK).deductions
    greeting, rude = lost.rows(named=True)
    assert (greeting["title"], greeting["judged"], greeting["failed"], greeting["doubtful"]) == ("开头语", 5, 0, 2)
    assert (greeting["lost_certain"], greeting["lost_possible"], greeting["rule_set"]) == (0.0, 20.0, "tiny v3")
    assert (rude["title_en"], rude["section"], rude["failed"], rude["fatal"]) == ("Rude words", "态度", 1, True)
    assert weekly.gather(small, OPERATOR, WEEK, "t02").deductions.is_empty()


def test_pdf_text_is_data_and_fonts_are_ours(small: Store, tmp_path: Path) -> None:
    report = weekly.gather(small, OPERATOR, WEEK)
    told = pdf.content(report)
    assert [line["keys"][1] for line in told["agents"]] == [EVIL, "李四", "王五"]
    assert told["synthetic"] == "" and told["title"] == "服务质量周报"
    agents = report.board.agents.with_columns(agent_name=pl.lit('#panic("x") *b* $x$ @ref'))
    odd = replace(report, board=replace(report.board, agents=agents))
    page = pdf.write(odd, tmp_path / "odd.pdf").read_bytes()  # markup in a name would stop the typesetter
    assert b"NotoSansSC" in page


def test_invented_data_are_labelled(small: Store, tmp_path: Path) -> None:
    report = weekly.gather(small, OPERATOR, WEEK)
    labelled = replace(report, board=replace(report.board, synthetic=True))
    assert "合成数据" in pdf.content(labelled)["synthetic"]
    from reports.exports import excel

    workbook = excel.write(labelled, tmp_path / "x.xlsx")
    for sheet in SHEETS["zh"]:
        assert any("合成数据" in (row[0] or "") for row in cells(workbook, sheet)[:3]), sheet


def test_a_week_without_calls_is_refused_rather_than_written_empty(small: Store, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no calls"):
        weekly.write(small, OPERATOR, IsoWeek(2025, 10), tmp_path / "out", language="en")
    assert not (tmp_path / "out").exists()


def test_reports_keep_to_role_and_scope(small: Store, tmp_path: Path) -> None:
    lead = Viewer("lead", UserRole.TEAM_LEAD, "/c/0/t01/")
    report = weekly.gather(small, lead, WEEK)
    assert report.board.agents["agent_id"].to_list() == ["a1", "a2"] and report.queues["queue_id"].to_list() == ["q0"]
    with pytest.raises(NotFound):
        weekly.write(small, lead, WEEK, tmp_path, unit="t02")
    for role in (UserRole.AGENT, UserRole.QA, UserRole.PLANNER, UserRole.ADMIN):
        with pytest.raises(AccessDenied):
            weekly.write(small, Viewer("x", role, "/c/", "a1"), WEEK, tmp_path / "none")
    assert not (tmp_path / "none").exists()
    weekly.write(small, lead, WEEK, tmp_path)
    taken = audit.read(small, OPERATOR, action="export_report")
    assert [(line.who, line.object) for line in taken] == [("lead", "/c/0/t01/")]


def test_the_command_names_the_files(small: Store, home: Path, tmp_path: Path) -> None:
    arguments = ["weekly", "--week", "2026-W46", "--team", "t01", "--language", "en", "--out", str(tmp_path / "r"), "--json"]
    result = CliRunner().invoke(report_command.app, arguments, env={"HOTLINE_HOME": str(home)}, catch_exceptions=False)
    files = [Path(line["file"]).name for line in json.loads(result.stdout)]
    assert files == ["c-0-t01_2026-W46_en.xlsx", "c-0-t01_2026-W46_en.pdf"]
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        weekly.write(small, OPERATOR, WEEK, tmp_path / "file")
    with pytest.raises(BadInput, match="language"):
        weekly.write(small, OPERATOR, WEEK, tmp_path, language="fr")


def test_a_report_made_before_is_taken_with_a_line_in_the_audit_trail(small: Store) -> None:
    page = weekly.write(small, OPERATOR, WEEK, small.settings.reports)[1]
    assert weekly.take(small, Viewer("boss", UserRole.MANAGER), page.name) == page.read_bytes()
    assert [(line.action, line.object) for line in audit.read(small, OPERATOR, who="boss")] == [("export_report", page.name)]


def test_only_files_of_the_reports_folder_are_taken_and_only_by_the_widest_scope(small: Store) -> None:
    folder = small.settings.reports
    (folder / "below").mkdir(parents=True)
    (folder / "below" / "x.pdf").write_bytes(b"x")
    (folder / "good.pdf").write_bytes(b"good")
    (folder.parent / "secret.key").write_bytes(b"secret")
    (folder / "link.pdf").symlink_to(folder.parent / "secret.key")
    secret = str(folder.parent / "secret.key")
    for name in ("../secret.key", "below/x.pdf", "below", "link.pdf", "", ".", "..", "none.pdf", "./good.pdf", "a\0b", secret):
        with pytest.raises(NotFound):
            weekly.take(small, OPERATOR, name)
    for denied in (Viewer("lead", UserRole.TEAM_LEAD, "/c/0/t01/"), Viewer("qa", UserRole.QA)):
        with pytest.raises(AccessDenied):
            weekly.take(small, denied, "good.pdf")
    assert weekly.take(small, OPERATOR, "good.pdf") == b"good"
