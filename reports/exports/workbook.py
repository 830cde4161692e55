"""A workbook in the house style: formats made once, sheets with title, period and the label of invented data."""

from __future__ import annotations

from typing import Any

from reports import wording
from reports.kpi import Kpi
from reports.weekly import WeeklyReport

INK, ACCENT, RULE = "#1F2A37", "#0B5C7A", "#C9D6DD"
GOOD, BAD, GREY = "#1B7F4B", "#B3261E", "#8A94A0"
PERCENT, WHOLE, DELTA = "0.0%", "#,##0", "+#,##0;-#,##0;0"
FORMATS = {"percent": PERCENT, "calls": WHOLE, "count": WHOLE}
"""Number formats by the unit of a KPI; others show ``decimals`` places."""


class Pages:
    """The sheets of one workbook; keeps its formats."""

    def __init__(self, book: Any, report: WeeklyReport) -> None:
        self.book, self.report, self.zh = book, report, report.language == "zh"
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def style(self, **look: Any) -> Any:
        """A cell format, made once for each look."""
        full = {"font_name": "Microsoft YaHei" if self.zh else "Calibri", "font_size": 10, "font_color": INK, "valign": "vcenter", **look}
        key = tuple(sorted(full.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format(full)
        return self._formats[key]

    def line(self, **look: Any) -> Any:
        """A body cell: a thin rule below."""
        return self.style(**{"bottom": 1, "border_color": RULE, **look})

    def head(self) -> Any:
        return self.style(
            bold=True, font_color="#FFFFFF", bg_color=ACCENT, border=1, border_color="#FFFFFF", align="center", text_wrap=True
        )

    def heads(self, page: Any, row: int, names: list[str], widths: list[int] | None = None) -> None:
        """A line of column heads, with column widths in characters if given."""
        for column, name in enumerate(names):
            page.write_string(row, column, name, self.head())
            if widths:
                page.set_column(column, column, widths[column])

    def sheet(self, name: str, head_row: int) -> Any:
        """A sheet with title and period, printed landscape on A4 with its head repeated."""
        page = self.book.add_worksheet(name)
        page.hide_gridlines(2)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.set_row(0, 28)
        page.write_string(0, 0, f"{self.report.unit} · {name}", self.style(font_size=16, bold=True, font_color=ACCENT))
        page.write_string(1, 0, self.report.period, self.style(font_color=GREY))
        if self.report.board.synthetic:
            page.write_string(2, 0, wording.LABELS[self.report.language]["synthetic"], self.style(bold=True, font_color=BAD))
        page.set_footer(f"&L{self.report.title} {self.report.board.week}&R&P / &N")
        page.repeat_rows(head_row)
        return page

    def number(self, page: Any, row: int, column: int, value: float | None, shown: str, **look: Any) -> None:
        """A number, or a dash where there is none."""
        if value is None:
            page.write_string(row, column, "–", self.line(align="right", font_color=GREY))
        else:
            page.write_number(row, column, value, self.line(align="right", num_format=shown, **look))

    def chart(self, kind: str, title: str, width: int, height: int, subtype: str | None = None) -> Any:
        """A chart with the house's title and grid."""
        chart = self.book.add_chart({"type": kind, "subtype": subtype} if subtype else {"type": kind})
        chart.set_title({"name": title, "name_font": {"size": 11, "color": INK}})
        chart.set_legend({"position": "bottom"})
        chart.set_size({"width": width, "height": height})
        return chart


def number_format(kpi: Kpi) -> str:
    """The Excel number format that shows a KPI as people read it."""
    return FORMATS.get(kpi.unit, "0" if kpi.decimals == 0 else "0." + "0" * kpi.decimals)
