"""The notation of phrases: optional words, alternatives and gaps.

    请问(您)有什么可以(帮您|帮到您)     ( ) optional word, ( | ) one of several; (a|b|) one of several or none
    请…稍等                            … up to six characters (three English words) in between, in the same turn

>>> expand("请(您)稍(等|候)")
['请您稍等', '请您稍候', '请稍等', '请稍候']
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from qa.rules.plaintext import plain

MAX_VARIANTS = 512
GAP = 6
_ELLIPSIS = re.compile(r"…+|\.\.\.+")


class PhraseError(ValueError):
    """``problem`` and ``mend`` of a phrase that cannot be read."""

    def __init__(self, problem: str, mend: str) -> None:
        self.problem, self.mend = problem, mend
        super().__init__(f"{problem}; {mend}")


@dataclass(frozen=True, slots=True)
class Phrase:
    """One wording: its plain ``parts`` with gaps in between, and how its author wrote it."""

    parts: tuple[str, ...]
    written: str
    index: int

    @property
    def literal(self) -> str:
        """The wording without its gaps."""
        return "".join(self.parts)


def compile_phrase(written: str, index: int) -> list[Phrase]:
    """All wordings of one written phrase. Raises PhraseError."""
    phrases: list[Phrase] = []
    for variant in expand(written):
        parts = tuple(p for p in (plain(part).text for part in _ELLIPSIS.split(variant)) if p)
        if not parts:
            raise PhraseError(f"'{written[:60]}' has a wording without any letter", "write at least one character that can be said")
        if len(parts) > 4:
            raise PhraseError(f"'{written[:60]}' has more than three gaps", "split it or use regex:")
        phrases.append(Phrase(parts, variant, index))
    return phrases


def expand(written: str) -> list[str]:
    """All wordings of the notation. Raises PhraseError for unbalanced brackets or too many wordings."""
    text = written.replace("（", "(").replace("）", ")").replace("｜", "|")
    variants, at = _alternatives(text, 0, 0, written)
    if at != len(text):
        raise PhraseError(f"'{written[:60]}' has a ) too many", "balance the brackets")
    return list(dict.fromkeys(variants))


def _alternatives(text: str, at: int, depth: int, written: str) -> tuple[list[str], int]:
    """Wordings from ``at`` to the closing bracket (or the end at depth 0), and where they end."""
    if depth > 5:
        raise PhraseError(f"'{written[:60]}' nests brackets too deeply", "write several phrases")
    done: list[str] = []
    current = [""]
    bar = False
    while at < len(text):
        char = text[at]
        if char == "(":
            inner, at = _alternatives(text, at + 1, depth + 1, written)
            if len(current) * len(inner) > MAX_VARIANTS:
                raise PhraseError(f"'{written[:60]}' stands for more than {MAX_VARIANTS} wordings", "write several phrases")
            current = [left + right for left in current for right in inner]
        elif char == ")" and depth:
            alternatives = [*done, *current]
            return (alternatives if bar else [*alternatives, ""]), at + 1
        elif char == "|" and depth:
            done, current, bar = [*done, *current], [""], True
            at += 1
        elif char in ")|":
            raise PhraseError(f"'{written[:60]}' has a {char} outside brackets", "write (one|other)")
        else:
            current = [left + char for left in current]
            at += 1
    if depth:
        raise PhraseError(f"'{written[:60]}' has a ( that is never closed", "balance the brackets")
    return current, at
