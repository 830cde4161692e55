"""The plain text of all turns at once: what :func:`qa.rules.plaintext.plain` makes of each, from tables instead of loops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qa.rules import plaintext
from qa.rules.batch.table import Bools, Codes, Ints, Places, code_points, pieces, text_of
from qa.rules.kernels.plaintext import fillers, first_unmet, marked, spelled

_PLANES = 0x110000
_UNMET, _MANY = 0xFFFFFFFF, 0xFFFFFFFE
_letter = np.full(_PLANES, _UNMET, dtype=np.uint32)
"""The plain character of each character: 0 where there is none, _MANY where there are several."""
_gap = np.zeros(_PLANES, dtype=np.bool_)
_decimal = np.zeros(_PLANES, dtype=np.bool_)
LATIN = np.zeros(_PLANES, dtype=np.bool_)
"""Which code points are ASCII letters or digits."""
LATIN[[ord(c) for c in "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"]] = True


@dataclass(frozen=True, slots=True, eq=False)
class PlainText:
    """Plain characters of all turns in a row: their code points, and ``source``, where in ``chars`` each comes from.

    Those of turn ``t`` are ``at[t]`` to ``at[t + 1]``. The source of a character is one character long, except those of the sorted
    places ``wide``, which end at ``wide_end``.
    """

    codes: Codes
    source: Places
    at: Ints
    wide: Ints
    wide_end: Ints


def plain_columns(chars: Codes, at: Ints) -> PlainText:
    """The plain text of the texts ``chars[at[i]:at[i + 1]]``."""
    unmet = first_unmet(chars, _letter, _UNMET, 0)
    while unmet >= 0:
        _learn(int(chars[unmet]))
        unmet = first_unmet(chars, _letter, _UNMET, unmet)
    many, digits = marked(chars, _letter, _MANY, _decimal)
    ranges = [(place, place + 1, plaintext._letter(chr(chars[place]))) for place in many.tolist()]
    ranges += _numbers(chars, at, digits)
    ranges.sort()
    begins, ends = (np.array([r[i] for r in ranges], dtype=np.int64) for i in (0, 1))
    written_at = np.concatenate([[0], np.cumsum([len(r[2]) for r in ranges])]).astype(np.int64)
    written = code_points("".join(r[2] for r in ranges)).copy()  # loops take arrays that may be written to
    return _spaced(chars, PlainText(*spelled(chars, at, _letter, begins, ends, written_at, written)))


def _spaced(chars: Codes, found: PlainText) -> PlainText:
    """With a space between Latin words that something separates."""
    low = np.flatnonzero(found.codes < 128)
    low = low[LATIN[found.codes[low]]]
    after = low[1:][low[1:] == low[:-1] + 1]
    if not len(after):
        return found
    past = ends_of(found, after - 1)
    here = found.source[after]
    turn = np.searchsorted(found.at, after, side="right")
    apart = (here > past) & (turn == np.searchsorted(found.at, after - 1, side="right"))
    after, past, here = after[apart], past[apart], here[apart]
    after = after[[bool(_gap[chars[p:h]].any()) for p, h in zip(past.tolist(), here.tolist(), strict=True)]]
    if not len(after):
        return found
    moved = found.wide + np.searchsorted(after, found.wide, side="right")
    old_ends = ends_of(found, after - 1)
    source = np.insert(found.source, after, found.source[after - 1])
    spaces = after + np.arange(len(after))
    wide, wide_end = np.concatenate([moved, spaces]), np.concatenate([found.wide_end, old_ends])
    order = np.argsort(wide)
    at = found.at + np.searchsorted(after, found.at, side="left")
    return PlainText(np.insert(found.codes, after, np.uint32(ord(" "))), source, at, wide[order], wide_end[order])


def ends_of(found: PlainText, places: Ints) -> Ints:
    """Where in ``chars`` the sources of the plain characters at ``places`` end."""
    ends = found.source[places].astype(np.int64) + 1
    if len(found.wide):
        near = np.minimum(np.searchsorted(found.wide, places), len(found.wide) - 1)
        ends = np.where(found.wide[near] == places, found.wide_end[near], ends)
    return ends


def _numbers(chars: Codes, at: Ints, digits: Ints) -> list[tuple[int, int, str]]:
    """(first, past-last character, reading) of every number that the plain text reads out, given where ``digits`` stand."""
    if not len(digits):
        return []
    turns = np.unique(np.searchsorted(at, digits, side="right") - 1)
    sizes = at[turns + 1] - at[turns]
    kept = pieces(sizes, at[turns])
    joined_at = np.cumsum(sizes + 1) - (sizes + 1)
    back = np.full(int((sizes + 1).sum()), -1, dtype=np.int64)
    back[pieces(sizes, joined_at)] = kept
    joined = np.where(back >= 0, chars[back], 0)  # U+0000 is no space and no digit: no number reaches over it
    readings: dict[tuple[str | None, str], str] = {}
    found = []
    for match in plaintext._NUMBER.finditer(text_of(joined.astype(np.uint32))):
        key = (match.lastgroup, match[0])
        if key not in readings:
            readings[key] = plaintext._read(match)
        begin = int(back[match.start()])
        found.append((begin, begin + match.end() - match.start(), readings[key]))
    return found


def filler_turns(found: PlainText) -> Bools:
    """Which turns say no more than 嗯 (``is_filler`` of their plain text, False where there is none)."""
    filler, worded = fillers(found.codes, found.at, FILLER, _FILLER_LETTER)
    for turn in np.flatnonzero(worded).tolist():
        filler[turn] = plaintext.is_filler(text_of(found.codes[found.at[turn] : found.at[turn + 1]]))
    return filler


def _learn(code: int) -> None:
    """Ask for the plain form of a character not met before."""
    piece = plaintext._letter(chr(code))
    _decimal[code] = chr(code).isdecimal()
    _gap[code] = piece == " "
    _letter[code] = 0 if piece in ("", " ") else ord(piece) if len(piece) == 1 else _MANY


FILLER = np.zeros(_PLANES, dtype=np.bool_)
FILLER[[ord(c) for c in plaintext._FILLERS]] = True
_FILLER_LETTER = np.zeros(_PLANES, dtype=np.bool_)
_FILLER_LETTER[[ord(c) for c in " \n".join(plaintext._FILLER_WORDS)]] = True
"""Which characters there are in Latin words that say nothing, and between them."""
