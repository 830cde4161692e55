"""``repeats`` over many calls: sentences numbered by what they say, those of a call compared with one another by a compiled loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count

import numpy as np
import numpy.typing as npt

from qa.rules import plaintext, sound
from qa.rules.batch.hits import Hits, expand, sure_words, written
from qa.rules.batch.lettering import Places
from qa.rules.batch.placement import DOUBTFUL, HIT, MISS, Placing
from qa.rules.batch.plaintext import LATIN, ends_of
from qa.rules.batch.table import OTHER, Bools, Codes, Ints, Table, code_points, pieces, text_of
from qa.rules.batch.talks import Talks
from qa.rules.conditions import repeats
from qa.rules.kept import kept
from qa.rules.model import Doubt
from qa.rules.plaintext import spoken_length
from qa.rules.plan import Step

_STOP = np.zeros(0x110000, dtype=np.bool_)
_STOP[[ord(c) for c in "。？！?!；;"]] = True
_NEW = 0xFFFFFFFF
_loose = np.full(0x110000, _NEW, dtype=np.uint32)
"""The sound of each character that is no part of a word, as :mod:`qa.rules.sound` writes it for search."""
_words: dict[str, int] = {}
"""Numbers of the words that tell sentences apart (not, 45), behind all code points."""
_unused = count(0x110000)
"""Numbers not given out: two threads may see a dictionary of the same size, but never count the same number."""


@dataclass(frozen=True, slots=True, eq=False)
class Sentences:
    """Sentences with words, in order: of turn ``turn``, plain characters ``head`` to ``tail``, saying text ``which``.

    Texts are rows of ``letters`` and of ``sounds``; ``spoken`` is how long each takes to say, ``guards`` numbers what numerals and
    negations it has.
    """

    turn: Ints
    head: Ints
    tail: Ints
    which: Ints
    letters: Codes
    letters_at: Ints
    sounds: Codes
    sounds_at: Ints
    spoken: Ints
    guards: Ints


def sentences(table: Table, talks: Talks) -> Sentences:
    """All sentences in the table, as ``repeats.sentences`` has them."""
    from qa.rules.kernels import distinct, said_again

    plain = talks.by_turn
    chosen: Bools = table.role != OTHER
    turn, head, tail = said_again.sentences(table.chars, plain.source, plain.at, chosen, _STOP)
    which, first = distinct.distinct(plain.codes, head, tail)
    begin, end = head[first], tail[first]
    letters = plain.codes[pieces(end - begin, begin)]
    at = _offsets(end - begin)
    spoken, worded = said_again.weighed(letters, at[:-1], at[1:], _kinds())
    texts = np.flatnonzero(worded)
    kinds = [_kind(text_of(letters[at[text] : at[text + 1]])) for text in texts.tolist()]
    spoken[texts] = [kind.spoken for kind in kinds]
    sounds, sounds_at = _patched(_heard(letters), at, texts, [kind.sounds for kind in kinds])
    guarded = (_kinds()[letters] & said_again.GUARDED) > 0
    guards, guards_at = _patched(
        letters[guarded], np.concatenate([[0], np.cumsum(guarded)]).astype(np.int64)[at], texts, [kind.guards for kind in kinds]
    )
    numbers, _ = distinct.distinct(guards, guards_at[:-1], guards_at[1:])
    return Sentences(turn, head, tail, which, letters, at, sounds, sounds_at, spoken, numbers)


def hits(
    step: Step, table: Table, talks: Talks, placing: Placing, doubt: Doubt, said: Sentences, exempt: Places, found: Callable[[str], Hits]
) -> Hits:
    """The hits of a step, as ``repeats.find`` has them, in calls without masked values; ``exempt`` may be said again."""
    from qa.rules.kernels import said_again

    params = step.prepared.params
    chosen = np.flatnonzero((said.spoken >= params.min_chars)[said.which] & ~_holding(talks, said, exempt))
    turn = said.turn[chosen]
    now, before, score = said_again.pairs(
        table.call_of[turn],
        table.role[turn],
        talks.sure[talks.of_turn[turn]],
        placing.may_speak(step.condition.by)[talks.of_turn[turn]],
        said.which[chosen],
        said.guards,
        said.letters,
        said.letters_at,
        said.sounds,
        said.sounds_at,
        params.of == "own",
        params.similarity - repeats.BAND,
    )
    used, place = np.unique(np.concatenate([chosen[now], chosen[before]]), return_inverse=True)
    now, before = place.reshape(2, -1)
    score /= 100
    turn = said.turn[used]
    begin = talks.by_turn.source[said.head[used]].astype(np.int64) - table.at[turn]
    end = ends_of(talks.by_turn, said.tail[used] - 1) - table.at[turn]
    every = written(table, doubt, turn, begin, end, np.full(len(used), -1, dtype=np.int64), np.ones(len(used), dtype=np.bool_))
    verdict = placing.relation("after", step.prepared.within, every, before, every, now)
    known = talks.sure[talks.of_turn[turn]]
    verdict[~(known[now] & known[before])] = np.minimum(verdict[~(known[now] & known[before])], DOUBTFUL)
    near = verdict != MISS
    now, before, score, verdict = now[near], before[near], score[near], verdict[near]
    sure = (verdict == HIT) & (score >= params.similarity) & sure_words(table, doubt, turn[before], begin[before], end[before])
    enough = np.flatnonzero(np.bincount(now, minlength=len(used)) >= params.times)
    certain = np.bincount(now[sure], minlength=len(used)) >= params.times
    again = replace(every, certain=every.certain & certain).take(enough)
    return placing.keep(step.condition, again, found)


def _holding(talks: Talks, said: Sentences, exempt: Places) -> Bools:
    """The sentences in which an exempt phrase stands, or begins."""
    found = np.zeros(len(said.turn), dtype=np.bool_)
    if not len(exempt.begin) or not len(said.turn):
        return found
    turn, begin, _ = talks.origin(exempt.begin)
    last_turn, _, last = talks.origin(exempt.end - 1)
    for place in np.flatnonzero(last_turn != turn).tolist():
        turns, _, ends = talks.origin(np.arange(exempt.begin[place], exempt.end[place]))
        last[place] = ends[turns == turn[place]].max()
    first = np.searchsorted(said.turn, turn)
    which, number = expand(np.searchsorted(said.turn, turn, side="right") - first, first)
    base = talks.turns_at[said.turn[number]]
    starts = talks.by_turn.source[said.head[number]] - base
    stops = ends_of(talks.by_turn, said.tail[number] - 1) - base
    found[number[(begin[which] < stops) & (starts < last[which])]] = True
    return found


@dataclass(frozen=True, slots=True)
class _Kind:
    """A text with Latin words or numbers: its length as spoken, its sounds, the words that tell it apart."""

    spoken: int
    sounds: Codes
    guards: Codes


@kept(1_000_000)
def _kind(text: str) -> _Kind:
    words = [ord(word) if len(word) == 1 else _number(word) for word in repeats.guarded(text)]
    return _Kind(spoken_length(text), code_points(sound.sounds(text).loose), np.array(words, dtype=np.uint32))


def _number(word: str) -> int:
    if word not in _words:
        _words.setdefault(word, next(_unused))
    return _words[word]


def _heard(letters: Codes) -> Codes:
    """The sound of every letter; of Latin ones and spaces nothing that counts."""
    heard = _loose[letters]
    new = heard == _NEW
    if new.any():
        for code in np.unique(letters[new]).tolist():
            loose = "" if LATIN[code] else sound.sounds(chr(code)).loose
            _loose[code] = ord(loose) if loose else 0
        heard = _loose[letters]
    return heard


def _patched(symbols: Codes, at: Ints, rows: Ints, given: list[Codes]) -> tuple[Codes, Ints]:
    """Rows ``symbols[at[i]:at[i + 1]]`` with those numbered ``rows`` replaced by the rows ``given``; and where each begins."""
    if not len(rows):
        return symbols, at
    sizes = np.diff(at)
    sizes[rows] = [len(row) for row in given]
    begin = at[:-1].copy()
    begin[rows] = len(symbols) + _offsets(sizes[rows])[:-1]
    return np.concatenate([symbols, *given])[pieces(sizes, begin)], _offsets(sizes)


@lru_cache(maxsize=1)
def _kinds() -> npt.NDArray[np.uint8]:
    """What every plain character is, see :mod:`qa.rules.kernels.said_again`."""
    from qa.rules.kernels.said_again import GUARDED, SILENT, WORDED

    found = np.zeros(0x110000, dtype=np.uint8)
    found[[ord(c) for c in plaintext._FILLERS]] |= SILENT
    found[LATIN] |= WORDED
    found[[ord(c) for c in " \n"]] |= WORDED
    guarded = [code for code in range(128, 0x110000) if chr(code).isdecimal()]
    found[[*guarded, *(ord(c) for c in sound.NUMERALS | sound.NEGATIONS)]] |= GUARDED
    return found


def _offsets(sizes: Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
