"""From a rule set to a workbook, and the template to begin with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from hotline.errors import BadInput
from qa.rules.excel.columns import COLUMNS, GUIDE, ITEMS, LISTS, LONGEST, SETTINGS, SHARED
from qa.rules.excel.examples import EXAMPLES, GUIDE_LINES
from qa.rules.excel.parting import parts
from qa.rules.excel.rows import row_of
from qa.rules.exchange import WHOLE, Loss, written
from qa.rules.model import RuleSet, Title
from qa.rules.source import parse, plain

_TEXT_ONLY = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_TREE = ("vocabularies", "conditions", "sections")


def export_excel(rule_set: RuleSet, file: Path) -> tuple[Loss, ...]:
    """Write the rule set as a workbook; returns what was lost. Raises BadInput when the file cannot be written."""
    tree = plain(parse(rule_set.source, rule_set.file))
    losses = [Loss(WHOLE, "#", Title("YAML 的注释没有带出", "comments of the YAML are not carried over"))] if "#" in rule_set.source else []
    rows = []
    for section in tree["sections"]:
        name = rule_set_name(section)
        for item in section["items"]:
            cells = row_of(item, name)
            if too_long := [key for key, text in cells.items() if len(text) > LONGEST]:
                zh, en = f"超过一个单元格的 {LONGEST:,} 字", f"is longer than the {LONGEST:,} characters of a cell"
                losses.append(Loss(item["id"], ", ".join(too_long), Title(zh, en), left_out=True))
            else:
                rows.append(cells)
    lists = {name: _apart(name, phrases, losses) for name, phrases in (tree.get("vocabularies") or {}).items()}
    settings = [(key, _shown(value)) for key, value in tree.items() if key not in _TREE]
    settings.append(("sections", _shown([{k: v for k, v in s.items() if k != "items"} for s in tree["sections"]])))
    _write(
        file,
        rows,
        list(_pages(lists)),
        [(n, _shown(c)) for n, c in (tree.get("conditions") or {}).items()],
        settings,
    )
    return tuple(losses)


def template(file: Path) -> None:
    """Write a workbook with headings, hints and example rows. Raises BadInput when the file cannot be written."""
    lists = [("apology", "抱歉\n对不起\n不好意思"), ("wait", "请(您)稍(等|候)")]
    settings = [("id", "my-card"), ("title", "我的评分卡"), ("version", "1"), ("start", "100"), ("pass_mark", "85"), ("language", "zh")]
    _write(file, EXAMPLES, lists, [], settings)


def rule_set_name(section: Mapping[str, Any]) -> str:
    """What the column 环节 says of a section: its Chinese title, else its id."""
    title = section.get("title")
    return str((title.get("zh") or title.get("en")) if isinstance(title, dict) else title or section["id"])


def _shown(value: Any) -> str:
    """The value as YAML that reads as the same value, without a document's end mark."""
    return written(value).removesuffix("\n").removesuffix("\n...").strip()


def _write(
    file: Path,
    rows: Sequence[Mapping[str, str]],
    lists: Sequence[tuple[str, str]],
    shared: Sequence[tuple[str, str]],
    settings: Sequence[tuple[str, str]],
) -> None:
    try:
        with xlsxwriter.Workbook(str(file), _TEXT_ONLY) as book:
            head = book.add_format({"bold": True, "bg_color": "#E8EEF2", "border": 1, "text_wrap": True, "valign": "top"})
            cell = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
            _items(book, rows, head, cell)
            for name, headings, pairs in (
                (LISTS, ("名称", "说法（一行一个）"), lists),
                (SHARED, ("名称", "条件（YAML）"), shared),
                (SETTINGS, ("名称", "值（YAML）"), settings),
            ):
                page = book.add_worksheet(name)
                page.set_column(0, 0, 22, cell)
                page.set_column(1, 1, 90, cell)
                page.write_row(0, 0, headings, head)
                for number, pair in enumerate(pairs, start=1):
                    page.write_row(number, 0, pair, cell)
            page = book.add_worksheet(GUIDE)
            page.set_column(0, 0, 110, cell)
            for number, line in enumerate(GUIDE_LINES):
                page.write_string(number, 0, line, cell)
    except (OSError, xlsxwriter.exceptions.XlsxWriterException) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BadInput(str(file), f"cannot be written ({reason[:120]})", "name a file in a folder that exists") from None


def _items(book: Any, rows: Sequence[Mapping[str, str]], head: Any, cell: Any) -> None:
    page = book.add_worksheet(ITEMS)
    page.freeze_panes(1, 3)
    for place, column in enumerate(COLUMNS):
        page.set_column(place, place, column.width, cell)
        page.write_string(0, place, column.heading, head)
        page.write_comment(0, place, column.hint, {"x_scale": 2})
        if column.choices:
            page.data_validation(1, place, 999, place, {"validate": "list", "source": list(column.choices), "ignore_blank": True})
    for number, row in enumerate(rows, start=1):
        for place, column in enumerate(COLUMNS):
            if row.get(column.key):
                page.write_string(number, place, row[column.key], cell)


def _apart(name: str, phrases: Any, losses: list[Loss]) -> list[str]:
    """The phrases of a list without signs that would part them in a cell; no sound hangs on those."""
    written = [str(phrase) for phrase in (phrases if isinstance(phrases, list) else [phrases])]
    found = ["".join(parts(phrase)) or phrase for phrase in written]
    if found != written:
        zh, en = "顿号、分号去掉：在表格里它们分开说法，读音不变", "signs that part phrases in a cell are left out; they have no sound"
        losses.append(Loss(WHOLE, f"vocabularies.{name}", Title(zh, en)))
    return found


def _pages(vocabularies: Mapping[str, list[str]]) -> Iterator[tuple[str, str]]:
    """Word lists, the long ones over several rows of the same name."""
    for name, phrases in vocabularies.items():
        current = ""
        for phrase in phrases:
            if len(current) + len(phrase) + 1 > LONGEST:
                yield name, current
                current = ""
            current = f"{current}\n{phrase}" if current else phrase
        yield name, current
