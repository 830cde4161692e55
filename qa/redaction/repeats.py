"""Names said again where nothing announces them: *Thanks Priya*, after Priya gave her name."""

from __future__ import annotations

from collections.abc import Sequence

import re2

from qa.redaction import names
from qa.redaction.values import Value
from qa.redaction.words import NOT_NAMES, ORDINARY, ORGANISATIONS

_OTHER_WORDS = frozenset(
    {"bill", "will", "may", "mark", "grace", "hope", "april", "june", "august", "rich", "rose", "summer", "dawn", "art"}
)
"""Names that begin sentences as words: *Will you*, *Bill is due*."""
_WORD = re2.compile(r"[A-Z][A-Za-z'’\-]{2,}")


def repeated(texts: Sequence[str], found: Sequence[list[Value]]) -> list[list[Value]]:
    """By text, every further place of a name that ``found`` holds anywhere in the call.

    A Chinese name counts whole (family and given name), each word of an English one by itself and only with its capital.
    """
    known = {written for text, values in zip(texts, found, strict=True) for v in values if v.kind == "name" for written in _known(text, v)}
    if not known:
        return [[] for _ in texts]
    longest_first = sorted(known, key=len, reverse=True)
    pattern = re2.compile("|".join(rf"\b{re2.escape(w)}\b" if w.isascii() else re2.escape(w) for w in longest_first))
    return [_in_one(text, values, pattern) for text, values in zip(texts, found, strict=True)]


def _known(text: str, value: Value) -> list[str]:
    written = text[value.start : value.end]
    if all("\u4e00" <= c <= "\u9fff" for c in written):
        return [written] if len(written) >= 2 and not written.startswith(ORDINARY) else []
    return [word for word in _WORD.findall(written) if word.lower() not in NOT_NAMES | ORGANISATIONS | _OTHER_WORDS]


def _in_one(text: str, values: list[Value], pattern: re2._Regexp) -> list[Value]:
    spans = [m.span() for m in pattern.finditer(text)]
    return [names.value(text, s, e) for s, e in spans if all(e <= v.start or v.end <= s for v in values)]
