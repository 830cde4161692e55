"""Where one cell holds several phrases: one a line, or with signs between them."""

from __future__ import annotations

import re
from collections.abc import Callable

from qa.rules.model import Title

_BETWEEN = re.compile(r"[、；;]|(?<![A-Za-z0-9])[/／](?![A-Za-z0-9])")
_SHORT = 4
"""Characters of words that commas may stand between as between the entries of a list."""


def parted(cell: str, changed: Callable[[Title], None]) -> list[str]:
    """The phrases of a cell: one a line, and where 、 ； or / stand between them, parted there; ``changed`` is told of that.

    A comma parts nothing, since a pause within one sentence is written so. Where it stands between short words of a single line,
    which may be meant as a list, ``changed`` is told as well.
    """
    lines = lines_of(cell)
    found = [phrase for line in lines for phrase in parts(line) or [line]]
    if any(map(parts, lines)):
        changed(Title(f"按顿号、分号分作 {len(found)} 个说法", f"parted at the signs between them into {len(found)} phrases"))
    pieces = re.split("[，,]", lines[0]) if len(lines) == 1 else []
    if len(pieces) > 1 and all(0 < len(piece.strip()) <= _SHORT for piece in pieces):
        zh, en = "逗号不分开，按一句话读；要写几个说法，请一行一个", "a comma parts nothing: this is one phrase; write several one a line"
        changed(Title(zh, en))
    return found


def parts(text: str) -> list[str]:
    """The phrases of a text with signs between them, outside of brackets; none where there is no such sign.

    >>> parts("地址、门牌"), parts("请(您、你)稍等"), parts("24/7")
    (['地址', '门牌'], [], [])
    """
    depth, start, found = 0, 0, []
    for at, char in enumerate(text):
        depth += (char in "(（") - (char in ")）")
        if depth <= 0 and _BETWEEN.match(text, at):
            found.append(text[start:at].strip())
            start = at + 1
    return [phrase for phrase in (*found, text[start:].strip()) if phrase] if found else []


def lines_of(cell: str) -> list[str]:
    """The lines of a cell that hold anything."""
    return [line.strip() for line in cell.splitlines() if line.strip()]
