"""The plain text of all turns at once: what :func:`qa.rules.plaintext.plain` makes of each, from tables instead of loops."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from qa.rules import plaintext
from qa.rules.batch.table import Bools, Codes, Ints, code_points, pieces, text_of

_UNKNOWN, _ONE, _GAP, _NOTHING, _MANY = range(5)
_kind = np.zeros(0x110000, dtype=np.uint8)
_letter = np.zeros(0x110000, dtype=np.uint32)
_decimal = np.zeros(0x110000, dtype=np.bool_)
LATIN = np.zeros(0x110000, dtype=np.bool_)
"""Which code points are ASCII letters or digits."""
LATIN[[ord(c) for c in "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"]] = True


@dataclass(frozen=True, slots=True, eq=False)
class PlainText:
    """Plain characters of all turns in a row: code point, turn, and the range ``[starts, ends)`` in the text of that turn.

    Those of turn ``t`` are ``at[t]`` to ``at[t + 1]``.
    """

    codes: Codes
    turn: Ints
    starts: Ints
    ends: Ints
    at: Ints


def plain_columns(chars: Codes, at: Ints) -> PlainText:
    """The plain text of the texts ``chars[at[i]:at[i + 1]]``."""
    _learn(chars)
    kind = _kind[chars]
    lengths = (kind == _ONE).astype(np.int64)
    many = np.flatnonzero(kind == _MANY)
    written = [plaintext._letter(chr(c)) for c in chars[many]]
    begins, ends = many, many + 1
    numbers = _numbers(chars, at)
    if numbers:
        begins = np.concatenate([begins, [n[0] for n in numbers]]).astype(np.int64)
        ends = np.concatenate([ends, [n[1] for n in numbers]]).astype(np.int64)
        written += [n[2] for n in numbers]
        spans = ends[len(many) :] - begins[len(many) :]
        lengths[pieces(spans, begins[len(many) :])] = 0
    sizes = np.array([len(w) for w in written], dtype=np.int64)
    lengths[begins] = sizes
    if len(begins):
        source = np.repeat(np.arange(len(chars)), lengths)
        place = np.cumsum(lengths) - lengths
        codes = _letter[chars[source]]
        target = pieces(sizes, place[begins])
        codes[target] = code_points("".join(written))
        past = source + 1
        past[target] = np.repeat(ends, sizes)
    else:
        source = np.flatnonzero(lengths)
        codes, past = _letter[chars[source]], source + 1
    turn = np.repeat(np.arange(len(at) - 1), np.diff(at))[source] if len(source) else np.zeros(0, dtype=np.int64)
    found = PlainText(codes, turn, source - at[turn], past - at[turn], _bounds(turn, len(at) - 1))
    return _spaced(found, source, past, kind)


def _spaced(found: PlainText, source: Ints, past: Ints, kind: npt.NDArray[np.uint8]) -> PlainText:
    """With a space between Latin words that something separates."""
    latin = LATIN[found.codes]
    if not latin.any():
        return found
    after = np.flatnonzero(latin[1:] & latin[:-1] & (found.turn[1:] == found.turn[:-1])) + 1
    after = after[source[after] > past[after - 1]]
    if not len(after):
        return found
    gaps = np.concatenate([[0], np.cumsum(kind == _GAP)])
    after = after[gaps[source[after]] > gaps[past[after - 1]]]
    turn = np.insert(found.turn, after, found.turn[after - 1])
    return replace(
        found,
        codes=np.insert(found.codes, after, np.uint32(ord(" "))),
        turn=turn,
        starts=np.insert(found.starts, after, found.starts[after - 1]),
        ends=np.insert(found.ends, after, found.ends[after - 1]),
        at=_bounds(turn, len(found.at) - 1),
    )


def _numbers(chars: Codes, at: Ints) -> list[tuple[int, int, str]]:
    """(first, past-last character, reading) of every number that the plain text reads out."""
    digits = np.flatnonzero(_decimal[chars])
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
    sizes = np.diff(found.at)
    sums = np.concatenate([[0], np.cumsum(~_FILLER[found.codes])])
    filler: Bools = (sums[found.at[1:]] == sums[found.at[:-1]]) & (sizes > 0)
    latin = np.concatenate([[0], np.cumsum(LATIN[found.codes])])
    for turn in np.flatnonzero(latin[found.at[1:]] > latin[found.at[:-1]]):
        filler[turn] = plaintext.is_filler(text_of(found.codes[found.at[turn] : found.at[turn + 1]]))
    return filler


def _learn(chars: Codes) -> None:
    """Ask for the plain form of every character not met before."""
    new = np.unique(chars[_kind[chars] == _UNKNOWN])
    for code in new.tolist():
        char = chr(code)
        piece = plaintext._letter(char)
        _decimal[code] = char.isdecimal()
        if not piece:
            _kind[code] = _NOTHING
        elif piece == " ":
            _kind[code] = _GAP
        elif len(piece) == 1:
            _kind[code], _letter[code] = _ONE, ord(piece)
        else:
            _kind[code] = _MANY


def _bounds(turn: Ints, count: int) -> Ints:
    return np.concatenate([[0], np.cumsum(np.bincount(turn, minlength=count))]).astype(np.int64)


_FILLER = np.zeros(0x110000, dtype=np.bool_)
_FILLER[[ord(c) for c in plaintext._FILLERS]] = True
