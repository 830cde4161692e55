"""From a workbook to a rule set."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hotline.errors import BadInput, BadRule
from qa.rules.excel.columns import COLUMNS, ITEMS, LISTS, SETTINGS, SHARED
from qa.rules.excel.parting import parted
from qa.rules.excel.rows import Changed, item_of
from qa.rules.excel.workbook import Fault, Workbook
from qa.rules.exchange import Cannot, Imported, Loss, loaded
from qa.rules.language import MAX_ITEMS
from qa.rules.model import Title
from qa.rules.source import parse, plain

_HEADINGS = {column.heading: column.key for column in COLUMNS}
_REQUIRED = ("评分项",)
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")


def import_excel(file: Path) -> Imported:
    """The scorecard in a workbook. Rows that cannot be read are left out and listed by row and column.

    A word list or shared condition with a formula is left out and listed, together with what asks for it. Raises BadInput for a file
    that is no workbook, has no sheet 评分项, holds a formula among the settings or names, or has no row that can be read.
    """
    book = Workbook(file)
    if ITEMS not in book.names:
        raise BadInput(str(file), f"has no sheet {ITEMS}", "start from a template: hotline rules template 评分表.xlsx")
    losses: list[Loss] = []
    tree = _settings(book) | _lists(book, losses) | _shared(book, losses)
    heads = tree.pop("sections", None) or []
    labels: dict[str, str] = {}
    rows: list[tuple[str, dict[str, Any]]] = []
    for label, cells in _rows(book, losses):
        item_id = cells.get("id") or f"item-{len(rows) + 1}"
        try:
            if not _ID.fullmatch(item_id):
                zh, en = "不能作编号：只用小写字母、数字、- 和 _", "cannot be an id: use small letters, digits, - and _"
                raise Cannot("编号", f"“{item_id[:40]}”{zh}", f"'{item_id[:40]}' {en}")
            if item_id in labels:
                zh, en = f"“{item_id}”重复，{labels[item_id]} 已用", f"'{item_id}' stands twice, first in {labels[item_id]}"
                raise Cannot("编号", zh, en)
            changed: list[Loss] = []
            item = item_of(cells, item_id, _noted(label, changed))
            rows.append((cells.get("section") or "评分项", item))
            labels[item_id] = label
            losses += changed
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


def _noted(label: str, losses: list[Loss]) -> Changed:
    """What a row tells of itself, as losses of ``label``."""
    return lambda field, what: losses.append(Loss(label, field, what))


def _rows(book: Workbook, losses: list[Loss]) -> list[tuple[str, dict[str, str]]]:
    """(label for people, cells by key) of every row below the headings. Raises BadInput when a needed heading is missing."""
    faults: list[Fault] = []
    rows = list(book.rows(ITEMS, faults))
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
    read = {place: heading for place, heading in places.items() if heading in _HEADINGS}
    wrong = {fault.row: fault for fault in reversed(faults) if fault.place in read}
    for number, cells in rows[1:]:
        row = {_HEADINGS[h]: cells[p] for p, h in read.items() if p < len(cells) and cells[p]}
        label = f"第 {number} 行 {row.get('title', row.get('id', ''))}".strip()[:60]
        if number in wrong:
            losses.append(Loss(label, read[wrong[number].place], wrong[number].what, left_out=True))
        elif row:
            found.append((label, row))
    return found


def _settings(book: Workbook) -> dict[str, Any]:
    return {key: _value(book, SETTINGS, number, text) for number, key, text in _pairs(book, SETTINGS)}


def _shared(book: Workbook, losses: list[Loss]) -> dict[str, Any]:
    gone = [loss.rule.removeprefix(f"{LISTS} ") for loss in losses if loss.left_out]
    found = {}
    for number, name, text in _pairs(book, SHARED, losses):
        missing = next((one for one in gone if re.search(rf"\${re.escape(one)}(?![\w-])", text)), None)
        if missing is None:
            found[name] = _value(book, SHARED, number, text)
            continue
        what = Title(f"用到的词库 ${missing} 没有带过来", f"asks for the word list ${missing}, which was left out")
        losses.append(Loss(f"{SHARED} {name}"[:60], f"第 {number} 行", what, left_out=True))
    return {"conditions": found} if found else {}


def _lists(book: Workbook, losses: list[Loss]) -> dict[str, Any]:
    """Word lists; rows of one name are joined."""
    found: dict[str, list[str]] = {}
    for _, name, text in _pairs(book, LISTS, losses, twice=True):
        what: list[Title] = []
        found.setdefault(name, []).extend(parted(text, what.append))
        losses += [Loss(f"{LISTS} {name}"[:60], "说法", each) for each in what]
    return {"vocabularies": found} if found else {}


def _pairs(book: Workbook, sheet: str, losses: list[Loss] | None = None, *, twice: bool = False) -> list[tuple[int, str, str]]:
    """(row, name, text) of a sheet with two columns below a heading; nothing when it is not there.

    With ``losses`` a name whose text holds a formula is left out, all its rows together, and noted there. Raises BadInput.
    """
    found: list[tuple[int, str, str]] = []
    faults: list[Fault] = []
    rows = list(book.rows(sheet, None if losses is None else faults))[1:] if sheet in book.names else []
    wrong = {fault.row: fault for fault in reversed(faults) if fault.place < 2}
    gone: set[str] = set()
    for number, cells in rows:
        name, text = (*cells, "", "")[:2]
        if losses is not None and number in wrong:
            if wrong[number].place == 0:
                raise BadInput(f"{book.file}: {sheet}!{number}", "has a name that is not written out", "write the name itself")
            losses.append(Loss(f"{sheet} {name}"[:60], f"第 {number} 行", wrong[number].what, left_out=True))
            gone.add(name)
            continue
        if not name or not text:
            raise BadInput(
                f"{book.file}: {sheet}!{number}", "has a name without content, or content without a name", "fill in both columns"
            )
        if not twice and any(name == known for _, known, _ in found):
            raise BadInput(f"{book.file}: {sheet}!{number}", f"{name[:40]} stands twice", "keep one of them")
        found.append((number, name, text))
    return [row for row in found if row[1] not in gone]


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
