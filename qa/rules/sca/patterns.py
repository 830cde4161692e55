"""Phrases as regular expressions, and long expressions taken apart."""

from __future__ import annotations

import re
from collections.abc import Iterable

from qa.rules.phrases import GAP

_SPECIAL = re.compile(r"([\\\[\](){}.*+?^$|])")


def escaped(text: str) -> str:
    """The text for a pattern that matches it literally; what needs no backslash gets none."""
    return _SPECIAL.sub(r"\\\1", text)


def phrases_pattern(phrases: Iterable[str]) -> str:
    """One pattern for all phrases; empty for none. Capitals make no difference where there are Latin letters.

    >>> phrases_pattern(["请(您)稍(等|候)", "会…联系您"])
    '请(?:您)?稍(?:等|候)|会.{0,6}联系您'
    """
    pattern = "|".join(dict.fromkeys(map(_pattern, phrases)))
    return f"(?i){pattern}" if any(c.isascii() and c.isalpha() for c in pattern) else pattern


def _pattern(written: str) -> str:
    text = written.replace("（", "(").replace("）", ")").replace("｜", "|").replace("...", "…")
    made: list[str] = []
    bars: list[bool] = []
    for char in text:
        if char == "(":
            bars.append(False)
            made.append("(?:")
        elif char == ")":
            made.append(")" if bars.pop() else ")?")
        elif char == "|":
            bars[-1] = True
            made.append("|")
        elif char != "…":
            made.append(escaped(char))
        elif not made or not made[-1].startswith(".{"):
            made.append(f".{{0,{GAP}}}")
    return "".join(made)


def alternatives(pattern: str) -> list[str]:
    """The alternatives of a pattern, those inside brackets untouched; flags at its beginning stand before each.

    >>> alternatives("(?i)a(b|c)|[|]d|e\\\\|f")
    ['(?i)a(b|c)', '(?i)[|]d', '(?i)e\\\\|f']
    """
    flags = match[0] if (match := re.match(r"\(\?[imsU]+\)", pattern)) else ""
    found, current, depth, inside = [], "", 0, False
    for piece in re.findall(r"\\.|.", pattern[len(flags) :], flags=re.DOTALL):
        if inside:
            inside = piece != "]"
        elif piece == "[":
            inside = True
        elif piece in "()":
            depth += 1 if piece == "(" else -1
        if piece == "|" and not inside and depth == 0:
            found.append(current)
            current = ""
        else:
            current += piece
    return [flags + part for part in (*found, current) if part]
