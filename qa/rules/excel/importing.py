"""From a workbook to a rule set."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hotline.errors import BadInput, BadRule
from qa.rules.excel.columns import COLUMNS, ITEMS, LISTS, SETTINGS, SHARED
from qa.rules.excel.rows import item_of
from qa.rules.excel.workbook import Workbook
from qa.rules.exchange import Cannot, Imported, Loss, loaded
from qa.rules.language import MAX_ITEMS
from qa.rules.model import Title
from qa.rules.source import parse, plain

_HEADINGS = {column.heading: column.key for column in COLUMNS}
_REQUIRED = ("评分项",)
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")


def import_excel(file: Path) -> Imported:
    """The scorecard in a workbook. Rows that cannot be read are left out and listed by row and column.

    Raises BadInput for a file that is no workbook, has no sheet 评分项, holds formulas, or has no row that can be read.
    """
    book = Workbook(file)
    if ITEMS not in book.names:
        raise BadInput(str(file), f"has no sheet {ITEMS}", "start from a template: hotline rules template 评分表.xlsx")
    tree = _settings(book) | _lists(book) | _shared(book)
    heads = tree.pop("sections", None) or []
    losses: list[Loss] = []
    labels: dict[str, str] = {}
    rows: list[tuple[str, dict[str, Any]]] = []
    for label, cells in _rows(book, losses):
        item_id = cells.get("id") or f"item-{len(rows) + 1}"
        try:
            if not _ID.fullmatch(item_id) or item_id in labels:
                raise Cannot("编号", f"“{item_id[:40]}”不能用或重复", f"'{item_id[:40]}' cannot be an id, or stands twice")
            rows.append((cells.get("section") or "评分项", item_of(cells, item_id)))
            labels[item_id] = label
        except Cannot as error:
            losses.append(Loss(label, error.field, error.what, left_out=True))
    too_many = Title(f"一套规则最多 {MAX_ITEMS} 项", f"a rule set has at most {MAX_ITEMS} items")
    losses += [Loss(labels[item["id"]], ITEMS, too_many, left_out=True) for _, item in rows[MAX_ITEMS:]]
    if not rows:
        reasons = "; ".join(f"{loss.rule}: {loss.field}: {loss.what.en}" for loss in losses)[:300]
        raise BadInput(
            f"{file}: {ITEMS}", f"has no row that can be read {reasons and f'({reasons})'}".strip(), "see the sheet 说明 of a template"
        )
    named = {str(tree.get("id", "")): True}
    head = {"id": _identifier(file) if "" in named else tree.pop("id"), "title": tree.pop("title", None) or file.stem}
    return loaded({**head, **tree, "sections": _sections(rows[:MAX_ITEMS], heads)}, f"{file.stem}.yaml", labels, losses)


def _rows(book: Workbook, losses: list[Loss]) -> list[tuple[str, dict[str, str]]]:
    """(label for people, cells by key) of every row below the headings. Raises BadInput when a needed heading is missing."""
    rows = list(book.rows(ITEMS))
    if not rows:
        raise BadInput(f"{book.file}: {ITEMS}", "is empty", "start from a template: hotline rules template 评分表.xlsx")
    first, headings = rows[0]
    places = {place: heading.split("\n")[0].strip() for place, heading in enumerate(headings) if heading}
    missing = [heading for heading in _REQUIRED if heading not in places.values()]
    if missing:
        raise BadInput(f"{book.file}: {ITEMS}!{first}", f"the heading {missing[0]} is missing", "keep the headings of the template")
    for place, heading in places.items():
        if heading not in _HEADINGS:
            what = Title(f"不认识的列“{heading[:30]}”，没有读", f"the column {heading[:30]} is not known and was not read")
            losses.append(Loss("*", heading[:30], what))
        elif list(places.values()).index(heading) != list(places).index(place):
            raise BadInput(f"{book.file}: {ITEMS}!{first}", f"the heading {heading} stands twice", "remove one of the columns")
    found = []
    for number, cells in rows[1:]:
        row = {_HEADINGS[h]: cells[p] for p, h in places.items() if h in _HEADINGS and p < len(cells) and cells[p]}
        if row:
            found.append((f"第 {number} 行 {row.get('title', row.get('id', ''))}".strip()[:60], row))
    return found


def _settings(book: Workbook) -> dict[str, Any]:
    return {key: _value(book, SETTINGS, number, text) for number, key, text in _pairs(book, SETTINGS)}


def _shared(book: Workbook) -> dict[str, Any]:
    found = {name: _value(book, SHARED, number, text) for number, name, text in _pairs(book, SHARED)}
    return {"conditions": found} if found else {}


def _lists(book: Workbook) -> dict[str, Any]:
    """Word lists; rows of one name are joined."""
    found: dict[str, list[str]] = {}
    for _, name, text in _pairs(book, LISTS, twice=True):
        found.setdefault(name, []).extend(line.strip() for line in text.splitlines() if line.strip())
    return {"vocabularies": found} if found else {}


def _pairs(book: Workbook, sheet: str, *, twice: bool = False) -> list[tuple[int, str, str]]:
    """(row, name, text) of a sheet with two columns below a heading; nothing when it is not there."""
    found: list[tuple[int, str, str]] = []
    for number, cells in list(book.rows(sheet))[1:] if sheet in book.names else ():
        name, text = (*cells, "", "")[:2]
        if not name or not text:
            raise BadInput(
                f"{book.file}: {sheet}!{number}", "has a name without content, or content without a name", "fill in both columns"
            )
        if not twice and any(name == known for _, known, _ in found):
            raise BadInput(f"{book.file}: {sheet}!{number}", f"{name[:40]} stands twice", "keep one of them")
        found.append((number, name, text))
    return found


def _value(book: Workbook, sheet: str, number: int, text: str) -> Any:
    try:
        return plain(parse(text, f"{book.file}: {sheet}!{number}"))
    except BadRule as error:
        raise BadInput(f"{book.file}: {sheet}!{number}", error.problem, error.mend) from None


def _sections(rows: list[tuple[str, dict[str, Any]]], heads: Any) -> list[dict[str, Any]]:
    """The sections in the order of the rows; ``heads`` are their fields as the sheet 设置 has them."""
    known: dict[str, dict[str, Any]] = {}
    for head in heads if isinstance(heads, list) else ():
        if isinstance(head, dict) and "items" not in head:
            title = head.get("title")
            known[str(title.get("zh", "") if isinstance(title, dict) else title or head.get("id", ""))] = head
    found: dict[str, dict[str, Any]] = {}
    for name, item in rows:
        if name not in found:
            found[name] = {**known.get(name, {"id": f"section-{len(found) + 1}", "title": name}), "items": []}
        found[name]["items"].append(item)
    return list(found.values())


def _identifier(file: Path) -> str:
    return re.sub(r"[^a-z0-9_-]+", "-", file.stem.lower()).strip("-_")[:80] or "scorecard"
