"""A row of the sheet 评分项 as an item, and an item as a row.

What a row cannot say stands in the column 完整规则 as YAML; fields there go before those of the columns, and with ``expect:`` or
``forbid:`` there the columns about what is said are not read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from hotline.errors import BadRule
from qa.rules.excel.columns import COLUMNS, KINDS, MATCHES, NO, OTHER_SIDES, SIDES, YES
from qa.rules.excel.parting import lines_of, parted, parts
from qa.rules.exchange import Cannot, written
from qa.rules.model import Title
from qa.rules.source import parse, plain

Changed = Callable[[str, Title], None]
SAID, TRIGGER = "said", "trigger"
"""Names of the conditions that a row's columns become."""
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(?:分|轮|个?话轮)?")
"""A number, also with the unit that its column has."""
_NUMBERS = ("points", "bonus", "points_per_hit", "at_most")
_OUTCOMES = ("pass", "fail", "na", "doubtful")
_HEADINGS = {column.key: column.heading for column in COLUMNS}
_BACK = {key: {value: word for word, value in table.items()} for key, table in (("by", SIDES), ("match", MATCHES), ("kind", KINDS))}


def item_of(cells: Mapping[str, str], item_id: str, changed: Changed) -> dict[str, Any]:
    """The item that a row's cells (by column key) describe; ``changed`` is told (column, what) of what is read otherwise than written.

    Raises Cannot naming the column.
    """
    item: dict[str, Any] = {"id": item_id}
    if not cells.get("title"):
        raise Cannot(_HEADINGS["title"], "没有填", "is empty")
    item["title"] = {"zh": cells["title"], "en": cells["title_en"]} if cells.get("title_en") else cells["title"]
    for key in ("clause", "coaching"):
        if cells.get(key):
            item[key] = cells[key]
    for key in _NUMBERS:
        if cells.get(key):
            item[key] = _number(key, cells[key])
    if _choice(cells, "fatal", {YES: "true", NO: ""}, ""):
        item["fatal"] = "true"
    own = _yaml(cells["yaml"]) if cells.get("yaml") else {}
    if not {"expect", "forbid"} & own.keys():
        item |= _expectation(cells, changed)
    examples = {outcome: found for outcome in _OUTCOMES if (found := list(_conversations(cells.get(outcome, ""))))}
    more = own.pop("examples", {})
    if not isinstance(more, dict):
        raise Cannot("完整规则.examples", "应为表", "should be a table")
    for outcome, entries in more.items():
        both = isinstance(entries, list) and outcome in examples
        examples[outcome] = [*examples[outcome], *entries] if both else entries
    if examples:
        item["examples"] = examples
    own.pop("id", None)
    return item | own


def _expectation(cells: Mapping[str, str], changed: Changed) -> dict[str, Any]:
    """Conditions and ``expect``/``forbid`` from the columns about what is said."""
    kind = _choice(cells, "kind", KINDS, "")
    match = _choice(cells, "match", MATCHES, "say")

    def phrases(key: str) -> list[str]:
        return parted(cells.get(key, ""), lambda what: changed(_HEADINGS[key], what))

    said = phrases("say") if match == "say" else lines_of(cells.get("say", ""))
    if not kind or not said:
        missing = _HEADINGS["say" if kind else "kind"]
        raise Cannot(missing, "没有填，也没有写完整规则", "is empty, and there is no full rule either")
    by = _choice(cells, "by", SIDES, "", OTHER_SIDES)
    main: dict[str, Any] = {match: said}
    if by and by != "any":
        main["by"] = by
    if exclude := phrases("exclude") if match == "say" else lines_of(cells.get("exclude", "")):
        main["exclude"] = exclude
    if cells.get("window"):
        main["in"] = cells["window"]
    conditions = {SAID: main}
    applies = cells.get("applies_when", "")
    if triggers := phrases("trigger"):
        conditions[TRIGGER] = {"say": triggers}
        if (side := _choice(cells, "trigger_by", SIDES, "", OTHER_SIDES)) and side != "any":
            conditions[TRIGGER]["by"] = side
        if cells.get("within"):
            turns = _number("within", cells["within"])
            main |= {"after": TRIGGER, "within": f"{turns} {by} turns" if by and by != "any" else f"{turns} turns"}
        applies = f"{TRIGGER} and ({applies})" if applies else TRIGGER
    elif cells.get("within") or cells.get("trigger_by"):
        raise Cannot(_HEADINGS["trigger"], "填了触发方或话轮数，却没有触发话语", "there is a side or a distance and nothing that triggers")
    found: dict[str, Any] = {"conditions": conditions, kind: SAID}
    return found | ({"applies_when": applies} if applies else {})


def row_of(item: Mapping[str, Any], section: str) -> dict[str, str]:
    """The cells (by column key) of an item as it stands in the YAML tree; ``section`` is the section's name."""
    cells = {"section": section, "id": item["id"]}
    rest = {key: value for key, value in item.items() if key != "id"}
    for key in ("title", "coaching"):
        value = rest.get(key)
        if isinstance(value, dict):
            if key == "title" and set(value) == {"zh", "en"} and value["zh"] and value["en"]:
                cells |= {"title": value["zh"], "title_en": value["en"]}
                rest.pop(key)
            else:
                cells[key] = value.get("zh") or value.get("en") or ""
        elif value:
            cells[key] = rest.pop(key)
    cells.setdefault("title", item["id"])
    for key in ("clause", *_NUMBERS):
        if isinstance(rest.get(key), str):
            cells[key] = rest.pop(key)
    if str(rest.get("fatal", "")).lower() == "true":
        cells["fatal"] = YES
        rest.pop("fatal")
    said = _said_columns(rest)
    if said is not None:
        cells |= said
        for key in ("conditions", "expect", "forbid", "applies_when"):
            rest.pop(key, None)
    examples, left = _example_columns(rest.pop("examples", {}) or {})
    cells |= examples
    if left:
        rest["examples"] = left
    if rest:
        cells["yaml"] = written(rest).rstrip()
    return cells


def _said_columns(item: Mapping[str, Any]) -> dict[str, str] | None:
    """The columns about what is said, or None when they cannot say it all."""
    conditions = item.get("conditions") or {}
    kind = "forbid" if "forbid" in item else "expect"
    name = item.get(kind)
    main, others = conditions.get(name), {key: value for key, value in conditions.items() if key != name}
    if not isinstance(main, dict) or len(others) > 1:
        return None
    operator = next((op for op in _BACK["match"] if op in main), "")
    if not operator or set(main) - {operator, "by", "exclude", "in", "after", "within"}:
        return None
    texts = {key: _joined(main.get(key)) for key in (operator, "exclude")}
    if not texts[operator] or None in texts.values() or (operator == "say" and any(parts(text or "") for text in texts.values())):
        return None
    cells = {
        "kind": _BACK["kind"][kind],
        "match": _BACK["match"][operator],
        "say": texts[operator] or "",
        "exclude": texts["exclude"] or "",
    }
    by = main.get("by", "any")
    cells |= {"by": _BACK["by"].get(by, ""), "window": main.get("in", "")}
    applies = item.get("applies_when", "")
    if not others:
        return None if {"after", "within"} & set(main) or _mentions(applies, name) else cells | {"applies_when": applies}
    (trigger_name, trigger), *_ = others.items()
    if (
        applies != trigger_name
        or not isinstance(trigger, dict)
        or set(trigger) - {"say", "by"}
        or (triggers := _joined(trigger.get("say"))) is None
        or parts(triggers)
    ):
        return None
    cells |= {"trigger": triggers, "trigger_by": _BACK["by"].get(trigger.get("by", "any"), "")}
    if {"after", "within"} & set(main):
        near = re.fullmatch(r"(\d+) (?:(agent|customer) )?turns?", str(main.get("within", "")))
        if main.get("after") not in (trigger_name, f"first {trigger_name}") or near is None or (near[2] or "any") != by:
            return None
        cells["within"] = near[1]
    return cells


def _mentions(expression: str, name: Any) -> bool:
    """Whether an expression speaks of anything but fields of the call."""
    words = re.sub(r"\[[^\]]*\]|\"[^\"]*\"|'[^']*'", " ", str(expression))
    return bool(re.search(r"\bcount\(|\beach\b", words)) or (bool(expression) and str(name) in words.split())


def _joined(value: Any) -> str | None:
    """A text or a list of texts as lines; None for anything else, or where a line would not come back as it was."""
    entries = [] if value is None else value if isinstance(value, list) else [value]
    if not all(isinstance(e, str) and e.strip() == e and "\n" not in e and e for e in entries):
        return None
    return "\n".join(entries)


def _example_columns(examples: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """(columns of conversations, what does not fit into them: tables with facts, ``meta``)."""
    cells: dict[str, str] = {}
    left: dict[str, Any] = {}
    for outcome, entries in examples.items():
        if outcome not in _OUTCOMES:
            left[outcome] = entries
            continue
        texts: list[str] = []
        others: list[Any] = []
        for entry in entries if isinstance(entries, list) else [entries]:
            text = _joined(entry.split("\n") if isinstance(entry, str) else entry) if isinstance(entry, (str, list)) else None
            if text:
                texts.append(text)
            else:
                others.append(entry)
        if texts:
            cells[outcome] = "\n\n".join(texts)
        if others:
            left[outcome] = others
    return cells, left


def _conversations(cell: str) -> Iterator[list[str]]:
    """The conversations of a cell, parted by empty lines."""
    for block in re.split(r"\n\s*\n", cell.replace("\r", "")):
        if lines := lines_of(block):
            yield lines


def _number(key: str, text: str) -> str:
    match = _NUMBER.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if match is None:
        raise Cannot(_HEADINGS[key], f"“{text[:20]}”不是数字", f"'{text[:20]}' is not a number")
    return match[1]


def _choice(
    cells: Mapping[str, str], key: str, choices: Mapping[str, str], default: str, others: Mapping[str, str] = MappingProxyType({})
) -> str:
    text = cells.get(key, "")
    if not text:
        return default
    known = {**others, **choices, **{value: value for value in choices.values() if value}}
    if text not in known:
        listed = " / ".join(choices)
        raise Cannot(_HEADINGS[key], f"“{text[:20]}”不在 {listed} 之中", f"'{text[:20]}' is none of {listed}")
    return known[text]


def _yaml(text: str) -> dict[str, Any]:
    """The fields of the column 完整规则. Raises Cannot."""
    try:
        found = plain(parse(text, "完整规则"))
    except BadRule as error:
        raise Cannot("完整规则", error.problem, f"{error.problem}; {error.mend}") from None
    if not isinstance(found, dict):
        raise Cannot("完整规则", "应为“名称: 值”的表", "should be a table of name: value")
    return found
