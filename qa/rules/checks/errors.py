"""Reading a rule set and going on behind a mistake, so that one run names the first mistake of every item."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextvars import copy_context
from pathlib import Path

from hotline.errors import BadRule
from hotline.locale import use
from hotline.locale.messages import message
from qa.rules.checks.problem import Problem
from qa.rules.language import load, load_text
from qa.rules.model import RuleSet
from qa.rules.source import MAX_CHARS, Listing, Node, Scalar, Table, parse

MOST = 50
"""Mistakes named in one run."""


def readable(file: Path | str, text: str | None = None, folder: Path | None = None) -> tuple[RuleSet | None, list[Problem]]:
    """The rule set, or None and what keeps it from being read.

    ``text`` is its content where it lies in no file, ``folder`` where it would lie.
    """
    name = str(file)
    try:
        return (load(Path(file)) if text is None else load_text(text, name, folder)), []
    except BadRule as error:
        first = error
    problems = [_problem(first, name)]
    folder = Path(file).parent if text is None else folder
    if text is None:
        text = _content(Path(file))
    while text is not None and len(problems) < MOST:
        line = _line(first, name)
        cut = _without_item(text, name, line) if line else None
        if cut is None:
            break
        text = cut
        try:
            load_text(text, name, folder)
            break
        except BadRule as error:
            first = error
            problems.append(_problem(first, name))
    return None, list(dict.fromkeys(problems))


def _problem(error: BadRule, name: str) -> Problem:
    """The error as a finding; its thing is ``name:line: field`` or ``name``."""
    rest = error.thing.removeprefix(name)
    place = re.match(r":(\d+): ?", rest)
    line, field = (int(place[1]), rest[place.end() :]) if place else (0, rest.strip(": "))
    zh, en = "；".join(map(_in_chinese, filter(None, (error.problem, error.mend)))), "; ".join(filter(None, (error.problem, error.mend)))
    return Problem(name, line, field, "language", zh, en)


def _in_chinese(text: str) -> str:
    """A message of an error in Chinese, whatever the language of this run: a problem is kept in both."""
    context = copy_context()
    context.run(use, "zh")
    return context.run(message, text)


def _line(error: BadRule, name: str) -> int:
    place = re.match(r":(\d+):", error.thing.removeprefix(name))
    return int(place[1]) if place else 0


def _content(file: Path) -> str | None:
    """The text of a file that could be opened; None where that was the mistake."""
    try:
        with file.open("rb") as stream:
            return stream.read(4 * MAX_CHARS).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None


def _without_item(text: str, name: str, line: int) -> str | None:
    """The text with an item without fault in place of the one around ``line``, on as many lines; None where there is none in block style.

    The item keeps its id, since others may ask for its verdict.
    """
    try:
        items = dict(_items(parse(text, name)))
    except BadRule:
        return None
    start = max((number for number in items if number <= line), default=0)
    lines = text.split("\n")
    if not start or not lines[start - 1].lstrip().startswith("- "):
        return None
    end = next((number for number in range(start, len(lines)) if _ends(lines[number], _indent(lines[start - 1]))), len(lines))
    if line > end:
        return None
    stand_in = f"{' ' * _indent(lines[start - 1])}- {{id: {items[start] or f'item-{start}'}, fatal: true, expect: direction == inbound}}"
    if lines[start - 1] == stand_in:  # it is the name itself that is wrong
        stand_in = stand_in.replace(f"id: {items[start]}", f"id: item-{start}")
    return "\n".join([*lines[: start - 1], stand_in, *[""] * (end - start), *lines[end:]])


def _ends(line: str, indent: int) -> bool:
    """Whether an item whose dash stands at ``indent`` ends before this line."""
    return bool(line.strip()) and not line.lstrip().startswith("#") and _indent(line) <= indent


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _items(root: Node) -> Iterator[tuple[int, str]]:
    """(line of its first key, id) of every item."""
    for section in _listing(root, "sections"):
        for item in _listing(section, "items"):
            if isinstance(item, Table) and item.pairs:
                yield int(item.line), next((n.value for k, n in item.pairs if k.value == "id" and isinstance(n, Scalar)), "")


def _listing(node: Node, key: str) -> tuple[Node, ...]:
    if not isinstance(node, Table):
        return ()
    return next((n.items for k, n in node.pairs if k.value == key and isinstance(n, Listing)), ())
