"""Carry word times over from a text to its corrected form.

before   我 家 听 电 了            characters matched by edit distance
times    |--|--|--|--|--|
after    我 家 停 电 两 天 了      same: time kept; replaced: the time of what it replaces; new: squeezed in between
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rapidfuzz.distance import Levenshtein

from qa.calls import Span, Token, Turn, Word

_UNIT = re.compile(r"[A-Za-z0-9]+(?:['’.\-][A-Za-z0-9]+)*|[^\W_]|\*", re.UNICODE)
_LEAST_S = 0.05
"""A character that was added takes at least so long; its neighbours make room."""


def realigned(turn: Turn, text: str) -> tuple[Word, ...]:
    """The words of ``text`` in the time of ``turn``: where a word stands unchanged it keeps time and confidence.

    Without word times before there are none after.
    """
    if turn.span is None or not turn.words:
        return ()
    old = _spoken(turn.text)
    new = _spoken(text)
    before = [_time_of(turn, place) for place in old]
    times: list[Span | None] = [None] * len(new)
    same: dict[int, int] = {}
    for step in Levenshtein.opcodes([turn.text[i] for i in old], [text[j] for j in new]):
        i1, i2, j1, j2 = step.src_start, step.src_end, step.dest_start, step.dest_end
        if step.tag == "equal":
            for i, j in zip(range(i1, i2), range(j1, j2), strict=True):
                times[j], same[new[j]] = before[i], old[i]
        elif step.tag == "replace":
            times[j1:j2] = _shared([span for span in before[i1:i2] if span is not None], j2 - j1)
    filled = _filled(times, turn.span)
    at = dict(zip(new, filled, strict=True))
    known = {word.start_char: word for word in turn.words}
    words = []
    for match in _UNIT.finditer(text):
        places = [place for place in range(*match.span()) if place in at]
        if not places:
            continue
        span = Span(min(at[p].start for p in places), max(at[p].end for p in places))
        word = known.get(same.get(match.start(), -1))
        kept = word is not None and word.text == match[0] and all(p in same for p in places)
        words.append(Word(match[0], match.start(), span, word.confidence if kept and word is not None else None))
    return tuple(words)


def moved(tokens: Sequence[Token], before: str, after: str) -> tuple[Token, ...]:
    """The masked values that still stand whole in the corrected text, at their new places."""
    to: dict[int, int] = {}
    for step in Levenshtein.opcodes(before, after):
        if step.tag == "equal":
            to |= {i: step.dest_start + i - step.src_start for i in range(step.src_start, step.src_end)}
    kept = []
    for token in tokens:
        places = [to.get(i) for i in range(token.start_char, token.end_char)]
        start = places[0] if places else None
        if start is not None and places == list(range(start, start + len(places))):
            kept.append(replace(token, start_char=start, end_char=start + len(places)))
    return tuple(kept)


def _spoken(text: str) -> list[int]:
    """Places of the characters that take time: no punctuation, no blanks; a masked character does."""
    return [i for i, character in enumerate(text) if character.isalnum() or character == "*"]


def _time_of(turn: Turn, place: int) -> Span | None:
    """The time of one character: its share of the word it stands in."""
    for word in turn.words:
        if word.start_char <= place < word.start_char + len(word.text):
            step = word.span.duration / len(word.text)
            start = word.span.start + (place - word.start_char) * step
            return Span(start, start + step)
    return None


def _shared(spans: Sequence[Span], count: int) -> list[Span | None]:
    """``count`` equal parts of the time from the first to the last of ``spans``."""
    if not spans:
        return [None] * count
    start, end = min(span.start for span in spans), max(span.end for span in spans)
    step = (end - start) / count
    return [Span(start + n * step, start + (n + 1) * step) for n in range(count)]


def _filled(times: list[Span | None], whole: Span) -> list[Span]:
    """Runs without time are put between their neighbours, who give up to half of theirs where there is no room."""
    times = list(times)
    n = 0
    while n < len(times):
        if times[n] is not None:
            n += 1
            continue
        last = n
        while last < len(times) and times[last] is None:
            last += 1
        before, after = (times[n - 1] if n else None), (times[last] if last < len(times) else None)
        start = before.end if before is not None else min(whole.start, after.start if after is not None else whole.start)
        end = after.start if after is not None else max(whole.end, start)
        if end - start < _LEAST_S * (last - n):
            if before is not None:
                start = before.middle
                times[n - 1] = Span(before.start, start)
            if after is not None:
                end = after.middle
                times[last] = Span(end, after.end)
        step = max(0.0, end - start) / (last - n)
        times[n:last] = [Span(start + k * step, start + (k + 1) * step) for k in range(last - n)]
        n = last
    return [span if span is not None else whole for span in times]
